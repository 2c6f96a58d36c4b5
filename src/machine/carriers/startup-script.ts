import { createHash } from 'node:crypto'

import type { Delivery, SentFile } from '../delivery.ts'
import { isPlain } from './mime.ts'

/** The user that people log in as: an image of a cloud without cloud-init makes none. */
const login = 'ubuntu'

/**
 * Rights and owner are as they shall be before anybody could read a file; what an older one of that name, or a link, would let others see, is not
 * written. `cat` and `base64` are of every image.
 */
const put = `root=\${CML_RUNNER_ROOT:-}
put() (
umask 022
mkdir -p "$root\${2%/*}"
rm -f "$root$2"
umask 077
"$3" \${4:-} >"$root$2"
chmod "$1" "$root$2"
)
`

/**
 * One script of /bin/sh, which a cloud's guest agent runs as root once the network is up, on every boot. It is plain ASCII, as metadata
 * services hold text. The fuses stand first; a second run of the same boot and every later boot end with them.
 */
export function carryByStartupScript({ files, fuses, start, keys, authorities }: Delivery): Buffer {
  const text = [
    fuses,
    put,
    ...files.map(written),
    ...(authorities.length > 0 ? [trusted(authorities)] : []),
    ...(keys.length > 0 ? [loginFor(keys)] : []),
    start,
  ].join('')
  if (!isPlain(text)) throw new Error('the startup script is not plain ASCII')
  return Buffer.from(text, 'latin1')
}

function written({ path, permissions, content }: SentFile): string {
  if (!/^[\w./-]+$/.test(path)) throw new Error(`a path that a shell could misread: ${path}`)
  const text = content.toString('latin1')
  const plain = isPlain(text) && text.endsWith('\n')
  return plain
    ? given(`put ${permissions} ${path} cat`, text)
    : given(`put ${permissions} ${path} base64 -d`, `${content.toString('base64')}\n`)
}

/** A command that is given a text, byte by byte. No line of the text can be the one that ends it, which is made from it. */
function given(command: string, text: string): string {
  const end = `END-${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
  return `${command} <<'${end}'\n${text}${end}\n`
}

/** Debian's way, and Red Hat's. */
function trusted(authorities: readonly string[]): string {
  const file = (index: number) => `/usr/local/share/ca-certificates/cml-runner-${index + 1}.crt`
  return [
    ...authorities.map((authority, index) =>
      written({ path: file(index), permissions: '0644', content: Buffer.from(authority) }),
    ),
    'if command -v update-ca-trust >/dev/null; then\n',
    'cp "$root"/usr/local/share/ca-certificates/cml-runner-*.crt "$root/etc/pki/ca-trust/source/anchors"\n',
    'update-ca-trust\n',
    'else update-ca-certificates; fi >/dev/null 2>&1\n',
  ].join('')
}

function loginFor(keys: readonly string[]): string {
  const home = `"$root/home/${login}"`
  return [
    `getent passwd ${login} >/dev/null || {\n`,
    `getent group ${login} >/dev/null || groupadd ${login}\n`,
    `useradd --gid ${login} --create-home --home-dir ${home} --shell /bin/bash ${login}\n`,
    '}\n',
    written({
      path: '/etc/sudoers.d/90-cml-runner-login',
      permissions: '0440',
      content: Buffer.from(`${login} ALL=(ALL) NOPASSWD:ALL\n`),
    }),
    `mkdir -p ${home}/.ssh\n`,
    given(`cat >>${home}/.ssh/authorized_keys`, keys.map((key) => `${key}\n`).join('')),
    `chmod 0700 ${home}/.ssh\n`,
    `chmod 0600 ${home}/.ssh/authorized_keys\n`,
    `chown -hR ${login}: ${home}/.ssh\n`,
  ].join('')
}
