import { Conformity } from '../../shapes/conformity.ts'
import { Buckets } from '../bucket.ts'
import { HttpEmulator } from '../http/emulator.ts'
import type { ServerOptions } from '../http/server.ts'
import type { Answer, NoAnswer, Request } from '../http/wire.ts'
import { exceptions } from './conformity.ts'
import { entra, entraAnswer } from './credentials.ts'
import { consoleOf, denial, handlers, type Asked } from './handlers.ts'
import { array, object, text, type JsonObject } from './json.ts'
import { covers, forMachine, permissions } from './permissions.ts'
import { knownVersions, routes, type Route } from './routes.ts'
import { vendorSchema } from './schema.ts'
import { Refusal, type JournalEntry } from './wire.ts'
import { machineOfGroup } from '../../../src/clouds/azure/names.ts'
import type { World } from './world.ts'

interface Found {
  readonly route: Route
  readonly parts: Readonly<Record<string, string>>
}

/** Azure Resource Manager over HTTPS; and Microsoft Entra and the store of boot logs, which stand at the same address and take no part in faults. */
export abstract class Front extends HttpEmulator<World, JournalEntry> {
  /** What machines have asked with their own tokens. */
  readonly machineJournal: JournalEntry[] = []
  readonly #buckets = new Buckets((name) => this.world.dials.limit!(name))

  constructor(world: World, options: ServerOptions) {
    super(world, options, new Conformity('azure', exceptions))
  }

  protected read(request: Request): JournalEntry {
    const found = routeOf(request)
    return {
      ...this.entryOf(request),
      action: found?.route.action ?? '',
      parts: found?.parts ?? {},
      query: request.query,
      body: typeof request.body === 'object' ? (request.body as JsonObject) : undefined,
    }
  }

  protected override respond(request: Request): Promise<Answer | NoAnswer> {
    const side = entraAnswer(this.world, this.url, request) ?? this.#blob(request)
    if (side) return Promise.resolve(side)
    const token = tokenOf(request)
    const isMachine = this.world.machines.all.some((machine) => machine.token === token)
    return isMachine ? Promise.resolve(this.#toMachine(request, token)) : super.respond(request)
  }

  protected failure(kind: '5xx' | 'throttle', entry: JournalEntry): Answer {
    return kind === 'throttle'
      ? said(entry, throttled())
      : said(entry, new Refusal(503, 'ServerTimeout', 'The request timed out.', { by: 'gateway' }))
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
      return json(this.#act(entry, request))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return said(entry, error)
    }
  }

  protected override dress(entry: JournalEntry, _request: Request, answer: Answer): Answer {
    const budget = budgetOf(entry, answer)
    return { ...answer, headers: { ...budget, ...answer.headers } }
  }

  #act(entry: JournalEntry, request: Request): Answer {
    const { dials, subscription } = this.world
    const found = routeOf(request)
    if (!found) throw this.#misread(request, 'nothing has such a path')
    if (tokenOf(request) !== entra.token || dials.credentials !== 'valid')
      throw unknownCaller(dials.credentials)
    this.#check(request, found)
    const given = found.parts.subscription
    if (given !== undefined && given.toLowerCase() !== subscription)
      throw new Refusal(404, 'SubscriptionNotFound', `The subscription '${given}' could not be found.`, {
        by: 'gateway',
      })
    const isList = /\.list/.test(entry.action)
    const missing = this.#needed(entry).filter((action) => {
      // A timer is the subscription's, and what it ends the group's.
      const where = action.endsWith('/deallocate/action') ? JSON.stringify(entry.body) : request.path
      return dials.denied.has(action) || !covers(this.#allowedAt(where, isList), action)
    })
    if (missing.length > 0) throw denial(missing, scopeOf(request.path))
    if (found.route.action === 'rights.get')
      return { status: 200, body: { value: [this.#rights(request.path)] } }
    return handlers[found.route.action]!(this.world, this.#asked(request, found))
  }

  #asked({ query, body, headers, path }: Request, { parts }: Found): Asked {
    return {
      parts: { ...parts, '': path },
      query,
      body: object(body),
      ifNoneMatch: headers['if-none-match'] === '*',
      origin: this.url,
    }
  }

  #needed(entry: JournalEntry): readonly string[] {
    const own =
      entry.action === 'operations.get'
        ? [`${entry.parts.provider}/locations/operations/read`]
        : (permissions[entry.action] ?? [])
    const more = entry.action === 'machines.put' ? forMachine(asksOf(entry.body ?? {})) : []
    return (entry.permissions = [...own, ...more])
  }

  #rights(path: string): object {
    return { actions: this.#allowedAt(path, false), notActions: [...this.world.dials.denied] }
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
  #check(request: Request, { route, parts }: Found): void {
    const version = request.query['api-version']
    if (!version || !knownVersions.has(version))
      throw this.#misread(request, `api-version ${version} is not known here`)
    if (request.method === 'PUT' && typeof request.body !== 'object')
      throw this.#misread(request, 'the body is no JSON')
    if (route.action !== 'machines.put') return
    const body = {
      name: parts.name ?? '',
      type: 'Microsoft.Compute/virtualMachines',
      apiVersion: version,
      ...object(request.body),
    }
    const problems = vendorSchema()?.(body) ?? []
    if (problems.length > 0) throw this.#misread(request, problems.slice(0, 5).join('; '))
  }

  #misread({ method, path }: Request, why: string): Refusal {
    this.refuse(`${method} ${path}`, why)
    return new Refusal(400, 'BadRequest', why)
  }

  /** A machine asks with its own identity's token: it has rights in groups that were there before. */
  #toMachine(request: Request, token: string): Answer {
    const entry = this.read(request)
    this.machineJournal.push(entry)
    const machine = this.world.machines.all.find((one) => one.token === token)!
    const held =
      machineOfGroup(machine.order.group) === undefined ? this.world.dials.machineMay : new Set<string>()
    const answer = ((): Answer => {
      try {
        const found = routeOf(request)
        if (!found) throw this.#misread(request, 'nothing has such a path')
        if (machine.order.identities.length === 0) throw unknownCaller('unknown')
        if (found.route.action === 'rights.get')
          return { status: 200, body: { value: [{ actions: [...held], notActions: [] }] } }
        const missing = (permissions[entry.action] ?? []).filter((action) => !covers([...held], action))
        if (missing.length > 0) throw denial(missing, scopeOf(request.path))
        return handlers[found.route.action]!(this.world, this.#asked(request, found))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return said(entry, error)
      }
    })()
    entry.status = answer.status
    this.world.changed()
    return answer
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

function routeOf({ method, path }: Pick<Request, 'method' | 'path'>): Found | undefined {
  for (const route of routes) {
    const match = route.method === method ? route.pattern.exec(path) : null
    if (!match) continue
    return {
      route,
      parts: Object.fromEntries(
        route.parts.map((part, index) => [part, decodeURIComponent(match[index + 1]!)]),
      ),
    }
  }
  return undefined
}

function tokenOf({ headers }: Pick<Request, 'headers'>): string {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
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

function throttled(): Refusal {
  return new Refusal(
    429,
    'TooManyRequests',
    'The request is being throttled as the limit has been reached for operation type.',
  )
}

/** A refusal as Azure sends it. */
function said(entry: JournalEntry, { status, code, message, by, details }: Refusal): Answer {
  entry.code = code
  const body = { error: { ...(details ? { details } : {}), code, message } }
  return json({
    status,
    headers: {
      ...(by ? { 'x-ms-failure-cause': by } : {}),
      ...(code === 'TooManyRequests' ? { 'retry-after': '1' } : {}),
    },
    body,
  })
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
