import { type ApiCall, forbidden, type Handler, notFound, paged, withPlace } from './api-call.ts'
import type { Job, Pipeline } from './jobs.ts'
import { groupShape, jobShape, pipelineShape, projectShape } from './shapes.ts'
import type { Answer } from './wire.ts'
import type { Place } from './world.ts'

/** Everything else that a launcher asks: what is there, what its token may, and the jobs of a project. */
export function projectsApi(version: string): Readonly<Record<string, Handler>> {
  const about: Handler = () => ({
    status: 200,
    body: { version, revision: '5f3c1a2b9d0', kas: { enabled: true }, enterprise: version.endsWith('-ee') },
  })
  return {
    'get /version': about,
    'get /metadata': about,
    'get /personal_access_tokens/self': ownToken,
    'get /users': findUsers,
    'get /projects/{id}': withPlace('project', 'none', ({ world, caller, url }, place) => ({
      status: 200,
      body: projectShape(world, place, caller, url),
    })),
    'get /groups/{id}': withPlace('group', 'none', ({ world, url }, place) => ({
      status: 200,
      body: groupShape(world, place, url),
    })),
    'get /projects/{id}/jobs': withPlace('project', 'reporter', listJobs),
    'get /projects/{id}/jobs/{job_id}': withJob('reporter', ({ world, url }, job) => ({
      status: 200,
      body: jobShape(world, job, url),
    })),
    'get /projects/{id}/jobs/{job_id}/trace': withJob('reporter', (_call, job) => ({
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: job.trace,
    })),
    'post /projects/{id}/jobs/{job_id}/retry': withJob('developer', retryJob),
    'get /projects/{id}/pipelines': withPlace('project', 'reporter', listPipelines),
    'get /projects/{id}/pipelines/{pipeline_id}/jobs': withPipeline('reporter', listPipelineJobs),
    'get /projects/{id}/pipelines/{pipeline_id}': withPipeline('reporter', ({ world, url }, pipeline) => ({
      status: 200,
      body: pipelineShape(world, pipeline, url),
    })),
    'post /projects/{id}/pipelines/{pipeline_id}/retry': withPipeline('developer', retryPipeline),
  }
}

/** Whoever may read the API is shown people by their exact name, in any case (lib/api/users.rb). */
function findUsers({ world, params, url }: ApiCall): Answer {
  const { username } = params
  const wanted = typeof username === 'string' ? username.toLowerCase() : ''
  const found = world.dials.people.filter((name) => name.toLowerCase() === wanted)
  return {
    status: 200,
    body: found.map((name, index) => ({
      id: 900 + index,
      username: name,
      name,
      state: 'active',
      locked: false,
      avatar_url: null,
      web_url: `${url}/${name}`,
    })),
  }
}

function ownToken({ world, caller }: ApiCall): Answer {
  const day = 24 * 3600_000
  return {
    status: 200,
    body: {
      id: 42,
      name: caller.kind,
      revoked: false,
      created_at: new Date(world.now() - day).toISOString(),
      description: null,
      scopes: caller.credential.scopes,
      user_id: 7,
      last_used_at: null,
      active: true,
      expires_at: new Date(world.now() + 30 * day).toISOString().slice(0, 10),
    },
  }
}

function withJob(role: 'reporter' | 'developer', handle: (call: ApiCall, job: Job) => Answer): Handler {
  return withPlace('project', role, (call, place) => {
    const id = Number(call.params['job_id'])
    const job = call.world.jobs.find((known) => known.id === id && known.pipeline.scope === place.scope)
    return job ? handle(call, job) : notFound('Job')
  })
}

function withPipeline(
  role: 'reporter' | 'developer',
  handle: (call: ApiCall, pipeline: Pipeline) => Answer,
): Handler {
  return withPlace('project', role, (call, { scope }) => {
    const id = Number(call.params['pipeline_id'])
    const pipeline = call.world.pipelines.find((known) => known.id === id && known.scope === scope)
    return pipeline ? handle(call, pipeline) : notFound('Pipeline')
  })
}

function listJobs(call: ApiCall, { scope: place }: Place): Answer {
  const { world, params, url } = call
  const { scope } = params
  const wanted = scope === undefined ? undefined : new Set(Array.isArray(scope) ? scope : [scope])
  const jobs = world.jobs.filter(
    (job) =>
      job.pipeline.scope === place &&
      (!job.retriedBy || params['include_retried'] === true) &&
      (!wanted || wanted.has(job.status)),
  )
  const newestFirst = params['sort'] === 'asc' ? jobs : jobs.toReversed()
  return paged(call, newestFirst, (job) => jobShape(world, job, url))
}

/** The latest first, as GitLab gives them when nobody asks otherwise. */
function listPipelines(call: ApiCall, { scope }: Place): Answer {
  const { world, params, url } = call
  const { status, updated_after: after } = params
  const since = typeof after === 'string' ? Date.parse(after) : -Infinity
  const pipelines = world.pipelines.filter(
    (one) => one.scope === scope && (status === undefined || one.status === status) && one.updatedAt >= since,
  )
  return paged(call, pipelines.toReversed(), (pipeline) => pipelineShape(world, pipeline, url))
}

function listPipelineJobs(call: ApiCall, pipeline: Pipeline): Answer {
  const { world, params, url } = call
  const jobs = params['include_retried'] === true ? pipeline.all : pipeline.jobs
  return paged(call, jobs.toReversed(), (job) => jobShape(world, job, url))
}

function retryJob({ world, url }: ApiCall, job: Job): Answer {
  if (!job.isComplete || job.retriedBy) return forbidden('Job is not retryable')
  return { status: 201, body: jobShape(world, world.retry(job), url) }
}

function retryPipeline({ world, url }: ApiCall, pipeline: Pipeline): Answer {
  for (const job of pipeline.jobs) if (job.status === 'failed' || job.status === 'canceled') world.retry(job)
  return { status: 201, body: pipelineShape(world, pipeline, url) }
}
