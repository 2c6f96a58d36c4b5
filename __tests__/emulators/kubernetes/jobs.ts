import { randomUUID } from 'node:crypto'
import { CloudMachine } from '../cloud/machines.ts'
import type { PodMachine } from '../machine/pod.ts'
import type { Json } from './wire.ts'

/** What the launcher sent of a Job, as far as it is read here. */
export interface JobBody {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: {
    activeDeadlineSeconds?: number
    readonly ttlSecondsAfterFinished?: number
    readonly template: { readonly metadata?: Json; readonly spec: PodSpec }
  }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> }
}

export interface PodSpec {
  readonly terminationGracePeriodSeconds?: number
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly volumes?: readonly {
    readonly name: string
    readonly secret?: {
      readonly secretName: string
      readonly items?: readonly { readonly key: string; readonly path: string }[]
    }
  }[]
  readonly initContainers?: readonly Container[]
  readonly containers: readonly Container[]
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

/** The pod of a Job. */
export interface PodRecord {
  readonly name: string
  readonly uid: string
  readonly createdAt: number
  phase: Phase
  conditions: Condition[]
  reason?: string
  message?: string
  /** Why a container waits, if it does in vain. */
  waiting?: { readonly reason: string; readonly message: string }
}

let count = 0

export class JobRecord extends CloudMachine {
  readonly uid = randomUUID()
  readonly namespace: string
  readonly body: JobBody
  conditions: Condition[] = []
  finishedAt: number | undefined
  deleted = false
  pod: PodRecord | undefined
  /** One that was there and is there no more. */
  podGone = false
  /** The Secret's data when the pod mounted it. */
  payload: Buffer = Buffer.alloc(0)
  /** Somebody has ended it, and its pod is on its way. */
  ending: { readonly reason: string; readonly message: string } | undefined

  constructor(namespace: string, body: JobBody, now: number) {
    super(now)
    this.namespace = namespace
    this.body = body
  }

  get name(): string {
    return this.body.metadata.name
  }

  get key(): string {
    return this.name
  }

  get labels(): Readonly<Record<string, string>> {
    return this.body.metadata.labels ?? {}
  }

  get annotations(): Readonly<Record<string, string>> {
    return this.body.metadata.annotations ?? {}
  }

  /** Nodes hold its pod, or will. */
  get billed(): boolean {
    return !this.deleted && this.finishedAt === undefined && this.ending === undefined
  }

  get over(): boolean {
    return this.deleted || this.finishedAt !== undefined
  }

  /** As `cloud-type` has it. */
  get type(): string {
    const { containers, nodeSelector = {} } = this.body.spec.template.spec
    const { cpu = '', memory = '', 'nvidia.com/gpu': gpus } = containers[0]?.resources?.limits ?? {}
    const model = nodeSelector.accelerator ?? 'nvidia'
    return `${cpu}-${memory.replace(/Mi$/, '')}${gpus ? `+${model}*${gpus}` : ''}`
  }

  newPod(now: number): PodRecord {
    const letters = (++count).toString(36).padStart(5, 'x')
    this.pod = {
      name: `${this.name}-${letters}`,
      uid: randomUUID(),
      createdAt: now,
      phase: 'Pending',
      conditions: [],
    }
    return this.pod
  }

  /** Has this container begun? An emulated pod tells of each by its log; what tells of none has begun as a whole. */
  begun(container: string | undefined): boolean {
    const { emulated } = this
    if (container === undefined || !emulated || !('printedBy' in emulated)) return true
    return (emulated as PodMachine).printedBy(container) !== undefined
  }
}

const time = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')

export function renderJob(job: JobRecord): Json {
  const { body, namespace, uid, launchedAt, conditions } = job
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...body.metadata, namespace, uid, creationTimestamp: time(launchedAt), generation: 1 },
    spec: body.spec,
    status: {
      startTime: time(launchedAt),
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(job.over ? {} : { active: job.pod ? 1 : 0 }),
    },
  }
}

export function renderPod(job: JobRecord, pod: PodRecord): Json {
  const { metadata = {}, spec } = job.body.spec.template
  const { labels = {}, annotations = {} } = metadata as { labels?: object; annotations?: object }
  const own = { 'batch.kubernetes.io/job-name': job.name, 'job-name': job.name }
  const owners = [{ apiVersion: 'batch/v1', kind: 'Job', name: job.name, uid: job.uid, controller: true }]
  const phase = phaseOf(job, pod)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: job.namespace,
      uid: pod.uid,
      labels: { ...labels, ...own },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      creationTimestamp: time(pod.createdAt),
      ownerReferences: owners,
    },
    spec,
    status: {
      phase,
      ...(pod.conditions.length > 0 ? { conditions: pod.conditions } : {}),
      ...(pod.reason ? { reason: pod.reason } : {}),
      ...(pod.message ? { message: pod.message } : {}),
      ...(phase === 'Running' ? { podIP: '10.244.0.7' } : {}),
      ...containersOf(job, pod, phase),
    },
  }
}

/** A pod is pending until its main container has begun, however long its images and its first container take. */
function phaseOf(job: JobRecord, { phase }: PodRecord): Phase {
  const [main] = job.body.spec.template.spec.containers
  return phase === 'Running' && !job.begun(main?.name) ? 'Pending' : phase
}

function containersOf(job: JobRecord, pod: PodRecord, phase: Phase): Json {
  const { initContainers = [], containers } = job.body.spec.template.spec
  const [first] = initContainers
  const [main] = containers
  const one = (name: string | undefined, state: Json): Json[] =>
    name === undefined ? [] : [{ name, state, ready: false, restartCount: 0 }]
  const running = { running: { startedAt: time(pod.createdAt) } }
  if (phase === 'Pending' || pod.waiting) {
    const waiting = pod.waiting ?? { reason: 'PodInitializing' }
    const state = pod.phase === 'Running' && job.begun(first?.name) ? running : { waiting }
    return pod.conditions.some(({ status }) => status === 'True')
      ? {
          initContainerStatuses: one(first?.name, state),
          containerStatuses: one(main?.name, { waiting: { reason: 'PodInitializing' } }),
        }
      : {}
  }
  const done = { terminated: { exitCode: 0, reason: 'Completed' } }
  const state =
    phase === 'Running'
      ? running
      : phase === 'Succeeded'
        ? done
        : { terminated: { exitCode: pod.reason ? 137 : 1, reason: 'Error' } }
  return { initContainerStatuses: one(first?.name, done), containerStatuses: one(main?.name, state) }
}
