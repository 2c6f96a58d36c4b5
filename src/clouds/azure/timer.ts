import { Failure } from '../../model/failure.ts'
import { machinePath, versions } from './arm.ts'
import { callFor, type Creation } from './creation.ts'
import { explainProblem } from './failures.ts'
import { limits } from './limits.ts'
import type { Where } from './names.ts'
import type { Problem } from './vendor-error.ts'

/** How long the service goes on where a machine does not obey, min. */
const insists = 120

interface Result {
  readonly errorCode?: string
  readonly errorDetails?: string
  readonly operation?: {
    readonly state?: string
    readonly resourceOperationError?: { readonly errorCode?: string; readonly errorDetails?: string }
  }
}

/**
 * Has Azure deallocate the machine at its hard end, whatever the machine does: from then on it costs no more than its disk and address, and a sweep finds it.
 * Throws where Azure does not take the order: a machine that nothing ends is not left.
 */
export async function orderEnd(creation: Creation, where: Where): Promise<void> {
  const { arm, candidate, order, context } = creation
  const { tried: launch, ...call } = callFor(creation)
  const tried = `${launch}: have Azure end the machine when its \`max-lifetime\` is over`
  const subscription = await arm.subscription()
  const path = `/subscriptions/${subscription}/providers/Microsoft.ComputeSchedule/locations/${candidate.region}/virtualMachinesSubmitDeallocate?api-version=${versions.schedule}`
  const body = {
    schedule: {
      deadline: new Date(
        Math.min(order.lease.expiresAt, context.clock.now() / 1000 + limits.longestLife) * 1000,
      ).toISOString(),
      timezone: 'UTC',
      deadlineType: 'InitiateAt',
    },
    executionParameters: { retryPolicy: { retryCount: 5, retryWindowInMinutes: insists } },
    resources: { ids: [machinePath(subscription, where)] },
    correlationid: correlationOf(order.lease.identity),
  }
  const answer = await arm.send({ method: 'POST', path, body }, { ...call, tried })
  const { results = [] } = (answer.body ?? {}) as { readonly results?: readonly Result[] }
  const problem = problemOf(results)
  if (problem) throw asRefusal(explainProblem(problem, tried))
}

/** What was not ordered fails with what it says, or with saying nothing. */
function problemOf([result]: readonly Result[]): Problem | undefined {
  if (!result) return { code: 'NoResult', message: 'Azure did not say that it will' }
  const { errorCode, errorDetails, operation } = result
  const below = operation?.resourceOperationError
  const code = errorCode || below?.errorCode
  if (code && code !== 'null') return { code, message: errorDetails ?? below?.errorDetails ?? code }
  return /^(Failed|Cancelled|Blocked)$/i.test(operation?.state ?? '')
    ? { code: operation?.state ?? '', message: `Azure says ${operation?.state ?? ''} of it` }
    : undefined
}

/** Other machines would be refused the same. */
function asRefusal(failure: Failure): Failure {
  return failure.kind === 'unknown' ? new Failure('failed-precondition', failure.explanation) : failure
}

/** A UUID by which people find the order in the service's log. */
function correlationOf(identity: string): string {
  const hex = Buffer.from(identity).toString('hex').padEnd(32, '0')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
