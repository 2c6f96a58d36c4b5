import type { Clock } from '../../lib/clock.ts'
import type { Call } from '../../lib/sending.ts'
import type { Answer, Arm } from './arm.ts'
import { explainProblem, isGone } from './failures.ts'
import { problemIn } from './vendor-error.ts'

/** ms between looks where no answer names a time, and at the most. */
const spacing = { usual: 2_000, most: 15_000 } as const

/** Where to ask what became of an order; undefined for one that was carried out at once. Signed, so it is followed as it is. */
export function operationOf({ headers }: Pick<Answer, 'headers'>): string | undefined {
  return headers['azure-asyncoperation'] ?? headers.location
}

/**
 * Looks until the order that was answered so is carried out. Three kinds of answers say so: a `status` of compute, with times and a name; one of the network, alone; and for
 * those with a `Location` only, any other status than 202, the next address standing in each answer. Throws what an operation failed with, which is told by
 * HTTP 200.
 */
export async function awaitDone(
  arm: Arm,
  ordered: Answer,
  { clock, ...call }: Call & { readonly clock: Clock },
): Promise<void> {
  for (let next = operationOf(ordered), pause = 0; next !== undefined;) {
    if (pause > 0) await clock.sleep(pause, call.signal)
    const answer: Answer = await arm.send({ method: 'GET', path: next }, call)
    if (isDone(answer, call.tried)) return
    next = answer.headers.location ?? next
    const seconds = Number(answer.headers['retry-after'])
    pause = Math.min(spacing.most, seconds > 0 ? seconds * 1000 : spacing.usual)
  }
}

/** Throws what it failed with. */
function isDone({ status, body }: Answer, tried: string): boolean {
  const state = stateOf(body)
  if (state === undefined) return status !== 202
  if (/^(Failed|Canceled)$/i.test(state)) throw explainProblem(problemIn(body) ?? { code: state }, tried)
  return /^Succeeded$/i.test(state)
}

function stateOf(body: unknown): string | undefined {
  const { status } = (typeof body === 'object' && body !== null ? body : {}) as { readonly status?: unknown }
  return typeof status === 'string' ? status : undefined
}

/** What an order has failed with, by one look; undefined while that is not known. */
export async function failureOf(arm: Arm, operation: string, call: Call): Promise<unknown> {
  try {
    isDone(await arm.send({ method: 'GET', path: operation }, { ...call, attempts: 2 }), call.tried)
    return undefined
  } catch (error) {
    call.signal?.throwIfAborted()
    return isGone(error) ? undefined : error
  }
}
