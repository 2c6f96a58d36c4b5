import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Unreadable } from '../../lib/answers.ts'
import { isPassing } from '../../lib/network.ts'
import { networkTroubleOf, type Refusal, refusalOf } from './trouble.ts'

/** Longest wait that a request takes for a rate limit, ms. A launch is better told than kept waiting for an hour. */
export const longestWait = 90_000

/** What GitHub asks for when it gives no number (best practices for using the REST API: "at least one minute"). */
const standardWait = 60_000

export interface RateLimit {
  readonly kind: 'primary' | 'secondary'
  /** Milliseconds from now until another request may be sent. */
  readonly wait: number
}

/** Undefined when the refusal is about something else. https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function rateLimitOf({ status, headers, message }: Refusal, clock: Clock): RateLimit | undefined {
  const retryAfter = Number(headers['retry-after'])
  const asked =
    headers['retry-after'] !== undefined && Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined
  if (status !== 403 && status !== 429) return undefined
  if (/secondary rate limit|abuse detection/i.test(message))
    return { kind: 'secondary', wait: asked ?? standardWait }
  const reset = Number(headers['x-ratelimit-reset']) * 1000
  if (headers['x-ratelimit-remaining'] === '0' || /api rate limit exceeded/i.test(message))
    // A second more, since both clocks show whole ones.
    return {
      kind: 'primary',
      wait: asked ?? (Number.isFinite(reset) ? Math.max(0, reset - clock.now()) + 1000 : standardWait),
    }
  return status === 429 || asked !== undefined
    ? { kind: 'secondary', wait: asked ?? standardWait }
    : undefined
}

/** Whether to send the same request again: `false` never, `true` after the usual pause, a number after that many milliseconds. */
export function pauseAfter(error: unknown, clock: Clock, log: Log): boolean | number {
  if (error instanceof Unreadable) return true
  const refusal = refusalOf(error)
  if (!refusal) {
    const trouble = networkTroubleOf(error)
    return trouble !== undefined && isPassing(trouble.code)
  }
  const limit = rateLimitOf(refusal, clock)
  const asked =
    limit?.wait ?? (refusal.status >= 500 ? Number(refusal.headers['retry-after']) * 1000 : undefined)
  if (asked === undefined) return false
  if (!Number.isFinite(asked)) return true
  if (asked > longestWait) return false
  if (asked > 0) log.info(`GitHub asks to wait ${Math.ceil(asked / 1000)} s before the next request.`)
  return asked
}
