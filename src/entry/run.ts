import type { Composition } from './compose.ts'
import type { Work } from './work.ts'

/** Runs the command that was asked for; what only some need is loaded by those. */
export async function run(composition: Composition, dist: string, work: Work): Promise<void> {
  switch (composition.command) {
    case 'stop':
      return (await import('./run-stop.ts')).runStop(composition, work)
    case 'sweep':
      return (await import('./run-sweep.ts')).runSweep(composition)
    case 'list':
      return (await import('./run-list.ts')).runList(composition)
    default:
      return (await import('./run-launch.ts')).runLaunch(composition, dist, work)
  }
}
