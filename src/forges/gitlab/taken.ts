import { Failure } from '../../model/failure.ts'
import type { Locator } from './place.ts'
import type { Scope } from './scope.ts'

interface Parts {
  readonly scope: Scope
  readonly locator: Locator
}

/** The registration that a launch would make is there already, and a machine uses it. */
export function takenBy(name: string, id: string, { scope, locator }: Parts): Failure {
  return new Failure('already-exists', {
    tried: `create runner ${name} in ${scope.text}`,
    said: `runner ${id} of the same launch is in use`,
    why: 'It has a machine, or had one within the last two hours.',
    fix: `give another \`name\`, or remove that runner: ${locator.runnersPage}`,
  })
}

/** … or another process that tries the same launch has made it. */
export function takenByTwin(name: string, { scope }: Pick<Parts, 'scope'>): Failure {
  return new Failure('conflict', {
    tried: `create runner ${name} in ${scope.text}`,
    said: 'another process that tries this very launch has created one',
    fix: 'start a launch once, or give each its own `name`.',
  })
}
