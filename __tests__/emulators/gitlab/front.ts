import { randomUUID } from 'node:crypto'
import type { NoAnswer } from '../github/server.ts'
import type { Request } from '../github/wire.ts'
import { answerApi, type Route, routeOf } from './api.ts'
import type { Handler } from './api-call.ts'
import { answerGraphql } from './graphql.ts'
import { readBody, readForm } from './params.ts'
import type { Publisher } from './publisher.ts'
import { Schema } from './schema.ts'
import { type Answer, type Fault, type JournalEntry, type Side } from './wire.ts'
import type { World } from './world.ts'

export interface FrontOptions {
  readonly world: World
  readonly publisher: Publisher
  readonly api: Readonly<Record<string, Handler>>
  /** Where GitLab is on its host: empty, or `/git/lab`. */
  readonly path: string
  /** Web address of GitLab. */
  readonly url: () => string
}

/** One for all emulators of a process: what it compiles is the same for each. */
const schema = new Schema()

/** Everything between a request and its answer: the journal, faults, rate limits, and which side the request is for. */
export class Front {
  fault: ((request: JournalEntry) => Fault | undefined) | undefined
  hold: ((request: JournalEntry) => Promise<void> | undefined) | undefined
  readonly journal: JournalEntry[] = []
  readonly refused: string[] = []
  readonly #options: FrontOptions
  #minute = 0
  #used = 0

  constructor(options: FrontOptions) {
    this.#options = options
  }

  async answer(request: Request): Promise<Answer | NoAnswer> {
    const { method, path, search, headers, bytes } = request
    const route = this.#routeOf(request)
    const side: Side = this.#options.publisher.owns(path) ? 'files' : route?.isRunners ? 'runner' : 'api'
    const body = readBody(headers, bytes)
    const query = readForm(search)
    const entry: JournalEntry = { side, method, path, query, headers, body, status: 0 }
    this.journal.push(entry)
    await this.hold?.(entry)
    this.#options.world.tick()
    const fault = this.fault?.(entry)
    if (fault === 'reset-before') return 'break'
    if (fault === 'silent') return 'hang'
    const told = typeof fault === 'object' ? fault : faulty(fault, this.#options.world.now())
    const limits = side === 'api' ? this.#count() : undefined
    const answer = told ?? (limits && refusedBy(limits)) ?? this.#answer(entry, request, route)
    this.#options.world.changed()
    if (fault === 'reset-after') return 'break'
    if (fault === 'malformed') return cutOff(answer)
    entry.status = answer.status
    return { ...answer, headers: { 'x-request-id': randomUUID(), ...limits, ...answer.headers } }
  }

  #routeOf({ method, path }: Request): Route | undefined {
    const prefix = `${this.#options.path}/api/v4`
    return path.startsWith(`${prefix}/`)
      ? routeOf(method, path.slice(prefix.length), this.#options.api)
      : undefined
  }

  #answer(entry: JournalEntry, request: Request, route: Route | undefined): Answer {
    if (entry.side === 'files') return this.#download(request)
    const refuse = (why: string, status: 400 | 404): Answer => this.#refuse(request, why, status)
    if (!route && this.#isSearch(request)) return elsewhere(404)
    const { world, url, path } = this.#options
    const isGraphql = request.path === `${path}/api/graphql`
    if (!route && !isGraphql) return refuse('no such operation in the emulator', 404)
    const address = `${new URL(url()).origin}${request.path}`
    const { headers, bytes } = request
    const call = { world, url: url(), address, headers, bytes, params: {} }
    return route
      ? answerApi(route, call, entry, schema, refuse)
      : answerGraphql(call, entry, (why) => refuse(why, 400))
  }

  #download(request: Request): Answer {
    const bytes = this.#options.publisher.file(request.path)
    // A bucket that may not be listed says 403 for what it has not; nodejs.org says 404. Both mean the same.
    if (!bytes) return elsewhere(request.path.startsWith('/dist/') ? 404 : 403)
    const body = request.method === 'HEAD' ? undefined : bytes
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body }
  }

  /** Who looks for GitLab asks along the path of an address for its version, and hears of another web server where it is not. */
  #isSearch({ method, path }: Request): boolean {
    return method === 'GET' && path.endsWith('/api/v4/version')
  }

  #refuse({ method, path }: Request, why: string, status: 400 | 404): Answer {
    this.refused.push(`${method} ${path}: ${why}`)
    return { status, body: { error: status === 404 ? '404 Not Found' : why } }
  }

  /** By the minute of the clock; every answer tells how many are left (`lib/gitlab/rack_attack.rb`). Undefined where nothing is counted. */
  #count(): Readonly<Record<string, string>> | undefined {
    const { world } = this.#options
    const { rateLimit } = world.dials
    const minute = Math.floor(world.now() / 60_000)
    this.#used = minute === this.#minute ? this.#used + 1 : 1
    this.#minute = minute
    if (!Number.isFinite(rateLimit)) return undefined
    const reset = (minute + 1) * 60
    return {
      ...allowance(rateLimit, this.#used, reset),
      ...(this.#used > rateLimit ? { 'retry-after': String(Math.ceil(reset - world.now() / 1000)) } : {}),
    }
  }
}

/** A web server that knows nothing of it. */
function elsewhere(status: 403 | 404): Answer {
  return { status, headers: { 'content-type': 'text/html' }, body: '<html>Nothing here</html>' }
}

function refusedBy(limits: Readonly<Record<string, string>>): Answer | undefined {
  return limits['retry-after'] === undefined ? undefined : throttled(limits)
}

/** GitLab's 429 is plain text from in front of the API (`lib/gitlab/rack_attack.rb`). */
function throttled(headers: Readonly<Record<string, string>>): Answer {
  return { status: 429, headers: { 'content-type': 'text/plain', ...headers }, body: 'Retry later\n' }
}

/** `reset`: unix seconds. */
function allowance(limit: number, used: number, reset: number): Readonly<Record<string, string>> {
  return {
    'ratelimit-name': 'throttle_authenticated_api',
    'ratelimit-limit': String(limit),
    'ratelimit-observed': String(used),
    'ratelimit-remaining': String(Math.max(0, limit - used)),
    'ratelimit-reset': String(reset),
    'ratelimit-resettime': new Date(reset * 1000).toUTCString(),
  }
}

/** `now`: unix ms. */
function faulty(fault: Fault | undefined, now: number): Answer | undefined {
  // Somebody else with the same token has used up a minute that ends in two seconds.
  if (fault === 'throttle')
    return throttled({ 'retry-after': '2', ...allowance(2000, 2001, Math.ceil(now / 1000) + 2) })
  if (fault !== '5xx') return undefined
  return {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><h1>502 Bad Gateway</h1></html>',
  }
}

/** Half of the answer, or, where there is nothing to halve, what a proxy may say in its place. */
function cutOff({ status, headers = {}, body }: Answer): Answer {
  if (Buffer.isBuffer(body)) return { status, headers, body: body.subarray(0, body.length / 2) }
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  return text
    ? { status, headers, body: text.slice(0, text.length / 2) }
    : { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>ok</html>' }
}
