import type { Lease } from '../model/lease.ts'
import { isOfTry, sameTry, wishOf, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports, RemovalTarget } from './order.ts'
import { patientPace, remove } from './remove.ts'
import { findMachines } from './survey.ts'
import { livingOf } from './twins.ts'

/**
 * Two tries of one launch can make a machine each, on different candidates, when listings lag. Only one of them can register under the
 * launch's name: when ours did not, and there is the machine of another try, ours is ended and the other one is the launch's.
 */
export async function yieldToTwin(
  { lease }: { readonly lease: Lease },
  target: RemovalTarget,
  ports: Ports,
): Promise<Owned | undefined> {
  const { host } = ports
  const { ours } = await findMachines(wishOf(lease), target.regions, ports, host.signal).catch(() => ({
    ours: [] as readonly Owned[],
  }))
  const twin = livingOf(ours.filter((machine) => !sameTry(machine.lease, lease)))
  if (!twin) return undefined
  host.log.info(`Another try of this very launch has made ${twin.id}: ending our own.`)
  await remove(target, ports, patientPace, host.signal)
  return twin
}

/**
 * Takes away what this try has registered in advance, once it turns out that the machine is another try's, which has a registration of its own:
 * where a forge takes two of one name, ours would be waited for in vain.
 */
export async function withdraw({ lease }: { readonly lease: Lease }, { forge, host }: Ports): Promise<void> {
  const isUnused = (seen: Runner): boolean => seen.connected === false && isOfTry(seen, lease)
  const runner = await forge.findRunner(lease.name, host.signal, isUnused)
  if (runner) await forge.unregister(runner, host.signal)
}
