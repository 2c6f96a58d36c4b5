import { randomBytes } from 'node:crypto'
import type { Registration, Scope } from './registrations.ts'
import { Trace } from './trace.ts'

/** A job as a test orders it. */
export interface JobSpec {
  readonly name: string
  /** A runner must carry all of them; none = untagged. */
  readonly tags: readonly string[]
  /** Lines of its script. */
  readonly script?: readonly string[]
  readonly afterScript?: readonly string[]
  readonly stage?: string
  readonly variables?: Readonly<Record<string, string>>
  /** Values that the trace must not show; sent as masked variables. */
  readonly masked?: Readonly<Record<string, string>>
  readonly image?: string
  /** Seconds; 3600 when absent. The runner's own limit makes it smaller. */
  readonly timeout?: number
  /** Only such refs get runners that are `ref_protected`. */
  readonly protectedRef?: boolean
  /** Paths of its artifacts, and files of variables for later jobs (`artifacts:reports:dotenv`). */
  readonly artifacts?: { readonly paths?: readonly string[]; readonly dotenv?: string }
}

export type JobStatus = 'pending' | 'running' | 'canceling' | 'success' | 'failed' | 'canceled'

export interface Artifact {
  readonly type: string
  readonly format: string
  readonly name: string
  readonly bytes: Buffer
}

/** What a last update says of a job. */
export interface Ending {
  readonly status: 'success' | 'failed' | 'canceled'
  readonly failureReason?: string | undefined
  readonly exitCode?: number | undefined
}

/** One job, as the server knows it. A retry makes a new one. */
export class Job {
  readonly id: number
  readonly pipeline: Pipeline
  readonly spec: JobSpec
  /** What its runner proves itself with. */
  readonly token = `glcbt-64_${randomBytes(15).toString('base64url')}`
  readonly log = new Trace()
  readonly createdAt: number
  readonly artifacts: Artifact[] = []
  status: JobStatus = 'pending'
  /** Whether the checksum of the last update was that of the log here; undefined = none was told. */
  checksumMatches: boolean | undefined
  failureReason: string | undefined
  exitCode: number | undefined
  runner: Registration | undefined
  /** These survive the registration. */
  runnerId: number | undefined
  runnerName: string | undefined
  systemId: string | undefined
  /** What the runner said it can do: `cancel_gracefully`, … */
  features: Readonly<Record<string, unknown>> = {}
  startedAt: number | undefined
  finishedAt: number | undefined
  /** The last sign of life. */
  updatedAt: number
  /** A newer job that stands for this one. */
  retriedBy: Job | undefined
  /** Resolves when a runner has taken it; rejects never. */
  readonly started: Promise<Job>
  readonly completed: Promise<Job>
  #start!: () => void
  #complete!: () => void

  constructor(id: number, pipeline: Pipeline, spec: JobSpec, now: number) {
    this.id = id
    this.pipeline = pipeline
    this.spec = spec
    this.createdAt = now
    this.updatedAt = now
    this.started = new Promise((resolve) => (this.#start = () => resolve(this)))
    this.completed = new Promise((resolve) => (this.#complete = () => resolve(this)))
  }

  get name(): string {
    return this.spec.name
  }

  /** The log as sent so far. */
  get trace(): string {
    return this.log.text
  }

  /** The log without what gitlab-runner puts before each line: time, stream, and whether the line goes on. */
  get output(): string {
    return this.log.text.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z \d\d[OE][ +]/gm, '')
  }

  /** Variables that its dotenv report gave to later jobs. */
  get outputs(): Readonly<Record<string, string>> {
    return this.log.variablesOf(this.artifacts)
  }

  /** Given out, and not yet begun: what runners with `two_phase_job_commit` get. To everybody else it is still pending. */
  get isOffered(): boolean {
    return this.status === 'pending' && this.runnerId !== undefined
  }

  get isProcessing(): boolean {
    return this.status === 'running' || this.status === 'canceling'
  }

  get isComplete(): boolean {
    return this.status !== 'pending' && !this.isProcessing
  }

  /** Seconds. */
  timeoutOn({ maximumTimeout = Infinity }: Registration): number {
    return Math.min(this.spec.timeout ?? 3600, maximumTimeout)
  }

  offer(runner: Registration, systemId: string | undefined, now: number): void {
    Object.assign(this, { runner, runnerId: runner.id, runnerName: runner.description, systemId })
    this.updatedAt = now
  }

  begin(now: number): void {
    this.status = 'running'
    this.startedAt = now
    this.updatedAt = now
    this.#start()
  }

  end({ status, failureReason, exitCode }: Ending, now: number): void {
    if (this.isComplete) return
    this.status = status
    this.failureReason = status === 'failed' ? (failureReason ?? 'unknown_failure') : undefined
    this.exitCode = exitCode
    this.finishedAt = now
    this.#complete()
  }
}

/** A pipeline: its jobs, with those that retries have replaced. */
export class Pipeline {
  readonly id: number
  readonly number: number
  /** The project it belongs to. */
  readonly scope: Scope
  readonly createdAt: number
  readonly all: Job[] = []

  constructor(id: number, number: number, scope: Scope, createdAt: number) {
    this.id = id
    this.number = number
    this.scope = scope
    this.createdAt = createdAt
  }

  /** The latest of each name. */
  get jobs(): readonly Job[] {
    return this.all.filter((job) => !job.retriedBy)
  }

  get updatedAt(): number {
    return Math.max(this.createdAt, ...this.all.map(({ finishedAt = 0 }) => finishedAt))
  }

  get status(): JobStatus {
    const states = new Set(this.jobs.map(({ status }) => status))
    const order: readonly JobStatus[] = ['running', 'canceling', 'pending', 'failed', 'canceled']
    return order.find((state) => states.has(state)) ?? 'success'
  }

  /** `group/project`. */
  get project(): string {
    return this.scope.slice('projects/'.length)
  }
}
