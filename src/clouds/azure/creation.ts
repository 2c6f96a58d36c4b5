import { renderCandidate } from '../../model/instance.ts'
import type { Call } from '../../lib/sending.ts'
import type { CloudContext, CreateOrder } from '../cloud.ts'
import type { Arm } from './arm.ts'
import type { AzureCandidate } from './candidate.ts'
import type { Refusals } from './memory.ts'
import type { Where } from './names.ts'
import { nameOfGroup, nameOfMachine } from './names.ts'
import type { Sightings } from './sightings.ts'

/** What one creation needs. */
export interface Creation {
  readonly arm: Arm
  readonly candidate: AzureCandidate
  readonly order: CreateOrder
  readonly context: CloudContext
  readonly refusals: Refusals
  readonly sightings: Sightings
  readonly signal?: AbortSignal | undefined
}

/** Where the machine is to be. In a group of its own that is another place for each candidate, and each time that one is used up. */
export function placeFor({ candidate, order }: Creation, generation: number): Where {
  const { group, region, place, type, market } = candidate
  const name = nameOfMachine(order.lease)
  if (group !== undefined) return { group, name }
  return { group: nameOfGroup(order.lease, [place ?? region, type, market, String(generation)]), name }
}

export function callFor({ candidate, signal }: Pick<Creation, 'candidate' | 'signal'>): Call {
  return { tried: `launch ${renderCandidate(candidate)}`, signal }
}
