import { gzipSync } from 'node:zlib'

export interface File {
  readonly path: string
  readonly content: string | Buffer
  readonly executable?: boolean
}

/**
 * A gzipped tar archive (ustar) of the files and their folders: the same bytes for the same files, every time. `top` is what stands
 * before each name: `./` where a folder was packed from within.
 */
export function pack(files: readonly File[], top = './'): Buffer {
  const folders = new Set(
    files.flatMap(({ path }) =>
      path
        .split('/')
        .slice(0, -1)
        .map((_, index, parts) => `${parts.slice(0, index + 1).join('/')}/`),
    ),
  )
  const blocks = [
    ...[...folders].sort().map((path) => header(`${top}${path}`, 0, 0o755, '5')),
    ...files.flatMap(({ path, content, executable }) => {
      const bytes = Buffer.from(content)
      return [
        header(`${top}${path}`, bytes.length, executable ? 0o755 : 0o644, '0'),
        bytes,
        Buffer.alloc((512 - (bytes.length % 512)) % 512),
      ]
    }),
    Buffer.alloc(1024),
  ]
  // The gzip header's operating system byte is what differs between hosts.
  const packed = gzipSync(Buffer.concat(blocks), { level: 9 })
  packed[9] = 255
  return packed
}

function header(name: string, size: number, mode: number, type: '0' | '5'): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for this archive`)
  const block = Buffer.alloc(512)
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(name, 0)
  block.write(octal(mode, 7), 100)
  block.write(octal(1001, 7), 108)
  block.write(octal(1001, 7), 116)
  block.write(octal(size, 11), 124)
  block.write(octal(0, 11), 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.write('ustar\x0000', 257)
  block.write('runner', 265)
  block.write('docker', 297)
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return block
}
