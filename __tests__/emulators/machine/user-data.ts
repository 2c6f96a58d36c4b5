import { gunzipSync } from 'node:zlib'
import { parse } from 'yaml'

/** One `write_files` entry, decoded. */
export interface WrittenFile {
  readonly path: string
  readonly mode: number
  readonly bytes: Buffer
}

/** User data as cloud-init understands it, by the stage in which it acts. */
export interface UserData {
  /** Run on every boot, before all else: executed where they lie in /var, unless that is mounted noexec. */
  readonly boothooks: readonly Script[]
  /** `bootcmd`: run on every boot by /bin/sh, right after them. */
  readonly bootCommands: readonly (readonly string[])[]
  readonly files: readonly WrittenFile[]
  readonly authorizedKeys: readonly string[]
  readonly trustedCertificates: readonly string[]
}

export interface Script {
  readonly name: string
  readonly text: string
}

interface Part {
  readonly type: string
  readonly filename: string
  readonly text: string
}

/**
 * Decodes user data as cloud-init does (cloudinit.readthedocs.io, "User-data formats"; handlers of cloud-init 25.1): gzip
 * if it looks like it, MIME multipart, each part by its content type. Throws for whatever we do not send.
 */
export function decodeUserData(bytes: Buffer): UserData {
  const plain = isGzip(bytes) ? gunzipSync(bytes) : bytes
  const parts = partsOf(plain.toString('latin1'))
  const known = ['text/cloud-boothook', 'text/cloud-config']
  for (const { type, filename } of parts)
    if (!known.includes(type)) throw new Error(`part ${filename} of unknown type ${type}`)
  const configs = parts
    .filter(({ type }) => type === 'text/cloud-config')
    .map(({ text }) => cloudConfig(text))
  return {
    boothooks: parts.filter(({ type }) => type === 'text/cloud-boothook').map(scriptOf),
    bootCommands: configs.flatMap(({ commands }) => commands),
    files: configs.flatMap(({ files }) => files),
    authorizedKeys: configs.flatMap(({ keys }) => keys),
    trustedCertificates: configs.flatMap(({ certificates }) => certificates),
  }
}

export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

function scriptOf({ filename, text }: Part): Script {
  if (!text.startsWith('#!')) throw new Error(`${filename} has no #! line`)
  return { name: filename, text: text.replaceAll('\r\n', '\n') }
}

function partsOf(text: string): Part[] {
  // What is no MIME is one part, by its first line.
  if (text.startsWith('#cloud-config\n')) return [{ type: 'text/cloud-config', filename: 'part-001', text }]
  const { headers, body } = splitHead(text)
  const [, boundary] = /^multipart\/mixed;\s*boundary="([^"]+)"/.exec(headers.get('content-type') ?? '') ?? []
  if (!boundary || !headers.has('mime-version')) throw new Error('not MIME multipart')
  const pieces = `\n${body}`.split(`\n--${boundary}`)
  if (!pieces.at(-1)?.startsWith('--')) throw new Error('the multipart has no end')
  return pieces.slice(1, -1).map((piece, index) => partOf(piece.replace(/^\n/, ''), `part-00${index + 1}`))
}

function partOf(piece: string, unnamed: string): Part {
  const { headers, body } = splitHead(piece)
  const [type = ''] = (headers.get('content-type') ?? '').split(';')
  const [, filename = unnamed] = /filename="([^"]+)"/.exec(headers.get('content-disposition') ?? '') ?? []
  const encoding = headers.get('content-transfer-encoding') ?? '7bit'
  if (encoding !== '7bit' && encoding !== 'base64') throw new Error(`unknown transfer encoding ${encoding}`)

  if (encoding === '7bit' && /[^\x00-\x7f]/.test(body)) throw new Error(`${filename} is not 7bit`)
  return { type, filename, text: encoding === 'base64' ? Buffer.from(body, 'base64').toString('utf8') : body }
}

function splitHead(text: string): { headers: Map<string, string>; body: string } {
  const end = text.indexOf('\n\n')
  if (end < 0) throw new Error('no end of the headers')
  const lines = text.slice(0, end).split('\n')
  const headers = lines.map((line): [string, string] => {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? []
    if (!name || value === undefined) throw new Error(`not a header: ${line}`)
    return [name.toLowerCase(), value]
  })
  return { headers: new Map(headers), body: text.slice(end + 2) }
}

/** YAML as cloud-init reads it; every key outside of what we send is refused. */
function cloudConfig(text: string): {
  commands: string[][]
  files: WrittenFile[]
  keys: string[]
  certificates: string[]
} {
  if (!text.startsWith('#cloud-config\n')) throw new Error('cloud-config without its first line')
  const {
    bootcmd = [],
    write_files = [],
    ssh_authorized_keys = [],
    ca_certs = {},
    ...rest
  } = parse(text) as Record<string, unknown>
  const { trusted = [], ...others } = ca_certs as Record<string, unknown>
  const unknown = [...Object.keys(rest), ...Object.keys(others)]
  if (unknown.length > 0) throw new Error(`unknown keys in cloud-config: ${unknown.join(', ')}`)
  return {
    commands: bootcmd as string[][],
    files: (write_files as Record<string, string>[]).map(fileOf),
    keys: ssh_authorized_keys as string[],
    certificates: trusted as string[],
  }
}

function fileOf({ path, content, permissions, encoding, ...rest }: Record<string, string>): WrittenFile {
  const unknown = Object.keys(rest)
  if (!path || content === undefined || !permissions || unknown.length > 0)
    throw new Error(`write_files: ${path} ${unknown.join(', ')}`)
  if (!path.startsWith('/') || !/^0[0-7]{3}$/.test(permissions))
    throw new Error(`write_files: ${path} ${permissions}`)
  if (encoding !== undefined && encoding !== 'b64') throw new Error(`write_files: encoding ${encoding}`)
  return {
    path,
    mode: parseInt(permissions, 8),
    bytes: Buffer.from(content, encoding === 'b64' ? 'base64' : 'utf8'),
  }
}
