import { Failure } from '../model/failure.ts'
import type { Lease } from '../model/lease.ts'
import { isOfTry, sameTry, wishOf, type Owned, type Wish } from '../model/ownership.ts'
import type { Place } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { patientPace, remove } from '../removal/remove.ts'
import type { RemovalTarget } from '../removal/removal-target.ts'
import { findMachines } from '../removal/survey.ts'
import type { LaunchOrder } from './order.ts'

/** How long a machine that another try has ordered may stay out of listings: looks, and milliseconds between them. */
const patience = { looks: 12, spacing: 1_000 } as const

/** A living machine of this launch that another try is about to make, or has just made: listings may not show it yet. */
export function awaitTwin({ lease, request }: LaunchOrder, ports: Ports): Promise<Owned | undefined> {
  return awaitMachine(wishOf(lease), ports.clouds.placesOf(request.regions), ports)
}

/** The same for any launch. */
export async function awaitMachine(
  wish: Wish,
  places: readonly Place[],
  ports: Ports,
): Promise<Owned | undefined> {
  const { clock, signal } = ports
  for (let looks = 1; ; looks++) {
    const machine = livingOf((await findMachines(wish, places, ports, signal)).ours)
    if (machine || looks >= patience.looks) return machine
    await clock.sleep(patience.spacing, signal)
  }
}

/** One to take over, if any: not one that ends. */
export function livingOf(machines: readonly Owned[]): Owned | undefined {
  return machines.find(({ ended, state }) => !ended && (state === 'pending' || state === 'running'))
}

/** Two tries of one launch at once can ask for the same registration; whoever comes second leaves it to the first, which has a machine for it. */
export function isTwinAtWork(failure: unknown): failure is Failure {
  return failure instanceof Failure && failure.kind === 'conflict'
}

/**
 * Two tries of one launch can make a machine each, on different candidates, when listings lag. Only one of them can register under the
 * launch's name: when ours did not, and there is the machine of another try, ours is ended and the other one is the launch's.
 */
export async function yieldToTwin(
  { lease }: { readonly lease: Lease },
  target: RemovalTarget,
  ports: Ports,
): Promise<Owned | undefined> {
  const { host, signal } = ports
  const { ours } = await findMachines(wishOf(lease), target.places, ports, signal).catch(() => ({
    ours: [] as readonly Owned[],
  }))
  const twin = livingOf(ours.filter((machine) => !sameTry(machine.lease, lease)))
  if (!twin) return undefined
  host.log.info(`Another try of this very launch has made ${twin.id}: ending our own.`)
  await remove(target, ports, patientPace, signal)
  return twin
}

/**
 * Takes away what this try has registered in advance, once it turns out that the machine is another try's, which has a registration of its own:
 * where a forge takes two of one name, ours would be waited for in vain.
 */
export async function withdraw(
  { lease }: { readonly lease: Lease },
  { forge, signal }: Ports,
): Promise<void> {
  const isUnused = (seen: Runner): boolean => seen.connected === false && isOfTry(seen, lease)
  const runner = await forge.findRunner(lease.name, signal, isUnused)
  if (runner) await forge.unregister(runner, signal)
}
