import type { CloudContext, CreateOrder } from '../cloud.ts'
import type { GcpCandidate } from './candidate.ts'
import type { Compute } from './compute.ts'
import type { Refusals } from './memory.ts'
import type { Sightings } from './sightings.ts'

/** What one creation needs. */
export interface Creation {
  readonly compute: Compute
  readonly candidate: GcpCandidate
  readonly order: CreateOrder
  readonly context: CloudContext
  readonly refusals: Refusals
  readonly sightings: Sightings
  readonly signal?: AbortSignal | undefined
}
