import type { IncomingHttpHeaders } from 'node:http'

/** A request as the emulator's parts see it. */
export interface Request {
  readonly method: string
  /** Without the API's prefix and without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** As sent, with its question mark: what `query` cannot tell of repeated names. */
  readonly search: string
  /** Parsed JSON, or undefined. */
  readonly body: unknown
  /** The body as sent. */
  readonly bytes: Buffer
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, or bytes as they are; undefined = no body. */
  readonly body?: unknown
}

/** Which of the emulator's sides a request is for: GitHub's public API, the private side its runners talk to, or the archive. */
export type Side = 'api' | 'service' | 'archive'

export interface JournalEntry {
  readonly side: Side
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
  /** 0 when the answer was never sent. */
  status: number
}

/**
 * What the network or the vendor does to a request. `reset-before`: the connection breaks before anything happened. `reset-after`: it
 * breaks after the work was done. `throttle`: the secondary limit, with `retry-after`. `silent`: no answer ever. An Answer is sent as it is.
 */
export type Fault = 'reset-before' | 'reset-after' | '5xx' | 'throttle' | 'malformed' | 'silent' | Answer

export const documentation = 'https://docs.github.com/rest'

/** GitHub's way to refuse: a message, a link, and the status once more as text. */
export function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body: { message, documentation_url: documentation, status: String(status) } }
}
