import type { Place } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import { prune } from '../removal/prune.ts'
import { launch } from './launch.ts'
import type { LaunchOrder } from './order.ts'

/** Launches, and where no post step follows takes away what that step would: the scope's registrations without a machine. */
export async function launchAndPrune(
  order: LaunchOrder,
  places: readonly Place[],
  ports: Ports,
): Promise<void> {
  await launch(order, ports)
  if (!ports.host.postFollows) await prune(places, ports, order.lease)
}
