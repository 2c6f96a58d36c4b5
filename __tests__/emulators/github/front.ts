import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Conformity } from '../../shapes/conformity.ts'
import { Buckets } from '../bucket.ts'
import { HttpEmulator } from '../http/emulator.ts'
import type { ServerOptions } from '../http/server.ts'
import { answerApi, routeOf } from './api.ts'
import { type Archive, archiveFor, type ArchiveOptions } from './archive.ts'
import { exceptions } from './conformity.ts'
import { kindOf } from './credentials.ts'
import type { Scope } from './registrations.ts'
import { Schema } from './schema.ts'
import { answerService } from './service.ts'
import { type Answer, documentation, type JournalEntry, refusal, type Request, type Side } from './wire.ts'
import type { World } from './world.ts'

export interface FrontOptions extends ServerOptions {
  readonly world: World
  readonly scopes: readonly Scope[]
  readonly prefix: '' | '/api/v3'
  readonly version: string
}

const fixture = join(import.meta.dirname, '../../fixtures/github-openapi.json')

/** GitHub over HTTP: which side a request is for, what the limits say of it, who answers. */
export abstract class Front extends HttpEmulator<World, JournalEntry> {
  readonly #options: FrontOptions
  readonly #schema = new Schema(fixture)
  readonly #points = new Buckets(() => this.world.dials.secondary!.points)
  readonly #writes = new Buckets(() => this.world.dials.secondary!.writes)
  #used = 0

  constructor(options: FrontOptions) {
    super(options.world, options, new Conformity('github', exceptions))
    this.#options = options
  }

  get apiUrl(): string {
    return `${this.url}${this.#options.prefix}`
  }

  archive(
    architecture: 'x64' | 'arm64' = 'x64',
    version = this.#options.version,
  ): Archive & { readonly url: string } {
    const archive = archiveFor({ ...this.#archiveOptions(version), system: 'linux', architecture })
    return {
      ...archive,
      url: `${this.url}/actions/runner/releases/download/v${version}/${archive.filename}`,
    }
  }

  #archiveOptions(version = this.#options.version): Omit<ArchiveOptions, 'system' | 'architecture'> {
    return { version, endpoint: this.url, needsLibicu: this.world.dials.needsLibicu }
  }

  protected read(request: Request): JournalEntry {
    const { path, query, body } = request
    return { ...this.entryOf(request), side: sideOf(path), query, body }
  }

  protected override recordedPath({ side }: JournalEntry, { path, search }: Request): string | undefined {
    return side === 'api' ? `${path.slice(this.#options.prefix.length)}${search}` : undefined
  }

  protected failure(kind: '5xx' | 'throttle'): Answer {
    if (kind === 'throttle') return tooQuick('2')
    return {
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<html><h1>502 Bad Gateway</h1></html>',
    }
  }

  protected answer({ side }: JournalEntry, request: Request): Promise<Answer> | Answer {
    const { world } = this
    const { scopes, prefix } = this.#options
    if (side === 'archive') return this.#download(request)
    if (side === 'service')
      return (
        answerService(world, { url: this.url, api: this.apiUrl, scopes }, request) ??
        this.#notEmulated(request, 'no such path')
      )
    if (!request.path.startsWith(`${prefix}/`))
      return this.#notEmulated(request, `the API is at ${this.apiUrl}`)
    const inner = { ...request, path: request.path.slice(prefix.length) }
    const route = routeOf(inner)
    if (!route) return this.#notEmulated(request, 'no such operation in the emulator')
    if (!request.headers['user-agent'])
      return refusal(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
      )
    const call = { world, api: this.apiUrl, request: inner, archive: this.#archiveOptions() }
    const refuseLoudly = (why: string): Answer => this.#notEmulated(request, why)
    return answerApi(route, call, { scopes, schema: this.#schema, refuseLoudly })
  }

  #download(request: Request): Answer {
    const [, version, system, architecture] =
      /\/v([\d.]+)\/actions-runner-(linux|osx)-(x64|arm64)-[\d.]+\.tar\.gz$/.exec(request.path) ?? []
    if (!version || !architecture) return this.#notEmulated(request, 'no such file')
    const { downloadToken } = this.world.dials
    if (downloadToken && request.headers.authorization !== `Bearer ${downloadToken}`)
      return refusal(401, 'Requires authentication')
    const { bytes } = archiveFor({
      ...this.#archiveOptions(version),
      system: system as ArchiveOptions['system'],
      architecture: architecture as ArchiveOptions['architecture'],
    })
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes }
  }

  #notEmulated({ method, path }: Request, why: string): Answer {
    this.refuse(`${method} ${path}`, why)
    return { status: 501, body: { message: `Not emulated: ${why}`, documentation_url: documentation } }
  }

  /** The secondary limits: what is asked for too quickly is refused for a minute. */
  protected override guard({ side }: JournalEntry, { method, headers }: Request): Answer | undefined {
    const { world } = this
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
  protected override dress({ side }: JournalEntry, request: Request, answer: Answer): Answer {
    if (side !== 'api') return answer
    if (!(answer.status === 304 && kindOf(request.headers.authorization))) this.#used++
    const { world } = this
    const { rateLimit } = world.dials
    const headers = {
      'x-github-request-id': randomUUID(),
      'x-github-media-type': 'github.v3; format=json',
      'x-github-api-version-selected': String(request.headers['x-github-api-version'] ?? '2022-11-28'),
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

function tooQuick(seconds: string): Answer {
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'
  return refusal(403, message, { 'retry-after': seconds })
}
