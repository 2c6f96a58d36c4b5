import { Failure, orFailure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { LeaseQuery } from '../../model/lease.ts'
import type { MachineKey } from '../../model/place.ts'
import type { Call } from '../../lib/sending.ts'
import type { CloudContext, Listing } from '../cloud.ts'
import { Addresses } from './addresses.ts'
import { groupPath, machinePath, versions, type Arm, type ArmGroup, type ArmMachine } from './arm.ts'
import { isGone } from './failures.ts'
import { idOf, isAlone, whereOf, type Where } from './names.ts'
import { failureOf } from './operations.ts'
import { powerOf, readGroup, readMachine } from './read-machine.ts'
import { Survey } from './survey.ts'

/** Seconds after which a machine that this process has never seen is gone; before, it may only not show yet. */
const settled = 30

type Ended = NonNullable<Instance['ended']>

/** What says nothing of the order that was asked about. */
const passing: ReadonlySet<string> = new Set([
  'permission-denied',
  'unavailable',
  'rate-limited',
  'unauthenticated',
])

/**
 * The machines as this process has seen them. Azure forgets a machine that is gone at once, and tells why one could not be made only to whoever has the address of the order: what was
 * seen, and what was ordered, tells more.
 */
export class Sightings {
  readonly #arm: Arm
  readonly #context: CloudContext
  readonly #addresses: Addresses
  readonly #survey: Survey
  readonly #seen = new Set<string>()
  readonly #made = new Map<string, Instance>()
  /** Ids of machines whose end was ordered here. */
  readonly #ordered = new Set<string>()
  /** Where to ask what became of the order that made a machine. */
  readonly #operations = new Map<string, string>()

  constructor(arm: Arm, context: CloudContext, group: string | undefined) {
    this.#arm = arm
    this.#context = context
    this.#addresses = new Addresses(arm)
    this.#survey = new Survey(arm, group, this)
  }

  /** It was ordered just now. */
  note(machine: Instance, operation: string | undefined): void {
    this.#made.set(machine.id, machine)
    if (operation !== undefined) this.#operations.set(machine.id, operation)
  }

  /** What was made here, and nobody has seen: it only does not show yet. */
  unseen(id: string): Instance | undefined {
    return this.#seen.has(id) || this.#ordered.has(id) ? undefined : this.#made.get(id)
  }

  isOwn(id: string): boolean {
    return this.#made.has(id)
  }

  /** Throws what `isGone` knows where there is none. */
  async look(where: Where, call: Call): Promise<Instance> {
    const path = `${machinePath(await this.#arm.subscription(call), where)}?$expand=instanceView&api-version=${versions.compute}`
    const { body } = await this.#arm.send({ method: 'GET', path }, call)
    const machine = body as ArmMachine
    const read = readMachine(machine, where.group)
    this.#seen.add(read.id)
    const ip = powerOf(machine) === 'running' ? await this.#addresses.of(machine, call) : undefined
    const ended = read.ended && (await this.#reasonOf(read, call))
    const state = this.#ordered.has(read.id) ? 'ending' : read.state
    return { ...read, state, ...(ip ? { ip } : {}), ...(ended ? { ended } : {}) }
  }

  /** The order itself says better why it has failed. */
  async #reasonOf(read: Instance, call: Call): Promise<Ended | undefined> {
    const operation = this.#operations.get(read.id)
    if (read.state !== 'remnant' || operation === undefined) return read.ended
    const failure = await failureOf(this.#arm, operation, call)
    if (!(failure instanceof Failure) || passing.has(failure.kind)) return read.ended
    const { kind, explanation } = failure
    const { said = '', code = '', why = '' } = explanation
    return { kind, code, text: [said, why].filter(Boolean).join(' ') }
  }

  /** Undefined while it may not show yet; `gone`, with a reason where one can be had. */
  async follow(known: Instance, signal?: AbortSignal): Promise<Instance | undefined> {
    const where = whereOf(known)
    if (!where) return undefined
    const call = { tried: `look at machine ${known.id}`, signal }
    try {
      return await this.look(where, call)
    } catch (error) {
      if (!isGone(error)) throw error
    }
    const ordered = this.#ordered.has(known.id)
    const old = this.#context.clock.now() / 1000 - known.launchedAt > settled
    if (!this.#seen.has(known.id) && !old && !ordered) return undefined
    const left = isAlone(where) ? await this.#group(where.group, call) : undefined
    return { ...known, state: left ? 'ending' : 'gone', ...(ordered ? {} : { ended: vanished(known) }) }
  }

  /** The group that was made for a machine, if it is still there. */
  async #group(group: string, call: Call): Promise<Instance | undefined> {
    try {
      const path = `${groupPath(await this.#arm.subscription(call), group)}?api-version=${versions.groups}`
      const { body } = await this.#arm.send({ method: 'GET', path }, call)
      return readGroup(body as ArmGroup)
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  async list(query: LeaseQuery, regions: readonly string[], signal?: AbortSignal): Promise<Listing> {
    if (regions.length === 0) return { machines: [], unreadable: [] }
    const listing = await orFailure(this.#survey.list(query, regions, signal), signal)
    if (!(listing instanceof Failure)) return listing
    return {
      machines: [],
      unreadable: regions.map((region) => ({ place: { cloud: 'azure', region }, failure: listing })),
    }
  }

  /** Absent = success. A group of its own goes as a whole, whatever has failed half-way in it. False where Azure says that there is nothing to remove. */
  async destroy(
    machine: MachineKey,
    signal?: AbortSignal,
    bound: Pick<Call, 'attempts'> = {},
  ): Promise<boolean> {
    const where = whereOf(machine)
    if (!where) return false
    const call = { tried: `remove machine ${machine.id}`, signal, ...bound }
    const subscription = await this.#arm.subscription(call)
    const path = isAlone(where)
      ? `${groupPath(subscription, where.group)}?forceDeletionTypes=Microsoft.Compute/virtualMachines&api-version=${versions.groups}`
      : `${machinePath(subscription, where)}?forceDeletion=true&api-version=${versions.compute}`
    const wasThere = await this.#arm.send({ method: 'DELETE', path }, call).then(
      ({ status }) => status !== 204,
      (error: unknown) => {
        if (!isGone(error)) throw error
        return false
      },
    )
    this.#ordered.add(idOf(where))
    return wasThere
  }
}

function vanished({ market }: Instance): Ended {
  return market === 'spot'
    ? {
        kind: 'capacity-unavailable',
        code: 'Gone',
        text: 'the spot machine is gone: Azure has taken it back, or somebody has removed it',
      }
    : { kind: 'unavailable', code: 'Gone', text: 'the machine is gone: it or somebody else has removed it' }
}
