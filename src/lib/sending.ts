import { orAbort } from './abort.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import { retry, type Again } from './retry.ts'

/** How one call is made: what for, and until when. */
export interface Call {
  /** Reads after "Could not …". */
  readonly tried: string
  readonly signal?: AbortSignal | undefined
  /** Tries in all, the first included, of what is asked for again anyway; otherwise the signal's end decides. */
  readonly attempts?: number
}

/** What one vendor makes of errors. */
export interface Sending {
  readonly clock: Clock
  readonly log: Log
  /** Whether the same request may be sent again. */
  again(error: unknown): Again | false
  /** What is thrown in the place of the error. */
  explain(error: unknown): unknown
}

/**
 * Sends a request as often as its answers ask for. Throws the signal's reason as soon as that aborts: SDKs stop a request then, but not their
 * search for credentials before.
 */
export async function sendOften<T>(
  { clock, log, again, explain }: Sending,
  { signal, attempts }: Call,
  act: (attempt: number) => Promise<T>,
): Promise<T> {
  const bound = attempts === undefined ? {} : { attempts }
  const policy = { clock, log, pause: 250, longest: 8_000, again, signal, ...bound }
  signal?.throwIfAborted()
  try {
    return await retry(policy, (attempt) => orAbort(act(attempt), signal))
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw explain(error)
  }
}
