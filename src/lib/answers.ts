/**
 * An answer that has not the shape its server documents: cut off, without an end, or the page of a proxy or of a sign-in. Usually worth
 * another try.
 */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  /** False where another try would bring the same: an answer without an end. */
  readonly passing: boolean

  constructor(said: string, passing = true) {
    super(said)
    this.passing = passing
  }
}

// Readers of JSON from elsewhere: each gives what belongs there, or throws Unreadable.

export function asRecord(data: unknown): Readonly<Record<string, unknown>> {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new Unreadable('an answer that is not a JSON object')
  return data as Record<string, unknown>
}

export function asList(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new Unreadable('an answer without the list that belongs there')
  return data
}

/** What travels in a header, and on the machine in files that root reads: one line of ASCII letters, digits and signs. */
export function asToken(data: unknown): string {
  if (!/^[\x21-\x7e]{1,20000}$/.test(asText(data)))
    throw new Unreadable('an answer with a token of characters that no token has')
  return data as string
}

/**
 * An address that a machine will fetch from, as the URL standard writes it: no control character is left in it, and no credentials. https
 * alone, save on the host that was itself given as http (`base`).
 */
export function asWebAddress(data: unknown, base: string): string {
  const text = asText(data)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const given = new URL(base)
  const secure = url?.protocol === 'https:'
  const plain = url?.protocol === 'http:' && given.protocol === 'http:' && url.hostname === given.hostname
  if (!url || !(secure || plain) || url.username || url.password)
    throw new Unreadable('an answer with an address that does not begin with https://')
  return url.href
}

export function asText(data: unknown): string {
  if (typeof data !== 'string') throw new Unreadable('an answer without a text that belongs there')
  return data
}
