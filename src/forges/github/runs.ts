import { Pages } from '../../lib/pages.ts'
import { Failure } from '../../model/failure.ts'
import { type Again, noRetryMark, type Run, type RunJob } from '../../model/run.ts'
import type { Runs } from '../forge.ts'
import type { Api, Call } from './client.ts'
import {
  type JobRow,
  type Page,
  readJobPage,
  readNotes,
  readOrder,
  readRun,
  readRunPage,
  type RunRow,
} from './run-answers.ts'
import type { Scope } from './scope.ts'
import { refusalOf } from './trouble.ts'

export interface WhereRuns {
  readonly api: Api
  readonly scope: Scope
}

const pageSize = 100

/** Of runs that may have lost a machine. */
const badEnds = ['failure', 'cancelled'] as const

/** A run may be made again within 30 days; one that failed lately began at most so long ago: five days for a job, one for its queue. */
const longestRun = 6 * 24 * 3600_000

/** GitHub shows no more of a search. */
const mostFound = 1000

/**
 * How GitHub words, beside a job, that its machine went: silence for ten minutes; the runner told to stop by its system (actions/runner, Worker/JobRunner.cs);
 * the registration gone under it.
 */
const losses: readonly RegExp[] = [
  /runner lost communication with the server/i,
  /runner has received a shutdown signal/i,
  /runner registration (was|has been) deleted/i,
]

/** … that somebody has cancelled the run, by hand or by a newer one. Jobs that fall with another leg of their matrix say which. */
const cancels: readonly RegExp[] = [/run was cancell?ed by/i, /cancell?ing since a higher priority/i]

/** … that a step failed by itself. */
const reds: readonly RegExp[] = [/process completed with exit code \d+/i]

export function githubRuns(where: WhereRuns): Omit<Runs, 'advice'> {
  const runs = new GithubRuns(where)
  return {
    find: (id, signal) => runs.find(id, signal),
    failedSince: (since, signal) => runs.failedSince(since, signal),
    again: (run, _lost, signal) => runs.again(run, signal),
  }
}

class GithubRuns {
  readonly #where: WhereRuns

  constructor(where: WhereRuns) {
    this.#where = where
  }

  async find(id: string, signal?: AbortSignal): Promise<Run | undefined> {
    const tried = `look at run ${id} of ${this.#where.scope.text}`
    const row = await this.#send<RunRow | undefined>({
      ...{ tried, method: 'GET', path: '/actions/runs/{run_id}', parameters: { run_id: id }, signal },
      read: readRun,
      answers: { 404: undefined },
    })
    if (!row) return undefined
    const { page, attempt, completed, conclusion } = row
    const about = { id, page, attempt, completed, cancelled: conclusion === 'cancelled', declined: false }
    return badEnds.some((end) => end === conclusion)
      ? { ...about, ...(await this.#judge(row, signal)) }
      : { ...about, jobs: [] }
  }

  /**
   * What became of the jobs of a run that ended badly. A runner that is told to stop ends its job as failed or as cancelled, and both are seen (actions/runner 1792,
   * runs-on/runs-on 249): what stands beside the job tells which it was. Notes of jobs are read only where they tell something: they cost a request each.
   */
  async #judge(
    { id, conclusion: end }: RunRow,
    signal?: AbortSignal,
  ): Promise<Pick<Run, 'jobs' | 'cancelled' | 'declined'>> {
    const rows = await this.#jobs(id, signal)
    const known = new Map<JobRow, readonly string[]>()
    const notesOf = async (row: JobRow): Promise<readonly string[]> => {
      const notes = known.get(row) ?? (await this.#notes(row, signal))
      known.set(row, notes)
      return notes
    }
    const jobs: RunJob[] = []
    for (const row of rows.filter(isSuspect)) {
      const job = jobOf(row, await notesOf(row))
      if (row.conclusion === 'failure' || job.lost !== undefined) jobs.push(job)
    }
    if (jobs.every(({ red }) => red)) return { jobs, cancelled: end === 'cancelled', declined: false }
    const says = async (conclusion: string, words: readonly RegExp[]): Promise<boolean> => {
      for (const row of rows.filter((one) => one.conclusion === conclusion))
        if (findIn(await notesOf(row), words) !== undefined) return true
      return false
    }
    const cancelled = await says('cancelled', cancels)
    return { jobs, cancelled, declined: !cancelled && (await says('success', [exactly(noRetryMark)])) }
  }

  async *failedSince(since: number, signal?: AbortSignal): AsyncIterable<readonly string[]> {
    const created = `>=${new Date(since - longestRun).toISOString().slice(0, 19)}Z`
    const tried = `look for runs of ${this.#where.scope.text} that failed`
    for (const status of badEnds) {
      const call = { tried, path: '/actions/runs', parameters: { status, created }, signal }
      for await (const rows of this.#list(call, readRunPage))
        yield rows.filter(({ updatedAt }) => updatedAt >= since).map(({ id }) => id)
    }
  }

  /** All of it: only the job that launches makes a new machine. */
  async again({ id, attempt }: Run, signal?: AbortSignal): Promise<Again> {
    const tried = `run ${id} of ${this.#where.scope.text} again`
    const path = '/actions/runs/{run_id}/rerun'
    try {
      const order = {
        tried,
        method: 'POST',
        path,
        parameters: { run_id: id },
        signal,
        read: readOrder,
      } as const
      const done = await this.#send<boolean>({ ...order, answers: { 404: false } })
      return done
        ? { ordered: true, said: `runs again, all of it, as attempt ${attempt + 1}` }
        : { ordered: false, said: 'is not there any more' }
    } catch (failure) {
      const said = refusalOf(failure instanceof Failure ? failure.cause : undefined)?.message ?? ''
      if (/already running/i.test(said)) return { ordered: false, said: 'runs again already' }
      // 50 times, and 30 days (docs.github.com, "Re-running workflows and jobs").
      if (/maximum number|over a month ago|too old/i.test(said))
        return { ordered: false, said: `cannot be run again: GitHub says "${said}"` }
      throw failure
    }
  }

  async #jobs(id: string, signal?: AbortSignal): Promise<readonly JobRow[]> {
    const tried = `read the jobs of run ${id} of ${this.#where.scope.text}`
    const call = { tried, path: '/actions/runs/{run_id}/jobs', parameters: { run_id: id }, signal }
    const rows: JobRow[] = []
    for await (const page of this.#list(call, readJobPage)) rows.push(...page)
    return rows
  }

  /** The first page: what ends a job stands among few others. */
  #notes({ id, name }: JobRow, signal?: AbortSignal): Promise<readonly string[]> {
    return this.#send<readonly string[]>({
      tried: `read what GitHub noted beside job ${name}`,
      method: 'GET',
      path: '/check-runs/{check_run_id}/annotations',
      parameters: { check_run_id: id, per_page: pageSize },
      signal,
      read: readNotes,
    })
  }

  async *#list<T extends { readonly id: string }>(
    call: Pick<Call<never>, 'tried' | 'path' | 'parameters' | 'signal'>,
    read: (data: unknown) => Page<T>,
  ): AsyncIterable<readonly T[]> {
    const pages = new Pages()
    for (let page = 1, seen = 0; ; page++) {
      const parameters = { ...call.parameters, per_page: pageSize, page }
      const { rows, total } = await this.#send<Page<T>>({ ...call, method: 'GET', parameters, read })
      pages.admit(
        page,
        rows.map(({ id }) => id),
      )
      if (rows.length > 0) yield rows
      seen += rows.length
      if (rows.length === 0 || seen >= Math.min(total, mostFound)) return
    }
  }

  /** Throws what a job's own token lacks in words of its `permissions:`. */
  async #send<T>(call: Call<T>): Promise<T> {
    const { api, scope } = this.#where
    if (scope.kind !== 'repository') throw ofNoRepository(call.tried, scope)
    try {
      return (await api.send(call)).value
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure
      const { kind, explanation } = failure
      if (kind !== 'permission-denied' && kind !== 'not-found') throw failure
      const { tried, said = kind } = explanation
      const why = `The token may not do that in ${scope.text}.`
      throw new Failure(kind, { tried, said, why, fix: neededRights }, { cause: failure.cause })
    }
  }
}

const neededRights =
  "the job's own token is enough: give it `permissions: { actions: write, checks: read }` and `token: ${{ github.token }}`. A fine-grained token needs Actions: read and write and Checks: read of the repository, a classic one `repo`."

function ofNoRepository(tried: string, { text, page }: Scope): Failure {
  return new Failure('invalid-input', {
    tried,
    said: `${text} is an organisation, and runs belong to repositories`,
    fix: `give \`repo\` one of its repositories: ${page}/….`,
  })
}

/** It ended badly, on a machine of somebody's own. */
function isSuspect({ conclusion, runner, hosted }: JobRow): boolean {
  return badEnds.some((end) => end === conclusion) && runner !== undefined && !hosted
}

function jobOf({ id, name, runner, endedAt }: JobRow, notes: readonly string[]): RunJob {
  const lost = findIn(notes, losses)
  return {
    ...{ id, name, failed: true, red: lost === undefined && findIn(notes, reds) !== undefined },
    ...(runner === undefined ? {} : { runner }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(lost === undefined ? {} : { lost }),
  }
}

function findIn(notes: readonly string[], words: readonly RegExp[]): string | undefined {
  return notes.find((note) => words.some((pattern) => pattern.test(note)))
}

function exactly(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}
