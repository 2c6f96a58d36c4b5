import type { FailureKind } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { Ec2Instance } from './client.ts'
import type { Reach } from './codes.ts'

interface EndRow {
  readonly kind: FailureKind
  readonly text: string
  /** What else it holds for, where another machine would end in the same way. */
  readonly reach?: Reach
}

/** EC2's reasons for the end of a machine (`StateReason`): https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
const ends: Readonly<Record<string, EndRow>> = {
  'Server.SpotInstanceTermination': {
    kind: 'capacity-unavailable',
    text: 'EC2 took the spot machine back',
    reach: 'pool',
  },
  'Server.SpotInstanceShutdown': {
    kind: 'capacity-unavailable',
    text: 'EC2 took the spot machine back',
    reach: 'pool',
  },
  'Server.InsufficientInstanceCapacity': {
    kind: 'capacity-unavailable',
    text: 'EC2 had no machine of this type left after all',
    reach: 'pool',
  },
  'Server.InternalError': {
    kind: 'failed-precondition',
    text: 'EC2 failed while it started the machine',
    reach: 'pool',
  },
  'Server.ScheduledStop': {
    kind: 'failed-precondition',
    text: 'EC2 retired the hardware under the machine',
  },
  'Client.InstanceInitiatedShutdown': { kind: 'unavailable', text: 'the machine powered itself off' },
  'Client.InstanceTerminated': {
    kind: 'unavailable',
    text: 'the machine was rebooted or ended before it had finished starting',
  },
  'Client.UserInitiatedShutdown': {
    kind: 'cancelled',
    text: 'somebody ended the machine through the EC2 API',
  },
  'Client.UserInitiatedHibernate': {
    kind: 'cancelled',
    text: 'somebody hibernated the machine through the EC2 API',
  },
  'Client.VolumeLimitExceeded': {
    kind: 'quota-exceeded',
    text: "the account's quota for disk space in this region is used up: ask for more at Service Quotas (Amazon EBS)",
    reach: 'region',
  },
  'Client.InvalidSnapshot.NotFound': {
    kind: 'failed-precondition',
    text: "a snapshot of the image's disks does not exist, or is not shared with this account",
  },
  'Client.InternalError': {
    kind: 'failed-precondition',
    text:
      'the disk could not be made, mostly because the KMS key that encrypts it may not be used: by these credentials, or, on the spot market, by the ' +
      'service-linked role AWSServiceRoleForEC2Spot; the policy of the key must allow them, and CreateGrant',
    reach: 'market',
  },
}

/** How far the end of a machine holds for others. */
export function reachOfEnd(code: string): Reach | undefined {
  return ends[code]?.reach
}

/** Why a machine has ended or is about to; undefined while it lives. A reason that is in no table is quoted whole. */
export function readEnd({ State, StateReason, StateTransitionReason }: Ec2Instance): Instance['ended'] {
  const state = State?.Name ?? 'pending'
  if (state === 'pending' || state === 'running') return undefined
  const code = StateReason?.Code
  const row = code === undefined ? undefined : ends[code]
  const said = [StateReason?.Message, StateTransitionReason].filter(Boolean).join('; ')
  const stopped = state.startsWith('stop')
    ? 'the machine was stopped, not ended, and its disk is still billed: '
    : ''
  const text = row?.text ?? (said ? 'EC2 ended it' : 'EC2 does not say why')
  // Without a reason nothing tells whether the next one would fare better.
  const kind = row?.kind ?? (code === undefined ? 'unavailable' : 'unknown')
  return { kind, code: code ?? 'Unknown', text: `${stopped}${text}${said ? ` (${said})` : ''}` }
}
