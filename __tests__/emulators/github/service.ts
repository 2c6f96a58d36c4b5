import { randomBytes } from 'node:crypto'
import type { Job } from './jobs.ts'
import type { Registration, Scope } from './registrations.ts'
import { type Answer, refusal, type Request } from './wire.ts'
import type { World } from './world.ts'

/**
 * The side that runners talk to. Only its door, `POST /actions/runner-registration` with `RemoteAuth`, is GitHub's; what is behind it is
 * the emulator's own: GitHub's protocol is not public, and only what people can see of a runner is promised.
 */
export interface Place {
  /** Where this emulator listens. */
  readonly url: string
  readonly api: string
  readonly scopes: readonly Scope[]
}

const denied: Answer = { status: 401, body: { code: 'not-found' } }

/** Undefined when the request is not for this side. */
export function answerService(
  world: World,
  place: Place,
  request: Request,
): Promise<Answer> | Answer | undefined {
  if (request.path.endsWith('/actions/runner-registration')) return register(world, place, request)
  const [, scopePath, rest] =
    /^\/_services\/((?:repos\/[^/]+\/[^/]+|orgs\/[^/]+))(\/.*)$/.exec(request.path) ?? []
  if (!scopePath || !rest) return undefined
  const scope = scopePath as Scope
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  if (/^\/(?:pools|agents)/.test(rest))
    return tenants.has(bearer) ? answerTenant(world, { place, scope }, rest, request) : denied
  const runner = world.registrations.withCredential(bearer)
  if (!runner) return denied
  if (rest.startsWith('/sessions')) return answerSession(world, runner, rest, request)
  return answerJob(world, { place, runner }, rest, request)
}

/** Tokens that opened the door, and for what. */
const tenants = new Set<string>()

function register(world: World, place: Place, request: Request): Answer {
  const { url, runner_event: event } = (request.body ?? {}) as { url?: string; runner_event?: string }
  const token = /^RemoteAuth (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const known = world.tokens.get(token)
  const path = new URL(url ?? place.url).pathname.split('/').filter(Boolean)
  const scope = path.length === 1 ? `orgs/${path[0]}` : `repos/${path.join('/')}`
  // A registration token may also remove; one hour after its making it does neither. GitHub says 404 to all of this.
  const fits =
    known?.scope.toLowerCase() === scope.toLowerCase() &&
    (event === 'register' ? known.kind === 'registration' : true)
  if (request.method !== 'POST' || !known || !fits || world.now() >= known.expiresAt)
    return refusal(404, 'Not Found')
  const tenant = randomBytes(16).toString('hex')
  tenants.add(tenant)
  return {
    status: 200,
    body: { url: `${place.url}/_services/${known.scope}`, token: tenant, token_schema: 'OAuthAccessToken' },
  }
}

interface AgentOrder {
  readonly poolId: number
  readonly name: string
  readonly labels: readonly { readonly name: string; readonly type: 'system' | 'user' }[]
  readonly ephemeral: boolean
  readonly disableUpdate: boolean
}

function answerTenant(
  world: World,
  { place, scope }: { readonly place: Place; readonly scope: Scope },
  rest: string,
  request: Request,
): Answer {
  const { registrations } = world
  if (rest === '/pools') {
    const groups = scope.startsWith('orgs/')
      ? registrations.groups
      : registrations.groups.filter((group) => group.default)
    return {
      status: 200,
      body: groups.map((group) => ({ id: group.id, name: group.name, isInternal: group.default })),
    }
  }
  const id = Number(/^\/agents\/(\d+)$/.exec(rest)?.[1])
  const order = request.body as AgentOrder
  if (request.method === 'GET') {
    const twin = registrations.named(scope, request.query['name'] ?? '')
    return { status: 200, body: twin ? [agentOf(place, twin)] : [] }
  }
  const found = registrations.get(scope, id)
  if (request.method === 'DELETE') {
    if (!found || found.jit) return refusal(404, 'Not Found')
    world.remove(found)
    return { status: 204 }
  }
  const labels = order.labels.map(({ name, type }) => ({
    name,
    type: type === 'system' ? ('read-only' as const) : ('custom' as const),
  }))
  const fields = { groupId: order.poolId, ephemeral: order.ephemeral, disableUpdate: order.disableUpdate }
  if (request.method === 'PUT' && found) {
    Object.assign(found, {
      ...fields,
      labels: registrations.labelled(labels),
      credential: randomBytes(24).toString('hex'),
    })
    return { status: 200, body: agentOf(place, found) }
  }
  if (registrations.named(scope, order.name))
    return refusal(409, `Already exists - A runner exists with the same name ${order.name}.`)
  const added = registrations.add({ scope, name: order.name, jit: false, ...fields, labels }, world.now())
  world.changed()
  if (world.dials.halfRegistrations-- > 0) return refusal(503, 'Service Unavailable')
  return { status: 200, body: agentOf(place, added) }
}

function agentOf(place: Place, { id, credential, ephemeral, disableUpdate }: Registration): object {
  return {
    id,
    clientId: credential,
    authorizationUrl: `${place.url}/_services/oauth2/token`,
    ephemeral,
    disableUpdate,
  }
}

function answerSession(
  world: World,
  runner: Registration,
  rest: string,
  request: Request,
): Promise<Answer> | Answer {
  const { deprecated, chunks, reconnect, exitCode } = world.dials
  const [, id, message] = /^\/sessions(?:\/([^/]+))?(?:\/messages(?:\/(\d+))?)?$/.exec(rest) ?? []
  if (request.method === 'POST') {
    if (deprecated === 'session') return { status: 410, body: { code: 'deprecated' } }
    // The official program's eight tries take longer than the service needs to see that a session is lost.
    if (runner.session && world.isOnline(runner))
      return { status: 409, body: { code: 'conflict', againAfter: world.dials.pollWithin / 4 } }
    const session = world.open(runner, (request.body as { version: string }).version)
    return {
      status: 200,
      body: {
        sessionId: session.id,
        behaviour: { chunks, reconnect, ...(exitCode === undefined ? {} : { exitCode }) },
      },
    }
  }
  if (runner.session?.id !== id) return { status: 401, body: { code: 'session-expired' } }
  if (request.method === 'DELETE' && message !== undefined) world.acknowledge(runner, Number(message))
  else if (request.method === 'DELETE') world.close(runner)
  else if (deprecated === 'message') return { status: 410, body: { code: 'deprecated' } }
  else return runner.session?.poll(request) ?? denied
  return { status: 204 }
}

async function answerJob(
  world: World,
  { place, runner }: { readonly place: Place; readonly runner: Registration },
  rest: string,
  request: Request,
): Promise<Answer> {
  const [, id, what] = /^\/jobs\/(\d+)\/(acquire|downloads|log|step|finish)$/.exec(rest) ?? []
  const job = world.jobs.find((candidate) => candidate.id === Number(id))
  if (!job || job.runnerId !== runner.id || request.method !== 'POST')
    return { status: 404, body: { code: 'no-such-job' } }
  // Its worker works, and so does the listener that the worker cannot outlive.
  job.desertedAt = undefined
  if (what === 'acquire') {
    job.begin(world.now())
    world.changed()
    return { status: 200, body: orderOf(job, place) }
  }
  if (what === 'downloads') await job.downloads
  else if (what === 'log') job.log += (request.body as { text: string }).text
  else if (what === 'step') takeStep(job, request.body as StepReport)
  else finish(world, job, request.body as { result: 'Succeeded' | 'Failed' | 'Canceled'; crashed?: boolean })
  return { status: 204 }
}

interface StepReport {
  readonly index: number
  readonly name: string
  readonly id: string
  readonly conclusion?: 'success' | 'failure' | 'skipped' | 'cancelled'
  readonly outputs?: Readonly<Record<string, string>>
}

function takeStep(job: Job, { index, name, id, conclusion, outputs }: StepReport): void {
  job.steps[index] = {
    name,
    id,
    number: index + 1,
    status: conclusion ? 'completed' : 'in_progress',
    conclusion: conclusion ?? null,
    outputs: outputs ?? {},
  }
}

function finish(
  world: World,
  job: Job,
  { result, crashed }: { result: 'Succeeded' | 'Failed' | 'Canceled'; crashed?: boolean },
): void {
  if (job.status === 'completed') return
  job.annotations.push(...[...job.log.matchAll(/##\[error\](.*)/g)].map(([, text]) => text ?? ''))
  if (crashed) job.annotations.push('The worker process ended without a result.')
  const cut = result === 'Canceled' && job.annotations.some((note) => note.includes('shutdown signal'))
  world.finish(job, cut ? world.dials.cutShort : result)
}

function orderOf(job: Job, place: Place): object {
  const { spec, run } = job
  const [owner = ''] = run.repository.split('/')
  return {
    id: job.id,
    name: job.name,
    repository: run.repository,
    steps: spec.steps,
    env: spec.env ?? {},
    actions: spec.actions ?? [],
    ...(spec.container ? { container: spec.container } : {}),
    ...(spec.trouble ? { trouble: spec.trouble } : {}),
    variables: {
      GITHUB_REPOSITORY: run.repository,
      GITHUB_REPOSITORY_OWNER: owner,
      GITHUB_RUN_ID: String(run.id),
      GITHUB_RUN_NUMBER: String(run.number),
      GITHUB_RUN_ATTEMPT: String(run.attempt),
      GITHUB_JOB: job.name.toLowerCase().replace(/[^a-z0-9_-]+/g, '_'),
      GITHUB_WORKFLOW: run.name,
      GITHUB_WORKFLOW_REF: `${run.repository}/.github/workflows/main.yml@refs/heads/main`,
      GITHUB_ACTOR: 'octocat',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: '0'.repeat(40),
      GITHUB_SERVER_URL: place.url,
      GITHUB_API_URL: place.api,
    },
  }
}
