import { isAlive, type Instance, type InstanceState } from '../../model/instance.ts'
import { leaseFromText, leaseTags, managedBy, type ReadLease } from '../../model/lease.ts'
import type { Job, Pod } from './cluster.ts'
import { endOfJob, endOfPod, failureOf, isOrderedToEnd, type Ended } from './ends.ts'
import { leaseKey, typeKey } from './labels.ts'

/** A Job and its pod as one machine. The pod may not be there yet, or any more. */
export function readMachine(job: Job, pods: readonly Pod[]): Instance {
  const { name = '', namespace = '', annotations = {}, creationTimestamp } = job.metadata ?? {}
  const pod = pods[0]
  const state = stateOf(job, pods)
  const ended = whyEnded(job, pod, state)
  const ip = pod?.status?.podIP
  return {
    cloud: 'kubernetes',
    id: name,
    region: namespace,
    type: annotations[typeKey] ?? '',
    market: 'on-demand',
    state,
    ...(ip ? { ip } : {}),
    launchedAt: secondsOf(creationTimestamp),
    ...(ended ? { ended } : {}),
    ...leaseOf(job),
  }
}

/** Unix seconds; 0 where there is no time. */
export function secondsOf(time: string | undefined): number {
  return Math.floor((Date.parse(time ?? '') || 0) / 1000)
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions */
function isOver({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
}

/** A pod that has ended leaves its Job a moment to say so. */
function stateOf(job: Job, pods: readonly Pod[]): InstanceState {
  const active = pods.some(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
  if (isOver(job)) return active ? 'ending' : 'gone'
  const pod = pods[0]
  const isEnding =
    job.metadata?.deletionTimestamp !== undefined ||
    failureOf(job) !== undefined ||
    isOrderedToEnd(job) ||
    pod?.metadata?.deletionTimestamp !== undefined
  if (isEnding) return 'ending'
  const phase = pod?.status?.phase
  if (phase === 'Succeeded' || phase === 'Failed') return 'ending'
  return phase === 'Running' ? 'running' : 'pending'
}

/** A pod's reason is closer than its Job's; one that is being deleted says so by itself. */
function whyEnded(job: Job, pod: Pod | undefined, state: InstanceState): Ended | undefined {
  const told = pod && endOfPod(pod)
  if (isAlive({ state })) return told
  return failureOf(job)?.reason === 'DeadlineExceeded' ? endOfJob(job) : (told ?? endOfJob(job))
}

/** Has any container of it begun? What it waited for was there then. */
export function hasStarted({ status = {} }: Pod): boolean {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return (
    (status.phase !== undefined && status.phase !== 'Pending') ||
    containers.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined)
  )
}

/** The whole lease stands in an annotation; a label says that there is to be one. */
function leaseOf({ metadata = {} }: Job): ReadLease {
  const { annotations = {}, labels = {} } = metadata
  const text = annotations[leaseKey]
  if (text !== undefined) return leaseFromText(text)
  if (labels[leaseTags.managedBy] !== managedBy) return {}
  return { damage: { identity: labels[leaseTags.identity] ?? '', name: '', wrong: [leaseKey] } }
}
