import type { Instance } from '../model/instance.ts'
import { sameTry, type Lease } from '../model/lease.ts'
import { runOfRunner, type Runner } from '../model/runner.ts'
import type { Ports, RemovalTarget } from './order.ts'
import { patientPace, remove } from './remove.ts'
import { livingOf } from './twins.ts'

/** Is the runner on a machine of this very try? Its labels carry the time of whoever made its machine. */
export function isOfTry(runner: Runner, { dueAt }: Lease): boolean {
  return (runOfRunner(runner)?.dueAt ?? dueAt) === dueAt
}

/**
 * Two tries of one launch can make a machine each, on different candidates, when listings lag. Only one of them can register under the
 * launch's name: when ours did not, and there is the machine of another try, ours is ended and the other one is the launch's.
 */
export async function yieldToTwin(
  { lease }: { readonly lease: Lease },
  target: RemovalTarget,
  ports: Ports,
): Promise<Instance | undefined> {
  const { cloud, host } = ports
  const machines = await cloud
    .list({ identity: lease.identity }, target.regions, host.signal)
    .catch((): readonly Instance[] => [])
  const twin = livingOf(
    machines.filter((machine) => machine.lease !== undefined && !sameTry(machine.lease, lease)),
  )
  if (!twin) return undefined
  host.log.info(`Another try of this very launch has made ${twin.id}: ending our own.`)
  await remove(target, ports, patientPace, host.signal)
  return twin
}
