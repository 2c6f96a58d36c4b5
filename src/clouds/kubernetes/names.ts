import { digest } from '../../model/identity.ts'
import type { Lease } from '../../model/lease.ts'

/**
 * The name of a launch's Job and of its Secret: `cml-`, six letters of the scope, the identity. Two tries of one launch want the same name, and one of them
 * gets it. A Job that has ended keeps its name as long as the cluster remembers it: then the next one has a number.
 */
export function nameOfMachine(
  { scope, identity }: Pick<Lease, 'scope' | 'identity'>,
  generation: number,
): string {
  const name = `cml-${digest([scope]).slice(0, 6)}-${identity}`
  return generation === 1 ? name : `${name}-${generation}`
}
