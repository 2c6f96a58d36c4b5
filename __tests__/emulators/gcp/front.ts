import { Conformity } from '../../shapes/conformity.ts'
import { Buckets } from '../bucket.ts'
import { HttpEmulator } from '../http/emulator.ts'
import type { ServerOptions } from '../http/server.ts'
import type { Answer, NoAnswer, Request } from '../http/wire.ts'
import { exceptions } from './conformity.ts'
import { callerOf, tokens, unknownCaller } from './credentials.ts'
import { handlers } from './handlers.ts'
import { fingerprintOf } from './numbers.ts'
import { permissionsOf } from './permissions.ts'
import { bodyProblems, queryProblems, routesOf, type JsonObject, type Route } from './schema.ts'
import { Refusal, invalid, notFound, type JournalEntry } from './wire.ts'
import type { World } from './world.ts'

/** Compute Engine's API over HTTP; and the services by which tokens are exchanged, which stand at the same address and take no part in faults. */
export abstract class Front extends HttpEmulator<World, JournalEntry> {
  /** What machines have asked with their own tokens. */
  readonly machineJournal: JournalEntry[] = []
  readonly #routes = Object.keys(handlers).map((name) => [name, routesOf([name])[0]!] as const)
  readonly #buckets = new Buckets((name) => this.world.dials.limit!(name))

  constructor(world: World, options: ServerOptions) {
    super(world, options, new Conformity('gcp', exceptions))
  }

  protected read(request: Request): JournalEntry {
    const found = this.#routeOf(request)
    return {
      ...this.entryOf(request),
      action: found?.route.action ?? '',
      parts: found?.parts ?? {},
      query: request.query,
      body: typeof request.body === 'object' ? (request.body as JsonObject) : undefined,
    }
  }

  protected override respond(request: Request): Promise<Answer | NoAnswer> {
    const side = this.#side(request)
    if (side) return Promise.resolve(side)
    const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
    return this.#isMachine(token) ? Promise.resolve(this.#toMachine(request, token)) : super.respond(request)
  }

  protected failure(kind: '5xx' | 'throttle', entry: JournalEntry): Answer {
    return kind === 'throttle'
      ? said(entry, throttled())
      : said(
          entry,
          new Refusal(503, 'backendError', 'Internal error. Please try again or contact Google Support.'),
        )
  }

  protected override guard(entry: JournalEntry): Answer | undefined {
    const { dials } = this.world
    const now = this.now()
    if (dials.throttle > 0) dials.throttle--
    else if (!dials.limit || this.#buckets.of(entry.action, now).take(1, now)) return undefined
    return said(entry, throttled())
  }

  protected answer(entry: JournalEntry, request: Request): Answer {
    try {
      return json(200, this.#act(entry, request))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return said(entry, error)
    }
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

  #act(entry: JournalEntry, request: Request): object {
    const { dials, project } = this.world
    const found = this.#routeOf(request)
    if (!found) throw this.#misread(request, `no method has such a path`)
    callerOf(request.headers.authorization, this.now(), () => false)
    if (dials.credentials !== 'valid') throw unknownCaller()
    const problems = [...queryProblems(found.route, request.query), ...bodyProblems(found.route, entry.body)]
    if (problems.length > 0) throw this.#misread(request, problems.join('; '))
    entry.permissions = permissionsOf(entry.action, found.parts, entry.body)
    const missing = entry.permissions.filter(
      (needed) => dials.denied.has(needed) || dials.allowed?.has(needed) === false,
    )
    if (missing.length > 0) throw denial(missing, request.path)
    const owner = found.parts.project ?? ''
    if (owner !== project && !/^(images)\./.test(entry.action)) throw notFound(`projects/${owner}`)
    return found.handler(this.world, { parts: found.parts, query: request.query, body: entry.body ?? {} })
  }

  #routeOf({ method, path }: Request):
    | {
        readonly route: Route
        readonly parts: Readonly<Record<string, string>>
        readonly handler: (typeof handlers)[string]
      }
    | undefined {
    // The longest way is the most particular one: images/family/x is no image.
    for (const [name, route] of this.#routes.toSorted(
      ([, one], [, other]) => other.pattern.source.length - one.pattern.source.length,
    )) {
      const match = route.verb === method ? route.pattern.exec(path) : null
      if (!match) continue
      const parts = Object.fromEntries(
        route.parts.map((part, index) => [part, decodeURIComponent(match[index + 1]!)]),
      )
      return { route, parts, handler: handlers[name]! }
    }
    return undefined
  }

  #misread({ method, path }: Request, why: string): Refusal {
    this.refuse(`${method} ${path}`, why)
    return invalid(why)
  }

  #isMachine(token: string): boolean {
    return this.world.machines.all.some((machine) => machine.token === token)
  }

  /** A machine asks with its own account's token: what it may, its scopes and its account's permissions say together. */
  #toMachine(request: Request, token: string): Answer {
    const entry = this.read(request)
    this.machineJournal.push(entry)
    const { machines, dials } = this.world
    const machine = machines.all.find((one) => one.token === token)!
    const scoped =
      machine.order.serviceAccount?.scopes.some((scope) => /auth\/(cloud-platform|compute)$/.test(scope)) ??
      false
    const answer = ((): Answer => {
      try {
        const found = this.#routeOf(request)
        if (!found || machine.gone)
          throw found ? unknownCaller() : this.#misread(request, 'no method has such a path')
        if (!scoped)
          throw new Refusal(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.')
        if (entry.action === 'instances.testIamPermissions') {
          const asked = (entry.body?.permissions ?? []) as readonly string[]
          const held = asked.filter((one) => dials.machineMay.has(one))
          return json(200, held.length > 0 ? { permissions: held } : {})
        }
        const missing = permissionsOf(entry.action, found.parts, entry.body).filter(
          (one) => !dials.machineMay.has(one),
        )
        if (missing.length > 0) throw denial(missing, request.path)
        return json(
          200,
          found.handler(this.world, { parts: found.parts, query: request.query, body: entry.body ?? {} }),
        )
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return said(entry, error)
      }
    })()
    entry.status = answer.status
    this.world.changed()
    return answer
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
  #side({ method, path, headers, bytes, body }: Request): Answer | undefined {
    if (method === 'POST' && path === `/v1/projects/${this.world.project}:testIamPermissions`)
      return this.#held((body ?? {}) as JsonObject)
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

function throttled(): Refusal {
  return new Refusal(
    403,
    'rateLimitExceeded',
    "Quota exceeded for quota group 'default' and limit 'Queries per 100 seconds' of service 'compute.googleapis.com'.",
  )
}

/** A refusal as Compute Engine sends it: no status in words. */
function said(entry: JournalEntry, { status, reason, message }: Refusal): Answer {
  entry.code = reason
  return json(status, {
    error: {
      code: status,
      message,
      errors: [{ message, domain: reason === 'quotaExceeded' ? 'usageLimits' : 'global', reason }],
    },
  })
}

function json(status: number, body: object): Answer {
  return { status, headers: { 'content-type': 'application/json; charset=UTF-8' }, body }
}
