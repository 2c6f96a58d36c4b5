import { type Call, forbidden, notFound } from './api-call.ts'
import { orderOf } from './job-order.ts'
import type { Job } from './jobs.ts'
import type { Manager, Registration } from './registrations.ts'
import { stampOrNull } from './shapes.ts'
import { type Answer, type Params, refusal } from './wire.ts'

/** What gitlab-runner calls, and the programs that stand in for it (`lib/api/ci/runner.rb`). No token of a person is asked for. */
export const runnerApi: Readonly<Record<string, (call: Call) => Answer>> = {
  'post /runners/verify': withToken('contact', (_, runner) => ({ status: 200, body: tokenOf(runner) })),
  'delete /runners': withToken('silent', ({ world }, runner) => {
    world.remove(runner)
    return { status: 204 }
  }),
  'delete /runners/managers': withToken('silent', ({ params }, runner) => {
    const left = runner.managers.filter(({ systemId }) => systemId !== params['system_id'])
    if (left.length === runner.managers.length) return notFound('Runner manager not found')
    runner.managers = left
    return { status: 204 }
  }),
  'post /runners/reset_authentication_token': withToken('contact', ({ world }, runner) => ({
    status: 201,
    body: { token: world.resetToken(runner), token_expires_at: stampOrNull(runner.tokenExpiresAt) },
  })),
  'get /runners/router/discovery': discover,
  'post /jobs/request': withToken('silent', requestJob),
  'put /jobs/{id}': withJob(updateJob),
  'patch /jobs/{id}/trace': withJob(appendTrace),
  'post /jobs/{id}/artifacts': withJob(uploadArtifact),
}

function tokenOf({ id, token, tokenExpiresAt }: Registration): Params {
  return { id, token, token_expires_at: stampOrNull(tokenExpiresAt) }
}

/** A call with a runner's token. Removals are no sign of life, and requests for jobs count for themselves; without a `system_id` GitLab makes up a machine for the others. */
function withToken(
  sign: 'contact' | 'silent',
  handle: (call: Call, runner: Registration) => Answer,
): (call: Call) => Answer {
  return (call) => {
    const { world, params } = call
    const runner = world.registrations.withToken(String(params['token']), world.now())
    if (!runner) return forbidden()
    if (sign === 'contact') {
      const manager = world.contact(runner, (params['system_id'] ?? '<legacy>') as string)
      describe(manager, params['info'] as Params | undefined)
    }
    return handle(call, runner)
  }
}

function describe(manager: Manager, info: Params = {}): void {
  for (const name of ['version', 'revision', 'platform', 'architecture'] as const)
    if (typeof info[name] === 'string') manager[name] = info[name]
}

/** The Job Router is a part of GitLab's agent server, and is not there. Its caller is known by the header alone. */
function discover({ world, headers }: Call): Answer {
  if (world.dials.routerDiscovery === 404) return { status: 404, body: { error: '404 Not Found' } }
  if (!world.registrations.withToken(String(headers['runner-token']), world.now())) return forbidden()
  return refusal(501, 'Job Router is not available. Please contact your administrator.')
}

function requestJob({ world, params, url }: Call, runner: Registration): Answer {
  const systemId = (params['system_id'] ?? '<legacy>') as string
  const nothing = (): Answer => ({ status: 204, headers: { 'x-gitlab-last-update': runner.queue } })
  if (world.now() - runner.queuedAt >= world.dials.queueLifetime) world.renewQueue(runner)
  // Workhorse, in front of GitLab, answers whoever knows the state of the queue.
  if (params['last_update'] === runner.queue) {
    world.see(runner, systemId)
    return nothing()
  }
  describe(world.contact(runner, systemId), params['info'] as Params | undefined)
  if (runner.paused) return nothing()
  const job = world.jobFor(runner)
  if (!job) return nothing()
  if (world.dials.conflicts > 0) {
    world.dials.conflicts--
    return { status: 409, body: { message: '409 Conflict' } }
  }
  job.features = ((params['info'] as Params | undefined)?.['features'] ?? {}) as Params
  job.offer(runner, systemId, world.now())
  if (job.features['two_phase_job_commit'] !== true) job.begin(world.now())
  return { status: 201, body: orderOf(job, world, url) }
}

/** A call with a job's token, in its header or among the parameters; 403 is what ends the job at its runner. */
function withJob(handle: (call: Call, job: Job) => Answer): (call: Call) => Answer {
  return (call) => {
    const { world, params, headers } = call
    const job = world.jobs.find(({ id }) => id === Number(params['id']))
    if (!job || (params['token'] ?? headers['job-token']) !== job.token) return forbidden()
    if (!job.isProcessing && !job.isOffered)
      return {
        ...forbidden('Job is not processing on runner'),
        headers: { 'job-status': job.status },
      }
    const answer = handle(call, job)
    return { ...answer, headers: { 'job-status': job.status, ...answer.headers } }
  }
}

function alive({ world }: Call, job: Job): void {
  job.updatedAt = world.now()
  if (job.runner) world.contact(job.runner, job.systemId ?? '<legacy>')
}

function updateJob(call: Call, job: Job): Answer {
  const { world, params } = call
  alive(call, job)
  const { state, output, checksum } = params
  const { dials } = world
  const plain = (status: number): Answer => ({
    status,
    headers: {
      'content-type': 'text/plain',
      'x-gitlab-trace-update-interval': String(dials.traceUpdateInterval),
    },
    body: String(status),
  })
  if (job.isOffered) {
    if (state === 'running') job.begin(world.now())
    return plain(state === 'running' || state === 'pending' ? 200 : 400)
  }
  if (state === 'running') return plain(200)
  if (state !== 'success' && state !== 'failed') return plain(400)
  if (dials.unfinishedUpdates > 0) {
    dials.unfinishedUpdates--
    return plain(202)
  }
  const told = (output as Params | undefined)?.['checksum'] ?? checksum
  if (dials.lostTraces > 0) {
    dials.lostTraces--
    job.log.forget()
    return plain(412)
  }
  // GitLab counts wrong checksums and takes the log nevertheless.
  if (told !== undefined) job.checksumMatches = told === job.log.checksum
  end(call, job, state)
  return plain(200)
}

function end({ world, params }: Call, job: Job, state: 'success' | 'failed'): void {
  const failureReason = params['failure_reason'] as string | undefined
  const exitCode = params['exit_code'] as number | undefined
  const status = job.status === 'canceling' ? 'canceled' : state
  job.end({ status, failureReason, exitCode }, world.now())
}

function appendTrace(call: Call, job: Job): Answer {
  const { world, headers, bytes } = call
  alive(call, job)
  const start = Number(/^(\d+)-\d+$/.exec(headers['content-range'] ?? '')?.[1])
  if (Number.isNaN(start)) return { status: 400, body: { error: '400 Missing header Content-Range' } }
  const lost = world.dials.lostPieces > 0
  if (lost) world.dials.lostPieces--
  const fits = !lost && job.log.append(start, bytes)
  const range = `0-${job.log.size}`
  if (!fits) return { status: 416, headers: { range, 'content-type': 'text/plain' } }
  return {
    status: 202,
    headers: {
      range,
      'x-gitlab-trace-update-interval': String(world.dials.traceUpdateInterval),
      'content-type': 'text/plain',
    },
    body: `0-${job.log.size}`,
  }
}

function uploadArtifact({ params }: Call, job: Job): Answer {
  const file = params['file'] as { readonly filename: string; readonly bytes: Uint8Array }
  job.artifacts.push({
    type: (params['artifact_type'] ?? 'archive') as string,
    format: (params['artifact_format'] ?? 'zip') as string,
    name: file.filename,
    bytes: Buffer.from(file.bytes),
  })
  return { status: 201, headers: { 'content-type': 'text/plain' }, body: '201' }
}
