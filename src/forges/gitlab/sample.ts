import { createHash } from 'node:crypto'

/** As hard to compress as a token. */
export function noise(length: number): string {
  return createHash('sha512').update('noise').digest('base64url').slice(0, length)
}
