import { Failure, orFailure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'
import { findById } from './survey.ts'

/**
 * Looks whether what only the boot needed is out of the reach of the machine's jobs, as it was ordered when its runner came online: an order whose answer is
 * heard may still come to nothing. What stays is taken out once more, and told. A machine that is known by hearsay is believed for its own lease alone.
 * Throws the signal's reason alone.
 */
export async function readBackConcealment(
  { identity, run, hearsay = [] }: Pick<RemovalTarget, 'identity' | 'run' | 'hearsay'>,
  ports: Ports,
): Promise<void> {
  const { clouds, forge, host, signal } = ports
  const wish = { scope: forge.scope, identity, ...(run === undefined ? {} : { run }) }
  for (const known of hearsay) {
    const cloud = clouds.of(known)
    if (cloud.limits.conceals !== true) continue
    const found = await orFailure(findById(known, wish, ports, signal), signal)
    if (found instanceof Failure) host.log.debug(found.message)
    else
      for (const machine of found?.ours ?? []) {
        const readable = await cloud.conceal(machine, signal)
        if (readable !== undefined) host.log.warn(readable)
      }
  }
}
