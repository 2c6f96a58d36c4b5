import { eachOf } from '../../lib/abreast.ts'
import type { Call } from '../../lib/sending.ts'
import { Failure, orFailure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import { leaseTags, managedBy, tagOf, type LeaseQuery } from '../../model/lease.ts'
import type { Listing, Unreadable } from '../cloud.ts'
import { groupPath, versions, type Arm, type ArmGroup, type ArmMachine } from './arm.ts'
import { isGone } from './failures.ts'
import { machineOfGroup, whereIn, type Where } from './names.ts'
import { allPages } from './pages.ts'
import { readGroup, readMachine } from './read-machine.ts'
import { plainRegion } from './regions.ts'
import { plainTags } from './tags.ts'

/** From so many regions on, one question for the whole subscription is cheaper than one for each. */
const manyRegions = 8

/** Machines that are looked at at a time. */
const abreast = 8

/** What this process knows of machines. */
interface Known {
  look(where: Where, call: Call): Promise<Instance>
  /** What was made here, and nobody has seen. */
  unseen(id: string): Instance | undefined
  /** It was made here. */
  isOwn(id: string): boolean
}

interface Found {
  readonly marked: readonly ArmMachine[]
  readonly unreadable: readonly Unreadable[]
}

/**
 * What is there of ours. A listing says neither whether a machine is switched on nor, for a while, that it is there: so the groups that were made for machines are listed, and each machine is
 * looked at by its name, but to count by: that would be three questions for each of them, and hundreds may count at once. In a group that the user has named
 * nothing else is looked for.
 */
export class Survey {
  readonly #arm: Arm
  readonly #group: string | undefined
  readonly #known: Known

  constructor(arm: Arm, group: string | undefined, known: Known) {
    this.#arm = arm
    this.#group = group
    this.#known = known
  }

  /** Throws where the whole cannot be asked. */
  async list(query: LeaseQuery, regions: readonly string[], signal?: AbortSignal): Promise<Listing> {
    const [, value] = tagOf(query)
    const call = {
      tried: `list the machines of ${'scope' in query ? query.scope : `launch ${value}`}`,
      signal,
    }
    // One try: it is counted again later anyway, and lists are what Azure allows least of.
    if ('run' in query && query.roughly) return this.#roughly(query, regions, { ...call, attempts: 1 })
    const [groups, { marked, unreadable }] = await Promise.all([
      this.#group === undefined ? this.#groups(query, regions, call) : Promise.resolve([]),
      this.#marked(query, regions, call),
    ])
    const wheres = marked.flatMap(({ id }) => whereIn(id) ?? [])
    const blind = new Set(unreadable.map(({ place }) => place.region))
    const inGroups = await eachOf(
      groups.filter(({ location }) => !blind.has(plainRegion(location))),
      abreast,
      (group) => this.#ofGroup(group, call),
    )
    const others = wheres.filter(({ group }) => !groups.some(({ name }) => same(name, group)))
    const machines = await eachOf(others, abreast, (where) => this.#there(where, call))
    return { machines: [...inGroups, ...machines].flatMap((machine) => machine ?? []), unreadable }
  }

  async #roughly(query: LeaseQuery, regions: readonly string[], call: Call): Promise<Listing> {
    const { marked, unreadable } = await this.#marked(query, regions, call)
    const machines = await eachOf(marked, abreast, async (machine) => {
      const read = readMachine(machine)
      const where = this.#known.isOwn(read.id) && whereIn(machine.id)
      return where ? this.#there(where, call) : read
    })
    return { machines: machines.flatMap((machine) => machine ?? []), unreadable }
  }

  #marked(query: LeaseQuery, regions: readonly string[], call: Call): Promise<Found> {
    return this.#group === undefined
      ? this.#everywhere(query, regions, call)
      : this.#inGroup(this.#group, query, regions, call)
  }

  /** Groups that were made for machines, by what they carry. */
  async #groups(query: LeaseQuery, regions: readonly string[], call: Call): Promise<readonly ArmGroup[]> {
    const [key, value] = tagOf(query)
    const filter = encodeURIComponent(`tagName eq '${key}' and tagValue eq '${value.replaceAll("'", "''")}'`)
    const path = `/subscriptions/${await this.#arm.subscription(call)}/resourcegroups?$filter=${filter}&api-version=${versions.groups}`
    const found = await allPages<ArmGroup>(this.#arm, path, call)
    return found.filter(
      (group) =>
        machineOfGroup(group.name) !== undefined &&
        isMarked(group, query) &&
        regions.includes(plainRegion(group.location)),
    )
  }

  /** The machine in a group of its own; the group alone where there is none. */
  async #ofGroup(group: ArmGroup, call: Call): Promise<Instance> {
    const where = { group: group.name.toLowerCase(), name: machineOfGroup(group.name) ?? '' }
    const alone = readGroup(group)
    const machine = await this.#there(where, call)
    if (!machine) return (alone.state === 'remnant' && this.#known.unseen(alone.id)) || alone
    // What the group says is being removed, goes as a whole.
    return alone.state === 'ending' ? { ...machine, state: 'ending' } : machine
  }

  async #there(where: Where, call: Call): Promise<Instance | undefined> {
    try {
      return await this.#known.look(where, call)
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  async #everywhere(query: LeaseQuery, regions: readonly string[], call: Call): Promise<Found> {
    const base = `/subscriptions/${await this.#arm.subscription(call)}/providers/Microsoft.Compute`
    const paths =
      regions.length > manyRegions
        ? [{ regions, path: `${base}/virtualMachines?api-version=${versions.compute}` }]
        : regions.map((region) => ({
            regions: [region],
            path: `${base}/locations/${region}/virtualMachines?api-version=${versions.compute}`,
          }))
    const answers = await Promise.all(
      paths.map(async (asked) => ({
        asked,
        found: await orFailure(allPages<ArmMachine>(this.#arm, asked.path, call), call.signal),
      })),
    )
    return {
      marked: answers.flatMap(({ found }) =>
        found instanceof Failure ? [] : markedOf(found, query, regions),
      ),
      unreadable: answers.flatMap(({ asked, found }) =>
        found instanceof Failure
          ? asked.regions.map((region) => ({ place: { cloud: 'azure', region }, failure: found }))
          : [],
      ),
    }
  }

  async #inGroup(group: string, query: LeaseQuery, regions: readonly string[], call: Call): Promise<Found> {
    const base = groupPath(await this.#arm.subscription(call), group)
    const path = `${base}/providers/Microsoft.Compute/virtualMachines?api-version=${versions.compute}`
    const found = await allPages<ArmMachine>(this.#arm, path, call)
    return { marked: markedOf(found, query, regions), unreadable: [] }
  }
}

function markedOf(
  machines: readonly ArmMachine[],
  query: LeaseQuery,
  regions: readonly string[],
): readonly ArmMachine[] {
  return machines.filter(
    (machine) => isMarked(machine, query) && regions.includes(plainRegion(machine.location)),
  )
}

function isMarked({ tags }: Pick<ArmMachine, 'tags'>, query: LeaseQuery): boolean {
  const [key, value] = tagOf(query)
  const own = plainTags(tags)
  return own[key] === value && own[leaseTags.managedBy] === managedBy
}

/** Azure gives names of groups back in other letters than they were given in. */
function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
