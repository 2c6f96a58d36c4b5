import { sameTry, wishOf, type Owned } from '../model/ownership.ts'
import { findMachines } from '../removal/survey.ts'
import type { Leg } from './leg.ts'
import { livingOf } from './living.ts'
import { removeAttempt } from './undo.ts'

/**
 * Two tries of one launch can make a machine each, on different candidates, when listings lag. Only one of them can register under the
 * launch's name: when ours did not, and there is the machine of another try, ours is ended and the other one is the launch's.
 */
export async function yieldToTwin(leg: Leg): Promise<Owned | undefined> {
  const { order, ports } = leg
  const { lease } = order
  const { host, signal } = ports
  if (signal.aborted) return undefined
  const places = ports.clouds.placesOf(order.request.regions)
  const { ours } = await findMachines(wishOf(lease), places, ports, signal).catch(() => ({
    ours: [] as readonly Owned[],
  }))
  const twin = livingOf(ours.filter((machine) => !sameTry(machine.lease, lease)))
  if (!twin) return undefined
  host.log.info(`Another try of this very launch has made ${twin.id}: ending our own.`)
  await removeAttempt(leg)
  return twin
}
