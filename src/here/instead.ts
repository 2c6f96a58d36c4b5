import { tellOlder } from '../launch/at-once.ts'
import { findInstead, reuseInstead } from '../launch/reuse-instead.ts'
import type { Reused } from '../launch/reused.ts'
import type { Ports } from '../ports.ts'
import { clearForsaken } from './forsaken.ts'
import type { HereOrder } from './order.ts'
import { outputsOf } from './outputs.ts'

/**
 * Where a runner that is there already will do, it is handed on, and nothing is started: undefined. One of this very machine that died counts for
 * nothing, however long the forge calls it online. Else what is told once this machine's own runner listens. Throws what the forge throws.
 */
export async function serveInstead(
  order: HereOrder,
  ports: Ports,
): Promise<{ readonly listening: () => void } | undefined> {
  await clearForsaken(order, ports)
  const { reused, passed } = await reuseInstead(order, ports)
  if (reused) return undefined
  return { listening: () => void tellOlder(order, outputsOf(order, ports), passed, ports) }
}

/** The runner that would be used. Reads only. */
export async function wouldServe(order: HereOrder, ports: Ports): Promise<Reused | undefined> {
  return order.reuse ? (await findInstead(order, ports)).reused : undefined
}
