import { createHash } from 'node:crypto'
import type { Call, Handler } from './api-call.ts'
import { accountsApi } from './api-accounts.ts'
import { runnersApi } from './api-runners.ts'
import { runsApi } from './api-runs.ts'
import { kindOf, refuse, requirementOf, tokenHeaders } from './credentials.ts'
import type { Scope } from './registrations.ts'
import type { Schema } from './schema.ts'
import { type Answer, refusal, type Request } from './wire.ts'

export interface Route {
  readonly method: string
  readonly template: string
  readonly parameters: Readonly<Record<string, string>>
  readonly handler: Handler
}

const routes = Object.entries({ ...runnersApi, ...runsApi, ...accountsApi }).map(([key, handler]) => {
  const [method = '', template = ''] = key.split(' ')
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  return {
    method,
    template,
    names,
    handler,
    pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '([^/]+)')}$`),
  }
})

export function routeOf({ method, path }: Request): Route | undefined {
  for (const route of routes) {
    const match = method.toLowerCase() === route.method ? route.pattern.exec(path) : null
    // `downloads` is no runner's id.
    if (!match || (route.names.includes('runner_id') && !/\/runners\/\d+/.test(path))) continue
    return {
      ...route,
      parameters: Object.fromEntries(
        route.names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]),
      ),
    }
  }
  return undefined
}

interface Surroundings {
  readonly scopes: readonly Scope[]
  readonly schema: Schema
  readonly refuseLoudly: (why: string) => Answer
}

/** One operation, with everything GitHub does around it: who may, the checks of both shapes, the ETag. Problems go to `refuseLoudly`. */
export function answerApi(
  route: Route,
  call: Omit<Call, 'scope' | 'owner' | 'parameters'>,
  { scopes, schema, refuseLoudly }: Surroundings,
): Answer {
  const { method, template, parameters } = route
  const { owner = parameters['org'] ?? '', repo } = parameters
  const { authorization } = call.request.headers
  const requirement = requirementOf(method, template)
  const wanted = (repo === undefined ? `orgs/${owner}` : `repos/${owner}/${repo}`).toLowerCase()
  const open = template in publicly && (repo === undefined || !call.world.dials.privateRepository)
  const refused = refuse(authorization, requirement, owner, call.world.dials.privateRepository)
  const denied = open && refused?.status !== 401 ? undefined : refused
  const scope = scopes.find((known) => known.toLowerCase() === wanted)
  const problems = schema.checkRequest(method, template, { ...call.request, path: parameters })
  if (problems.length > 0) return refuseLoudly(problems.join('; '))
  const answer =
    denied ??
    (scope || (repo === undefined && open)
      ? route.handler({ ...call, scope: scope ?? 'orgs/', owner, parameters })
      : refusal(404, 'Not Found'))
  const lies = schema.checkAnswer(method, template, answer.status, answer.body)
  if (lies.length > 0) return refuseLoudly(`the emulator's own answer is wrong: ${lies.join('; ')}`)
  const kind = kindOf(authorization)
  const headers = { ...(kind ? tokenHeaders(kind, requirement) : {}), ...answer.headers }
  return answer.status < 300 ? tagged(call.request, { ...answer, headers }) : answer
}

/** What needs a token that is known, and no right of it. */
const publicly: Readonly<Record<string, true>> = { '/users/{username}': true, '/repos/{owner}/{repo}': true }

/** Answers with a body have a tag, which for a list or a thing is weak; 304 to whoever has the same already. */
function tagged(request: Request, answer: Answer): Answer {
  if (answer.body === undefined) return answer
  const isRead = request.method === 'GET'
  const digest = createHash('sha256').update(JSON.stringify(answer.body)).digest('hex')
  const etag = isRead ? `W/"${digest}"` : `"${digest}"`
  const headers = { ...answer.headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60' }
  return isRead && request.headers['if-none-match'] === etag
    ? { status: 304, headers }
    : { ...answer, headers }
}
