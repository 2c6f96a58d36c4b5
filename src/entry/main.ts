import { githubActionsHost } from '../hosts/github-actions.ts'
import { exitCodeOf } from '../hosts/signals.ts'
import { systemClock } from '../lib/clock.ts'
import { compose } from './compose.ts'
import { conclude } from './conclude.ts'
import { obey } from './commands.ts'
import { workingOn } from './working-on.ts'

/** The action's step. Returns the exit code. */
export async function main(dist: string, argv: readonly string[]): Promise<number> {
  if (argv[0] === workingOn) return (await import('./here.ts')).hereDoor()
  const host = githubActionsHost('main')
  return Promise.race([
    conclude(host, async (work) => obey(await compose(host, host.readOptions()), dist, work)),
    overdue(host.signal),
  ])
}

/** The post step undoes a cancelled launch, and gets its time only once this process has ended. */
async function overdue(signal: AbortSignal): Promise<number> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  await systemClock.sleep(1_500)
  return exitCodeOf(signal.reason)
}
