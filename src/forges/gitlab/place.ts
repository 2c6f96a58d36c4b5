import { Failure } from '../../model/failure.ts'
import { readNamespace, readPresence, readUsernames } from './answers.ts'
import { readIfTold, type Api } from './client.ts'
import { type Credentials, explainMissing } from './rights.ts'
import type { Scope } from './scope.ts'

/** A scope as the server knows it. */
export interface Place {
  readonly kind: 'project' | 'group'
  readonly id: string
  /** `group/sub/project`, as it was given. */
  readonly path: string
  /** Address of the server, a sub-path included, without a slash at the end. */
  readonly server: string
  /** `<server>/api/v4`, or what the job was told. */
  readonly api: string
}

interface Server {
  readonly depth: number
  readonly api: string
}

/** Finds out, once, on which server a scope is and whether it is a project or a group. Only reads. */
export class Locator {
  readonly #api: Api
  readonly #scope: Scope
  readonly #credentials: Credentials
  #place: Promise<Place> | undefined
  #known: Place | undefined

  constructor(api: Api, scope: Scope, credentials: Credentials) {
    this.#api = api
    this.#scope = scope
    this.#credentials = credentials
  }

  /** Throws `not-found` when there is no such thing, or it cannot be seen. */
  async place(signal?: AbortSignal): Promise<Place> {
    this.#place ??= this.#locate(signal)
    try {
      this.#known = await this.#place
      return this.#known
    } catch (error) {
      this.#place = undefined
      throw error
    }
  }

  /** Where people look at the runners; before the server was asked, by what the address looks like. */
  get runnersPage(): string {
    return this.pageOf('settings/ci_cd#js-runners-settings', 'runners')
  }

  /** A page of the project, or of the group where that has another. */
  pageOf(ofProject: string, ofGroup = ofProject): string {
    const { page, path, server, origin, kind } = this.#scope
    const depth = this.#known ? depthOf(this.#known.server) : (server?.depth ?? 0)
    const within = path.slice(depth).join('/')
    const what = this.#known?.kind ?? kind ?? (within.includes('/') ? 'project' : 'group')
    const address = [origin, ...path.slice(0, depth)].join('/')
    return what === 'group' ? `${address}/groups/${within}/-/${ofGroup}` : `${page}/-/${ofProject}`
  }

  async #locate(signal?: AbortSignal): Promise<Place> {
    const { path, origin, kind, id, text } = this.#scope
    const { api, depth } = this.#scope.server ?? (await this.#findServer(signal))
    // The job knows its server's own spelling: `http` in `repo` may only redirect, which no request for jobs survives.
    const server = api.endsWith('/api/v4')
      ? api.slice(0, -'/api/v4'.length)
      : [origin, ...path.slice(0, depth)].join('/')
    const names = path.slice(depth)
    const where = { path: names.join('/'), server, api }
    if (kind === 'project' && id !== undefined) return { kind, id, ...where }
    // A project is always in a namespace.
    if (kind !== 'group' && names.length > 1) {
      const project = await this.#find(`${api}/projects/`, names, signal)
      if (project !== undefined) return { kind: 'project', id: project, ...where }
    }
    const group = await this.#find(`${api}/groups/`, names, signal)
    if (group !== undefined) return { kind: 'group', id: group, ...where }
    const [name = '', ...others] = names
    // A person's namespace has one segment.
    if (others.length === 0 && (await this.#isPerson(api, name, signal))) throw personalNamespace(this.#scope)
    throw new Failure('not-found', {
      tried: `find project or group ${text}`,
      said:
        names.length > 1 ? '404 for a project and for a group of that path' : '404 for a group of that path',
      ...explainMissing({ scope: this.#scope, credentials: this.#credentials, below: pathOf(server) }),
    })
  }

  async #find(address: string, names: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
    const found = await this.#api.send({
      tried: `look up ${this.#scope.text}`,
      method: 'GET',
      address: `${address}${encodeURIComponent(names.join('/'))}`,
      ...(address.endsWith('/groups/') ? { query: { with_projects: 'false' } } : {}),
      signal,
      read: readNamespace,
      answers: { 404: undefined },
    })
    return found?.id
  }

  async #isPerson(api: string, name: string, signal?: AbortSignal): Promise<boolean> {
    const names = await readIfTold(this.#api, {
      tried: `look whether ${name} is a person`,
      address: `${api}/users`,
      query: { username: name },
      read: readUsernames,
      signal,
    })
    signal?.throwIfAborted()
    return names?.some((known) => known.toLowerCase() === name.toLowerCase()) ?? false
  }

  /** A sub-path installation can be at any depth of the path: the nearest to the host that answers as GitLab is it. */
  async #findServer(signal?: AbortSignal): Promise<Server> {
    const { origin, path, text } = this.#scope
    let perhaps: Server | undefined
    for (let depth = 0; depth < path.length; depth++) {
      const api = `${[origin, ...path.slice(0, depth)].join('/')}/api/v4`
      const presence = await this.#api.send({
        tried: `find the GitLab server of ${text}`,
        method: 'GET',
        address: `${api}/version`,
        signal,
        anyAnswer: true,
        read: readPresence,
      })
      if (presence === 'yes') return { depth, api }
      if (presence === 'maybe') perhaps ??= { depth, api }
    }
    if (perhaps) return perhaps
    throw new Failure('not-found', {
      tried: `find the GitLab server of ${text}`,
      said: `no GitLab API answers at ${origin}${path.length > 1 ? ', nor under any part of the path' : ''}`,
      fix: 'check `repo`; when its server is of another kind, give `driver`.',
    })
  }
}

/** No token of any kind could register a runner there (docs.gitlab.com/user/namespace/). */
function personalNamespace({ text, page }: Scope): Failure {
  return new Failure('invalid-input', {
    tried: `find project or group ${text}`,
    said: `${text} is a person's own namespace`,
    why: "A person's own namespace is not a group and has no runners of its own, only its projects do.",
    fix: `name a project in \`repo\`: ${page}/….`,
  })
}

function depthOf(server: string): number {
  return pathOf(server).split('/').filter(Boolean).length
}

/** Path below which a server is installed: `/gitlab`, or empty. */
export function pathOf(server: string): string {
  return new URL(server).pathname.replace(/\/+$/, '')
}
