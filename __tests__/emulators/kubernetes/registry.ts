import { randomUUID } from 'node:crypto'

import { HttpEmulator, type Emulator } from '../http/emulator.ts'
import type { Answer, JournalEntry as Entry, Request } from '../http/wire.ts'
import { EmulatedWorld } from '../http/world.ts'
import { publishedAt } from '../pod/published.ts'

interface JournalEntry extends Entry {
  /** The repository that is meant; empty for what is none. */
  readonly repository: string
  readonly tag: string
}

/** Where images of the forges' runners are published: their digests for anybody, who fetches a token first. */
export interface Registry extends Emulator<JournalEntry> {
  readonly dials: {
    /** It asks for no token. */
    open: boolean
    /** Where it sends people for a token; its own address when absent. */
    realm: string | undefined
    /** What it gives as a token. */
    token: string
    /** What it says is the digest; the right one when absent. */
    digest: string | undefined
  }
}

const lists = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]

const repositories = ['actions/actions-runner', 'gitlab/gitlab-runner']

export async function startRegistry(): Promise<Registry> {
  const registry = new PublicRegistry()
  await registry.listen()
  return registry
}

class PublicRegistry extends HttpEmulator<EmulatedWorld, JournalEntry> implements Registry {
  readonly dials: Registry['dials'] = {
    open: false,
    realm: undefined,
    token: randomUUID(),
    digest: undefined,
  }

  constructor() {
    super(new EmulatedWorld(), {})
  }

  get variables(): Readonly<Record<string, string>> {
    return { CML_IMAGE_DIGESTS: this.url }
  }

  protected read(request: Request): JournalEntry {
    const [, repository = '', tag = ''] = /^\/v2\/(.+)\/manifests\/([^/]+)$/.exec(request.path) ?? []
    return { ...this.entryOf(request), repository, tag }
  }

  protected failure(kind: '5xx' | 'throttle'): Answer {
    return kind === 'throttle' ? refusal(429, 'TOOMANYREQUESTS') : refusal(503, 'UNAVAILABLE')
  }

  protected answer(entry: JournalEntry, request: Request): Answer {
    if (request.path === '/token') return this.#token(request)
    if (entry.repository === '' || request.method !== 'HEAD')
      return this.#unknown(request, 'it only tells of manifests')
    return this.#manifest(entry, request)
  }

  #manifest({ repository, tag }: JournalEntry, request: Request): Answer {
    const { accept = '', authorization } = request.headers
    if (request.search !== '') return this.#unknown(request, 'a manifest has no query')
    if (!this.dials.open && authorization === undefined) return this.#challenge(repository)
    if (authorization !== undefined && authorization !== `Bearer ${this.dials.token}`) {
      this.refuse(`${request.method} ${request.path}`, 'a token that is not from here')
      return refusal(401, 'UNAUTHORIZED')
    }
    if (!lists.every((type) => accept.split(/, */).includes(type)))
      return this.#unknown(request, `of several platforms there is only a list, and accepted is ${accept}`)
    const image = publishedAt(repository, tag)
    if (!image) return this.#unknown(request, 'nobody publishes that')
    return {
      status: 200,
      headers: {
        'content-type': lists[0]!,
        'docker-distribution-api-version': 'registry/2.0',
        'docker-content-digest': this.dials.digest ?? image.digest,
      },
    }
  }

  #challenge(repository: string): Answer {
    const realm = this.dials.realm ?? `${this.url}/token`
    const scope = `repository:${repository}:pull`
    const challenge = `Bearer realm="${realm}",service="registry.example.com",scope="${scope}"`
    return { ...refusal(401, 'UNAUTHORIZED'), headers: { 'www-authenticate': challenge } }
  }

  /** Anybody may read. Who shows a credential has taken it to the wrong place. */
  #token(request: Request): Answer {
    const { service, scope = '', ...others } = request.query
    const [, repository = ''] = /^repository:(.+):pull$/.exec(scope) ?? []
    if (request.method !== 'GET' || request.headers.authorization !== undefined)
      return this.#unknown(request, 'nobody logs in here')
    if (
      service !== 'registry.example.com' ||
      !repositories.includes(repository) ||
      Object.keys(others).length > 0
    )
      return this.#unknown(request, `no token is for ${request.search}`)
    return { status: 200, body: { token: this.dials.token, expires_in: 300 } }
  }

  #unknown(request: Request, why: string): Answer {
    this.refuse(`${request.method} ${request.path}`, why)
    return refusal(404, 'MANIFEST_UNKNOWN')
  }
}

function refusal(status: number, code: string): Answer {
  return { status, body: { errors: [{ code, message: code.toLowerCase() }] } }
}
