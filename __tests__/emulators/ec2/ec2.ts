import * as sdk from '@aws-sdk/client-ec2'
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Buckets } from '../bucket.ts'
import type { BootMachine } from '../machine-port.ts'
import { answerAction, knownActions } from './actions.ts'
import { checkCredentials, denial, readEntry } from './authorize.ts'
import { Machines, type Machine } from './machines.ts'
import type { Networks } from './network.ts'
import { isAllowed, permissionsOf } from './policy.ts'
import { runInstances } from './run-instances.ts'
import { decode, encode, escapeXml, readOperation, type Shape } from './schema.ts'
import { answerSts, isForSts } from './sts.ts'
import { Refusal, startingDials, type Dials, type Fault, type JournalEntry } from './wire.ts'
import { World } from './world.ts'

export type { EmulatedImage } from './catalogue.ts'
export type { Machine } from './machines.ts'
export { documentedLimit } from './wire.ts'
export type { Dials, Fault, JournalEntry, Pool } from './wire.ts'

export interface Ec2Options {
  /** Boots a machine with the very bytes that were sent; without it machines are only entries. */
  readonly boot?: BootMachine
  /** Unix ms. */
  readonly now?: () => number
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly port?: number
  /** Twelve digits. */
  readonly account?: string
}

/** What is still there and costs money, or would. */
export interface Leftovers {
  readonly instances: number
  readonly volumes: number
  readonly networkInterfaces: number
}

/** An emulated EC2: every region of one account behind one address. */
export interface Ec2Emulator {
  /** What `AWS_ENDPOINT_URL_EC2` must say. */
  readonly url: string
  readonly dials: Dials
  /** What happens to a request on its way; undefined = nothing. */
  fault: ((request: JournalEntry) => Fault | undefined) | undefined
  /** Keeps a request on its way, before anything of it is looked at, until the promise resolves. */
  hold: ((request: JournalEntry) => Promise<void> | undefined) | undefined
  readonly journal: readonly JournalEntry[]
  /** Requests that no EC2 would have understood, or that this one does not know. Tests assert that it is empty. */
  readonly refused: readonly string[]
  /** Variables with which the SDK finds this EC2 and no other AWS. */
  readonly variables: Readonly<Record<string, string>>
  /** Whose machines these are, as STS tells at the same address. */
  readonly account: string
  /** What STS was asked. */
  readonly stsJournal: readonly JournalEntry[]
  readonly machines: readonly Machine[]
  readonly images: World['images']
  readonly networks: Networks
  machine(id: string): Machine
  /** Requests of one action so far. */
  calls(action: string): readonly JournalEntry[]
  /** A machine that is there without anybody's request: somebody else's, or of another day. `launchedAt`: unix ms, now when absent. */
  seedMachine(region: string, tags: Readonly<Record<string, string>>, launchedAt?: number): Machine
  /** The machine switches itself off, as its order says. */
  powerOff(id: string): void
  /** Somebody stops the machine through the API: it lives on, and is billed. */
  stop(id: string): void
  /** EC2 takes the machine away. */
  end(id: string, reason: { readonly code: string; readonly message: string }): void
  /** The spot market wants the machine back: a notice, and after `notice` ms its end. */
  interrupt(id: string, notice?: number): void
  leftovers(): Leftovers
  /** JSON of everything that exists. */
  snapshot(): Shape
  /** Resolves with what `find` gives as soon as it gives something, asked again on every change and request. */
  until<T>(find: () => T | undefined | false): Promise<T>
  close(): Promise<void>
}

export async function startEc2(options: Ec2Options = {}): Promise<Ec2Emulator> {
  const emulator = new Emulator(options)
  await emulator.listen(options.port ?? 0)
  return emulator
}

class Emulator implements Ec2Emulator {
  readonly dials = startingDials()
  fault: Ec2Emulator['fault']
  hold: Ec2Emulator['hold']
  readonly journal: JournalEntry[] = []
  readonly stsJournal: JournalEntry[] = []
  readonly refused: string[] = []
  readonly account: string
  readonly #world: World
  readonly #server: Server
  readonly #protocol: 'http' | 'https'
  readonly #waiting = new Set<() => void>()
  readonly #buckets = new Buckets((name) => this.dials.limit!(name.split(' ')[1] ?? ''))
  url = ''

  constructor({ boot, now = Date.now, tls, account = '111122223333' }: Ec2Options) {
    this.account = account
    const machines = new Machines(this.dials, now, boot, () => this.#changed())
    this.#world = new World(this.dials, machines, now)
    this.#protocol = tls ? 'https' : 'http'
    const listener = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response)
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener)
    this.#server.keepAliveTimeout = 60_000
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.url = `${this.#protocol}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get variables(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL_EC2: this.url,
      AWS_ENDPOINT_URL_STS: this.url,
      AWS_ACCESS_KEY_ID: 'AKIAEMULATED00000001',
      AWS_SECRET_ACCESS_KEY: 'emulated-secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    }
  }

  get machines(): readonly Machine[] {
    return this.#world.machines.all
  }

  get images(): World['images'] {
    return this.#world.images
  }

  get networks(): Networks {
    return this.#world.networks
  }

  machine(id: string): Machine {
    return this.#world.machines.get(id)
  }

  calls(action: string): readonly JournalEntry[] {
    return this.journal.filter((entry) => entry.action === action)
  }

  seedMachine(region: string, tags: Readonly<Record<string, string>>, launchedAt?: number): Machine {
    const image = this.images.find((known) => known.region === region && known.architecture === 'x86_64')
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    const machine = runInstances(this.#world, region, {
      MinCount: 1,
      MaxCount: 1,
      ImageId: image?.id ?? '',
      InstanceType: 'm7i.xlarge',
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    })
    if (launchedAt !== undefined) machine.launchedAt = launchedAt
    return machine
  }

  powerOff(id: string): void {
    this.#world.machines.powerOff(this.machine(id))
  }

  stop(id: string): void {
    this.machine(id).become('stopped', {
      code: 'Client.UserInitiatedShutdown',
      message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    })
    this.#changed()
  }

  end(id: string, reason: { readonly code: string; readonly message: string }): void {
    this.#world.machines.terminate(this.machine(id), reason)
  }

  interrupt(id: string, notice = 120_000): void {
    const machine = this.machine(id)
    const reason = {
      code: 'Server.SpotInstanceTermination',
      message: 'Server.SpotInstanceTermination: Spot instance termination',
    }
    machine.emulated?.announceInterruption()
    if (notice <= 0) return this.end(id, reason)
    setTimeout(() => this.end(id, reason), notice).unref()
  }

  leftovers(): Leftovers {
    const billed = this.machines.filter((machine) => machine.billed)
    const volumes = this.machines.flatMap((machine) =>
      machine.volumes.filter((volume) => machine.billed || !volume.deleteOnTermination),
    )
    return { instances: billed.length, volumes: volumes.length, networkInterfaces: billed.length }
  }

  snapshot(): Shape {
    return {
      machines: this.machines.map(({ id, state, order, volumes, reason }) => ({
        id,
        state,
        region: order.region,
        zone: order.zone,
        type: order.type,
        market: order.market,
        image: order.imageId,
        tags: order.tags,
        volumes: volumes.map((volume) => volume.id),
        userData: createHash('sha256').update(order.userData).digest('hex'),
        ...(reason ? { reason: reason.code } : {}),
      })),
      ...this.leftovers(),
    }
  }

  async until<T>(find: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = find()
      if (found) return found
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  #changed(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await Promise.all([
      this.#world.machines.close(),
      new Promise<void>((resolve) => this.#server.close(() => resolve())),
    ])
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = await readEntry(request, this.#world.now())
    if (isForSts(entry)) return this.#serveSts(entry, response)
    this.journal.push(entry)
    await this.hold?.(entry)
    const fault = this.fault?.(entry)
    if (fault) entry.fault = fault
    if (fault === 'reset-before') return this.#reset(request)
    const answer = this.#answer(entry, fault)
    entry.status = fault === 'reset-after' || fault === 'unheard' ? 0 : answer.status
    this.#changed()
    if (fault === 'reset-after') return this.#reset(request)
    if (fault === 'unheard') return
    const body =
      fault === 'malformed' ? answer.body.slice(0, Math.floor(answer.body.length / 2)) : answer.body
    response.writeHead(answer.status, {
      'content-type': 'text/xml;charset=UTF-8',
      // By its own clock: the SDK takes a difference for a wrong clock of its host.
      date: new Date(this.#world.now()).toUTCString(),
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  }

  #serveSts(entry: JournalEntry, response: ServerResponse): void {
    this.stsJournal.push(entry)
    this.#changed()
    if (this.dials.sts === 'silent') return
    try {
      const answer = answerSts(entry, this.account, this.dials)
      response.writeHead(200, { 'content-type': 'text/xml' }).end(answer)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.status === 400) this.refused.push(`sts: ${error.message}`)
      const text = `<ErrorResponse><Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error></ErrorResponse>`
      response.writeHead(error.status, { 'content-type': 'text/xml' }).end(text)
    }
  }

  #reset(request: IncomingMessage): void {
    request.socket.destroy()
  }

  #answer(entry: JournalEntry, fault: Fault | undefined): { readonly status: number; readonly body: string } {
    const requestId = randomUUID()
    try {
      const body = this.#act(entry, fault)
      return {
        status: 200,
        body: xml(
          `<${entry.action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>${requestId}</requestId>${body}</${entry.action}Response>`,
        ),
      }
    } catch (error) {
      // A mistake of the emulator must not look like one of EC2's own answers.
      const refusal =
        error instanceof Refusal
          ? error
          : new Refusal('EmulatorDefect', String(error instanceof Error ? error.stack : error), 501)
      if (!(error instanceof Refusal)) this.refused.push(refusal.message)
      entry.code = refusal.code
      const text = `<Response><Errors><Error><Code>${refusal.code}</Code><Message>${escapeXml(refusal.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`
      return { status: refusal.status, body: xml(text) }
    }
  }

  #act(entry: JournalEntry, fault: Fault | undefined): string {
    if (fault === '5xx') throw new Refusal('InternalError', 'An internal error has occurred', 500)
    if (fault === 'throttle' || this.dials.throttle > 0) {
      if (fault !== 'throttle') this.dials.throttle--
      throw throttled()
    }
    if (!this.#allows(entry)) throw throttled()
    checkCredentials(entry, this.dials)
    if (!knownActions.has(entry.action))
      throw this.#refuse(entry, 'InvalidAction', `The action ${entry.action} is not known to this emulator`)
    const { denied } = this.dials
    if (denied.has(entry.action) || denied.has(`${entry.action}@${entry.region}`))
      throw denial(`ec2:${entry.action}`)
    const operation = readOperation((sdk as unknown as Record<string, unknown>)[`${entry.action}$`])
    const problems: string[] = []
    const input = decode(
      operation.input,
      entry.parameters.filter(([name]) => name !== 'Action' && name !== 'Version'),
      problems,
    )
    if (problems.length > 0) throw this.#refuse(entry, 'UnknownParameter', problems.join('; '))
    entry.input = input
    entry.permissions = permissionsOf(entry.action, entry.region, input, (id) =>
      this.machines.find((machine) => machine.id === id),
    )
    const { policies } = this.dials
    const missing = policies && entry.permissions.find((needed) => !isAllowed(policies, needed))
    if (missing) throw denial(missing.action, missing.resource)
    return encode(operation.output, answerAction(this.#world, entry.action, entry.region, input))
  }

  #allows({ region, action }: JournalEntry): boolean {
    const now = this.#world.now()
    return this.dials.limit === undefined || this.#buckets.of(`${region} ${action}`, now).take(1, now)
  }

  #refuse(entry: JournalEntry, code: string, message: string): Refusal {
    this.refused.push(`${entry.action}: ${message}`)
    return new Refusal(code, message)
  }
}

function throttled(): Refusal {
  return new Refusal('RequestLimitExceeded', 'Request limit exceeded.', 503)
}

function xml(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}`
}
