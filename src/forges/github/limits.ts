import type { Clock } from '../../lib/clock.ts'
import { Unreadable } from '../../lib/answers.ts'
import { type Allowance } from '../../lib/gate.ts'
import { passingTrouble } from '../../lib/network.ts'
import type { Again } from '../../lib/retry.ts'
import { networkTroubleOf, type Refusal, refusalOf } from './trouble.ts'

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

/** Whether to send the same request again; false for a final answer. */
export function againAfter(error: unknown, clock: Clock): Again | false {
  if (error instanceof Unreadable)
    return error.passing && { why: `GitHub's answer cannot be read (${error.message})` }
  const refusal = refusalOf(error)
  if (!refusal) {
    const trouble = networkTroubleOf(error)
    return trouble !== undefined && passingTrouble(trouble, 'GitHub')
  }
  const limit = rateLimitOf(refusal, clock)
  if (limit) return { why: `GitHub asks for a pause (${refusal.message})`, wait: limit.wait }
  if (refusal.status < 500) return false
  const seconds = Number(refusal.headers['retry-after'])
  const why = `GitHub answered ${refusal.status}`
  return Number.isFinite(seconds) ? { why, wait: seconds * 1000 } : { why }
}

/** What an answer tells of the hourly limit; undefined where a server counts nothing. */
export function allowanceOf(
  headers: Readonly<Record<string, string | number | undefined>>,
  clock: Clock,
): Allowance | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(headers[`x-ratelimit-${name}`] ?? NaN),
  ) as [number, number, number]
  if (![limit, remaining, reset].every(Number.isFinite)) return undefined
  return { limit, remaining, resetsIn: reset * 1000 - clock.now() }
}
