import { CloudFront } from '../cloud/front.ts'
import type { ServerOptions } from '../http/server.ts'
import type { Answer, Request } from '../http/wire.ts'
import { handlers } from './handlers.ts'
import { problemsOf } from './schema.ts'
import { Refusal, type JournalEntry, type Json } from './wire.ts'
import type { World } from './world.ts'

/** What is asked: `/api/v1/namespaces/N/pods/P/log`, `/apis/GROUP/v1/…`. */
const pathPattern =
  /^\/(?:api\/v1|apis\/(batch|authorization\.k8s\.io)\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+)(?:\/(log))?)?$/

const groups: Readonly<Record<string, string | undefined>> = {
  jobs: 'batch',
  selfsubjectaccessreviews: 'authorization.k8s.io',
}

const queries: Readonly<Record<string, RegExp>> = {
  create: /^(fieldValidation|dryRun)$/,
  get: /^$/,
  list: /^(labelSelector|fieldSelector|limit|continue)$/,
  patch: /^$/,
  delete: /^$/,
  log: /^(container|tailLines)$/,
}

/** The API server over HTTP: who asks, whether he may, whether it is well formed, and then what it does. */
export abstract class Front extends CloudFront<World, JournalEntry> {
  readonly token: string

  constructor(world: World, options: ServerOptions, token: string) {
    super(world, options)
    this.token = token
  }

  protected read(request: Request): JournalEntry {
    const [, group, namespace = '', resource = '', name = '', sub] = pathPattern.exec(request.path) ?? []
    const known = resource !== '' && groups[resource] === group
    const verb = verbOf(request.method, name)
    return {
      ...this.entryOf(request),
      action: known && verb ? `${resource}${sub ? `/${sub}` : ''}.${verb}` : '',
      namespace: decodeURIComponent(namespace),
      name: decodeURIComponent(name),
      query: request.query,
      body: typeof request.body === 'object' ? (request.body as Json) : undefined,
      dry: request.query.dryRun === 'All',
    }
  }

  protected refusalOf(kind: '5xx' | 'throttle'): Refusal {
    return kind === 'throttle'
      ? new Refusal(
          429,
          'TooManyRequests',
          'The server has received too many requests and has asked us to try again later',
        )
      : new Refusal(500, 'InternalError', 'Internal error occurred: etcdserver: request timed out')
  }

  /** An object of kind Status. */
  protected said(_entry: JournalEntry, { status: code, code: reason, message }: Refusal): Answer {
    const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
    const headers: Record<string, string> = reason === 'TooManyRequests' ? { 'retry-after': '1' } : {}
    return { status: code, body, headers }
  }

  protected override bucketOf(): string {
    return 'all'
  }

  protected act(entry: JournalEntry, request: Request): Answer {
    const handler = handlers[entry.action]
    if (!handler)
      throw this.misread(
        request,
        new Refusal(404, 'NotFound', 'the server could not find the requested resource'),
      )
    this.#authenticate(request, entry)
    this.#authorize(entry)
    const [resource = '', verb = ''] = entry.action.split('.')
    const allowed = queries[resource.endsWith('/log') ? 'log' : verb] ?? /^$/
    const strange = Object.keys(request.query).filter((name) => !allowed.test(name))
    if (strange.length > 0)
      throw this.misread(request, new Refusal(400, 'BadRequest', `unknown parameters ${strange.join(', ')}`))
    if (verb === 'create') this.#checkBody(entry, resource)
    return handler(this.world, entry, request.headers['content-type'] ?? '')
  }

  #authenticate({ headers }: Request, entry: JournalEntry): void {
    const { authorization = '' } = headers
    // Whoever gives no token is somebody, who may nothing.
    if (authorization === '') throw forbidden(entry, 'system:anonymous')
    if (authorization !== `Bearer ${this.token}` || this.world.dials.credentials !== 'valid')
      throw new Refusal(401, 'Unauthorized', 'Unauthorized')
  }

  /** Whoever is known may ask what he may. */
  #authorize({ action, namespace }: JournalEntry): void {
    const [resource = '', verb = ''] = action.split('.')
    if (resource === 'selfsubjectaccessreviews') return
    const { namespaces } = this.world.dials
    if (!mayIn(this.world, `${verb} ${resource}`, namespace)) throw forbidden({ action, namespace }, 'ci')
    if (verb === 'create' && namespaces && !namespaces.has(namespace))
      throw new Refusal(404, 'NotFound', `namespaces "${namespace}" not found`)
  }

  /** With `fieldValidation=Strict` unknown fields are refused. Nobody here is to send any. */
  #checkBody(entry: JournalEntry, resource: string): void {
    const problems = problemsOf(resource, entry.body ?? {})
    if (problems.length === 0) return
    this.refuse(`${entry.method} ${entry.path}`, problems.join('; '))
    throw new Refusal(422, 'Invalid', `${resource} is invalid: [${problems.join(', ')}]`)
  }
}

function forbidden({ action, namespace }: Pick<JournalEntry, 'action' | 'namespace'>, user: string): Refusal {
  const [resource = '', verb = ''] = action.split('.')
  const group = resource === 'jobs' ? 'batch' : ''
  const prefix = group ? `${resource}.${group}` : resource
  const what = `cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${namespace}"`
  return new Refusal(403, 'Forbidden', `${prefix} is forbidden: User "${user}" ${what}`)
}

export function mayIn({ dials }: World, right: string, namespace: string): boolean {
  const { denied, allowed } = dials
  return !denied.has(right) && !denied.has(`${right}@${namespace}`) && (allowed?.has(right) ?? true)
}

function verbOf(method: string, name: string): string {
  const verbs: Readonly<Record<string, string>> = {
    POST: 'create',
    PATCH: 'patch',
    DELETE: 'delete',
    GET: name === '' ? 'list' : 'get',
  }
  return verbs[method] ?? ''
}
