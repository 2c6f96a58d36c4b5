import { Conformity } from '../../shapes/conformity.ts'
import { bearerOf, type Refusal as CloudRefusal } from '../cloud/front.ts'
import { array, object, RestFront, text, type JsonObject, type Route } from '../cloud/rest.ts'
import type { ServerOptions } from '../http/server.ts'
import type { Answer, Request } from '../http/wire.ts'
import { exceptions } from './conformity.ts'
import { entra, entraAnswer } from './credentials.ts'
import { consoleOf, denial, handlers } from './handlers.ts'
import type { Machine } from './machines.ts'
import { covers, forMachine, permissions } from './permissions.ts'
import { knownVersions, routes } from './routes.ts'
import { vendorSchema } from './schema.ts'
import { Refusal, type JournalEntry } from './wire.ts'
import { machineOfGroup } from '../../../src/clouds/azure/names.ts'
import type { World } from './world.ts'

/** Azure Resource Manager over HTTPS; and Microsoft Entra and the store of boot logs, which stand at the same address and take no part in faults. */
export abstract class Front extends RestFront<World, Route> {
  protected readonly routes = routes
  protected readonly strange = 'BadRequest'

  constructor(world: World, options: ServerOptions) {
    super(world, options, new Conformity('azure', exceptions))
  }

  protected override side(request: Request): Answer | undefined {
    return entraAnswer(this.world, this.url, request) ?? this.#blob(request)
  }

  protected refusalOf(kind: '5xx' | 'throttle'): Refusal {
    return kind === 'throttle'
      ? new Refusal(
          429,
          'TooManyRequests',
          'The request is being throttled as the limit has been reached for operation type.',
        )
      : new Refusal(503, 'ServerTimeout', 'The request timed out.', { by: 'gateway' })
  }

  /** `by` and `details`: of what Azure itself says, not of what the emulator does not know. */
  protected said(_entry: JournalEntry, refusal: CloudRefusal): Answer {
    const { status, code, message } = refusal
    const { by, details } = refusal instanceof Refusal ? refusal : {}
    return json({
      status,
      headers: {
        ...(by ? { 'x-ms-failure-cause': by } : {}),
        ...(code === 'TooManyRequests' ? { 'retry-after': '1' } : {}),
      },
      body: { error: { ...(details ? { details } : {}), code, message } },
    })
  }

  protected override dress(entry: JournalEntry, _request: Request, answer: Answer): Answer {
    const budget = budgetOf(entry, answer)
    return { ...answer, headers: { ...budget, ...answer.headers } }
  }

  protected act(entry: JournalEntry, request: Request): Answer {
    const { dials, subscription } = this.world
    const { action } = this.route(request)
    if (bearerOf(request) !== entra.token || dials.credentials !== 'valid')
      throw unknownCaller(dials.credentials)
    this.#check(request, entry)
    const given = entry.parts.subscription
    if (given !== undefined && given.toLowerCase() !== subscription)
      throw new Refusal(404, 'SubscriptionNotFound', `The subscription '${given}' could not be found.`, {
        by: 'gateway',
      })
    const isList = /\.list/.test(action)
    const missing = this.#needed(entry).filter((needed) => {
      // A timer is the subscription's, and what it ends the group's.
      const where = needed.endsWith('/deallocate/action') ? JSON.stringify(entry.body) : request.path
      return dials.denied.has(needed) || !covers(this.#allowedAt(where, isList), needed)
    })
    if (missing.length > 0) throw denial(missing, scopeOf(request.path))
    const rights = { actions: this.#allowedAt(request.path, false), notActions: [...dials.denied] }
    return this.#handle(entry, request, rights)
  }

  /** `rights`: those of whoever asks, at what he asks about. */
  #handle({ action, parts, query }: JournalEntry, { body, headers, path }: Request, rights: object): Answer {
    if (action === 'rights.get') return json({ status: 200, body: { value: [rights] } })
    return json(
      handlers[action]!(this.world, {
        parts: { ...parts, '': path },
        query,
        body: object(body),
        ifNoneMatch: headers['if-none-match'] === '*',
        origin: this.url,
      }),
    )
  }

  #needed(entry: JournalEntry): readonly string[] {
    const own =
      entry.action === 'operations.get'
        ? [`${entry.parts.provider}/locations/operations/read`]
        : (permissions[entry.action] ?? [])
    const more = entry.action === 'machines.put' ? forMachine(asksOf(entry.body ?? {})) : []
    return (entry.permissions = [...own, ...more])
  }

  /** Rights on the subscription hold in its groups. A list for the whole subscription shows everybody what he may see. */
  #allowedAt(path: string, isList: boolean): readonly string[] {
    const { allowed = ['*'], allowedIn } = this.world.dials
    const group = /\/resourceGroups\/([^/"]+)/i.exec(path)?.[1]?.toLowerCase()
    const inGroups = [...allowedIn]
      .filter(([name]) => (group === undefined ? isList : name.toLowerCase() === group))
      .flatMap(([, actions]) => actions)
    return [...allowed, ...inGroups]
  }

  /** What Azure would not understand, and what its own description of a machine does not allow. */
  #check(request: Request, { action, parts }: JournalEntry): void {
    const version = request.query['api-version']
    const misread = (why: string): Refusal => this.misread(request, new Refusal(400, this.strange, why))
    if (!version || !knownVersions.has(version)) throw misread(`api-version ${version} is not known here`)
    if (request.method === 'PUT' && typeof request.body !== 'object') throw misread('the body is no JSON')
    if (action !== 'machines.put') return
    const body = {
      name: parts.name ?? '',
      type: 'Microsoft.Compute/virtualMachines',
      apiVersion: version,
      ...object(request.body),
    }
    const problems = vendorSchema()?.(body) ?? []
    if (problems.length > 0) throw misread(problems.slice(0, 5).join('; '))
  }

  /** A machine asks with its own identity's token: it has rights in groups that were there before. */
  protected override actFor({ order }: Machine, entry: JournalEntry, request: Request): Answer {
    this.route(request)
    const held = machineOfGroup(order.group) === undefined ? [...this.world.dials.machineMay] : []
    if (order.identities.length === 0) throw unknownCaller('unknown')
    const missing = (permissions[entry.action] ?? []).filter((action) => !covers(held, action))
    if (missing.length > 0) throw denial(missing, scopeOf(request.path))
    return this.#handle(entry, request, { actions: held, notActions: [] })
  }

  /** Boot logs lie elsewhere, and whoever asks for them shows a signature and no token. */
  #blob({ method, path, query, headers }: Request): Answer | undefined {
    const [, vmId] = /^\/blobs\/([0-9a-f-]+)\/[^/]+\.serialconsole\.log$/.exec(path) ?? []
    if (vmId === undefined) return undefined
    if (method !== 'GET' || headers.authorization !== undefined) {
      this.refuse(`${method} ${path}`, 'a token was shown to the store of boot logs')
      return { status: 403 }
    }
    if (query.sig !== Buffer.from(vmId).toString('base64')) return { status: 403 }
    const body = consoleOf(this.world, vmId)
    return body === undefined
      ? { status: 404 }
      : { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from(body) }
  }
}

function asksOf(body: JsonObject): Parameters<typeof forMachine>[0] {
  const profile = object(object(body.properties).networkProfile)
  const [card] = array(profile.networkInterfaceConfigurations).map(object)
  const [configuration] = array(object(card?.properties).ipConfigurations).map(object)
  return {
    publicAddress: object(configuration?.properties).publicIPAddressConfiguration !== undefined,
    identity: text(object(body.identity).type) !== undefined,
  }
}

function scopeOf(path: string): string {
  return path.replace(/\/providers\/Microsoft\.Authorization.*$/, '')
}

function unknownCaller(credentials: string): Refusal {
  return credentials === 'expired'
    ? new Refusal(
        401,
        'ExpiredAuthenticationToken',
        'The access token expiry UTC time is earlier than current UTC time.',
        { by: 'gateway' },
      )
    : new Refusal(401, 'InvalidAuthenticationToken', 'The access token is invalid.', { by: 'gateway' })
}

function json({ status, headers = {}, body }: Answer): Answer {
  const type: Record<string, string> =
    body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }
  return {
    status,
    headers: { ...type, ...(body === undefined ? { 'content-length': '0' } : {}), ...headers },
    body,
  }
}

/** What is left of the limits, as it was recorded for each kind of call. */
function budgetOf({ action, method, path }: JournalEntry, { headers = {} }: Answer): Record<string, string> {
  if (headers['x-ms-failure-cause'] === 'gateway') return {}
  const kind = method === 'GET' ? 'reads' : method === 'DELETE' ? 'deletes' : 'writes'
  const common = { [`x-ms-ratelimit-remaining-subscription-global-${kind}`]: '11999' }
  const resource = { 'x-ms-ratelimit-remaining-resource': 'Microsoft.Compute/LowCostGetResource;33' }
  if (/^images/.test(action)) return resource
  if (/Microsoft\.Network/i.test(path))
    return { ...common, 'x-ms-throttle-levels': 'operationRatePct=0.1, etc' }
  return /^(machines|operations)\./.test(action)
    ? { ...common, ...resource, 'x-ms-need-to-refresh-epl-cache': 'False' }
    : common
}
