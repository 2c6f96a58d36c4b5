import type * as http from '../http/wire.ts'
import type { Answer } from '../http/wire.ts'

export type { Answer, Fault, Request } from '../http/wire.ts'

/** Which of the emulator's sides a request is for: GitHub's public API, the private side its runners talk to, or the archive. */
export type Side = 'api' | 'service' | 'archive'

export interface JournalEntry extends http.JournalEntry {
  readonly side: Side
  readonly query: Readonly<Record<string, string>>
  /** JSON as parsed. */
  readonly body: unknown
}

export const documentation = 'https://docs.github.com/rest'

/** GitHub's way to refuse: a message, a link, and the status once more as text. */
export function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: { message, documentation_url: documentation, status: String(status) } }
}
