import { Failure } from '../../model/failure.ts'
import type { Candidate } from '../../model/instance.ts'

/** What a machine starts from, as the creating call names it. */
export type ImageReference =
  | { readonly publisher: string; readonly offer: string; readonly sku: string; readonly version: string }
  | { readonly id: string }

/** What the marketplace sells an image as. */
export interface PurchasePlan {
  readonly publisher: string
  readonly product: string
  readonly name: string
}

/** What Azure needs beyond what every cloud shares. Plain data: it survives JSON. */
export interface AzureCandidate extends Candidate {
  readonly cloud: 'azure'
  /** The user's group; absent = one that is made for the machine, with its network. */
  readonly group?: string
  /** Whole id; absent in a group of its own. */
  readonly subnet?: string
  readonly zone?: string
  readonly publicAddress: boolean
  readonly diskKind: string
  readonly reference: ImageReference
  readonly plan?: PurchasePlan
  readonly identities: readonly string[]
  /** USD per hour, -1 = up to the price on demand; of spot machines. */
  readonly maxPrice: number
}

export function asAzure(candidate: Candidate): AzureCandidate {
  if (candidate.cloud === 'azure' && 'reference' in candidate) return candidate as AzureCandidate
  throw new Failure('internal', {
    tried: `launch ${candidate.type}`,
    said: 'it was not resolved by this cloud',
  })
}
