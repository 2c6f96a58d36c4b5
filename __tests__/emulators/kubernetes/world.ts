import { names } from '../cloud/dials.ts'
import { CloudMachines, CloudWorld } from '../cloud/machines.ts'
import type { SentPod } from '../machine/pod.ts'
import type { EmulatedMachine, MachineEnd, Metadata } from '../machine-port.ts'
import { JobRecord, type JobBody } from './jobs.ts'
import { startingDials } from './wire.ts'

export interface SecretRecord {
  readonly namespace: string
  readonly name: string
  readonly owner: string
  readonly data: Readonly<Record<string, string>>
}

export interface EventRecord {
  readonly at: number
  readonly namespace: string
  readonly reason: string
  readonly message: string
  readonly kind: 'Job' | 'Pod'
  readonly name: string
  readonly uid: string
}

/** What a machine has that can be asked to end. */
interface Asked {
  agentProcess(): number | undefined
  pressPowerButton(): void
}

/** A pod has no metadata service. */
const nothing: Metadata = {
  answer: (_request, response) => void response.writeHead(404).end(),
  variables: () => ({}),
  announce: () => undefined,
}

/** The pods of all Jobs, as their node runs them. */
class Jobs extends CloudMachines<JobRecord, World> {
  /** One that may have a pod, or not yet. */
  override add(job: JobRecord): JobRecord {
    return super.add(job)
  }

  start(job: JobRecord, payload: SentPod): void {
    job.payload = Buffer.from(JSON.stringify(payload))
    this.power(job, { userData: job.payload, carrier: 'mounted', metadata: nothing })
  }

  protected ended(job: JobRecord, end: MachineEnd): void {
    this.world.ended(job, end)
  }

  look(job: JobRecord): void {
    this.world.look(job)
  }
}

/** A cluster: its objects, and the controllers that act upon them. */
export class World extends CloudWorld {
  readonly machines = new Jobs(this)
  readonly secrets: SecretRecord[] = []
  readonly events: EventRecord[] = []
  readonly dials = startingDials()

  get jobs(): readonly JobRecord[] {
    return this.machines.all
  }

  find(namespace: string, name: string): JobRecord | undefined {
    return this.jobs.find((job) => !job.deleted && job.namespace === namespace && job.name === name)
  }

  create(namespace: string, body: JobBody): JobRecord {
    const job = new JobRecord(namespace, structuredClone(body), this.now())
    this.machines.add(job)
    this.#control(job)
    this.changed()
    return job
  }

  /** One whose pod runs, and does nothing that anybody looks at. */
  seed(namespace: string, body: JobBody): JobRecord {
    const job = new JobRecord(namespace, structuredClone(body), this.now())
    const pod = job.newPod(this.now())
    pod.phase = 'Running'
    pod.conditions = [{ type: 'PodScheduled', status: 'True' }]
    return this.machines.add(job)
  }

  addSecret(secret: SecretRecord): void {
    this.secrets.push(secret)
    for (const job of this.jobs) this.#control(job)
    this.changed()
  }

  removeSecret({ namespace, name }: Pick<SecretRecord, 'namespace' | 'name'>): boolean {
    const index = this.secrets.findIndex((one) => one.namespace === namespace && one.name === name)
    if (index >= 0) this.secrets.splice(index, 1)
    this.changed()
    return index >= 0
  }

  note(event: Omit<EventRecord, 'at'>): void {
    this.events.push({ at: this.now(), ...event })
  }

  /** What the controllers make of a Job as it is now. */
  #control(job: JobRecord): void {
    if (job.over || job.ending || job.podGone) return
    if (!job.pod && !this.#makePod(job)) return
    this.#schedule(job)
    this.#start(job)
  }

  #makePod(job: JobRecord): boolean {
    const { exhausted, admission } = this.dials
    const pods = `${job.name}-abcde`
    const why = names(exhausted, [job.type, job.namespace])
      ? `pods "${pods}" is forbidden: exceeded quota: compute, requested: limits.cpu=8, used: limits.cpu=96, limited: limits.cpu=100`
      : admission && `pods "${pods}" is forbidden: ${admission}`
    if (!why) return Boolean(job.newPod(this.now()))
    if (!this.events.some(({ uid }) => uid === job.uid))
      this.note({
        namespace: job.namespace,
        reason: 'FailedCreate',
        message: `Error creating: ${why}`,
        kind: 'Job',
        name: job.name,
        uid: job.uid,
      })
    return false
  }

  #schedule(job: JobRecord): void {
    const pod = job.pod!
    if (pod.conditions.some(({ type, status }) => type === 'PodScheduled' && status === 'True')) return
    const full = names(this.dials.full, [job.type, job.namespace])
    if (!full && job.looks < this.dials.transitions.running) return
    pod.conditions = [
      full
        ? {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message:
              '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
          }
        : { type: 'PodScheduled', status: 'True' },
    ]
  }

  /** The kubelet: images, volumes, containers. */
  #start(job: JobRecord): void {
    const pod = job.pod!
    if (pod.phase !== 'Pending' || job.emulated || pod.conditions[0]?.status !== 'True') return
    const { spec } = job.body.spec.template
    const images = [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image)
    const missing = images.find((image) => this.dials.missingImages.has(image.replace(/@.*$/, '')))
    if (missing) {
      pod.waiting = {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "${missing}": ErrImagePull: failed to resolve reference "${missing}": not found`,
      }
      return
    }
    const secrets = this.#secretsOf(job)
    const { name, uid } = pod
    const metadata = { name, uid, namespace: job.namespace }
    if (!secrets) return
    pod.phase = 'Running'
    this.machines.start(job, { pod: { metadata, spec }, secrets })
  }

  /** Undefined as long as a Secret that is to be mounted is not there. */
  #secretsOf(job: JobRecord): SentPod['secrets'] | undefined {
    const wanted = (job.body.spec.template.spec.volumes ?? []).flatMap(({ secret }) => secret ?? [])
    const found = wanted.flatMap(({ secretName }) =>
      this.secrets.filter(({ namespace, name }) => namespace === job.namespace && name === secretName),
    )
    if (found.length < wanted.length) return undefined
    return Object.fromEntries(found.map(({ name, data }) => [name, data]))
  }

  ended(job: JobRecord, end: MachineEnd): void {
    if (job.ending) return this.#fail(job, job.ending)
    if (end === 'powered-off') return this.complete(job, job.emulated && exitOf(job.emulated))
    this.disrupt(job, this.dials.death)
  }

  /** The pod's containers have ended by themselves. */
  complete(job: JobRecord, exitCode = 0): void {
    if (job.over) return
    if (job.pod) job.pod.phase = exitCode === 0 ? 'Succeeded' : 'Failed'
    if (exitCode !== 0)
      return this.#fail(job, {
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
      })
    job.conditions = [
      { type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached' },
      { type: 'Complete', status: 'True', reason: 'CompletionsReached' },
    ]
    job.finishedAt = this.now()
    this.changed()
  }

  #fail(job: JobRecord, { reason, message }: { readonly reason: string; readonly message: string }): void {
    if (job.over) return
    // Whoever was deleted is gone.
    if (job.ending) job.pod = undefined
    job.conditions = [{ type: 'Failed', status: 'True', reason, message }]
    job.finishedAt = this.now()
    this.changed()
  }

  /** A node takes the pod away, or is gone itself. Its record says why. */
  disrupt(job: JobRecord, reason: string): void {
    if (job.over) return
    const { pod } = job
    if (pod) {
      pod.phase = 'Failed'
      pod.conditions = [
        { type: 'DisruptionTarget', status: 'True', reason, message: `${reason} of the emulated node` },
      ]
      this.note({
        namespace: job.namespace,
        reason: 'Evicted',
        message: 'The node was low on resource: memory.',
        kind: 'Pod',
        name: pod.name,
        uid: pod.uid,
      })
    }
    this.#fail(job, {
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    })
    void job.emulated?.terminate()
  }

  /** A drained node deletes the pod, with grace. How its Job ends, the pod's own end decides, as the real controller was seen to. */
  evict(job: JobRecord): void {
    if (job.pod)
      job.pod.conditions.push({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      })
    if (job.emulated) this.#ask(job.emulated, job)
    this.changed()
  }

  /** The deadline of a Job has passed: its pod is deleted first. */
  #exceed(job: JobRecord): void {
    this.#endLater(job, {
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    })
  }

  /** A Job says that it fails, and that it has failed once its pod is gone. */
  #endLater(job: JobRecord, why: NonNullable<JobRecord['ending']>): void {
    if (job.ending || job.over) return
    job.ending = why
    job.conditions = [{ type: 'FailureTarget', status: 'True', ...why }]
    if (job.emulated) this.#ask(job.emulated, job)
    else if (this.dials.transitions.terminated === 0) this.#fail(job, why)
    this.changed()
  }

  /** SIGTERM, and the end when the pod's grace is over. */
  #ask(machine: EmulatedMachine & Partial<Asked>, { body }: JobRecord): void {
    if (machine.agentProcess?.() === undefined) return void machine.terminate()
    machine.pressPowerButton?.()
    const { terminationGracePeriodSeconds: grace = 30 } = body.spec.template.spec
    setTimeout(() => void machine.terminate(), grace * 1000).unref()
  }

  /** Somebody deletes it, with everything that it owns. */
  delete(job: JobRecord): void {
    if (job.deleted) return
    job.deleted = true
    job.finishedAt ??= this.now()
    job.stopWatching()
    this.removeSecret(job)
    void job.emulated?.terminate()
    this.changed()
  }

  /** One look: states move on with looks. */
  look(job: JobRecord): void {
    job.looks++
    this.#control(job)
    if (job.ending && !job.over && job.atRest && job.looks > this.dials.transitions.terminated)
      this.#fail(job, job.ending)
  }

  override tick(): void {
    const now = this.now()
    for (const job of this.jobs) {
      const { activeDeadlineSeconds, ttlSecondsAfterFinished } = job.body.spec
      if (job.deleted) continue
      if (
        !job.over &&
        activeDeadlineSeconds !== undefined &&
        now >= job.launchedAt + activeDeadlineSeconds * 1000
      )
        this.#exceed(job)
      if (
        job.finishedAt !== undefined &&
        ttlSecondsAfterFinished !== undefined &&
        now >= job.finishedAt + ttlSecondsAfterFinished * 1000
      )
        this.delete(job)
    }
    super.tick()
  }
}

function exitOf(machine: object): number {
  return 'exitCode' in machine && typeof machine.exitCode === 'number' ? machine.exitCode : 0
}
