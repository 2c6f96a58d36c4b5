import type { Place } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import { prune } from '../removal/prune.ts'
import { launch } from './launch.ts'
import type { LaunchOrder } from './order.ts'

/**
 * Launches, and where no post step follows takes away what that step would: the scope's registrations without a machine. Where a runner that is there
 * is to be used, it is looked for first.
 */
export async function launchAndPrune(
  order: LaunchOrder,
  places: readonly Place[],
  ports: Ports,
): Promise<void> {
  if (order.reuse) return reuseOrLaunch(order, places, ports)
  await launch(order, ports)
  await tidyUp(order, places, ports)
}

async function reuseOrLaunch(order: LaunchOrder, places: readonly Place[], ports: Ports): Promise<void> {
  const { reuseInstead } = await import('./reuse-instead.ts')
  const { reused, passed } = await reuseInstead(order, ports)
  if (reused) return
  const outputs = await launch(order, ports)
  const { tellOlder } = await import('./at-once.ts')
  await tellOlder(order, outputs, passed, ports)
  await tidyUp(order, places, ports)
}

async function tidyUp({ lease }: LaunchOrder, places: readonly Place[], ports: Ports): Promise<void> {
  if (!ports.host.postFollows) await prune(places, ports, lease)
}
