import { prune } from '../removal/prune.ts'
import type { Ports } from '../ports.ts'
import { leaseTags, type Lease } from '../model/lease.ts'
import type { Composition } from './compose.ts'
import { leaseOf, orderOf } from './order.ts'
import type { Work } from './work.ts'

/** Launches, or tells what a launch would decide. */
export async function runLaunch(composition: Composition, dist: string, work: Work): Promise<void> {
  const { ports, values } = composition
  const order = await orderOf(composition, leaseOf(composition), dist)
  if (!values['dry-run']) {
    const regions = ports.cloud.regionsOf(values['cloud-region'])
    work.left = () => leftLines(order.lease, regions, ports)
    work.later = `The ${ports.host.postStep} removes what this launch made.`
    const { launch } = await import('../launch/launch.ts')
    await launch(order, ports)
    if (!ports.host.postFollows) await prune(regions, ports, order.lease)
    return
  }
  const { dryRun } = await import('../launch/dry-run.ts')
  const { lines, data } = await dryRun(order, ports)
  // They are what was asked for: on stdout, however little is to be logged.
  ports.host.print(values.json ? JSON.stringify(data, undefined, 2) : lines.join('\n'))
}

function leftLines(
  { identity, name, expiresAt }: Lease,
  regions: readonly string[],
  { cloud, forge }: Ports,
): readonly string[] {
  return [
    `Stopped before the removal was confirmed. Look in ${cloud.name} ${regions.join(', ')} for machines with the tag ${leaseTags.identity}=${identity}; they end by themselves at ${new Date(expiresAt * 1000).toISOString()} at the latest.`,
    `Look for runner ${name} at ${forge.runnersPage}.`,
  ]
}
