import { Failure } from '../../model/failure.ts'
import type { Candidate } from '../../model/instance.ts'
import type { DiskWish } from './disks.ts'

/** Security groups as the creating call takes them: by id, or, where ids could not be read, by name in the default VPC. */
export interface Groups {
  readonly ids: readonly string[]
  readonly names: readonly string[]
}

/** What the creating call says of the machine's addresses; what is absent the subnet decides. */
export interface Addresses {
  readonly publicIpv4?: boolean
  /** An IPv6 address is asked for. */
  readonly ipv6?: true
  /** The subnet has no IPv4 at all. */
  readonly ipv6Only?: true
}

/** What EC2 needs beyond what every cloud shares. Plain data: it survives JSON. */
export interface AwsCandidate extends Candidate {
  readonly cloud: 'aws'
  readonly subnet?: string
  /** Of the subnet or as asked for; undefined = EC2 chooses, or it could not be read. */
  readonly zone?: string
  readonly groups?: Groups
  readonly addresses?: Addresses
  /** As the image names it: `/dev/sda1`. */
  readonly rootDevice: string
  /** Its kind and speed. */
  readonly disk: DiskWish
  /** Other disks the image brings along, by device name. */
  readonly otherVolumes: readonly string[]
}

export function asAws(candidate: Candidate): AwsCandidate {
  if (candidate.cloud === 'aws' && 'rootDevice' in candidate) return candidate as AwsCandidate
  throw new Failure('internal', {
    tried: `launch ${candidate.type}`,
    said: 'it was not resolved by this cloud',
  })
}
