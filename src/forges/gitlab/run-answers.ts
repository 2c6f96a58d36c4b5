import { asList, asRecord, asText, Unreadable } from '../../lib/answers.ts'
import type { Answer } from './client.ts'

export interface PipelineRow {
  readonly id: string
  readonly status: string
  readonly page: string
}

export function readPipeline(answer: Answer): PipelineRow {
  return pipelineOf(answer.data)
}

function pipelineOf(data: unknown): PipelineRow {
  const { id, status, web_url: page } = asRecord(data)
  return { id: asId(id), status: asText(status), page: asText(page) }
}

export interface JobRow {
  readonly id: string
  readonly name: string
  readonly status: string
  /** Of a job that failed. */
  readonly reason: string | undefined
  /** Its runner's description, where that one is still registered. */
  readonly runner: string | undefined
  /** A runner of the whole server had it, which is nobody's machine of ours. */
  readonly shared: boolean
  readonly started: boolean
  readonly endedAt: number | undefined
}

function jobOf(data: unknown): JobRow {
  const { id, name, status, failure_reason, runner, started_at, finished_at } = asRecord(data)
  const { description, runner_type } = asRecord(runner ?? {})
  return {
    id: asId(id),
    name: asText(name),
    status: asText(status),
    reason: typeof failure_reason === 'string' ? failure_reason : undefined,
    runner: typeof description === 'string' && description !== '' ? description : undefined,
    shared: runner_type === 'instance_type',
    started: typeof started_at === 'string',
    endedAt: typeof finished_at === 'string' ? Date.parse(finished_at) : undefined,
  }
}

export interface Page<T> {
  readonly rows: readonly T[]
  readonly last: boolean
}

export const readJobs = (answer: Answer): Page<JobRow> => pageOf(answer, jobOf)
export const readPipelines = (answer: Answer): Page<PipelineRow> => pageOf(answer, pipelineOf)

function pageOf<T>({ data, headers }: Answer, read: (item: unknown) => T): Page<T> {
  const rows = asList(data).map(read)
  const next = headers.get('x-next-page')
  return { rows, last: next === undefined ? rows.length === 0 : next === '' }
}

/** The answer to an order. */
export function readOrder(): 'ordered' {
  return 'ordered'
}

/** A job's log, which comes as plain text. */
export function readLog({ text }: Answer): string {
  return text
}

function asId(data: unknown): string {
  if (typeof data !== 'number') throw new Unreadable('an answer without a number that belongs there')
  return String(data)
}
