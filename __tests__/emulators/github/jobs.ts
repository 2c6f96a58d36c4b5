import type { StepOrder } from './program/job.ts'
import type { Registration, Scope } from './registrations.ts'

/** A job as a test orders it. */
export interface JobSpec {
  readonly name: string
  /** `runs-on`: a runner must carry all of them. */
  readonly labels: readonly string[]
  readonly steps: readonly StepOrder[]
  readonly env?: Readonly<Record<string, string>>
  /** Image of the job's `container:`. */
  readonly container?: string
  /** Actions that the worker fetches before the started hook: `actions/checkout@v4`. */
  readonly actions?: readonly string[]
  /** The downloads do not end until `releaseDownloads()`. */
  readonly holdDownloads?: boolean
  /** `worker-killed`: the worker dies after its first step. `worker-hangs`: it does not leave after the job, whatever signal comes. */
  readonly trouble?: 'worker-killed' | 'worker-hangs'
}

export interface Step {
  readonly name: string
  readonly id: string
  readonly number: number
  status: 'in_progress' | 'completed'
  conclusion: 'success' | 'failure' | 'skipped' | 'cancelled' | null
  outputs: Readonly<Record<string, string>>
}

export type Conclusion = 'success' | 'failure' | 'cancelled'

/** One attempt of one job. */
export class Job {
  readonly id: number
  readonly run: Run
  readonly spec: JobSpec
  status: 'queued' | 'in_progress' | 'completed' = 'queued'
  conclusion: Conclusion | undefined
  /** The runner that has it. */
  runner: Registration | undefined
  /** Survive the registration. */
  runnerId: number | undefined
  runnerName: string | undefined
  /** One of GitHub's own machines had it. */
  hosted = false
  assignedAt: number | undefined
  startedAt: number | undefined
  completedAt: number | undefined
  /** Whether its runner has taken it. */
  acquired = false
  /** Since when nobody keeps it alive: the session in which it was taken has ended without it. */
  desertedAt: number | undefined
  cancelRequested = false
  steps: Step[] = []
  log = ''
  /** What GitHub would show as annotations. */
  annotations: string[] = []
  /** Resolves when the runner has taken it; rejects never. */
  readonly started: Promise<Job>
  readonly completed: Promise<Job>
  /** Resolves when the worker may go on after its downloads. */
  readonly downloads: Promise<void>
  #start!: () => void
  #complete!: () => void
  #release!: () => void

  constructor(id: number, run: Run, spec: JobSpec) {
    this.id = id
    this.run = run
    this.spec = spec
    this.started = new Promise((resolve) => (this.#start = () => resolve(this)))
    this.completed = new Promise((resolve) => (this.#complete = () => resolve(this)))
    this.downloads = new Promise((resolve) => (this.#release = resolve))
    if (!spec.holdDownloads) this.#release()
  }

  get name(): string {
    return this.spec.name
  }

  /** Every step's outputs, as `steps.<id>.outputs.<name>` would give them: `{ train: { accuracy: '0.97' } }`. */
  get outputs(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return Object.fromEntries(this.steps.map(({ id, outputs }) => [id, outputs]))
  }

  releaseDownloads(): void {
    this.#release()
  }

  begin(now: number): void {
    this.acquired = true
    this.status = 'in_progress'
    this.startedAt = now
    this.#start()
  }

  end(conclusion: Conclusion, now: number): void {
    if (this.status === 'completed') return
    this.status = 'completed'
    this.conclusion = conclusion
    this.startedAt ??= now
    this.completedAt = now
    this.#complete()
  }
}

type Begun = Pick<Run, 'id' | 'number' | 'name' | 'scope' | 'createdAt'>

/** A workflow run: its jobs, and how often it was tried. */
export class Run {
  readonly id: number
  readonly number: number
  readonly name: string
  readonly scope: Scope
  readonly createdAt: number
  attempt = 1
  jobs: Job[] = []
  /** Jobs of earlier attempts. */
  earlier: Job[] = []

  constructor({ id, number, name, scope, createdAt }: Begun) {
    this.id = id
    this.number = number
    this.name = name
    this.scope = scope
    this.createdAt = createdAt
  }

  get status(): 'queued' | 'in_progress' | 'completed' {
    if (this.jobs.every(({ status }) => status === 'completed')) return 'completed'
    return this.jobs.some(({ status }) => status !== 'queued') ? 'in_progress' : 'queued'
  }

  get conclusion(): Conclusion | null {
    if (this.status !== 'completed') return null
    return this.jobs.find(({ conclusion }) => conclusion !== 'success')?.conclusion ?? 'success'
  }

  /** `org/repo`. */
  get repository(): string {
    return this.scope.slice('repos/'.length)
  }
}
