import { type CodeRow, type Reach, textRows } from './texts.ts'
import { issuesPage } from '../../model/pages.ts'

export type { CodeRow, Reach }

const noCapacity = (why: string, reach: Reach = 'pool'): CodeRow => ({
  kind: 'capacity-unavailable',
  why,
  fix: 'name more places or types (`cloud-region`, `cloud-type` and `cloud-aws-subnet` take lists), add `cloud-spot-fallback` to a spot launch, or try again later.',
  reach,
})

const quota = (what: string, reach: Reach = 'quota'): CodeRow => ({
  kind: 'quota-exceeded',
  why: `The account's quota for ${what} in this region is used up, or was never raised from zero.`,
  fix: 'ask for more in the AWS console (Service Quotas, Amazon EC2 or Amazon EBS), or use another family, market or region.',
  reach,
})

const busy: CodeRow = {
  kind: 'rate-limited',
  why: "The account's request rate at EC2 in this region is exceeded; repeating the request did not help.",
  fix: 'try again in a minute; look for other programs that poll EC2 in this account and region.',
}

const broken: CodeRow = {
  kind: 'unavailable',
  why: 'EC2 itself failed; repeating the request did not help.',
  fix: 'try again later; see https://health.aws.amazon.com.',
}

/** The account lacks something in this region that EC2 needs for any machine there. */
const unready = (why: string, fix: string): CodeRow => ({
  kind: 'failed-precondition',
  why,
  fix,
  reach: 'region',
})

const noDefaultVpc = unready(
  'The account has no default VPC in this region, or none with subnets.',
  'name a subnet in `cloud-aws-subnet`, or make a default VPC again: aws ec2 create-default-vpc --region REGION',
)

const wrongGroup: CodeRow = {
  kind: 'not-found',
  fix: 'correct `cloud-aws-security-group`; groups belong to one VPC.',
  reach: 'place',
}

/** This program has sent what EC2 does not understand. */
const defect: CodeRow = {
  kind: 'internal',
  why: 'cml-runner has sent something that EC2 does not understand.',
  fix: `report it at ${issuesPage}, with the log of \`log: debug\`.`,
}

const credentials = 'credentials' as const

/**
 * Rows that end with a dot also hold for every code that starts so. `credentials` stands for the advice that depends on who called us. A code that is
 * not here is a refusal of the one thing that was asked for. Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
export const codes: Readonly<Record<string, CodeRow | typeof credentials>> = {
  InsufficientInstanceCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  InsufficientCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  InsufficientHostCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  UnfulfillableCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  ReservationCapacityExceeded: noCapacity('The capacity reservation has no machine left.'),
  Unsupported: noCapacity('This type is not sold in that place, or not in that combination.'),
  InsufficientFreeAddressesInSubnet: noCapacity('The subnet has no free address left.', 'place'),
  InsufficientVolumeCapacity: noCapacity('EC2 has no room left for a disk of this kind there.', 'place'),
  InsufficientAddressCapacity: noCapacity('EC2 has no public address left there.', 'region'),
  SpotMaxPriceTooLow: noCapacity('The current spot price is above `cloud-spot-price`.'),

  VcpuLimitExceeded: quota('running vCPUs of this class of families'),
  MaxSpotInstanceCountExceeded: quota('spot vCPUs of this class of families'),
  InstanceLimitExceeded: quota('running machines of this kind'),
  MaxFleetCountExceeded: quota('fleets'),
  VolumeLimitExceeded: quota('disk space', 'region'),
  MaxIOPSLimitExceeded: quota('disk operations', 'region'),
  NetworkInterfaceLimitExceeded: quota('network interfaces', 'region'),
  AddressLimitExceeded: quota('public addresses', 'region'),

  RequestLimitExceeded: busy,
  'Throttling.': busy,
  Throttling: busy,
  ThrottlingException: busy,
  RequestThrottled: busy,
  EC2ThrottledException: busy,

  InternalError: broken,
  InternalFailure: broken,
  ServiceUnavailable: broken,
  Unavailable: broken,

  AuthFailure: credentials,
  RequestExpired: credentials,
  RequestInTheFuture: credentials,
  RequestTimeTooSkewed: credentials,
  InvalidSignatureException: credentials,
  ExpiredToken: credentials,
  ExpiredTokenException: credentials,
  InvalidClientTokenId: credentials,
  UnrecognizedClientException: credentials,
  SignatureDoesNotMatch: credentials,
  IncompleteSignature: credentials,
  MissingAuthenticationToken: credentials,
  CredentialsProviderError: credentials,
  TokenProviderError: credentials,
  InvalidIdentityToken: credentials,
  InvalidIdentityTokenException: credentials,
  IDPCommunicationError: credentials,
  AccessDenied: {
    kind: 'unauthenticated',
    why: 'AWS refused to hand out the role, mostly because its trust policy does not name this repository, branch or audience.',
    fix: "compare the role's trust policy with this workflow's OIDC subject; on GitHub the job also needs `permissions: id-token: write`.",
  },
  Blocked: { kind: 'permission-denied', why: 'AWS has blocked the account.', fix: 'contact AWS support.' },
  TagPolicyViolation: {
    kind: 'permission-denied',
    why: "The organisation's tag policies do not allow the tags that the machine would carry.",
    fix: 'give the tags that the policy wants in `cloud-metadata`, or have the policy allow those of cml-runner.',
  },

  'AuthFailure.ServiceLinkedRoleCreationNotPermitted': {
    kind: 'failed-precondition',
    why: "The account's first spot launch ever needs a service-linked role, and these credentials may not make it.",
    fix: 'run once, as an administrator: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com',
    reach: 'market',
  },
  OptInRequired: unready(
    'The account has not enabled this region or service.',
    'enable it in the AWS console, or use another `cloud-region`.',
  ),
  RegionNotAccepted: {
    kind: 'not-found',
    why: 'There is no AWS region of that name.',
    fix: 'correct `cloud-region`, or AWS_REGION (aws ec2 describe-regions lists them).',
    reach: 'region',
  },
  PendingVerification: unready(
    'AWS is still verifying the account for this region or type, which takes minutes, at most four hours.',
    'try again later, or use another region.',
  ),
  VPCIdNotSpecified: noDefaultVpc,
  DefaultVpcDoesNotExist: noDefaultVpc,

  UnsupportedOperation: {
    kind: 'failed-precondition',
    why: 'This type does not take this image, this disk or this network.',
    fix: 'name another `cloud-type`, or another `cloud-image`; the answer says which of them does not fit.',
    reach: 'type',
  },
  VolumeTypeNotAvailableInZone: {
    kind: 'failed-precondition',
    why: 'Not every zone has every kind of disk.',
    fix: 'name other zones or subnets, or another `cloud-hdd-type`.',
    reach: 'place',
  },
  'InvalidAMIID.': {
    kind: 'not-found',
    why: 'Image ids differ from region to region, and an image may be private or gone.',
    fix: 'correct `cloud-image`.',
    reach: 'image',
  },
  'InvalidSnapshot.': {
    kind: 'failed-precondition',
    why: "A snapshot of the image's disks is gone, or is not shared with this account.",
    fix: 'name another `cloud-image`, or have its owner share the snapshots too.',
    reach: 'image',
  },
  'InvalidSubnetID.': {
    kind: 'not-found',
    fix: 'correct `cloud-aws-subnet`; subnets belong to one region and account.',
    reach: 'place',
  },
  'InvalidGroup.': wrongGroup,
  'InvalidGroupId.': wrongGroup,
  'InvalidSecurityGroupID.': wrongGroup,
  'InvalidUserData.': {
    kind: 'invalid-input',
    why: 'EC2 takes at most 16,384 bytes of user data.',
    fix: 'shorten `cloud-startup-script`.',
  },
  InvalidBlockDeviceMapping: {
    kind: 'failed-precondition',
    why: 'The disk does not fit the image.',
    fix: 'raise `cloud-hdd-size`.',
    reach: 'image',
  },
  MissingParameter: defect,
  UnknownParameter: defect,
  InvalidAction: defect,

  'InvalidInstanceID.': { kind: 'not-found' },
  OperationNotPermitted: {
    kind: 'permission-denied',
    why: 'Somebody has switched on termination protection for this machine.',
    fix: 'switch it off, then remove the machine: aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ID',
  },
  IdempotentParameterMismatch: {
    kind: 'conflict',
    why: 'An earlier try of this very launch has asked EC2 for the same machine with other contents, and its machine cannot be seen yet.',
    fix: 'run the launch again in a minute: it takes that machine over, or makes a new one when that one has ended.',
  },
  IdempotentInstanceTerminated: {
    kind: 'conflict',
    why: 'Machines of earlier tries of this very launch have ended again and again.',
    fix: 'start a new run instead of repeating this one.',
  },
}

/** What an answer means: by its text where one code covers several mistakes, else by its code. Undefined for what no table knows. */
export function rowOf(code: string, said = ''): CodeRow | typeof credentials | undefined {
  const byText = textRows.find((row) => row.codes.test(code) && row.says.test(said))
  if (byText) return byText.row
  if (Object.hasOwn(codes, code)) return codes[code]
  const dot = code.indexOf('.')
  return dot > 0
    ? (codes[code.slice(0, dot + 1)] ?? (code.startsWith('AuthFailure.') ? credentials : undefined))
    : undefined
}
