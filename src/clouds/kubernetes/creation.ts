import type { CloudContext, CreateOrder } from '../cloud.ts'
import type { KubernetesCandidate } from './candidate.ts'
import type { Cluster } from './cluster.ts'
import type { Machines } from './machines.ts'

/** Everything that one creation needs. */
export interface Creation {
  readonly cluster: Cluster
  readonly machines: Machines
  readonly candidate: KubernetesCandidate
  readonly order: CreateOrder
  readonly context: CloudContext
  /** Seconds for which a pod may find no node. */
  readonly pending: number
  /** Types for which that time has passed in vain. Nodes are the cluster's: other namespaces have no others. */
  readonly full: Set<string>
  /** When a pod of this launch was last seen in a namespace, unix ms: for a moment more its quotas count it. */
  readonly seen: Map<string, number>
  readonly signal?: AbortSignal | undefined
}
