import type { Clock } from '../../lib/clock.ts'
import type { Allowance } from '../../lib/gate.ts'
import type { HttpResponse } from '../../lib/http.ts'
import { Unreadable } from '../../lib/answers.ts'
import { networkTroubleOf, passingTrouble } from '../../lib/network.ts'
import type { Again } from '../../lib/retry.ts'
import { Refusal } from './trouble.ts'

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

/** Whether to send a request again that may be repeated; false for a final answer. */
export function againAfter(error: unknown, clock: Clock): Again | false {
  if (error instanceof Unreadable)
    return error.passing && { why: `GitLab's answer cannot be read (${error.message})` }
  if (!(error instanceof Refusal)) {
    const trouble = networkTroubleOf(error)
    return trouble !== undefined && passingTrouble(trouble, 'GitLab')
  }
  const limit = rateLimitOf(error, clock)
  if (limit !== undefined) return { why: 'GitLab asks for a pause (429)', wait: limit }
  if (error.status < 500) return false
  const why = `GitLab answered ${error.status}`
  const wait = secondsOf(error.headers.get('retry-after'))
  return wait === undefined ? { why } : { why, wait }
}

/** What an answer tells of the limit by the minute; undefined where a server counts nothing. */
export function allowanceOf(headers: HttpResponse['headers'], clock: Clock): Allowance | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(headers.get(`ratelimit-${name}`) ?? NaN),
  ) as [number, number, number]
  if (![limit, remaining, reset].every(Number.isFinite)) return undefined
  return { limit, remaining, resetsIn: reset * 1000 - clock.now() }
}

function secondsOf(header: string | undefined): number | undefined {
  const seconds = Number(header)
  return header !== undefined && header !== '' && Number.isFinite(seconds) ? seconds * 1000 : undefined
}
