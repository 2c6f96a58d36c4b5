import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { Unreadable } from '../../lib/answers.ts'
import { isPassing, networkTroubleOf } from '../../lib/network.ts'
import { Refusal } from './trouble.ts'

/** Longest wait that a request takes for a rate limit, ms. A launch is better told than kept waiting. */
export const longestWait = 90_000

/** GitLab counts by the minute (docs.gitlab.com/administration/settings/user_and_ip_rate_limits). */
const standardWait = 60_000

/** Milliseconds until another request may be sent; undefined when the refusal is about something else. */
export function rateLimitOf({ status, headers }: Refusal, clock: Clock): number | undefined {
  if (status !== 429) return undefined
  const reset = Number(headers.get('ratelimit-reset')) * 1000
  // A second more, since it is given in whole ones.
  return (
    secondsOf(headers.get('retry-after')) ??
    (reset > 0 ? Math.max(0, reset - clock.now()) + 1000 : standardWait)
  )
}

/** Whether to send a request again that may be repeated: `false` never, `true` after the usual pause, a number after that many ms. */
export function pauseAfter(error: unknown, clock: Clock, log: Log): boolean | number {
  if (error instanceof Unreadable) return true
  if (!(error instanceof Refusal)) {
    const trouble = networkTroubleOf(error)
    return trouble !== undefined && isPassing(trouble.code)
  }
  const limit = rateLimitOf(error, clock)
  const asked = limit ?? (error.status >= 500 ? secondsOf(error.headers.get('retry-after')) : undefined)
  if (asked === undefined) return error.status >= 500
  if (asked > longestWait) return false
  if (asked > 0) log.info(`GitLab asks to wait ${Math.ceil(asked / 1000)} s before the next request.`)
  return asked
}

function secondsOf(header: string | undefined): number | undefined {
  const seconds = Number(header)
  return header !== undefined && header !== '' && Number.isFinite(seconds) ? seconds * 1000 : undefined
}
