import { createHash } from 'node:crypto'
import { EmulatedWorld } from '../http/world.ts'
import { type Dials, defaultDials, isAtLeast, type RunnerStatus } from './dials.ts'
import { Job, type JobSpec, Pipeline } from './jobs.ts'
import { Limiter } from './limiter.ts'
import { type Manager, newQueue, type Registration, Registrations, type Scope } from './registrations.ts'

export interface Place {
  readonly id: number
  /** `group/sub/project`. */
  readonly path: string
  readonly scope: Scope
}

/** Everything that exists at the emulated GitLab, and the rules by which it changes. */
export class World extends EmulatedWorld {
  readonly dials: Dials
  readonly registrations = new Registrations()
  readonly limiter = new Limiter()
  readonly jobs: Job[] = []
  readonly pipelines: Pipeline[] = []
  readonly projects: readonly Place[]
  readonly groups: readonly Place[]
  readonly #version: string
  #lastId = 999

  constructor(clock: () => number, projects: readonly string[], groups: readonly string[], version: string) {
    super(clock)
    this.#version = version
    this.dials = defaultDials(version)
    this.projects = projects.map((path) => ({ id: idOf(path), path, scope: `projects/${path}` }))
    const above = projects.flatMap((path) => ancestorsOf(path))
    this.groups = [...new Set([...groups, ...groups.flatMap(ancestorsOf), ...above])].map((path) => ({
      id: idOf(path),
      path,
      scope: `groups/${path}`,
    }))
  }

  nextId(): number {
    return ++this.#lastId
  }

  runningOn(runner: Registration): readonly Job[] {
    return this.jobs.filter((job) => job.runner === runner && (job.isProcessing || job.isOffered))
  }

  isBusy(runner: Registration): boolean {
    return runner.staged?.busy === true || this.runningOn(runner).length > 0
  }

  /** The truth that GitLab does not tell: it polls every few seconds, or works. */
  isOnline(runner: Registration): boolean {
    if (runner.staged) return runner.staged.online
    return this.runningOn(runner).length > 0 || this.now() - (runner.seenAt ?? -Infinity) <= 15_000
  }

  /** What GitLab makes of the contacts it heard of (`app/models/concerns/ci/has_runner_status.rb`). */
  statusOf(contactedAt: number | undefined, createdAt: number): RunnerStatus {
    const now = this.now()
    if (now - Math.max(createdAt, contactedAt ?? -Infinity) >= this.dials.staleAfter) return 'stale'
    if (contactedAt === undefined) return 'never_contacted'
    return now - contactedAt < this.dials.onlineFor ? 'online' : 'offline'
  }

  /** Something spoke with the runner's token, from the machine that `systemId` names; what stands before GitLab may have answered it. */
  see(runner: Registration, systemId: string): Manager {
    const manager = this.registrations.manager(runner, systemId, this.now())
    for (const one of [runner, manager]) one.seenAt = this.now()
    return manager
  }

  /** GitLab itself heard of it: what it shows is this moment, what it filters by is written down seldom (`heartbeat` in runner.rb). */
  contact(runner: Registration, systemId: string): Manager {
    const now = this.now()
    const manager = this.see(runner, systemId)
    for (const one of [runner, manager]) one.contactedAt = now
    if (now - (runner.writtenAt ?? -Infinity) >= this.dials.contactWrittenEvery) runner.writtenAt = now
    return manager
  }

  renewQueue(runner: Registration): void {
    Object.assign(runner, { queue: newQueue(), queuedAt: this.now() })
  }

  /** Runners of a place that count against its plan's limit (`recent` in runner.rb). */
  countedIn(scope: Scope): number {
    const since = this.now() - 7 * 24 * 3600_000
    const recent = ({ createdAt, contactedAt = 0 }: Registration): boolean =>
      Math.max(createdAt, contactedAt) > since
    return this.registrations.all().filter((runner) => runner.scope === scope && recent(runner)).length
  }

  /** Deletion: the jobs that its program works on are not stopped by it; that program hears 403 when it asks for the next. */
  remove(runner: Registration): void {
    this.registrations.delete(runner, this.dials.goneAfterLooks)
    for (const job of this.jobs) if (job.runner === runner) job.runner = undefined
    this.changed()
  }

  resetToken(runner: Registration): string {
    const { tokenLifetime } = this.dials
    runner.tokenExpiresAt = tokenLifetime === Infinity ? undefined : this.now() + tokenLifetime
    return this.registrations.resetToken(runner)
  }

  queue(scope: Scope, specs: readonly JobSpec[]): Pipeline {
    const pipeline = new Pipeline(this.nextId(), this.pipelines.length + 1, scope, this.now())
    this.pipelines.push(pipeline)
    for (const spec of specs) this.#enqueue(pipeline, spec)
    this.changed()
    return pipeline
  }

  retry(job: Job): Job {
    const again = this.#enqueue(job.pipeline, job.spec)
    job.retriedBy = again
    this.changed()
    return again
  }

  /** Gracefully where the runner can: it is told by `Job-Status`. */
  cancel(job: Job): void {
    if (job.status === 'running' && job.features['cancel_gracefully'] === true) job.status = 'canceling'
    else job.end({ status: 'canceled' }, this.now())
    this.changed()
  }

  /** The next job that the runner may have. */
  jobFor(runner: Registration): Job | undefined {
    return this.jobs.find((job) => job.status === 'pending' && !job.isOffered && this.#fits(runner, job))
  }

  /** What time alone does. */
  override tick(): void {
    for (const job of this.jobs) {
      const silence = this.now() - job.updatedAt
      if (job.isProcessing && silence > this.dials.stuckAfter)
        job.end({ status: 'failed', failureReason: this.#silenceReason }, this.now())
      if (job.isOffered && silence > this.dials.acknowledgeWithin)
        job.end({ status: 'failed', failureReason: 'runner_provisioning_timeout' }, this.now())
    }
    this.changed()
  }

  get #silenceReason(): string {
    return isAtLeast(this.#version, 19, 1) ? 'no_updates_running' : 'stuck_or_timeout_failure'
  }

  #enqueue(pipeline: Pipeline, spec: JobSpec): Job {
    const job = new Job(this.nextId(), pipeline, spec, this.now())
    pipeline.all.push(job)
    this.jobs.push(job)
    for (const runner of this.registrations.all()) if (this.#fits(runner, job)) this.renewQueue(runner)
    return job
  }

  #fits(runner: Registration, { spec, pipeline }: Job): boolean {
    const near: readonly Scope[] = [
      pipeline.scope,
      ...ancestorsOf(pipeline.project).map((path) => `groups/${path}` as const),
      'instance',
    ]
    return (
      !runner.staged &&
      !runner.paused &&
      near.includes(runner.scope) &&
      (runner.accessLevel === 'not_protected' || spec.protectedRef === true) &&
      (spec.tags.length > 0 || runner.runUntagged) &&
      spec.tags.every((tag) => runner.tags.includes(tag))
    )
  }
}

/** `a/b/c` → `a/b`, `a`. */
export function ancestorsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'))
}

/** The same in every run, so that fixtures and messages can be read. */
function idOf(path: string): number {
  return createHash('sha256').update(path).digest().readUInt32BE() % 90_000_000
}
