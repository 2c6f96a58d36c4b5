import { Conformity } from '../../shapes/conformity.ts'
import { array, object, RestFront, type JsonObject } from '../cloud/rest.ts'
import type { ServerOptions } from '../http/server.ts'
import type { Answer, Request } from '../http/wire.ts'
import { exceptions } from './conformity.ts'
import { checkCaller, tokens, unknownCaller } from './credentials.ts'
import { handlers } from './handlers.ts'
import type { Machine } from './machines.ts'
import { fingerprintOf } from './numbers.ts'
import { permissionsOf } from './permissions.ts'
import { bodyProblems, queryProblems, routesOf, type Json, type Route } from './schema.ts'
import { Refusal, invalid, notFound, type JournalEntry } from './wire.ts'
import type { World } from './world.ts'

/** Compute Engine's API over HTTP; and the services by which tokens are exchanged, which stand at the same address and take no part in faults. */
export abstract class Front extends RestFront<World, Route> {
  // The longest way is the most particular one: images/family/x is no image.
  protected readonly routes = routesOf(Object.keys(handlers)).toSorted(
    (one, other) => other.pattern.source.length - one.pattern.source.length,
  )
  protected readonly strange = 'invalid'

  constructor(world: World, options: ServerOptions) {
    super(world, options, new Conformity('gcp', exceptions))
  }

  protected refusalOf(kind: '5xx' | 'throttle'): Refusal {
    return kind === 'throttle'
      ? new Refusal(
          403,
          'rateLimitExceeded',
          "Quota exceeded for quota group 'default' and limit 'Queries per 100 seconds' of service 'compute.googleapis.com'.",
        )
      : new Refusal(503, 'backendError', 'Internal error. Please try again or contact Google Support.')
  }

  /** As Compute Engine sends it: no status in words. */
  protected said(_entry: JournalEntry, { status, code: reason, message }: Refusal): Answer {
    const domain = reason === 'quotaExceeded' ? 'usageLimits' : 'global'
    return json(status, { error: { code: status, message, errors: [{ message, domain, reason }] } })
  }

  protected override dress(entry: JournalEntry, _request: Request, answer: Answer): Answer {
    const tagged =
      /^(instances\.(get|aggregatedList)|projects\.get)$/.test(entry.action) && answer.status < 400
    return tagged
      ? {
          ...answer,
          headers: { ...answer.headers, etag: `${fingerprintOf(answer.body)}/${fingerprintOf(entry.path)}` },
        }
      : answer
  }

  /** The recorders kept the paths of v1 and beta alike. */
  protected override recordedPath(_entry: JournalEntry, { path }: Request): string | undefined {
    return path
  }

  protected act(entry: JournalEntry, request: Request): Answer {
    const { dials, project } = this.world
    const route = this.route(request)
    checkCaller(request, this.now())
    if (dials.credentials !== 'valid') throw unknownCaller()
    const problems = [...queryProblems(route, request.query), ...bodyProblems(route, entry.body as Json)]
    if (problems.length > 0) throw this.misread(request, invalid(problems.join('; ')))
    entry.permissions = permissionsOf(entry.action, entry.parts, entry.body)
    const missing = entry.permissions.filter(
      (needed) => dials.denied.has(needed) || dials.allowed?.has(needed) === false,
    )
    if (missing.length > 0) throw denial(missing, request.path)
    const owner = entry.parts.project ?? ''
    if (owner !== project && !/^(images|subnetworks)/.test(entry.action)) throw notFound(`projects/${owner}`)
    return this.#handle(route, entry)
  }

  #handle({ name }: Route, { parts, query, body = {} }: JournalEntry): Answer {
    return json(200, handlers[name]!(this.world, { parts, query, body }))
  }

  /** A machine asks with its own account's token: what it may, its scopes and its account's permissions say together. */
  protected override actFor(machine: Machine, entry: JournalEntry, request: Request): Answer {
    const route = this.route(request)
    const { machineMay } = this.world.dials
    if (machine.gone) throw unknownCaller()
    if (!machine.order.serviceAccount?.scopes.some((scope) => /auth\/(cloud-platform|compute)$/.test(scope)))
      throw new Refusal(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.')
    if (entry.action === 'instances.testIamPermissions') {
      const held = array(entry.body?.permissions).filter((one) => machineMay.has(String(one)))
      return json(200, held.length > 0 ? { permissions: held } : {})
    }
    const needed = permissionsOf(entry.action, entry.parts, entry.body)
    const missing = needed.filter((one) => !machineMay.has(one))
    if (missing.length > 0) throw denial(missing, request.path)
    return this.#handle(route, entry)
  }

  /** Which of the permissions that were asked for the caller has on the project. */
  #held(body: JsonObject): Answer {
    const { denied, allowed, credentials } = this.world.dials
    if (credentials !== 'valid')
      return {
        status: 401,
        body: {
          error: { code: 401, message: 'invalid authentication credentials', status: 'UNAUTHENTICATED' },
        },
      }
    const asked = (body.permissions ?? []) as readonly string[]
    const held = asked.filter((one) => !denied.has(one) && allowed?.has(one) !== false)
    return { status: 200, body: held.length > 0 ? { permissions: held } : {} }
  }

  /** The forge's tokens, the token service, and service accounts that are acted as. */
  protected override side({ method, path, headers, bytes, body }: Request): Answer | undefined {
    if (method === 'POST' && path === `/v1/projects/${this.world.project}:testIamPermissions`)
      return this.#held(object(body))
    const refuse = (error: string, description: string): Answer => ({
      status: 400,
      body: { error, error_description: description },
    })
    if (method === 'GET' && path === '/oidc')
      return headers.authorization === 'Bearer of-the-job'
        ? { status: 200, body: { value: tokens.subject } }
        : { status: 401 }
    if (method === 'POST' && path === '/sts/v1/token') {
      const form = new URLSearchParams(bytes.toString('utf8'))
      if (this.world.dials.credentials === 'unknown' || form.get('subject_token') !== tokens.subject)
        return refuse('invalid_grant', 'The given credential is rejected by the attribute condition.')
      const body = {
        access_token: tokens.exchanged,
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3599,
      }
      return { status: 200, body }
    }
    if (
      method === 'POST' &&
      /^\/iam\/v1\/projects\/-\/serviceAccounts\/[^/]+:generateAccessToken$/.test(path)
    )
      return headers.authorization === `Bearer ${tokens.exchanged}`
        ? {
            status: 200,
            body: {
              accessToken: tokens.impersonated,
              expireTime: new Date(Date.now() + 3_599_000).toISOString(),
            },
          }
        : { status: 401 }
    return undefined
  }
}

function denial(missing: readonly string[], path: string): Refusal {
  const resource = path.replace(/^\/compute\/v1\//, '')
  const texts = missing.map((permission) => `Required '${permission}' permission for '${resource}'`)
  return new Refusal(403, 'forbidden', texts.join('\n'))
}

function json(status: number, body: object): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body }
}
