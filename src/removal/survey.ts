import type { Unreadable } from '../clouds/cloud.ts'
import { Failure, joinFailures, orFailure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import type { LeaseQuery } from '../model/lease.ts'
import { isManaged, objectionTo, oursOf, type Owned, type Wish } from '../model/ownership.ts'
import { placeKey, renderPlaces, type Place } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'

export interface Found {
  /** Those that say themselves that they are what was wished. */
  readonly ours: readonly Owned[]
  /** Those that carry a tag of it and are not ours to touch. */
  readonly strangers: readonly Instance[]
}

/**
 * The one look at machines. What is not ours, although it carries what was looked for, is told once and left: whoever may tag in the
 * account can write any tag, and a tag can be damaged.
 */
export async function lookIn(
  wish: Wish,
  places: readonly Place[],
  ports: Pick<Ports, 'clouds' | 'host'>,
  signal?: AbortSignal,
): Promise<Found & { readonly unreadable: readonly Unreadable[] }> {
  const { machines, unreadable } = await ports.clouds.list(queryOf(wish), places, signal)
  return { ...sorted(machines, wish, ports), unreadable }
}

/** The same where nothing may be missed: throws when one of the places cannot be read. */
export async function findMachines(
  wish: Wish,
  places: readonly Place[],
  ports: Pick<Ports, 'clouds' | 'host'>,
  signal?: AbortSignal,
): Promise<Found> {
  const { unreadable, ...found } = await lookIn(wish, places, ports, signal)
  if (unreadable.length > 0) throw joinFailures(unreadable.map(({ failure }) => failure))
  return found
}

/** One machine of which only the id is known. Undefined while the cloud does not show it. */
export async function findById(
  known: Instance,
  wish: Wish,
  ports: Pick<Ports, 'clouds' | 'host'>,
  signal?: AbortSignal,
): Promise<Found | undefined> {
  const machine = await ports.clouds.of(known).look(known, signal)
  if (!machine) return undefined
  if (machine.state === 'gone') return { ours: [], strangers: [] }
  return sorted([machine], wish, ports)
}

function sorted(machines: readonly Instance[], wish: Wish, ports: Pick<Ports, 'clouds' | 'host'>): Found {
  const strangers = machines.filter((machine) => {
    const objection = objectionTo(machine, wish)
    if (objection !== undefined) tellOnce(machine, objection, ports)
    return objection !== undefined
  })
  return { ours: oursOf(machines, wish), strangers }
}

function queryOf({ scope, identity, run, roughly = false }: Wish): LeaseQuery {
  if (identity !== undefined) return { identity }
  return run === undefined ? { scope } : { run, roughly }
}

/** By the clouds that are open: what has been told already. */
const told = new WeakMap<object, Set<string>>()

function tellOnce(
  machine: Instance,
  objection: string,
  { clouds, host }: Pick<Ports, 'clouds' | 'host'>,
): void {
  const before = told.get(clouds) ?? new Set()
  told.set(clouds, before)
  if (before.has(`${placeKey(machine)} ${machine.id}`)) return
  before.add(`${placeKey(machine)} ${machine.id}`)
  const { damage } = machine
  const way = damage
    ? ` If it is of no use, remove it with: ${clouds.of(machine).removalCommand(machine)}`
    : ''
  host.log.warn(`Machine ${machine.id} in ${machine.region} is left alone: ${objection}.${way}`)
}

export interface Survey extends Found {
  /** Keys of the places that could be looked in. "Nothing found" says nothing about another one. */
  readonly readable: ReadonlySet<string>
  /** One Failure about all that could not; none when there is none. */
  readonly problems: readonly Failure[]
}

/** The same where something may be missed: a place that cannot be read is told, and hides no other. Throws what is no Failure. */
export async function surveyMachines(
  wish: Wish,
  places: readonly Place[],
  ports: Pick<Ports, 'clouds' | 'host'>,
  signal?: AbortSignal,
): Promise<Survey> {
  const { ours, strangers, unreadable } = await lookIn(wish, places, ports, signal)
  const blind = new Set(unreadable.map(({ place }) => placeKey(place)))
  return {
    ours,
    strangers,
    readable: new Set(places.map(placeKey).filter((key) => !blind.has(key))),
    problems: blindness(unreadable),
  }
}

/** Every registration of ours in the scope, whatever its state; the Failure when they cannot be read. Throws what is no Failure. */
export function listOurs(
  { forge }: Pick<Ports, 'forge'>,
  signal?: AbortSignal,
): Promise<readonly Runner[] | Failure> {
  const read = async (): Promise<readonly Runner[]> => {
    const ours: Runner[] = []
    for await (const page of forge.listRunners(signal, 'ours')) ours.push(...page.filter(isManaged))
    return ours
  }
  return orFailure(read(), signal)
}

/** What it means that places could not be read: one Failure, or none. */
export function blindness(unreadable: readonly Unreadable[]): readonly Failure[] {
  const [first] = unreadable
  if (!first) return []
  const places = unreadable.map(({ place }) => place)
  const clouds = [...new Set(places.map(({ cloud }) => cloud))]
  const names = clouds.length > 1 ? renderPlaces(places) : places.map(({ region }) => region).join(', ')
  const whole = joinFailures(unreadable.map(({ failure }) => failure))
  const explanation = {
    tried: `look in every region of ${clouds.join(' and ')}`,
    said: `${unreadable.length} could not be read: ${names}`,
    why: 'What is in a region that cannot be read is not known, so "nothing is there" cannot be said.',
    fix: 'give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.',
    details: whole.message.split('\n'),
  }
  return [new Failure(first.failure.kind, explanation)]
}
