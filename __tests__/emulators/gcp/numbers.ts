import { createHash } from 'node:crypto'

/** Ids of resources: decimal, 64 bits. */
export function idFrom(seed: string): string {
  const number = createHash('sha256').update(seed).digest().readBigUInt64BE() >> 1n
  return String(number | (1n << 60n))
}

/** As Compute Engine writes times: Pacific, with its offset, never Z. */
export function timeOf(at: number): string {
  const offset = 7 * 3_600_000
  return `${new Date(at - offset).toISOString().slice(0, -1)}-07:00`
}

export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64').slice(0, 11) + '='
}
