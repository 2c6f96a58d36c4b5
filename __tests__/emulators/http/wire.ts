import type { IncomingHttpHeaders } from 'node:http'

/** A whole request. */
export interface Request {
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** As sent, with its question mark: what `query` cannot tell of repeated names. */
  readonly search: string
  readonly headers: IncomingHttpHeaders
  /** Parsed JSON; other text as it is; undefined where there is none. */
  readonly body: unknown
  /** The body as sent. */
  readonly bytes: Buffer
  /** There was more than a server takes; `bytes` is where it stopped reading. */
  readonly overflow: boolean
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text or bytes as they are, anything else as JSON; undefined = no body. */
  readonly body?: unknown
}

/** What becomes of a connection when there is no answer: broken off, or left hanging. */
export type NoAnswer = 'break' | 'hang'

/**
 * What the network or the vendor does to a request.
 * - `reset-before`, `silent`: nothing is done; the connection breaks, or there is never an answer.
 * - `reset-after`, `unheard`: everything is done; the connection breaks, or there is never an answer.
 * - `5xx`, `throttle`: nothing is done; the vendor says so in its own words.
 * - `malformed`: everything is done; half of the answer arrives.
 * - An Answer: nothing is done; this is sent as it is.
 */
export type Fault =
  'reset-before' | 'reset-after' | 'silent' | 'unheard' | '5xx' | 'throttle' | 'malformed' | Answer

/** What is remembered of every request. */
export interface JournalEntry {
  /** Unix ms of the emulator's clock. */
  readonly at: number
  readonly method: string
  /** As sent. */
  readonly path: string
  /** Who asked stands in here. */
  readonly headers: IncomingHttpHeaders
  /** Of the answer; 0 = none was given. */
  status: number
  /** What was done to the request on its way. */
  fault?: Fault
}
