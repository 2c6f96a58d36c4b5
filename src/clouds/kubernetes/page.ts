import type { MachineKey } from '../../model/place.ts'

/** A cluster has no page that is known. */
export function removalCommand({ id, region }: MachineKey): string {
  return `kubectl delete job ${id} --namespace ${region}`
}
