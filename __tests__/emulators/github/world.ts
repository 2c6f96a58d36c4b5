import { randomUUID } from 'node:crypto'
import { EmulatedWorld } from '../http/world.ts'
import { defaultDials } from './dials.ts'
import { Job, type JobSpec, Run } from './jobs.ts'
import { type Registration, Registrations, type Scope } from './registrations.ts'
import { type Message, Session } from './sessions.ts'
import { passTime } from './time.ts'

interface RunnerToken {
  readonly kind: 'registration' | 'remove'
  readonly scope: Scope
  readonly expiresAt: number
}

const hour = 3600_000

/** Everything that exists at the emulated GitHub, and the rules by which it changes. */
export class World extends EmulatedWorld {
  readonly dials = defaultDials()
  readonly registrations = new Registrations()
  readonly tokens = new Map<string, RunnerToken>()
  /** As given out: Base64. */
  readonly jitConfigs: string[] = []
  readonly runs: Run[] = []
  readonly jobs: Job[] = []
  readonly #messages = new Map<Registration, Message[]>()
  #lastId = 9000

  nextId(): number {
    return ++this.#lastId
  }

  /** Also gives out jobs. */
  override changed(): void {
    this.#assign()
    super.changed()
  }

  issueToken(
    kind: RunnerToken['kind'],
    scope: Scope,
  ): { readonly token: string; readonly expiresAt: number } {
    const token = `A${randomUUID().replaceAll('-', '').toUpperCase().slice(0, 28)}`
    const expiresAt = this.now() + hour
    this.tokens.set(token, { kind, scope, expiresAt })
    return { token, expiresAt }
  }

  isBusy({ job, staged }: Registration): boolean {
    return job !== undefined || staged?.busy === true
  }

  isOnline(runner: Registration): boolean {
    const { session, staged } = runner
    if (staged) return staged.online
    return (
      session !== undefined &&
      (session.lostAt === undefined || this.now() < session.lostAt + this.dials.offlineAfter)
    )
  }

  open(runner: Registration, version: string): Session {
    this.#desert(runner)
    runner.session?.end()
    const session: Session = new Session(randomUUID(), {
      messages: () => this.#messages.get(runner) ?? [],
      now: () => this.now(),
      pollWithin: this.dials.pollWithin,
      changed: () => {
        runner.seenAt = this.now()
        if (session.lostAt !== undefined && !runner.job?.acquired) this.takeBack(runner)
        this.changed()
      },
    })
    Object.assign(runner, { session, version, seenAt: this.now(), idleSince: this.now() })
    this.changed()
    return session
  }

  close(runner: Registration): void {
    this.#desert(runner)
    runner.session?.end()
    delete runner.session
    runner.seenAt = this.now()
    if (!runner.job?.acquired) this.takeBack(runner)
    this.changed()
  }

  /** A listener keeps the job of its own session alive, and knows of no other. */
  #desert({ job, session }: Registration): void {
    if (job?.acquired && session) job.desertedAt ??= session.lostAt ?? this.now()
  }

  send(runner: Registration, message: Message): void {
    this.#messages.set(runner, [...(this.#messages.get(runner) ?? []), message])
    runner.session?.wake()
  }

  acknowledge(runner: Registration, messageId: number): void {
    this.#messages.set(
      runner,
      (this.#messages.get(runner) ?? []).filter(({ id }) => id !== messageId),
    )
  }

  remove(runner: Registration): void {
    this.registrations.delete(runner)
    this.#messages.delete(runner)
    runner.session?.interrupt({ status: 401, body: { code: 'not-found' } })
    runner.session?.end()
    if (runner.job?.acquired)
      this.fail(runner.job, 'The runner registration was deleted while the job was running.')
    else this.takeBack(runner)
    this.changed()
  }

  queue(scope: Scope, name: string, specs: readonly JobSpec[]): Run {
    const run = new Run({
      id: this.nextId(),
      number: this.runs.length + 1,
      name,
      scope,
      createdAt: this.now(),
    })
    this.runs.push(run)
    this.#fill(run, specs)
    return run
  }

  /** A new attempt of some of a run's jobs; the others keep what they came to. */
  rerun(run: Run, again: readonly Job[]): void {
    run.attempt++
    run.earlier.push(...run.jobs)
    const kept = run.jobs.filter((job) => !again.includes(job))
    run.jobs = kept
    this.#fill(
      run,
      again.map(({ spec }) => spec),
    )
  }

  finish(job: Job, result: 'Succeeded' | 'Failed' | 'Canceled'): void {
    job.end(result === 'Succeeded' ? 'success' : result === 'Failed' ? 'failure' : 'cancelled', this.now())
    const { runner } = job
    if (runner?.job === job) {
      delete runner.job
      runner.idleSince = this.now()
      // One job, then gone: the service removes these, not the runner.
      if (runner.ephemeral) this.registrations.delete(runner)
    }
    this.changed()
  }

  fail(job: Job, why: string): void {
    job.annotations.push(why)
    this.finish(job, 'Failed')
  }

  cancel(job: Job): void {
    job.cancelRequested = true
    job.annotations.push('The run was canceled by @octocat.')
    if (job.acquired && job.runner)
      this.send(job.runner, { id: this.nextId(), type: 'cancel', jobId: job.id })
    else {
      if (job.runner) this.takeBack(job.runner)
      this.finish(job, 'Canceled')
    }
  }

  /** What time alone does. */
  override tick(): void {
    for (const runner of this.registrations.all()) passTime(this, runner)
    this.changed()
  }

  #fill(run: Run, specs: readonly JobSpec[]): void {
    const jobs = specs.map((spec) => new Job(this.nextId(), run, spec))
    run.jobs.push(...jobs)
    this.jobs.push(...jobs)
    this.changed()
  }

  #assign(): void {
    for (const job of this.jobs) {
      if (job.status !== 'queued' || job.runner) continue
      const owner = job.run.repository.split('/')[0] ?? ''
      const runner = this.registrations
        .all()
        .find((candidate) => this.#fits(candidate, job, [job.run.scope, `orgs/${owner}`]))
      if (!runner) continue
      runner.job = job
      Object.assign(job, { runner, runnerId: runner.id, runnerName: runner.name, assignedAt: this.now() })
      this.send(runner, { id: this.nextId(), type: 'job', job: { id: job.id, name: job.name } })
    }
  }

  /** Whether the runner groups of an organisation may be used by a repository, `owner/name`, of it. */
  groupsAreVisible(repository: string): boolean {
    const { groups, groupRepositories, privateRepository } = this.dials
    if (groups.visibility === 'all') return true
    return groups.visibility === 'private'
      ? privateRepository
      : groupRepositories.some((known) => known.toLowerCase() === repository.toLowerCase())
  }

  #groupServes({ scope }: Registration, repository: string): boolean {
    const { groups, privateRepository } = this.dials
    const open = groups.allows_public_repositories || privateRepository
    return scope.startsWith('repos/') || (open && this.groupsAreVisible(repository))
  }

  #fits(runner: Registration, job: Job, scopes: readonly Scope[]): boolean {
    const labels = new Set(runner.labels.map(({ name }) => name.toLowerCase()))
    return (
      !runner.staged &&
      scopes.includes(runner.scope) &&
      this.#groupServes(runner, job.run.repository) &&
      !runner.job &&
      this.isOnline(runner) &&
      job.spec.labels.every((label) => labels.has(label.toLowerCase()))
    )
  }

  /** A job that its runner never took goes back into the queue. */
  takeBack(runner: Registration): void {
    const { job } = runner
    if (!job) return
    delete runner.job
    this.#messages.set(
      runner,
      (this.#messages.get(runner) ?? []).filter((message) => message.type !== 'job'),
    )
    Object.assign(job, {
      runner: undefined,
      runnerId: undefined,
      runnerName: undefined,
      assignedAt: undefined,
    })
  }
}
