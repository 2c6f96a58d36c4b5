import type { IncomingHttpHeaders } from 'node:http'
import type { Call, Handler } from './api-call.ts'
import { authenticate, tokenOf } from './credentials.ts'
import { runnerApi } from './runner-api.ts'
import type { Schema } from './schema.ts'
import type { Scope } from './registrations.ts'
import type { Answer, JournalEntry, Params } from './wire.ts'

export interface Route {
  /** `get /runners/{id}`. */
  readonly operation: string
  readonly parameters: Params
  /** Of the API that runners use. */
  readonly isRunners: boolean
  readonly answer: (call: Call, token: string | undefined, firstProject: Scope | undefined) => Answer
}

const numeric = new Set(['job_id', 'pipeline_id'])

/** The operation that a request is for: a path's variables hold no slash, and runners and jobs are numbers. */
export function routeOf(
  method: string,
  path: string,
  api: Readonly<Record<string, Handler>>,
): Route | undefined {
  for (const operation of [...Object.keys(runnerApi), ...Object.keys(api)]) {
    const [verb = '', template = ''] = operation.split(' ')
    if (verb !== method.toLowerCase()) continue
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
    const places = /^\/(?:projects|groups)\//.test(template)
    const pattern = template.replace(/\{(\w+)\}/g, (_, name: string) =>
      places && !numeric.has(name) ? '([^/]+)' : '(\\d+)',
    )
    const match = new RegExp(`^${pattern}$`).exec(path)
    if (!match) continue
    const parameters = Object.fromEntries(
      names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]),
    )
    return { operation, parameters, ...entrance(operation, api) }
  }
  return undefined
}

function entrance(
  operation: string,
  api: Readonly<Record<string, Handler>>,
): Pick<Route, 'isRunners' | 'answer'> {
  const open = runnerApi[operation]
  if (open)
    return {
      isRunners: true,
      answer: (call) => limitedBy(operation, secretOf(call), call) ?? open(call),
    }
  return {
    isRunners: false,
    answer: (call, token, firstProject) => {
      const caller = authenticate(token, scopesOf(operation, new URL(call.url).pathname), firstProject)
      if ('status' in caller) return caller
      return limitedBy(operation, caller.kind, call) ?? (api[operation] as Handler)({ ...call, caller })
    },
  }
}

function limitedBy(operation: string, asker: string, { world }: Call): Answer | undefined {
  const { limits, limiterTellsPause: tellsPause } = world.dials
  return world.limiter.refuse(operation, asker, { limits, tellsPause, now: world.now() })
}

/** A runner's token or a job's, whether or not anybody has it. */
function secretOf({ params, headers }: Call): string {
  const token = params['token'] ?? headers['job-token']
  return typeof token === 'string' ? token : ''
}

/**
 * Scopes of which one is enough (`allow_access_with_scope` in the files of `lib/api`). `manage_runner` counts where the request's path begins
 * with `/api/v4/runners/`, which it never does on a server below a path (lib/api/ci/runners.rb, config.ru).
 */
function scopesOf(operation: string, path: string): readonly string[] | 'any' {
  if (operation === 'get /personal_access_tokens/self') return 'any'
  if (operation === 'post /user/runners') return ['api', 'create_runner']
  const reads = operation.startsWith('get ') ? ['read_api'] : []
  const below = path.replaceAll('/', '') !== ''
  if (operation.includes(' /runners/{id}')) return ['api', ...reads, ...(below ? [] : ['manage_runner'])]
  if (/^get \/(?:version|metadata)$/.test(operation)) return ['api', ...reads, 'read_user']
  return ['api', ...reads]
}

interface Surroundings {
  readonly schema: Schema
  readonly refuse: (why: string, status: 400 | 404) => Answer
}

/** One operation with everything around it: what it may be asked, who may ask, and whether the answer is one that GitLab gives. */
export function answerApi(
  route: Route,
  call: Call,
  { query, body, headers }: JournalEntry,
  { schema, refuse }: Surroundings,
): Answer {
  const { operation, parameters } = route
  const problem = misread(schema.mediaOf(operation), headers, body)
  if (problem) return refuse(problem, 400)
  const structured = typeof body === 'object' && body !== null && !(body instanceof Error)
  const given = { ...query, ...(structured ? (body as Params) : {}), ...parameters }
  const { params, problems } = schema.checkRequest(operation, given)
  if (problems.length > 0) return refuse(problems.join(', '), 400)
  const wrong = contradicted(params, headers)
  if (wrong) return refuse(wrong, 400)
  const answer = route.answer({ ...call, params }, tokenOf(headers), call.world.projects[0]?.scope)
  const lies = schema.checkAnswer(operation, answer.status, answer.body)
  return lies.length > 0 ? refuse(`the emulator's own answer is wrong: ${lies.join('; ')}`, 400) : answer
}

/** A body that the operation's parser would not take. */
function misread(media: string | undefined, headers: IncomingHttpHeaders, body: unknown): string | undefined {
  if (body === undefined) return undefined
  if (body instanceof Error) return body.message
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  if (media !== undefined) return type === media ? undefined : `the content type is ${type}, not ${media}`
  return typeof body === 'object' && body !== null ? undefined : `the content type is ${type || 'missing'}`
}

/** gitlab-runner sends each token twice, and both are one. */
function contradicted(params: Params, headers: IncomingHttpHeaders): string | undefined {
  for (const name of ['runner-token', 'job-token'] as const) {
    const header = headers[name]
    if (header !== undefined && params['token'] !== undefined && header !== params['token'])
      return `the header ${name} and the token in the body differ`
  }
  return undefined
}
