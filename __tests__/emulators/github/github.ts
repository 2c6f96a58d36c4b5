import type { TokenKind } from './credentials.ts'
import { tokenKinds } from './credentials.ts'
import type { Dials } from './dials.ts'
import type { GithubEmulator, GithubOptions, RunnerSnapshot, StagedEnd, StagedRunner } from './emulator.ts'
import { Front } from './front.ts'
import type { Job, JobSpec, Run } from './jobs.ts'
import type { Registration, Scope } from './registrations.ts'
import type { Fault, JournalEntry } from './wire.ts'
import { World } from './world.ts'

export type { GithubEmulator, GithubEmulator as Github, GithubOptions, RunnerSnapshot, StagedRunner }
export type { Dials, Fault, Job, JobSpec, JournalEntry, Registration, Run, Scope, TokenKind }

export async function startGithub(options: GithubOptions = {}): Promise<GithubEmulator> {
  const emulator = new Emulator(options)
  await emulator.listen(options.port)
  return emulator
}

class Emulator extends Front implements GithubEmulator {
  readonly #scopes: readonly Scope[]

  constructor({
    api = 'root',
    repositories = ['octo-org/octo-repo'],
    organisations = ['octo-org'],
    version = '2.336.0',
    now,
    ...server
  }: GithubOptions) {
    const scopes = [
      ...repositories.map((name) => `repos/${name}` as Scope),
      ...organisations.map((name) => `orgs/${name}` as Scope),
    ]
    super({ ...server, world: new World(now), scopes, prefix: api === 'root' ? '' : api, version })
    this.#scopes = scopes
  }

  get variables(): Readonly<Record<string, string>> {
    return {
      GITHUB_SERVER_URL: this.url,
      GITHUB_API_URL: this.apiUrl,
      GITHUB_REPOSITORY: this.#repository().slice('repos/'.length),
    }
  }

  get dials(): Dials {
    return this.world.dials
  }

  token(kind: TokenKind = 'admin'): string {
    return tokenKinds[kind]
  }

  secrets(): readonly string[] {
    return [...this.world.tokens.keys(), ...this.world.jitConfigs]
  }

  issueToken(scope: string = this.#repository()): string {
    return this.world.issueToken('registration', scope as Scope).token
  }

  runners(): readonly RunnerSnapshot[] {
    return this.world.registrations.all().map((runner) => this.#snapshot(runner))
  }

  runner(name: string): RunnerSnapshot | undefined {
    return this.runners().find((runner) => runner.name === name)
  }

  seedRunners(
    count: number,
    {
      scope = this.#scopes[0],
      prefix = 'stale',
      labels = ['cml'],
    }: { scope?: string; prefix?: string; labels?: readonly string[] } = {},
  ): void {
    this.world.registrations.seed(count, { scope: scope as Scope, prefix, labels }, this.now())
  }

  stageRunner({
    name,
    labels = [],
    scope = this.#scopes[0],
    online = false,
    busy = false,
    connected = true,
  }: StagedRunner): void {
    const { registrations } = this.world
    const all = [
      ...['self-hosted', 'Linux', 'X64'].map((label) => ({ name: label, type: 'read-only' as const })),
      ...labels.map((label) => ({ name: label, type: 'custom' as const })),
    ]
    const known = registrations.named(scope as Scope, name)
    const added = { scope: scope as Scope, name, groupId: 1, labels: all, ephemeral: false, jit: false }
    const runner = known ?? registrations.add(added, this.now())
    // It was there before anybody looked.
    if (!known) runner.looks = Infinity
    runner.staged = { online, busy }
    if (connected) Object.assign(runner, { version: '2.336.0', seenAt: this.now() })
    this.world.changed()
  }

  queueJob({ repository, ...spec }: JobSpec & { readonly repository?: string }): Job {
    const [job] = this.queueRun(spec.name, [spec], repository).jobs
    if (!job) throw new Error('a run without a job')
    return job
  }

  queueRun(name: string, specs: readonly JobSpec[], repository?: string): Run {
    return this.world.queue(repository ? (`repos/${repository}` as Scope) : this.#repository(), name, specs)
  }

  cancelJob(job: Job): void {
    this.world.cancel(job)
  }

  endJob(job: Job, { result, runner, notes = [] }: StagedEnd): void {
    job.begin(this.now())
    job.annotations.push(...notes)
    if (runner === 'hosted') Object.assign(job, { hosted: true, runnerId: 1, runnerName: 'GitHub Actions 1' })
    else Object.assign(job, { runnerId: 4711, runnerName: runner })
    this.world.finish(job, result)
  }

  deleteRun(run: Run): void {
    this.world.runs.splice(this.world.runs.indexOf(run), 1)
  }

  offerUpdate(version: string): void {
    const { url, sha256 } = this.archive('x64', version)
    for (const runner of this.world.registrations.all()) {
      if (!runner.session || runner.disableUpdate || runner.version === version) continue
      this.world.send(runner, { id: this.world.nextId(), type: 'update', version, url, sha256 })
    }
  }

  deleteRunner(name: string): void {
    for (const runner of this.world.registrations.all()) if (runner.name === name) this.world.remove(runner)
  }

  leftovers(): { readonly registrations: readonly RunnerSnapshot[] } {
    return { registrations: this.runners() }
  }

  #repository(): Scope {
    const scope = this.#scopes.find((known) => known.startsWith('repos/'))
    if (!scope) throw new Error('this emulator has no repository')
    return scope
  }

  #snapshot(runner: Registration): RunnerSnapshot {
    const { id, scope, name, ephemeral, jit, version, labels } = runner
    return {
      id,
      scope,
      name,
      online: this.world.isOnline(runner),
      busy: this.world.isBusy(runner),
      connected: version !== undefined,
      ephemeral,
      jit,
      version: version ?? null,
      labels: labels.map((label) => label.name),
    }
  }
}
