import { prune } from '../launch/prune.ts'
import type { Composition } from './compose.ts'

/** Launches, or tells what a launch would decide. */
export async function runLaunch({ order, ports, values }: Composition): Promise<void> {
  if (!values['dry-run']) {
    const { launch, targetOf } = await import('../launch/launch.ts')
    await launch(order, ports)
    if (!ports.host.postFollows) await prune(targetOf(order, ports).regions, ports)
    return
  }
  const { dryRun } = await import('../launch/dry-run.ts')
  const lines = await dryRun(order, ports)
  const { log } = ports.host
  // They are what was asked for, however little of the rest is to be logged.
  if (log.level !== 'debug') log.level = 'info'
  for (const line of lines) log.info(line)
}
