import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Buckets } from '../bucket.ts'
import { answerApi, routeOf } from './api.ts'
import { type Archive, archiveFor, type ArchiveOptions } from './archive.ts'
import { kindOf } from './credentials.ts'
import type { Scope } from './registrations.ts'
import { Schema } from './schema.ts'
import type { NoAnswer } from './server.ts'
import { answerService } from './service.ts'
import {
  type Answer,
  documentation,
  type Fault,
  type JournalEntry,
  refusal,
  type Request,
  type Side,
} from './wire.ts'
import type { World } from './world.ts'

export interface FrontOptions {
  readonly world: World
  readonly scopes: readonly Scope[]
  readonly prefix: '' | '/api/v3'
  readonly version: string
  /** Where the server listens. */
  readonly url: () => string
}

const fixture = join(import.meta.dirname, '../../fixtures/github-openapi.json')

/** Everything between a request and its answer: the journal, faults, rate limits, and which side the request is for. */
export class Front {
  fault: ((request: JournalEntry) => Fault | undefined) | undefined
  hold: ((request: JournalEntry) => Promise<void> | undefined) | undefined
  readonly journal: JournalEntry[] = []
  readonly refused: string[] = []
  readonly #options: FrontOptions
  readonly #schema = new Schema(fixture)
  readonly #points = new Buckets(() => this.#options.world.dials.secondary!.points)
  readonly #writes = new Buckets(() => this.#options.world.dials.secondary!.writes)
  #used = 0

  constructor(options: FrontOptions) {
    this.#options = options
  }

  get api(): string {
    return `${this.#options.url()}${this.#options.prefix}`
  }

  async answer(request: Request): Promise<Answer | NoAnswer> {
    const { method, path, query, headers, body } = request
    const side = sideOf(path)
    const entry: JournalEntry = { side, method, path, query, headers, body, status: 0 }
    this.journal.push(entry)
    await this.hold?.(entry)
    this.#options.world.tick()
    const fault = this.fault?.(entry)
    if (fault === 'reset-before') return 'break'
    if (fault === 'silent') return 'hang'
    const answer =
      (typeof fault === 'object' ? fault : faulty(fault)) ??
      this.#hurried(side, request) ??
      (await this.#answer(side, request))
    this.#options.world.changed()
    if (fault === 'reset-after') return 'break'
    if (fault === 'malformed') return cutOff(answer)
    const sent = side === 'api' ? this.#counted(request, answer) : answer
    entry.status = sent.status
    return sent
  }

  archive(
    architecture: 'x64' | 'arm64',
    version = this.#options.version,
  ): Archive & { readonly url: string } {
    const archive = archiveFor({ ...this.#archiveOptions(version), architecture })
    return {
      ...archive,
      url: `${this.#options.url()}/actions/runner/releases/download/v${version}/${archive.filename}`,
    }
  }

  #archiveOptions(version = this.#options.version): Omit<ArchiveOptions, 'architecture'> {
    return { version, endpoint: this.#options.url(), needsLibicu: this.#options.world.dials.needsLibicu }
  }

  #answer(side: Side, request: Request): Promise<Answer> | Answer {
    const { world, scopes, prefix, url } = this.#options
    if (side === 'archive') return this.#download(request)
    if (side === 'service')
      return (
        answerService(world, { url: url(), api: this.api, scopes }, request) ??
        this.#refuse(request, 'no such path')
      )
    if (!request.path.startsWith(`${prefix}/`)) return this.#refuse(request, `the API is at ${this.api}`)
    const inner = { ...request, path: request.path.slice(prefix.length) }
    const route = routeOf(inner)
    if (!route) return this.#refuse(request, 'no such operation in the emulator')
    if (!request.headers['user-agent'])
      return refusal(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
      )
    const call = { world, api: this.api, request: inner, archive: this.#archiveOptions() }
    return answerApi(route, call, scopes, this.#schema, (why) => this.#refuse(request, why))
  }

  #download(request: Request): Answer {
    const [, version, architecture] =
      /\/v([\d.]+)\/actions-runner-linux-(x64|arm64)-[\d.]+\.tar\.gz$/.exec(request.path) ?? []
    if (!version || !architecture) return this.#refuse(request, 'no such file')
    const { downloadToken } = this.#options.world.dials
    if (downloadToken && request.headers.authorization !== `Bearer ${downloadToken}`)
      return refusal(401, 'Requires authentication')
    const { bytes } = this.archive(architecture as 'x64' | 'arm64', version)
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes }
  }

  #refuse({ method, path }: Request, why: string): Answer {
    this.refused.push(`${method} ${path}: ${why}`)
    return { status: 501, body: { message: `Not emulated: ${why}`, documentation_url: documentation } }
  }

  /** The secondary limits: what is asked for too quickly is refused for a minute. */
  #hurried(side: Side, { method, headers }: Request): Answer | undefined {
    const { world } = this.#options
    if (side !== 'api' || !world.dials.secondary) return undefined
    const now = world.now()
    const who = headers.authorization ?? ''
    const reads = ['GET', 'HEAD', 'OPTIONS'].includes(method)
    const allowed =
      (reads || this.#writes.of(who, now).left(now) >= 1) &&
      this.#points.of(who, now).take(reads ? 1 : 5, now)
    if (allowed && !reads) this.#writes.of(who, now).take(1, now)
    return allowed ? undefined : tooQuick('60')
  }

  /** Rate limit headers; an authorised 304 is free. */
  #counted(request: Request, answer: Answer): Answer {
    if (!(answer.status === 304 && kindOf(request.headers.authorization))) this.#used++
    const { world } = this.#options
    const { rateLimit } = world.dials
    const headers = {
      'x-github-request-id': randomUUID(),
      'x-github-media-type': 'github.v3; format=json',
      'x-ratelimit-limit': String(rateLimit),
      'x-ratelimit-used': String(this.#used),
      'x-ratelimit-remaining': String(Math.max(0, rateLimit - this.#used)),
      'x-ratelimit-reset': String(Math.ceil(world.now() / 3600_000) * 3600),
      'x-ratelimit-resource': 'core',
    }
    if (this.#used > rateLimit) return refusal(403, 'API rate limit exceeded for user ID 1.', headers)
    return { ...answer, headers: { ...headers, ...answer.headers } }
  }
}

function sideOf(path: string): Side {
  if (path.startsWith('/actions/runner/releases/')) return 'archive'
  return path.startsWith('/_services/') || path.endsWith('/actions/runner-registration') ? 'service' : 'api'
}

function faulty(fault: Fault | undefined): Answer | undefined {
  switch (fault) {
    case '5xx':
      return {
        status: 502,
        headers: { 'content-type': 'text/html' },
        body: '<html><h1>502 Bad Gateway</h1></html>',
      }
    case 'throttle':
      return tooQuick('2')
    default:
      return undefined
  }
}

function tooQuick(seconds: string): Answer {
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
  return refusal(403, message, { 'retry-after': seconds })
}

/** Half of the answer, or, where there is nothing to halve, what a proxy may say in its place. */
function cutOff({ status, body }: Answer): Answer {
  const text = body === undefined ? '' : JSON.stringify(body)
  return text
    ? { status, body: text.slice(0, text.length / 2) }
    : { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>ok</html>' }
}
