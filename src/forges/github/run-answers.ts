import { asList, asRecord, asText, Unreadable } from '../../lib/answers.ts'

/** A run, as its own address tells it. */
export interface RunRow {
  readonly id: string
  readonly page: string
  readonly attempt: number
  readonly completed: boolean
  /** `success`, `failure`, `cancelled`, …; undefined until it is completed. */
  readonly conclusion: string | undefined
  /** Clock ms. */
  readonly updatedAt: number
}

export function readRun(data: unknown): RunRow {
  const { id, html_url: page, run_attempt: attempt, status, conclusion, updated_at: updated } = asRecord(data)
  return {
    id: asId(id),
    page: asText(page),
    // GitHub Enterprise Server knows attempts since 3.1.
    attempt: typeof attempt === 'number' ? attempt : 1,
    completed: status === 'completed',
    conclusion: typeof conclusion === 'string' ? conclusion : undefined,
    updatedAt: Date.parse(asText(updated)),
  }
}

export interface Page<T> {
  readonly total: number
  readonly rows: readonly T[]
}

export function readRunPage(data: unknown): Page<RunRow> {
  const { total_count: total, workflow_runs: runs } = asRecord(data)
  return { total: Number(total), rows: asList(runs).map(readRun) }
}

export interface JobRow {
  /** That of its check run, too. */
  readonly id: string
  readonly name: string
  readonly conclusion: string | undefined
  readonly runner: string | undefined
  /** Whose machine it ran on: GitHub's own are all in one group. */
  readonly hosted: boolean
  readonly endedAt: number | undefined
}

/** https://docs.github.com/rest/actions/workflow-jobs: runners of GitHub's own stand in a group of that name. */
const hostedGroup = 'GitHub Actions'

export function readJobPage(data: unknown): Page<JobRow> {
  const { total_count: total, jobs } = asRecord(data)
  return { total: Number(total), rows: asList(jobs).map(readJob) }
}

function readJob(data: unknown): JobRow {
  const { id, name, conclusion, runner_name, runner_group_name, completed_at } = asRecord(data)
  const endedAt = typeof completed_at === 'string' ? Date.parse(completed_at) : undefined
  return {
    id: asId(id),
    name: asText(name),
    conclusion: typeof conclusion === 'string' ? conclusion : undefined,
    runner: typeof runner_name === 'string' && runner_name !== '' ? runner_name : undefined,
    hosted: runner_group_name === hostedGroup,
    endedAt,
  }
}

/** What stands beside a job: errors, warnings, notices. */
export function readNotes(data: unknown): readonly string[] {
  return asList(data).map((note) => {
    const { message, title } = asRecord(note)
    return [title, message].filter((text) => typeof text === 'string').join(': ')
  })
}

/** The answer to an order. */
export function readOrder(): true {
  return true
}

function asId(data: unknown): string {
  if (typeof data === 'number' || typeof data === 'bigint') return String(data)
  throw new Unreadable('an answer without a number that belongs there')
}
