import type { Place } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import { Attempts } from './attempts.ts'
import { launch } from './launch.ts'
import type { LaunchOrder } from './order.ts'
import type { Found } from './reuse-instead.ts'
import { Story } from './story.ts'

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
  const { reused, passed } = await lookFirst(order, ports)
  if (reused) return
  const outputs = await launch(order, ports)
  const { tellOlder } = await import('./at-once.ts')
  await tellOlder(order, outputs, passed, ports)
  await tidyUp(order, places, ports)
}

async function lookFirst(order: LaunchOrder, ports: Ports): Promise<Found> {
  const { reuseInstead } = await import('./reuse-instead.ts')
  try {
    return await reuseInstead(order, ports)
  } catch (failure) {
    const { failedPage } = await import('./failed-page.ts')
    const untried = { attempts: new Attempts(ports), story: new Story(ports.clock), ports }
    if (!ports.signal.aborted) await ports.host.summary(failedPage(failure, '', untried))
    throw failure
  }
}

async function tidyUp({ lease }: LaunchOrder, places: readonly Place[], ports: Ports): Promise<void> {
  if (ports.host.postFollows) return
  const { prune } = await import('../removal/prune.ts')
  await prune(places, ports, lease)
}
