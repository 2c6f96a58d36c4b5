import type { Ports } from '../ports.ts'
import { inTime, verbTimes } from '../removal/time-limit.ts'
import { endLeftovers } from './guard.ts'
import { takeForsaken } from './home.ts'
import type { HereOrder } from './order.ts'
import { clearPast } from './registration.ts'

/**
 * Ends what runners of this machine left running when they died, and takes their registrations away; with `label`, only of those that have it. Nothing of
 * one that works is touched. False where something stays, which has been told. Throws what the forge throws.
 */
export async function clearForsaken(
  order: HereOrder,
  ports: Ports,
  which: Parameters<typeof clearPast>[2] = {},
): Promise<boolean> {
  let all = true
  for (const home of takeForsaken(order, ports)) {
    try {
      const cleared = await inTime(ports, verbTimes.post, async (timed) => {
        await endLeftovers({ ...home, signal: order.own.program.signals.now }, timed.clock)
        return clearPast(home, timed, which)
      })
      all &&= cleared
    } finally {
      home.release()
    }
  }
  return all
}
