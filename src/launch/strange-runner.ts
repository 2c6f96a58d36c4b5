import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import type { Online } from './wait.ts'

export function registeredByTwin({ runner, instance }: Online): Failure {
  return new Failure('conflict', {
    tried: `hand ${instance.id} over`,
    said: `runner ${runner.name} is on the machine of another try of this very launch, which cannot be seen`,
    fix: 'start a launch once, or give each its own `name`.',
  })
}

export function otherLabels({ runner, instance }: Online, { forge }: Ports): Failure {
  return new Failure('conflict', {
    tried: `hand ${instance.id} over`,
    said: `its runner ${runner.name} at ${forge.scope} has the labels ${runner.labels.join(', ')}, which are not all that was asked for`,
    why: 'Somebody has changed them, or an option of the machine did.',
    fix: 'start the launch again; see who may change the runners there.',
  })
}
