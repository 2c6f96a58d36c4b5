import { createHash } from 'node:crypto'

/**
 * Good for nothing, and as large as what GitHub sends: Base64 of JSON, file name → Base64 of the file, with an RSA key of 2048 bits in one of them
 * (actions/runner, src/Runner.Listener/Runner.cs and RSAFileKeyManager.cs). About 4 KB.
 */
export function sampleJitConfig(): string {
  const key = { d: 344, dp: 172, dq: 172, inverseQ: 172, modulus: 344, p: 172, q: 172 }
  const files = {
    '.runner': { settings: noise(400) },
    '.credentials': { scheme: 'OAuth', data: noise(160) },
    '.credentials_rsaparams': {
      exponent: 'AQAB',
      ...Object.fromEntries(Object.entries(key).map(([part, length]) => [part, noise(length, part)])),
    },
  }
  const encoded = Object.entries(files).map(([name, file]) => [name, base64(JSON.stringify(file))])
  return base64(JSON.stringify(Object.fromEntries(encoded)))
}

/** Text that does not compress, the same in every process. */
export function noise(length: number, seed = ''): string {
  let text = ''
  for (let round = 0; text.length < length; round++)
    text += createHash('sha512').update(`${seed}${round}`).digest('base64')
  return text.slice(0, length)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
