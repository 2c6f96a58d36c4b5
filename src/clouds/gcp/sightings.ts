import { Failure, orFailure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import { keyOf, leaseTags, managedBy, type LeaseQuery } from '../../model/lease.ts'
import type { MachineKey } from '../../model/place.ts'
import type { CloudContext, Listing, Unreadable } from '../cloud.ts'
import type { Compute, GceInstance, Where } from './compute.ts'
import { Ends } from './ends.ts'
import { isNotFound } from './failures.ts'
import { whereOf } from './names.ts'
import { isStopping, readInstance } from './read-instance.ts'
import { regionOf } from './regions.ts'
import type { Call } from '../../lib/sending.ts'

/**
 * Seconds after which a machine that this process has never seen is gone; before, it may only not show yet. Few, since its launch has waited for the end of the
 * operation that made it, and Compute Engine shows such a machine.
 */
const settled = 10

/**
 * The machines as this process has seen them. Compute Engine forgets a machine at once, and shows one that is deleted like one that is switched off: what
 * was seen, and what was ordered, tells them apart.
 */
export class Sightings {
  readonly #compute: Compute
  readonly #context: CloudContext
  readonly #ends: Ends
  /** Machines that were there, by id. */
  readonly #seen = new Map<string, { readonly machine: Instance; readonly number: string }>()
  /** Those that were made and that nobody has seen. */
  readonly #made = new Map<string, { readonly machine: Instance; readonly number: string }>()
  /** Ids of machines whose end was ordered here. */
  readonly #ordered = new Set<string>()

  constructor(compute: Compute, context: CloudContext) {
    this.#compute = compute
    this.#context = context
    this.#ends = new Ends(compute, context)
  }

  /** It was made, as its operation says, and could not be looked at: it may not show yet, or be gone already. */
  note(machine: Instance, number: string): void {
    this.#made.set(machine.id, { machine, number })
  }

  /** Throws `not-found` where there is none. */
  async look(where: Where, call: Call): Promise<Instance | undefined> {
    return this.#read(await this.#compute.get(where, call), call.signal)
  }

  /** Undefined while it may not show yet; `gone`, with a reason where one can be had. */
  async follow(known: Instance, signal?: AbortSignal): Promise<Instance | undefined> {
    const where = whereOf(known)
    if (!where) return undefined
    try {
      return await this.look(where, { tried: `look at machine ${known.id}`, signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    const seen = this.#seen.get(known.id)
    const old = this.#context.clock.now() / 1000 - known.launchedAt > settled
    if (!seen && !old && !this.#ordered.has(known.id)) return undefined
    const was = seen ?? this.#made.get(known.id)
    const ended =
      was && !this.#ordered.has(known.id)
        ? await this.#ends.ofGone(was.machine, was.number, signal)
        : undefined
    return { ...known, state: 'gone', ...(ended ? { ended } : {}) }
  }

  /** As `find`; what nobody may ask is told of each region. */
  async list(query: LeaseQuery, regions: readonly string[], signal?: AbortSignal): Promise<Listing> {
    const found = await orFailure(this.find(query, regions, signal), signal)
    if (!(found instanceof Failure)) return found
    const unreadable = regions.map((region) => ({ place: { cloud: 'gcp', region }, failure: found }))
    return { machines: [], unreadable }
  }

  /** One question for all zones of the project; those of other regions are left out. Throws where the whole cannot be asked. */
  async find(query: LeaseQuery, regions: readonly string[], signal?: AbortSignal): Promise<Listing> {
    if (regions.length === 0) return { machines: [], unreadable: [] }
    const [key, value] = keyOf(query)
    const filter = `(labels.${leaseTags.managedBy} = "${managedBy}") AND (labels.${key} = "${value}")`
    const what = 'scope' in query ? query.scope : `launch ${value}`
    const { instances, unreadable } = await this.#compute.list(filter, {
      tried: `list the machines of ${what}`,
      signal,
    })
    const wanted = new Set(regions)
    const there = instances
      // A filter may be read more widely than it was meant.
      .filter(({ labels }) => labels?.[key] === value && labels[leaseTags.managedBy] === managedBy)
      .filter(({ zone }) => wanted.has(regionOf(zone?.split('/').at(-1) ?? '')))
    const machines = await Promise.all(there.map((machine) => this.#read(machine, signal)))
    return { machines, unreadable: unreadableOf(unreadable, wanted) }
  }

  /** Absent = success. */
  async destroy(machine: MachineKey, signal?: AbortSignal): Promise<void> {
    const where = whereOf(machine)
    if (!where) return
    this.#ordered.add(machine.id)
    try {
      await this.#compute.delete(where, { tried: `remove machine ${machine.id}`, signal })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async #read(found: GceInstance, signal?: AbortSignal): Promise<Instance> {
    const machine = readInstance(found)
    this.#seen.set(machine.id, { machine, number: found.id ?? '' })
    if (this.#ordered.has(machine.id) && isStopping(found)) return { ...machine, state: 'ending' }
    if (!isStopping(found)) return machine
    return { ...machine, ended: await this.#ends.ofStopped(machine, found, signal) }
  }
}

/** Told by region: a place is one, and half of it says nothing of the whole. */
function unreadableOf(
  unreadable: readonly { readonly zone: string; readonly said: string }[],
  wanted: ReadonlySet<string>,
): readonly Unreadable[] {
  const byRegion = new Map<string, string[]>()
  for (const { zone, said } of unreadable) {
    const region = regionOf(zone)
    if (wanted.has(region)) byRegion.set(region, [...(byRegion.get(region) ?? []), `${zone}: ${said}`])
  }
  return [...byRegion].map(([region, texts]) => ({
    place: { cloud: 'gcp', region },
    failure: new Failure('unavailable', {
      tried: `look for machines in ${region}`,
      said: texts.join('; '),
      fix: 'try again later; see https://status.cloud.google.com.',
    }),
  }))
}
