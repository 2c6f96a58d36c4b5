import { Failure } from '../../model/failure.ts'
import type { Candidate } from '../../model/instance.ts'
import type { DiskWish } from './disks.ts'
import type { Ipv6Access } from './network.ts'
import type { ServiceAccount } from './service-account.ts'

/**
 * How a zone is chosen. `zone`: this one alone. `any`: the API chooses one of the region, in one call. `each`: these, one after the other, where the
 * credentials may not follow what the API does in a region.
 */
export type Choice =
  | { readonly how: 'zone'; readonly zone: string }
  /** `without`: was tried by itself. */
  | { readonly how: 'any'; readonly without?: string }
  | { readonly how: 'each'; readonly zones: readonly string[] }

/** What Compute Engine needs beyond what every cloud shares. Plain data: it survives JSON. */
export interface GcpCandidate extends Candidate {
  readonly cloud: 'gcp'
  readonly choice: Choice
  /** As `projects/P/regions/R/subnetworks/N`; absent = the network `default`. */
  readonly subnet?: string
  /** The subnet has no IPv4: can its addresses be reached from the internet, or only from its network? */
  readonly ipv6?: Ipv6Access
  readonly publicAddress: boolean
  readonly disk: DiskWish & { readonly type: string }
  readonly serviceAccount?: ServiceAccount
}

export function asGcp(candidate: Candidate): GcpCandidate {
  if (candidate.cloud === 'gcp' && 'choice' in candidate) return candidate as GcpCandidate
  throw new Failure('internal', {
    tried: `launch ${candidate.type}`,
    said: 'it was not resolved by this cloud',
  })
}
