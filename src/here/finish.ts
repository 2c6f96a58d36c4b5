import { uniqueLabel } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { Trail } from '../removal/trail.ts'
import { clearForsaken } from './forsaken.ts'
import type { HereOrder } from './order.ts'

/** ms for a forge that has yet to hear that the job is over. */
const patience = 60_000

/**
 * What follows the step that was this machine's runner: that step has removed its registration itself, unless it was killed. No machine is looked for, since
 * none was made. Throws what the forge throws.
 */
export async function finishHere(
  order: HereOrder,
  { reused }: Pick<Trail, 'reused'>,
  ports: Ports,
): Promise<void> {
  const { log } = ports.host
  if (reused)
    return log.info(
      'A runner that was there is used, and stays: nothing was started, and nothing is removed.',
    )
  const label = uniqueLabel(order.lease.identity)
  if (await clearForsaken(order, ports, { label, patience }))
    log.info('This machine itself was the runner, and stays. Nothing of the runner is left.')
}
