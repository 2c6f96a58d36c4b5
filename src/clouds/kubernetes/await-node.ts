import { Failure } from '../../model/failure.ts'
import { renderCandidate } from '../../model/instance.ts'
import type { Condition, Job, Where } from './cluster.ts'
import { rowOf } from './codes.ts'
import type { Creation } from './creation.ts'
import { timeOf } from './event-reasons.ts'
import { isOptionalFailure } from './failures.ts'
import type { Found } from './machines.ts'

/** ms between two looks, more the longer it takes. */
const looks = { first: 60, longest: 2_000 } as const

/**
 * Waits until a node has taken the pod. Throws when no node has room for it for too long (an autoscaler may be adding one), when no pod may be made,
 * and when the Job ends.
 */
export async function awaitNode(creation: Creation, where: Where, job: Job): Promise<void> {
  const { machines, candidate, context, full, seen, signal } = creation
  const { clock } = context
  // An autoscaler has had its time.
  const pending = full.has(candidate.type) ? 0 : creation.pending
  const tried = `launch ${renderCandidate(candidate)}`
  const began = clock.now()
  for (let pause: number = looks.first, told = false; ; pause = Math.min(looks.longest, pause * 1.5)) {
    const found = await machines.find(where, { tried, signal })
    if (isTaken(found)) return
    throwIfOver(found, tried)
    if (found && found.pods.length > 0) seen.set(where.namespace, clock.now())
    const waited = clock.now() - began
    const condition = found?.pods[0]?.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    if (found?.pods.length === 0) await throwIfRefused(creation, where, job)
    const late = waited >= pending * 1000
    if (condition?.status === 'False') {
      if (late) {
        full.add(candidate.type)
        throw noRoom(condition, tried, creation.pending)
      }
      if (!told) context.log.info(`No node takes the pod yet: ${condition.message ?? condition.reason ?? ''}`)
      told = true
    } else if (late && waited >= mostSilence) throw silent(tried, waited)
    await clock.sleep(pause, signal)
  }
}

/** ms in which a cluster that works says something of a new pod. */
const mostSilence = 60_000

/** Somebody else has made it go on, or it has gone on already. */
function isTaken(found: Found | undefined): boolean {
  const status = found?.pods[0]?.status
  return (
    found?.machine.state === 'running' ||
    status?.phase === 'Succeeded' ||
    (status?.conditions ?? []).some(({ type, status }) => type === 'PodScheduled' && status === 'True')
  )
}

function throwIfOver(found: Found | undefined, tried: string): void {
  if (!found) throw new Failure('unavailable', { tried, said: 'somebody has deleted its Job' })
  const { state, ended } = found.machine
  if (state === 'pending' && !ended) return
  throw new Failure(ended?.kind ?? 'unavailable', {
    tried,
    said: ended?.text ?? 'its Job has ended',
    ...(ended ? { code: ended.code } : {}),
  })
}

/** Quotas and rules of admission speak to the controller that makes pods; it tells them as events of the Job. */
async function throwIfRefused(
  { cluster, candidate, context, seen, signal }: Creation,
  where: Where,
  job: Job,
): Promise<void> {
  const tried = `launch ${renderCandidate(candidate)}`
  try {
    const fields = `involvedObject.uid=${job.metadata?.uid ?? ''}`
    const call = { tried: `read what is said of ${where.name}`, signal, attempts: 2 }
    const events = await cluster.listEvents(where.namespace, fields, call)
    const [refusal] = events
      .filter(({ reason }) => reason === 'FailedCreate')
      .toSorted((one, other) => timeOf(other) - timeOf(one))
    if (!refusal) return
    const said = (refusal.message ?? '').replace(/^Error creating: /, '')
    if (passes(said, context.clock.now() - (seen.get(where.namespace) ?? -Infinity))) return
    const { kind = 'failed-precondition', why, fix } = rowOf(403, said) ?? {}
    throw new Failure(kind === 'permission-denied' ? 'failed-precondition' : kind, {
      tried,
      said,
      code: 'FailedCreate',
      ...(why && kind !== 'permission-denied' ? { why } : {}),
      ...(fix && kind !== 'permission-denied' ? { fix } : {}),
    })
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
  }
}

/** ms for which quotas may count a pod that has been ended. */
const lingers = 5_000

/**
 * The controller tries again by itself. Two pods at one moment may both change a quota, of which one is told so; and the pod that this launch has ended, `ago` ms
 * after it was last seen, may be the one that is in the way.
 */
function passes(said: string, ago: number): boolean {
  return /operation cannot be fulfilled/i.test(said) || (ago < lingers && /exceeded quota/i.test(said))
}

function noRoom({ message, reason }: Condition, tried: string, pending: number): Failure {
  return new Failure('capacity-unavailable', {
    tried,
    said: message ?? 'no node has room for it',
    code: reason ?? 'Unschedulable',
    why: `No node has room for the pod${pending > 0 ? `, and no autoscaler has added one within ${pending} s` : ''}.`,
    fix: 'name a smaller `cloud-type`, look whether `cloud-kubernetes-node-selector` and `cloud-kubernetes-tolerations` fit the nodes (`kubectl get nodes --show-labels`), or give an autoscaler more time in `cloud-kubernetes-pending`.',
  })
}

function silent(tried: string, waited: number): Failure {
  return new Failure('failed-precondition', {
    tried,
    said: `the cluster has said nothing of its pod for ${Math.round(waited / 1000)} s`,
    why: 'The controllers of the cluster may be down, or slow.',
    fix: 'look at `kubectl get events`, and ask whoever runs the cluster.',
  })
}
