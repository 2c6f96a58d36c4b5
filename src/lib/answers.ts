/** An answer that has not the shape its server documents: cut off, or the page of a proxy or of a sign-in. Worth another try. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

// Readers of JSON from elsewhere: each gives what belongs there, or throws Unreadable.

export function asRecord(data: unknown): Readonly<Record<string, unknown>> {
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new Unreadable('an answer that is no JSON object')
  return data as Record<string, unknown>
}

export function asList(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new Unreadable('an answer without the list that belongs there')
  return data
}

export function asText(data: unknown): string {
  if (typeof data !== 'string') throw new Unreadable('an answer without a text that belongs there')
  return data
}
