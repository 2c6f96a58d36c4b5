import { Failure } from '../../model/failure.ts'
import { identityOf } from '../../model/identity.ts'
import { type Again, noRetryMark, type Run, type RunJob } from '../../model/run.ts'
import { uniqueLabel } from '../../model/runner.ts'
import type { ForgeContext, Runs } from '../forge.ts'
import {
  type JobRow,
  type PipelineRow,
  readJobs,
  readOrder,
  readPipeline,
  readPipelines,
} from './run-answers.ts'
import { ProjectApi, type WhichProject } from './project-api.ts'
import { Refusal } from './trouble.ts'

export interface WhereRuns extends WhichProject {
  readonly context: ForgeContext
}

/** Pipelines and jobs that go on, or wait for something other than a person (app/models/concerns/ci/has_status.rb). */
const going: ReadonlySet<string> = new Set([
  ...['created', 'waiting_for_resource', 'preparing', 'waiting_for_callback', 'pending'],
  ...['running', 'canceling', 'scheduled'],
])

/**
 * Reasons with which GitLab fails jobs whose machine went (docs.gitlab.com/ci/yaml, `retry:when`): the runner told by its system to stop, since 19.1, and what
 * servers before that make of it; silence for an hour, and its name before 19.1; trouble of the runner's own machine.
 */
const losses: Readonly<Record<string, string>> = {
  runner_interrupted: 'its runner was interrupted',
  unknown_failure: 'its runner ended it without a reason',
  no_updates_running: 'its runner fell silent',
  stuck_or_timeout_failure: 'its runner fell silent',
  runner_system_failure: "the runner's system failed",
}

export function gitlabRuns(where: WhereRuns): Omit<Runs, 'advice'> {
  const runs = new GitlabRuns(where)
  return {
    find: (id, signal) => runs.find(id, signal),
    failedSince: (since, signal) => runs.failedSince(since, signal),
    again: (run, lost, signal) => runs.again(run, lost, signal),
  }
}

class GitlabRuns {
  readonly #where: WhereRuns
  readonly #api: ProjectApi

  constructor(where: WhereRuns) {
    this.#where = where
    this.#api = new ProjectApi(where)
  }

  async find(id: string, signal?: AbortSignal): Promise<Run | undefined> {
    const looking = `look at pipeline ${id} of ${this.#where.scope.text}`
    const row = await this.#api.send<PipelineRow | undefined>({
      ...{ tried: looking, method: 'GET', signal, read: readPipeline, answers: { 404: undefined } },
      path: `pipelines/${id}`,
    })
    if (!row) return undefined
    const { page, status } = row
    const about = { id, page, attempt: 1, declined: false }
    if (status === 'canceled') return { ...about, completed: true, cancelled: true, jobs: [] }
    if (status === 'success') return { ...about, completed: true, cancelled: false, jobs: [] }
    const all = (await this.#jobs(id, signal)) ?? []
    const jobs = latestOf(all)
    // Whoever looks may be the last job of the pipeline itself.
    const others = jobs.filter((job) => job.id !== this.#where.context.variables.CI_JOB_ID)
    if (others.some((job) => going.has(job.status)))
      return { ...about, completed: false, cancelled: false, jobs: [] }
    const failed = others.filter((job) => job.status === 'failed' && job.started && !job.shared)
    const lost: RunJob[] = []
    for (const job of failed) lost.push(await this.#jobOf(job, signal))
    const cancelled = others.some((job) => job.status === 'canceled')
    const launches = cancelled ? [] : await this.#launchesOf(lost, all, id, signal)
    // An order that was cut short has made the launch alone again: that counts, too.
    const tried = [...failed, ...launches.map(({ job }) => job)]
    const attempt = Math.max(1, ...tried.map(({ name }) => all.filter((one) => one.name === name).length))
    const declined = launches.some(({ log }) => log.includes(noRetryMark))
    return { ...about, attempt, completed: true, cancelled, declined, jobs: lost }
  }

  async *failedSince(since: number, signal?: AbortSignal): AsyncIterable<readonly string[]> {
    const tried = `look for pipelines of ${this.#where.scope.text} that failed`
    const query = { status: 'failed', updated_after: new Date(since).toISOString() }
    for await (const rows of this.#api.list({ tried, path: 'pipelines', query, signal }, readPipelines))
      yield rows.map(({ id }) => id)
  }

  /**
   * The launching job first: until it has ended, jobs of later stages wait. Retrying the pipeline would not run it again, since it did well, and
   * the others would wait for a machine that never comes. An order that was cut short after the launch makes that again: its machine has waited for nobody, and
   * may be gone.
   */
  async again({ id, jobs }: Run, losses: readonly RunJob[], signal?: AbortSignal): Promise<Again> {
    const all = await this.#jobs(id, signal)
    if (!all) return { ordered: false, said: 'is not there any more' }
    const latest = new Set(latestOf(all).map((job) => job.id))
    const lost = losses.filter((job) => latest.has(job.id))
    const launches = await this.#launchesOf(lost, all, id, signal)
    const machines = lost.filter((job) => !launches.some(({ of }) => of.includes(job.id)))
    if (machines.length > 0)
      return {
        ordered: false,
        said: `cannot be run again: no job of it has launched the machine of ${machines.map(({ name }) => name).join(', ')}. Run the launch and then these jobs by hand`,
      }
    const order = [
      ...new Map([...launches.map(({ job }) => job), ...lost].map((job) => [job.id, job])).values(),
    ]
    const done: string[] = []
    for (const job of order) if (await this.#retry(job, signal)) done.push(job.name)
    const also = jobs.length > losses.length ? ' Jobs that failed by themselves are left' : ''
    return done.length === 0
      ? { ordered: false, said: 'runs again already' }
      : { ordered: true, said: `runs again: ${done.join(', then ')}.${also}`.replace(/\.$/, '') }
  }

  /** False where the job was made again by somebody meanwhile. */
  async #retry({ id, name }: Pick<RunJob, 'id' | 'name'>, signal?: AbortSignal): Promise<boolean> {
    const tried = `run job ${name} of ${this.#where.scope.text} again`
    try {
      const order = { tried, method: 'POST', path: `jobs/${id}/retry`, onceOnly: true, signal } as const
      const call = { ...order, read: readOrder, answers: { 404: undefined } }
      return (await this.#api.send<'ordered' | undefined>(call)) !== undefined
    } catch (failure) {
      const refusal = failure instanceof Failure ? failure.cause : undefined
      if (refusal instanceof Refusal && /not retryable/i.test(refusal.message)) return false
      throw failure
    }
  }

  async #jobOf(row: JobRow, signal?: AbortSignal): Promise<RunJob> {
    const { id, name, reason = '', endedAt } = row
    const words = losses[reason]
    const lost = words === undefined ? {} : { lost: `${words} (${reason})` }
    const runner =
      row.runner ?? (words === undefined ? undefined : runnerIn(await this.#api.log(row, signal)))
    return {
      ...{ id, name, failed: true, red: words === undefined, ...lost },
      ...(runner === undefined ? {} : { runner }),
      ...(endedAt === undefined ? {} : { endedAt }),
    }
  }

  /** The jobs that launched the machines of these, in the order they were made. `all` has every try. */
  async #launchesOf(
    jobs: readonly RunJob[],
    all: readonly JobRow[],
    pipeline: string,
    signal?: AbortSignal,
  ): Promise<readonly Launch[]> {
    const found = new Map<string, Launch>()
    for (const { id, runner, lost } of jobs) {
      if (lost === undefined || runner === undefined) continue
      const launched = await this.#launchOf(runner, all, pipeline, signal)
      if (!launched) continue
      // Its newest try: no other can be made again.
      const job = latestOf(all).find(({ name }) => name === launched.name) ?? launched
      const of = [...(found.get(job.id)?.of ?? []), id]
      found.set(job.id, { job, of, log: await this.#api.log(launched, signal) })
    }
    return [...found.values()].toSorted((one, other) => Number(one.job.id) - Number(other.job.id))
  }

  /** Told by the runner's name, which is the launch's identity; of one that was given another name, by what launches print. */
  async #launchOf(
    runner: string,
    all: readonly JobRow[],
    pipeline: string,
    signal?: AbortSignal,
  ): Promise<JobRow | undefined> {
    const known = all.find((job) =>
      this.#scopes().some((scope) => uniqueLabel(identityOfLaunch(job, pipeline, scope)) === runner),
    )
    if (known) return known
    const said = `"runnerName":${JSON.stringify(runner)}`
    const newestFirst = all.toSorted((one, other) => Number(other.id) - Number(one.id))
    for (const job of newestFirst.filter(({ status }) => status === 'success'))
      if ((await this.#api.log(job, signal)).includes(said)) return job
    return undefined
  }

  /** Its own, and those of the groups above, for which a launch may have been. */
  #scopes(): readonly string[] {
    const parts = this.#where.scope.text.split('/')
    return parts.slice(1).map((_, index) => parts.slice(0, parts.length - index).join('/'))
  }

  /** Every try of every job; undefined where the pipeline is not there (any more). */
  async #jobs(id: string, signal?: AbortSignal): Promise<readonly JobRow[] | undefined> {
    const tried = `read the jobs of pipeline ${id} of ${this.#where.scope.text}`
    const call = { tried, path: `pipelines/${id}/jobs`, query: { include_retried: 'true' }, signal }
    const rows: JobRow[] = []
    try {
      for await (const page of this.#api.list(call, readJobs)) rows.push(...page)
    } catch (failure) {
      if (failure instanceof Failure && failure.kind === 'not-found') return undefined
      throw failure
    }
    return rows
  }
}

interface Launch {
  /** Its newest try. */
  readonly job: JobRow
  /** Ids of the jobs whose machine it launched. */
  readonly of: readonly string[]
  /** Of the try that launched the machine. */
  readonly log: string
}

/** The newest of each name: the others were retried. Oldest first. */
function latestOf(jobs: readonly JobRow[]): readonly JobRow[] {
  const inOrder = jobs.toSorted((one, other) => Number(one.id) - Number(other.id))
  return [...new Map(inOrder.map((job) => [job.name, job])).values()].toSorted(
    (one, other) => Number(one.id) - Number(other.id),
  )
}

/** As the host of that job made it (src/hosts/origin.ts), for a launch that was given no name. */
function identityOfLaunch({ id: job }: JobRow, run: string, scope: string): string {
  return identityOf({ host: 'gitlab', run, attempt: '1', job, step: '', owner: '' }, scope, undefined)
}

/** `  on cml-abc… glrt-t1_x, system ID: …`, the second line of every log (gitlab-runner, common/build.go). Its registration may be gone. */
function runnerIn(log: string): string | undefined {
  return /^(?:\S+ \d\d[OE][ +])?(?:\u001b\[[\d;]*[mK])* {2}on (.+?) \S+, system ID: /m.exec(log)?.[1]
}
