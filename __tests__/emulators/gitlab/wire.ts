import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from '../github/wire.ts'

export type { Answer }

/** Which of the emulator's sides a request is for: the REST API of people, the API of runners, or a publisher's files. */
export type Side = 'api' | 'runner' | 'files'

/** A query, form or JSON body as GitLab's parser gives it: repeated `name[]` are arrays. */
export type Params = Readonly<Record<string, unknown>>

export interface JournalEntry {
  readonly side: Side
  readonly method: string
  /** As sent, with the prefix of a sub-path installation, without the query. */
  readonly path: string
  readonly query: Params
  readonly headers: IncomingHttpHeaders
  /** JSON as parsed, a form as an object, other text as it is; undefined = none. */
  readonly body: unknown
  /** 0 when the answer was never sent. */
  status: number
}

/**
 * What the network or the vendor does to a request. `reset-before`: the connection breaks before anything happened. `reset-after`: it
 * breaks after the work was done. `throttle`: 429 with `retry-after`. `silent`: no answer ever. An Answer is sent as it is.
 */
export type Fault = 'reset-before' | 'reset-after' | '5xx' | 'throttle' | 'malformed' | 'silent' | Answer

/** GitLab's way to refuse: `{"message":"403 Forbidden"}`. */
export function refusal(
  status: number,
  message: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: { message } }
}
