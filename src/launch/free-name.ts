import type { Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { LaunchOrder } from './order.ts'

/** Who has the name of a launch. */
export interface NameHolders {
  /** A living machine of our own identity: an earlier try of this very launch. */
  readonly twin: Owned | undefined
  /** The registration that has our name now, if any. */
  readonly namesake: Runner | undefined
}

/** Makes the runner's name free, where anybody has it. What that takes few launches need, and it is loaded by those. */
export async function freeName(
  order: Pick<LaunchOrder, 'lease'>,
  { namesake, twin }: NameHolders,
  ports: Ports,
): Promise<void> {
  if (!namesake) return
  const { takeName } = await import('./take-name.ts')
  await takeName(order, { namesake, twin }, ports)
}
