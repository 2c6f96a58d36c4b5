import { Failure } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import { claims, isOfTry, sameTry, wishOf, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { attempt } from './attempt.ts'
import { freeName } from './free-name.ts'
import type { Leg } from './leg.ts'
import { awaitLiving, livingOf } from './living.ts'
import type { LaunchOrder } from './order.ts'

/** A machine of this launch, and whose it is. */
export type Made =
  | { readonly own: Owned }
  /** Of another try of the very launch, which is to be taken over. */
  | { readonly twin: Owned }

interface Traces {
  /** What carries our identity. */
  readonly machines: readonly Owned[]
  readonly namesake: Runner | undefined
}

/**
 * The living machine of an earlier try. A registration of our own identity has one, or is about to get it, unless whoever made it has died: listings
 * may only lag behind. Where it has connected and is offline, that was long ago.
 */
export async function earlierTwin(
  { machines, namesake }: Traces,
  order: LaunchOrder,
  ports: Ports,
): Promise<Owned | undefined> {
  const seen = livingOf(machines)
  if (seen) return seen
  if (!namesake || !claims(namesake, wishOf(order.lease))) return undefined
  if (!namesake.online && namesake.connected !== false) return undefined
  ports.host.log.info(`Runner ${namesake.name} is of an earlier try of this step: looking for its machine.`)
  return awaitTwin(order, ports)
}

function awaitTwin({ lease, request }: LaunchOrder, ports: Ports): Promise<Owned | undefined> {
  return awaitLiving(wishOf(lease), ports.clouds.placesOf(request.regions), ports)
}

/** Attempts one candidate. Undefined, with the refusal noted, when the next one may still succeed. */
export async function attemptBesideTwins(candidate: Candidate, leg: Leg): Promise<Made | undefined> {
  const { lease } = leg.order
  const machine = (await registeringTwin(candidate, leg)) ?? (await attempt(candidate, leg))
  if (!machine) return undefined
  if (sameTry(machine.lease, lease)) return { own: machine }
  await withdraw(leg)
  return { twin: machine }
}

/**
 * Registers for a candidate. A twin that registers at this very moment makes a machine for that: it is looked for, and when none comes the twin has
 * died.
 */
async function registeringTwin(
  candidate: Candidate,
  { order, registrations, ports }: Leg,
): Promise<Owned | undefined> {
  try {
    await registrations.for(candidate)
    return undefined
  } catch (error) {
    if (!isTwinAtWork(error)) throw error
  }
  ports.host.log.info(
    'Another try of this very launch registers its runner at this moment: looking for its machine.',
  )
  const twin = await awaitTwin(order, ports)
  if (twin) return twin
  const namesake = await ports.forge.findRunner(order.lease.name, ports.signal)
  await freeName(order, { twin, namesake }, ports)
  registrations.forget()
  return undefined
}

/** Two tries of one launch at once can ask for the same registration; whoever comes second leaves it to the first, which has a machine for it. */
function isTwinAtWork(failure: unknown): failure is Failure {
  return failure instanceof Failure && failure.kind === 'conflict'
}

/**
 * Takes away what this try has registered in advance, once it turns out that the machine is another try's, which has a registration of its own:
 * where a forge takes two of one name, ours would be waited for in vain.
 */
async function withdraw({ order: { lease }, ports: { forge, signal } }: Leg): Promise<void> {
  const isUnused = (seen: Runner): boolean => seen.connected === false && isOfTry(seen, lease)
  const runner = await forge.findRunner(lease.name, signal, isUnused)
  if (runner) await forge.unregister(runner, signal)
}
