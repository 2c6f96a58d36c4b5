import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { slow } from '../slow.ts'
import { programsOf, type Manager } from './packages.ts'

/** Commands that the machine itself answers. */
export const answered = [
  'getent',
  'groupadd',
  'ldconfig',
  'poweroff',
  'sysctl',
  'systemctl',
  'useradd',
  'usermod',
] as const

/** Programs of the host that boot scripts and the agent may use: nothing else is there for them. */
const tools = [
  'awk base64 basename bash cat chmod cp curl cut date dirname env expr false find getconf grep gunzip gzip head kill ln ls mkdir mktemp mv',
  'nproc printenv printf ps readlink rm rmdir sed seq sh sha256sum sleep sort stat tail tar tee test timeout touch tr true uname uniq wc xargs',
].flatMap((line) => line.split(' '))

const hesitant = /^(?!(ba)?sh$|env$|sleep$|timeout$)/
const slowed = (real: string) => `#!/bin/sh\n/bin/sleep 0.$(($$ % 4))\nexec ${real} "$@"\n`

const ownCurl = join(dirname(fileURLToPath(import.meta.url)), 'curl.cjs')

const hostPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

export interface Commands {
  /** PATH of everything that runs as root. */
  readonly rootPath: string
  /** PATH of the login shell of the user that runs jobs: the host's programs, behind our stand-ins. */
  readonly userPath: string
  /** Puts it on the PATH, as its installation does. */
  add(name: 'docker' | 'git'): void
  /** From now on the stand-ins ask here. */
  ask(control: string): void
}

interface Wanted {
  readonly manager: Manager
  readonly jobPath: string
  readonly hurry: boolean
  readonly node?: string
  readonly gpu?: boolean
}

/** Writes the commands of a machine into a folder. `control` is where stand-ins ask. */
export function writeStandIns(
  folder: string,
  control: string,
  { manager, jobPath, hurry, node, gpu }: Wanted,
): Commands {
  const bin = join(folder, 'bin')
  const allowed = join(folder, 'tools')
  for (const path of [bin, allowed]) mkdirSync(path, { recursive: true })
  const write = (name: string, text: string) => {
    writeFileSync(join(bin, name), text)
    chmodSync(join(bin, name), 0o755)
  }
  // Boot scripts pause for seconds between tries; a test need not. Jobs have the real one.
  const quick = '#!/bin/sh\ncase $1 in ? | 1?) exec /bin/sleep 0.01 ;; *) exec /bin/sleep "$@" ;; esac\n'
  if (hurry) writeFileSync(join(allowed, 'sleep'), quick, { mode: 0o755 })
  const allow = (tool: string) => {
    if (existsSync(join(allowed, tool))) return
    const real = hostPath.map((path) => join(path, tool)).find((path) => existsSync(path))
    if (!real) return
    if (slow && hesitant.test(tool)) writeFileSync(join(allowed, tool), slowed(real), { mode: 0o755 })
    else symlinkSync(real, join(allowed, tool))
  }
  for (const tool of tools) allow(tool)
  const curl = join(allowed, 'curl')
  // A fresh Debian has none.
  if (!existsSync(curl))
    writeFileSync(curl, `#!/bin/sh\nexec '${process.execPath}' '${ownCurl}' "$@"\n`, { mode: 0o755 })
  if (node) write('node', nodeOf(node, join(folder, 'node-version.cjs')))
  if (gpu) for (const name of ['nvidia-smi', 'nvidia-ctk']) write(name, '#!/bin/sh\n')
  write('.ask', askScript(curl, control))
  for (const name of [...answered, ...programsOf[manager]]) symlinkSync('.ask', join(bin, name))
  for (const [name, text] of Object.entries(own)) write(name, text)
  return {
    rootPath: `${bin}:${allowed}`,
    userPath: `${bin}:${jobPath}`,
    add: (name) => {
      if (name === 'git') allow(name)
      else if (!existsSync(join(bin, name))) symlinkSync('.ask', join(bin, name))
    },
    ask: (address) => write('.ask', askScript(curl, address)),
  }
}

/** What root's programs get (`metadata`: where they find that service), and what the login shell of the runner's user executes. */
export function environments(
  root: string,
  metadata: Readonly<Record<string, string>>,
  { rootPath, userPath }: Commands,
  bundle: string | undefined,
): { readonly ofRoot: Record<string, string>; readonly profile: string } {
  const ofRoot = {
    CML_RUNNER_ROOT: root,
    ...metadata,
    LANG: 'C.UTF-8',
    PATH: rootPath,
    ...(bundle ? { CURL_CA_BUNDLE: bundle } : {}),
  }
  // The emulated runner's .NET reads its certificates from here.
  const certificates = bundle ? `export SSL_CERT_FILE='${bundle}'\n` : ''
  return { ofRoot, profile: `export PATH='${userPath}'\n${certificates}` }
}

/** A Node that an image has: the host's, which says that it is of another version. */
function nodeOf(version: string, preload: string): string {
  const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`
  writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: ${versions} })\n`)
  return `#!/bin/sh\nexec '${process.execPath}' --require '${preload}' "$@"\n`
}

/** Passes the words on, NUL between them, and hands back exit code (first line) and text. */
const askScript = (curl: string, control: string) => `#!/bin/sh
nl='
'
reply=$({ printf '%s\\0' "\${0##*/}" "$@"; } | '${curl}' -sS --noproxy '*' --data-binary @- '${control}') || exit 70
code=\${reply%%"$nl"*}
case $reply in *"$nl"*)
  if [ "$code" = 0 ]; then printf '%s\\n' "\${reply#*"$nl"}"; else printf '%s\\n' "\${reply#*"$nl"}" >&2; fi ;;
esac
exit "$code"
`

/**
 * Commands that need no answer. The whole machine runs as one user of the host: who owns what is not emulated, but whoever
 * asks for more than we know is refused.
 */
const own: Readonly<Record<string, string>> = {
  'update-ca-certificates': `#!/bin/sh
cat "$CML_RUNNER_ROOT"/usr/local/share/ca-certificates/*.crt >>"$CML_RUNNER_ROOT/etc/ssl/certs/ca-certificates.crt"
`,
  chown: `#!/bin/sh
owner=
for word; do
  case $word in
    -h|-hR|-R) ;;
    -*) echo "chown: not emulated: $word" >&2; exit 64 ;;
    *) owner=\${owner:-$word} ;;
  esac
done
# By number it is the host's own user, to whom everything here belongs.
case $owner in *[!0-9:]*) exit 0 ;; *) exec /bin/chown "$@" ;; esac
`,
  // Without a name: who am I; the runner's programs refuse root, which the host's user may well be.
  id: `#!/bin/sh
uid=$(/usr/bin/id -u) gid=$(/usr/bin/id -g)
case "$*" in
  '-u runner') getent passwd runner >/dev/null || { echo 'id: runner: no such user' >&2; exit 1; }; echo "$uid" ;;
  '-g runner') echo "$gid" ;;
  -u) [ "$uid" = 0 ] && uid=1001; echo "$uid" ;;
  -un) echo runner ;;
  *) echo "id: not emulated: $*" >&2; exit 64 ;;
esac
`,
  setpriv: `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --reuid=[0-9]*|--regid=[0-9]*) shift ;;
    --init-groups) groups=yes; shift ;;
    --*) echo "setpriv: not emulated: $1" >&2; exit 64 ;;
    *) break ;;
  esac
done
[ "\${groups:-}" = yes ] || { echo 'setpriv: the groups of the user are missing' >&2; exit 64; }
unset groups
exec "$@"
`,
  sudo: `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -n|-E|-H) shift ;;
    -*) echo "sudo: not emulated: $1" >&2; exit 64 ;;
    *) break ;;
  esac
done
exec "$@"
`,
}
