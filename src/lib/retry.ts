import type { Clock } from './clock.ts'
import { endOf } from './deadline.ts'
import type { Gate } from './gate.ts'
import type { Log } from './log.ts'

/** Why a call may be sent again. */
export interface Again {
  /** What went wrong, as a sentence without its end: "GitHub answered 502". */
  readonly why: string
  /** Milliseconds that the other side asks for; the policy's own pause when absent. */
  readonly wait?: number
  /** Milliseconds in all after which this is no passing trouble, however much time there is. */
  readonly patience?: number
}

export interface RetryPolicy {
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds until another try; doubles, with jitter, up to `longest`. */
  readonly pause: number
  readonly longest: number
  /** Tries in all, the first included, where time is not what decides. */
  readonly attempts?: number
  /** Ends the waiting at once; its end (`deadline.ts`) is the end of all patience. */
  readonly signal?: AbortSignal | undefined
  /** Stands before every try. */
  readonly gate?: Gate
  /** False for a final answer. */
  again(error: unknown): Again | false
}

/** Milliseconds of patience where nobody has said how much time there is. */
const usualPatience = 90_000

/** Waiting that a person should hear of, ms; of a pause that the other side asks for, always. */
const worthTelling = 5_000

/**
 * Calls until it succeeds, the answer is final, or the time is over; then the last error is thrown as it came. A pause that is asked for and
 * would last beyond the end is not begun.
 */
export async function retry<T>(policy: RetryPolicy, call: (attempt: number) => Promise<T>): Promise<T> {
  const { clock, signal, gate, attempts = Infinity } = policy
  const began = clock.now()
  const end = endOf(signal) ?? began + usualPatience
  for (let attempt = 1, told = began; ; attempt++) {
    await gate?.pass(signal)
    try {
      return await call(attempt)
    } catch (error) {
      const again = attempt < attempts && !signal?.aborted && policy.again(error)
      if (!again) throw error
      if (again.wait !== undefined) gate?.close(again.wait, error)
      const pause = pauseFor(again, attempt, policy, Math.min(end, began + (again.patience ?? Infinity)))
      if (pause === undefined) throw error
      if ((again.wait ?? 0) >= 1_000 || clock.now() + pause - told >= worthTelling) {
        policy.log.info(`${again.why}; asking again in ${Math.ceil(pause / 1000)} s (try ${attempt + 1}).`)
        told = clock.now() + pause
      }
      await clock.sleep(pause, signal)
    }
  }
}

/** Undefined when the time does not allow another try. */
function pauseFor(
  { wait }: Again,
  attempt: number,
  { clock, pause, longest }: RetryPolicy,
  end: number,
): number | undefined {
  const left = end - clock.now()
  if (left <= 0) return undefined
  // Whoever was refused in the same moment is not to come back in the same moment.
  if (wait !== undefined) return wait > left ? undefined : wait + Math.min(2_000, wait / 10) * clock.random()
  const ceiling = Math.min(longest, pause * 2 ** Math.min(attempt - 1, 30))
  return Math.min(left, ceiling * (0.5 + clock.random() / 2))
}
