import type * as http from '../http/wire.ts'
import type { Answer } from '../http/wire.ts'

export type { Answer, Fault } from '../http/wire.ts'

/** Which of the emulator's sides a request is for: the REST API of people, the API of runners, or a publisher's files. */
export type Side = 'api' | 'runner' | 'files'

/** A query, form or JSON body as GitLab's parser gives it: repeated `name[]` are arrays. */
export type Params = Readonly<Record<string, unknown>>

export interface JournalEntry extends http.JournalEntry {
  readonly side: Side
  readonly query: Params
  /** JSON as parsed, a form as an object, other text as it is; undefined = none. */
  readonly body: unknown
}

/** GitLab's way to refuse: `{"message":"403 Forbidden"}`. */
export function refusal(
  status: number,
  message: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: { message } }
}
