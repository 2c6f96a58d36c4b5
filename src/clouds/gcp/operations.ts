import type { Clock } from '../../lib/clock.ts'
import type { Compute, Operation } from './compute.ts'
import type { Call } from '../../lib/sending.ts'

/** Where an operation is kept. Its own link may lead to another host than the one that was asked, so none is ever followed. */
export type Scope = { readonly zone: string } | { readonly region: string }

/** ms between questions, where the server answers before the operation is done. */
const spacing = 500

/** The operation when it is done, whether well or badly. */
export async function awaitDone(
  compute: Compute,
  started: Operation,
  scope: Scope,
  { clock, ...call }: Call & { readonly clock: Clock },
): Promise<Operation> {
  const name = started.name ?? ''
  for (let operation = started; ; await clock.sleep(spacing, call.signal)) {
    if (operation.status === 'DONE') return operation
    operation =
      'zone' in scope
        ? await compute.waitInZone(scope.zone, name, call)
        : await compute.waitInRegion(scope.region, name, call)
    if (operation.status === 'DONE') return operation
  }
}
