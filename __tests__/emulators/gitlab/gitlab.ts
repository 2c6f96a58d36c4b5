import { projectsApi } from './api-projects.ts'
import { runnersApi } from './api-runners.ts'
import { type TokenKind, tokenKinds } from './credentials.ts'
import type { Dials } from './dials.ts'
import type {
  GitlabEmulator,
  GitlabOptions,
  NewRunner,
  Publication,
  RunnerSnapshot,
  StagedEnd,
  StagedRunner,
} from './emulator.ts'
import { Front } from './front.ts'
import type { Job, JobSpec, Pipeline } from './jobs.ts'
import { Publisher } from './publisher.ts'
import type { NewRegistration, Registration, Scope } from './registrations.ts'
import { snapshotOf } from './snapshot.ts'
import type { Fault, JournalEntry } from './wire.ts'
import { World } from './world.ts'

export type {
  GitlabEmulator,
  GitlabEmulator as Gitlab,
  GitlabOptions,
  NewRunner,
  Publication,
  RunnerSnapshot,
  StagedRunner,
}
export type { Dials, Fault, Job, JobSpec, JournalEntry, Pipeline, Registration, Scope, TokenKind }

export async function startGitlab(options: GitlabOptions = {}): Promise<GitlabEmulator> {
  const emulator = new Emulator(options)
  await emulator.listen(options.port)
  return emulator
}

class Emulator extends Front implements GitlabEmulator {
  readonly #publisher: Publisher

  constructor(options: GitlabOptions) {
    const { path = '', projects = ['octo-group/octo-project'], groups = [], version = '19.4.0-ee' } = options
    const publisher = new Publisher()
    super({
      ...options,
      world: new World(options.now ?? Date.now, projects, groups, version),
      publisher,
      api: { ...runnersApi, ...projectsApi(version) },
      path,
    })
    this.#publisher = publisher
  }

  get apiUrl(): string {
    return `${this.url}/api/v4`
  }

  get variables(): Readonly<Record<string, string>> {
    const { host, hostname, port, protocol } = new URL(this.url)
    const [project] = this.world.projects
    return {
      CI: 'true',
      GITLAB_CI: 'true',
      CI_SERVER_URL: this.url,
      CI_SERVER_PROTOCOL: protocol.replace(':', ''),
      CI_SERVER_HOST: hostname,
      CI_SERVER_PORT: port,
      CI_SERVER_FQDN: host,
      CI_API_V4_URL: this.apiUrl,
      ...(project
        ? {
            CI_PROJECT_ID: String(project.id),
            CI_PROJECT_PATH: project.path,
            CI_PROJECT_URL: `${this.url}/${project.path}`,
          }
        : {}),
    }
  }

  get dials(): Dials {
    return this.world.dials
  }

  token(kind: TokenKind = 'runners'): string {
    return tokenKinds[kind].token
  }

  secrets(): readonly string[] {
    const { registrations, jobs } = this.world
    return [
      ...Object.values(tokenKinds).map(({ token }) => token),
      ...registrations.issued,
      ...jobs.map(({ token }) => token),
    ]
  }

  runners(): readonly RunnerSnapshot[] {
    return this.world.registrations.all().map((runner) => snapshotOf(this.world, runner))
  }

  runner(name: string): RunnerSnapshot | undefined {
    return this.runners().find((runner) => runner.name === name)
  }

  createRunner(runner: NewRunner = {}): { readonly id: number; readonly token: string } {
    const { id, token } = this.#add(runner)
    return { id, token }
  }

  seedRunners(
    count: number,
    {
      scope,
      prefix = 'stale',
      tags = ['cml'],
    }: { scope?: string; prefix?: string; tags?: readonly string[] } = {},
  ): void {
    const where = scope === undefined ? {} : { scope }
    const longAgo = this.now() - this.dials.onlineFor
    for (let index = 1; index <= count; index++)
      Object.assign(this.#add({ name: `${prefix}-${index}`, tags, ...where }), {
        seenAt: longAgo,
        contactedAt: longAgo,
        writtenAt: longAgo,
      })
  }

  stageRunner({
    online = false,
    busy = false,
    connected = true,
    contactedAt = this.now(),
    id,
    ...runner
  }: StagedRunner): void {
    const known = this.world.registrations
      .all()
      .find((one) => (id === undefined ? one.description === runner.name : one.id === id))
    const staged = known ?? this.#add(runner)
    if (known && runner.tags) known.tags = runner.tags
    // It was there before anybody looked.
    if (!known) staged.looks = Infinity
    staged.staged = { online, busy }
    if (connected) Object.assign(staged, { seenAt: contactedAt, contactedAt, writtenAt: contactedAt })
    this.world.changed()
  }

  deleteRunner(name: string): void {
    for (const runner of this.world.registrations.all())
      if (runner.description === name) this.world.remove(runner)
  }

  queueJob({ project, ...spec }: JobSpec & { readonly project?: string }): Job {
    const [job] = this.queuePipeline([spec], project).jobs
    if (!job) throw new Error('a pipeline without a job')
    return job
  }

  queuePipeline(specs: readonly JobSpec[], project?: string): Pipeline {
    return this.world.queue(project === undefined ? this.#project() : `projects/${project}`, specs)
  }

  cancelJob(job: Job): void {
    this.world.cancel(job)
  }

  endJob(job: Job, { status, failureReason, trace = '', runner = true }: StagedEnd): void {
    if (runner) Object.assign(job, { runnerId: 1 })
    job.begin(this.now())
    job.log.append(0, Buffer.from(trace))
    job.end({ status, failureReason }, this.now())
    this.world.changed()
  }

  deletePipeline(pipeline: Pipeline): void {
    this.world.pipelines.splice(this.world.pipelines.indexOf(pipeline), 1)
  }

  leftovers(): { readonly registrations: readonly RunnerSnapshot[] } {
    return { registrations: this.runners() }
  }

  get runnerDownloads(): string {
    return `${this.origin}/gitlab-runner`
  }

  get nodeDownloads(): string {
    return `${this.origin}/dist`
  }

  publishRunner(version: string, binaries: Publication): void {
    this.#publisher.publishRunner(version, binaries)
  }

  publishNode(version: string, archives: Publication): void {
    this.#publisher.publishNode(version, archives)
  }

  serveFile(path: string, bytes: string | Uint8Array): void {
    this.#publisher.serveFile(path, bytes)
  }

  #project(): Scope {
    const [project] = this.world.projects
    if (!project) throw new Error('this emulator has no project')
    return project.scope
  }

  #add({ name = '', tags = ['cml'], scope, ...runner }: NewRunner): Registration {
    const given: NewRegistration = {
      scope: (scope ?? this.#project()) as Scope,
      alsoIn: (runner.alsoIn ?? []) as readonly Scope[],
      hasCreator: runner.hasCreator ?? true,
      description: name,
      tags,
      runUntagged: runner.runUntagged ?? false,
      locked: runner.locked ?? true,
      paused: runner.paused ?? false,
      accessLevel: runner.accessLevel ?? 'not_protected',
      maximumTimeout: runner.maximumTimeout,
      maintenanceNote: undefined,
    }
    return this.world.registrations.add(given, this.now(), this.dials.tokenLifetime)
  }
}
