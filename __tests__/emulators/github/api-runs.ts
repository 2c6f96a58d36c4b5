import { type Call, type Handler, paged } from './api-call.ts'
import type { Job, Run } from './jobs.ts'
import { annotationShape, jobShape, runShape } from './shapes.ts'
import { type Answer, refusal } from './wire.ts'

/** GitHub allows a run 50 re-runs since April 2026. */
const mostAttempts = 51

const actions = '/repos/{owner}/{repo}/actions'

/** Runs and jobs: what a watcher of jobs reads, and the ways to run them again. */
export const runsApi: Readonly<Record<string, Handler>> = {
  [`get ${actions}/runs`]: listRuns,
  [`get ${actions}/runs/{run_id}`]: withRun(({ api }, run) => ({ status: 200, body: runShape(api, run) })),
  [`get ${actions}/runs/{run_id}/jobs`]: withRun((call, run) => listJobs(call, run.jobs)),
  [`get ${actions}/runs/{run_id}/attempts/{attempt_number}/jobs`]: withRun((call, run) =>
    Number(call.parameters['attempt_number']) === run.attempt
      ? listJobs(call, run.jobs)
      : listJobs(call, run.earlier),
  ),
  ['get /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations']: listAnnotations,
  [`get ${actions}/jobs/{job_id}`]: withJob(({ api }, job) => ({ status: 200, body: jobShape(api, job) })),
  [`post ${actions}/runs/{run_id}/rerun`]: withRun((call, run) => rerun(call, run, run.jobs)),
  [`post ${actions}/runs/{run_id}/rerun-failed-jobs`]: withRun((call, run) =>
    rerun(
      call,
      run,
      run.jobs.filter(({ conclusion }) => conclusion !== 'success'),
    ),
  ),
  [`post ${actions}/jobs/{job_id}/rerun`]: withJob((call, job) => rerun(call, job.run, [job])),
  [`post ${actions}/runs/{run_id}/cancel`]: withRun(cancel),
  [`post ${actions}/runs/{run_id}/force-cancel`]: withRun(cancel),
}

function withRun(handle: (call: Call, run: Run) => Answer): Handler {
  return (call) => {
    const run = call.world.runs.find(
      ({ id, scope }) => id === Number(call.parameters['run_id']) && scope === call.scope,
    )
    return run ? handle(call, run) : refusal(404, 'Not Found')
  }
}

function withJob(handle: (call: Call, job: Job) => Answer): Handler {
  return (call) => {
    const job = call.world.jobs.find(
      ({ id, run }) => id === Number(call.parameters['job_id']) && run.scope === call.scope,
    )
    return job ? handle(call, job) : refusal(404, 'Not Found')
  }
}

function listRuns(call: Call): Answer {
  const { status, created } = call.request.query
  const since = created === undefined ? -Infinity : Date.parse(created.replace(/^>=/, ''))
  const runs = call.world.runs.filter(
    (run) =>
      run.scope === call.scope &&
      run.createdAt >= since &&
      (status === undefined || run.status === status || run.conclusion === status),
  )
  return paged(
    call,
    runs.toReversed().map((run) => runShape(call.api, run)),
    'workflow_runs',
  )
}

function listJobs(call: Call, jobs: readonly Job[]): Answer {
  return paged(
    call,
    jobs.map((job) => jobShape(call.api, job)),
    'jobs',
  )
}

/** A job's check run has its number. */
function listAnnotations(call: Call): Answer {
  const job = call.world.jobs.find(
    ({ id, run }) => id === Number(call.parameters['check_run_id']) && run.scope === call.scope,
  )
  if (!job) return refusal(404, 'Not Found')
  const { per_page: size = '30', page = '1' } = call.request.query
  const from = (Number(page) - 1) * Number(size)
  const all = job.annotations.map((message) => annotationShape(call.api, job, message))
  return { status: 200, body: all.slice(from, from + Number(size)) }
}

function rerun({ world }: Call, run: Run, jobs: readonly Job[]): Answer {
  if (run.status !== 'completed')
    return refusal(403, 'The workflow run containing this job is already running')
  if (run.attempt >= mostAttempts)
    return refusal(403, 'This workflow run has reached the maximum number of re-runs')
  world.rerun(run, jobs)
  return { status: 201, body: {} }
}

function cancel({ world }: Call, run: Run): Answer {
  if (run.status === 'completed') return refusal(409, 'Cannot cancel a workflow run that is completed.')
  for (const job of run.jobs) if (job.status !== 'completed') world.cancel(job)
  return { status: 202, body: {} }
}
