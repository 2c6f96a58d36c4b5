import type { Budgets } from '../sides/cloud-side.ts'
import type { Pair } from '../sides/sides.ts'

const usual: Budgets = { startup: 0.12, memory: 80, code: 490, payload: 14_000 }

/** Of a launch there. */
export function budgetsOf({ cloud }: Pair): Budgets {
  return cloud.budgets ?? usual
}
