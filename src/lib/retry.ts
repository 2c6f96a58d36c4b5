import type { Clock } from './clock.ts'

export interface RetryPolicy {
  readonly clock: Clock
  /** Tries in all, the first included. */
  readonly attempts: number
  /** First pause in ms; doubles, with full jitter, up to `longest`. */
  readonly pause: number
  readonly longest: number
  readonly signal?: AbortSignal
  /** Milliseconds to wait before the next try, `true` for the policy's own pause, `false` to give up. */
  again(error: unknown): boolean | number
}

/** Calls until it succeeds or the policy gives up; then the last error is thrown as it came. */
export async function retry<T>(policy: RetryPolicy, call: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt)
    } catch (error) {
      const verdict = attempt < policy.attempts && policy.again(error)
      if (verdict === false) throw error
      const ceiling = Math.min(policy.longest, policy.pause * 2 ** (attempt - 1))
      await policy.clock.sleep(
        verdict === true ? ceiling * (0.5 + policy.clock.random() / 2) : verdict,
        policy.signal,
      )
    }
  }
}
