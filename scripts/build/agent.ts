import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'

import { buildSync } from 'esbuild'

const source = join(import.meta.dirname, '../../src')

/** The program on a machine of that forge (`github`, `gitlab`) in one file: the machine has no packages. */
export function bundleAgent(forge: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(source, `entry/agent-${forge}.ts`)],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    write: false,
  })
  const [file] = outputFiles
  if (!file) throw new Error(`no agent for ${forge}`)
  return file.text
}

/**
 * The same as a program that unpacks itself. User data has little room and travels as gzip; Brotli takes a tenth less, and Base64
 * costs nothing there, since gzip gives each of its 64 letters six bits (machine/payload.ts keeps them apart from other text).
 */
export function packAgent(program: string): string {
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: program.length,
  }
  const packed = brotliCompressSync(program, { params }).toString('base64')
  return `eval(require('zlib').brotliDecompressSync(Buffer.from('${packed}','base64'))+'')\n`
}
