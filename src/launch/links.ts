import type { Link } from '../hosts/host.ts'
import type { Ports } from '../ports.ts'
import type { Online } from './wait.ts'

/** Pages that people want after a launch. */
export function linksOf({ instance, runner }: Online, { clouds, forge }: Ports): readonly Link[] {
  const page = clouds.of(instance).machinePage(instance)
  return [
    ...(page === undefined
      ? []
      : [{ label: `Machine ${instance.id} (${instance.cloud}, ${instance.region})`, url: page }]),
    { label: `Runner ${runner.name}`, url: forge.runnerPage(runner) },
  ]
}
