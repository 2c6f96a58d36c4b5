import { createHash } from 'node:crypto'
import { Buckets } from '../bucket.ts'
import { HttpEmulator, type Emulator } from '../http/emulator.ts'
import type * as http from '../http/wire.ts'
import type { Answer, NoAnswer, Request } from '../http/wire.ts'
import type { CloudMachine, CloudWorld } from './machines.ts'

/** A cloud's way to say no. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface CloudEntry extends http.JournalEntry {
  /** As the cloud's rights name it; empty for what is not known. */
  readonly action: string
  /** Of a refusal. */
  code?: string
}

/** What tests can do with every emulated cloud. */
export interface CloudEmulator<W extends CloudWorld, E extends CloudEntry> extends Emulator<E> {
  readonly dials: W['dials']
  /** All that there ever were. */
  readonly machines: W['machines']['all']
  /** By the key that the product has for it; the last of those that had it. */
  machine(key: string): W['machines']['all'][number]
  /** Requests of one action so far. */
  calls(action: string): readonly E[]
  /** What machines have asked with their own tokens. */
  readonly machineJournal: readonly E[]
  /** The cloud wants the machine back: a notice, and after `notice` ms its end. */
  interrupt(key: string, notice?: number): void
  /** Everything that exists, as JSON has it. */
  snapshot(): object
}

/** What every emulated cloud does with a request: its limits, who asks, and how it says no. */
export abstract class CloudFront<W extends CloudWorld, E extends CloudEntry>
  extends HttpEmulator<W, E>
  implements CloudEmulator<W, E>
{
  readonly machineJournal: E[] = []
  readonly #buckets = new Buckets((name) => this.world.dials.limit!(name.split(' ').at(-1)!))

  /** Does what is asked, or throws a Refusal. */
  protected abstract act(entry: E, request: Request): Answer

  /** A refusal in the cloud's words. */
  protected abstract said(entry: E, refusal: Refusal): Answer

  /** The cloud's words where it fails or throttles. */
  protected abstract refusalOf(kind: '5xx' | 'throttle'): Refusal

  /** ms from a notice to the end of a machine, as is usual here. */
  protected abstract readonly notice: number

  /** The cloud takes a machine away. */
  protected abstract take(key: string): void

  abstract snapshot(): object

  /** The same for a machine that asks with its own token, in clouds that give one. */
  protected actFor(_machine: CloudMachine, entry: E, _request: Request): Answer {
    throw new Error(`no machine asks for ${entry.action}`)
  }

  /** Another service at the same address, which takes no part in faults; undefined for a request to the cloud itself. */
  protected side(_request: Request): Answer | NoAnswer | undefined {
    return undefined
  }

  /** The bucket that a call is taken from. Its last word is the action, for the limit. */
  protected bucketOf({ action }: E): string {
    return action
  }

  get dials(): W['dials'] {
    return this.world.dials
  }

  get machines(): W['machines']['all'] {
    return this.world.machines.all
  }

  machine(key: string): W['machines']['all'][number] {
    return this.world.machines.get(key)
  }

  calls(action: string): readonly E[] {
    return this.journal.filter((entry) => entry.action === action)
  }

  interrupt(key: string, notice = this.notice): void {
    this.warn(this.machine(key))
    if (notice <= 0) return this.take(key)
    setTimeout(() => this.take(key), notice).unref()
  }

  protected warn({ metadata }: CloudMachine): void {
    metadata?.announce('end')
  }

  protected override respond(request: Request): Promise<Answer | NoAnswer> {
    const side = this.side(request)
    if (side) return Promise.resolve(side)
    const token = bearerOf(request)
    const machine = token === '' ? undefined : this.machines.find((one) => one.token === token)
    return machine ? Promise.resolve(this.#toMachine(machine, request)) : super.respond(request)
  }

  #toMachine(machine: CloudMachine, request: Request): Answer {
    const entry = this.read(request)
    this.machineJournal.push(entry)
    const answer = this.#attempt(entry, () => this.actFor(machine, entry, request))
    entry.status = answer.status
    this.world.changed()
    return answer
  }

  protected answer(entry: E, request: Request): Answer {
    return this.#attempt(entry, () => this.act(entry, request))
  }

  #attempt(entry: E, act: () => Answer): Answer {
    try {
      return act()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return this.#refused(entry, error)
    }
  }

  #refused(entry: E, refusal: Refusal): Answer {
    entry.code = refusal.code
    return this.said(entry, refusal)
  }

  protected failure(kind: '5xx' | 'throttle', entry: E): Answer {
    return this.#refused(entry, this.refusalOf(kind))
  }

  protected override guard(entry: E): Answer | undefined {
    const { dials } = this.world
    const now = this.now()
    if (dials.throttle > 0) dials.throttle--
    else if (!dials.limit || this.#buckets.of(this.bucketOf(entry), now).take(1, now)) return undefined
    return this.failure('throttle', entry)
  }

  /** A request that should not have been made, and how the cloud would answer it. */
  protected misread<R extends Refusal>({ method, path }: Request, refusal: R): R {
    this.refuse(`${method} ${path}`, refusal.message)
    return refusal
  }

  override async close(): Promise<void> {
    await Promise.all([this.world.machines.close(), super.close()])
  }
}

/** The token that a request shows; empty without one. */
export function bearerOf({ headers }: Pick<Request, 'headers'>): string {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
