import { randomUUID } from 'node:crypto'
import { HttpEmulator } from '../http/emulator.ts'
import type { ServerOptions } from '../http/server.ts'
import type { Request } from '../http/wire.ts'
import { answerApi, type Route, routeOf } from './api.ts'
import type { Handler } from './api-call.ts'
import { answerGraphql } from './graphql.ts'
import { readBody, readForm } from './params.ts'
import type { Publisher } from './publisher.ts'
import { Schema } from './schema.ts'
import type { Answer, JournalEntry, Side } from './wire.ts'
import type { World } from './world.ts'

export interface FrontOptions extends ServerOptions {
  readonly world: World
  readonly publisher: Publisher
  readonly api: Readonly<Record<string, Handler>>
  /** Where GitLab is on its host: empty, or `/git/lab`. */
  readonly path: string
}

/** One for all emulators of a process: what it compiles is the same for each. */
const schema = new Schema()

/** GitLab over HTTP: which side a request is for, what the limits say of it, who answers. */
export abstract class Front extends HttpEmulator<World, JournalEntry> {
  readonly #options: FrontOptions
  /** What is left of the limit, as the answer to a request tells. */
  readonly #limits = new WeakMap<JournalEntry, Readonly<Record<string, string>>>()
  #minute = 0
  #used = 0

  constructor(options: FrontOptions) {
    super(options.world, options)
    this.#options = options
  }

  override get url(): string {
    return `${this.origin}${this.#options.path}`
  }

  protected read(request: Request): JournalEntry {
    const { path, search, headers, bytes } = request
    const isRunners = this.#routeOf(request)?.isRunners
    const side: Side = this.#options.publisher.owns(path) ? 'files' : isRunners ? 'runner' : 'api'
    return { ...this.entryOf(request), side, query: readForm(search), body: readBody(headers, bytes) }
  }

  protected failure(kind: '5xx' | 'throttle'): Answer {
    if (kind === '5xx')
      return {
        status: 502,
        headers: { 'content-type': 'text/html' },
        body: '<html><h1>502 Bad Gateway</h1></html>',
      }
    // Somebody else with the same token has used up a minute that ends in two seconds.
    return throttled({ 'retry-after': '2', ...allowance(2000, 2001, Math.ceil(this.now() / 1000) + 2) })
  }

  protected override guard(entry: JournalEntry): Answer | undefined {
    const limits = entry.side === 'api' ? this.#count() : undefined
    if (limits) this.#limits.set(entry, limits)
    return limits && refusedBy(limits)
  }

  protected override dress(entry: JournalEntry, _request: Request, answer: Answer): Answer {
    return {
      ...answer,
      headers: { 'x-request-id': randomUUID(), ...this.#limits.get(entry), ...answer.headers },
    }
  }

  #routeOf({ method, path }: Request): Route | undefined {
    const prefix = `${this.#options.path}/api/v4`
    return path.startsWith(`${prefix}/`)
      ? routeOf(method, path.slice(prefix.length), this.#options.api)
      : undefined
  }

  protected answer(entry: JournalEntry, request: Request): Answer {
    if (entry.side === 'files') return this.#download(request)
    const refuse = (why: string, status: 400 | 404): Answer => this.#misread(request, why, status)
    const route = this.#routeOf(request)
    if (!route && this.#isSearch(request)) return elsewhere(404)
    const isGraphql = request.path === `${this.#options.path}/api/graphql`
    if (!route && !isGraphql) return refuse('no such operation in the emulator', 404)
    const { headers, bytes } = request
    const address = `${this.origin}${request.path}`
    const call = { world: this.world, url: this.url, address, headers, bytes, params: {} }
    return route
      ? answerApi(route, call, entry, { schema, refuse })
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

  #misread({ method, path }: Request, why: string, status: 400 | 404): Answer {
    this.refuse(`${method} ${path}`, why)
    return { status, body: { error: status === 404 ? '404 Not Found' : why } }
  }

  /** By the minute of the clock; every answer tells how many are left (`lib/gitlab/rack_attack.rb`). Undefined where nothing is counted. */
  #count(): Readonly<Record<string, string>> | undefined {
    const { world } = this
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
