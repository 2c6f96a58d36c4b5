import { Failure, joinFailures } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import type { LeaseQuery } from '../model/lease.ts'
import { isManaged, objectionTo, oursOf, type Owned, type Wish } from '../model/ownership.ts'
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
export async function findMachines(
  wish: Wish,
  regions: readonly string[],
  { cloud, host }: Pick<Ports, 'cloud' | 'host'>,
  signal?: AbortSignal,
): Promise<Found> {
  const machines = await cloud.list(queryOf(wish), regions, signal)
  return sorted(machines, wish, { cloud, host })
}

/** One machine of which only the id is known. Undefined while the cloud does not show it. */
export async function findById(
  known: Instance,
  wish: Wish,
  ports: Pick<Ports, 'cloud' | 'host'>,
  signal?: AbortSignal,
): Promise<Found | undefined> {
  const machine = await ports.cloud.look(known, signal)
  if (!machine) return undefined
  if (machine.state === 'gone') return { ours: [], strangers: [] }
  return sorted([machine], wish, ports)
}

function sorted(
  machines: readonly Instance[],
  wish: Wish,
  { cloud, host }: Pick<Ports, 'cloud' | 'host'>,
): Found {
  const strangers = machines.filter((machine) => {
    const objection = objectionTo(machine, wish)
    if (objection !== undefined) tellOnce(machine, objection, { cloud, host })
    return objection !== undefined
  })
  return { ours: oursOf(machines, wish), strangers }
}

function queryOf({ scope, identity, run }: Wish): LeaseQuery {
  if (identity !== undefined) return { identity }
  return run === undefined ? { scope } : { run }
}

/** Of each cloud that is open: what has been told already. */
const told = new WeakMap<object, Set<string>>()

function tellOnce(
  machine: Instance,
  objection: string,
  { cloud, host }: Pick<Ports, 'cloud' | 'host'>,
): void {
  const before = told.get(cloud) ?? new Set()
  told.set(cloud, before)
  if (before.has(machine.id)) return
  before.add(machine.id)
  const way = machine.damage ? ` If it is of no use, remove it with: ${cloud.removalCommand(machine)}` : ''
  host.log.warn(`Machine ${machine.id} in ${machine.region} is left alone: ${objection}.${way}`)
}

export interface Survey extends Found {
  /** The regions that could be looked in. "Nothing found" says nothing about another one. */
  readonly readable: ReadonlySet<string>
  /** One Failure about all that could not; none when there is none. */
  readonly problems: readonly Failure[]
}

/** The same in all the regions at once. A region that can not be read is told, and hides no other. Throws what is no Failure. */
export async function surveyMachines(
  wish: Wish,
  regions: readonly string[],
  ports: Pick<Ports, 'cloud' | 'host'>,
  signal?: AbortSignal,
): Promise<Survey> {
  const looks = await Promise.all(
    regions.map(async (region) => ({
      region,
      answer: await orFailure(findMachines(wish, [region], ports, signal), signal),
    })),
  )
  const unreadable = looks.flatMap(({ region, answer }) =>
    answer instanceof Failure ? [{ region, failure: answer }] : [],
  )
  const found = looks.flatMap(({ answer }) => (answer instanceof Failure ? [] : [answer]))
  const blind = new Set(unreadable.map(({ region }) => region))
  return {
    ours: found.flatMap(({ ours }) => ours),
    strangers: found.flatMap(({ strangers }) => strangers),
    readable: new Set(regions.filter((region) => !blind.has(region))),
    problems: blindness(unreadable, ports.cloud.name),
  }
}

/** Every registration of ours in the scope, whatever its state; the Failure when they can not be read. Throws what is no Failure. */
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

/** A Failure is an answer, so that one silence does not hide what another read has found; a cancel is none. */
async function orFailure<T>(read: Promise<T>, signal?: AbortSignal): Promise<T | Failure> {
  try {
    return await read
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Failure) return error
    throw error
  }
}

function blindness(
  unreadable: readonly { readonly region: string; readonly failure: Failure }[],
  cloud: string,
): readonly Failure[] {
  const [first] = unreadable
  if (!first) return []
  const whole = joinFailures(unreadable.map(({ failure }) => failure))
  const explanation = {
    tried: `look in every region of ${cloud}`,
    said: `${unreadable.length} could not be read: ${unreadable.map(({ region }) => region).join(', ')}`,
    why: 'What is in a region that can not be read is not known, so "nothing is there" can not be said.',
    fix: 'give these credentials the right to list machines there, or name the regions to look in with `cloud-region`.',
    details: whole.message.split('\n'),
  }
  return [new Failure(first.failure.kind, explanation)]
}
