import type { FailureKind } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { Condition, ContainerStatus, Job, Pod } from './cluster.ts'

export type Ended = NonNullable<Instance['ended']>

interface Row {
  readonly kind: FailureKind
  readonly text: string
}

const taken = (text: string): Row => ({ kind: 'capacity-unavailable', text })

/** By the reason of the condition DisruptionTarget, or of a pod. https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions */
const disruptions: Readonly<Record<string, Row>> = {
  PreemptionByScheduler: taken('a pod of higher priority took its place'),
  DeletionByTaintManager: taken('its node was lost or closed (a taint that it does not tolerate)'),
  EvictionByEvictionAPI: taken('it was evicted: a node is drained or replaced, mostly'),
  DeletionByPodGC: taken('its node is gone'),
  TerminationByKubelet: taken('its node ended it: the node was short of something, or is shutting down'),
  Evicted: taken('its node was short of something and evicted it'),
  Preempting: taken('its node needed the place'),
  NodeLost: taken('its node is lost'),
  NodeShutdown: taken('its node is shutting down'),
  Terminated: taken('its node is shutting down'),
  Shutdown: taken('its node is shutting down'),
  UnexpectedAdmissionError: taken('its node did not take it after all'),
  OutOfcpu: taken('its node had no room for it after all'),
  OutOfmemory: taken('its node had no room for it after all'),
}

const image: Row = {
  kind: 'failed-precondition',
  text: 'its image cannot be had: it is not there, needs a login, or the node does not reach its registry',
}

/** By the reason for which a container waits in vain. */
const waits: Readonly<Record<string, Row>> = {
  ErrImagePull: image,
  ImagePullBackOff: image,
  ErrImageNeverPull: image,
  InvalidImageName: image,
  ImageInspectError: image,
  RegistryUnavailable: image,
  CreateContainerError: {
    kind: 'failed-precondition',
    text: 'its container could not be made: the image may have no /bin/sh',
  },
  RunContainerError: {
    kind: 'failed-precondition',
    text: 'its container could not be started: the image may have no /bin/sh',
  },
}

const words = ({ text }: Row, told: string | undefined): string => (told ? `${text}: ${told.trim()}` : text)

/** Why a pod has ended, or never will begin; undefined for one that is well. */
export function endOfPod({ status = {} }: Pod): Ended | undefined {
  const disrupted = status.conditions?.find(
    ({ type, status }) => type === 'DisruptionTarget' && status === 'True',
  )
  for (const { reason, message } of [disrupted ?? {}, status])
    if (reason && Object.hasOwn(disruptions, reason)) {
      const row = disruptions[reason]!
      return { kind: row.kind, code: reason, text: words(row, message) }
    }
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  for (const container of containers) {
    const ended = endOfContainer(container)
    if (ended) return ended
  }
  return status.phase === 'Failed'
    ? { kind: 'unavailable', code: status.reason ?? 'Failed', text: words(failed, status.message) }
    : undefined
}

const failed: Row = { kind: 'unavailable', text: 'the pod has failed' }

function endOfContainer({ name, state = {} }: ContainerStatus): Ended | undefined {
  const { waiting, terminated } = state
  const row = waiting?.reason && Object.hasOwn(waits, waiting.reason) ? waits[waiting.reason] : undefined
  if (row) return { kind: row.kind, code: waiting!.reason!, text: words(row, waiting!.message) }
  if (!terminated || (terminated.exitCode === 0 && terminated.reason !== 'OOMKilled')) return undefined
  const code = terminated.reason ?? 'Error'
  if (code === 'OOMKilled')
    return {
      kind: 'failed-precondition',
      code,
      text: `container ${name} needed more memory than it may have: name a larger cloud-type`,
    }
  const text = `container ${name} ended with ${terminated.exitCode ?? 'no code'}`
  return { kind: 'unavailable', code, text: terminated.message ? `${text}: ${terminated.message}` : text }
}

/** Of a Job that has failed. Its pod says more, as long as it is there. */
export function endOfJob(job: Job): Ended | undefined {
  const condition = failureOf(job)
  if (!condition) return undefined
  const { reason = 'Failed', message } = condition
  if (reason !== 'DeadlineExceeded')
    return {
      kind: 'unavailable',
      code: reason,
      text: `its Job has failed${message ? `: ${message}` : ''}; somebody may have deleted its pod`,
    }
  return isOrderedToEnd(job)
    ? { kind: 'cancelled', code: reason, text: 'somebody has ended its Job' }
    : { kind: 'deadline-exceeded', code: reason, text: 'the deadline of its Job has passed' }
}

export function failureOf({ status }: Job): Condition | undefined {
  return status?.conditions?.find(
    ({ type, status }) => (type === 'Failed' || type === 'FailureTarget') && status === 'True',
  )
}

/** Whoever ends a Job gives it a deadline that is over. */
export function isOrderedToEnd({ spec }: Pick<Job, 'spec'>): boolean {
  return (spec?.activeDeadlineSeconds ?? Infinity) <= 1
}
