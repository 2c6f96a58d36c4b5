import type { FailureKind } from '../../model/failure.ts'

/** What EC2's error codes mean here. Codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
export interface CodeRow {
  readonly kind: FailureKind
  readonly why?: string
  readonly fix?: string
}

const noCapacity = (why: string): CodeRow => ({
  kind: 'capacity-unavailable',
  why,
  fix: 'name more types, regions, zones or subnets (lists are tried in order), or try again later.',
})

const quota = (what: string): CodeRow => ({
  kind: 'quota-exceeded',
  why: `The account's quota for ${what} in this region is used up, or was never raised from zero.`,
  fix: 'ask for more at Service Quotas (console.aws.amazon.com/servicequotas, Amazon EC2), or use another family, market or region.',
})

const busy: CodeRow = {
  kind: 'rate-limited',
  why: "The account's request rate at EC2 in this region is exceeded; the request was repeated, in vain.",
  fix: 'try again in a minute; look for other programs that poll EC2 in this account and region.',
}

const broken: CodeRow = {
  kind: 'unavailable',
  why: 'EC2 itself failed; the request was repeated, in vain.',
  fix: 'try again later; see https://health.aws.amazon.com.',
}

const badOption: CodeRow = {
  kind: 'invalid-input',
  why: 'EC2 does not take what the options ask for.',
  fix: 'correct the option that its answer names.',
}

const credentials = 'credentials' as const

/** Rows that end with a dot also hold for every code that starts so. `credentials` stands for the advice that depends on who called us. */
export const codes: Readonly<Record<string, CodeRow | typeof credentials>> = {
  InsufficientInstanceCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  InsufficientCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  InsufficientHostCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  UnfulfillableCapacity: noCapacity('EC2 has no machine of this type left there at this moment.'),
  ReservationCapacityExceeded: noCapacity('The capacity reservation has no machine left.'),
  Unsupported: noCapacity('This type is not sold in that place, or not in that combination.'),
  InsufficientFreeAddressesInSubnet: noCapacity('The subnet has no free address left.'),
  SpotMaxPriceTooLow: noCapacity('The current spot price is above `cloud-spot-price`.'),

  VcpuLimitExceeded: quota('running vCPUs of this class of families'),
  MaxSpotInstanceCountExceeded: quota('spot vCPUs of this class of families'),
  InstanceLimitExceeded: quota('running machines of this kind'),
  MaxFleetCountExceeded: quota('fleets'),
  VolumeLimitExceeded: quota('disk space'),
  MaxIOPSLimitExceeded: quota('disk operations'),

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
  'AuthFailure.ServiceLinkedRoleCreationNotPermitted': {
    kind: 'permission-denied',
    why: "The account's first spot launch ever needs a service-linked role, and these credentials may not make it.",
    fix: 'run once, as an administrator: aws iam create-service-linked-role --aws-service-name spot.amazonaws.com',
  },

  OptInRequired: {
    kind: 'permission-denied',
    why: 'The account has not accepted the terms of this image, or has not enabled this region or service.',
    fix: 'accept the terms or enable the region in the AWS console, or use another `cloud-image` or `cloud-region`.',
  },
  PendingVerification: {
    kind: 'permission-denied',
    why: 'AWS is still verifying the account for this region or type, which takes minutes, at most four hours.',
    fix: 'try again later, or use another region.',
  },
  Blocked: { kind: 'permission-denied', why: 'AWS has blocked the account.', fix: 'contact AWS support.' },

  VPCIdNotSpecified: {
    kind: 'invalid-input',
    why: 'The account has no default VPC in this region.',
    fix: 'name a subnet in `cloud-aws-subnet`, or make a default VPC again: aws ec2 create-default-vpc --region REGION',
  },
  DefaultVpcDoesNotExist: {
    kind: 'invalid-input',
    why: 'The account has no default VPC in this region.',
    fix: 'name a subnet in `cloud-aws-subnet`, or make a default VPC again: aws ec2 create-default-vpc --region REGION',
  },
  'InvalidAMIID.': {
    kind: 'not-found',
    why: 'Image ids differ from region to region, and an image may be private or gone.',
    fix: 'correct `cloud-image`.',
  },
  'InvalidSubnetID.': {
    kind: 'not-found',
    fix: 'correct `cloud-aws-subnet`; subnets belong to one region and account.',
  },
  'InvalidGroup.': {
    kind: 'not-found',
    fix: 'correct `cloud-aws-security-group`; groups belong to one VPC.',
  },
  'InvalidGroupId.': {
    kind: 'not-found',
    fix: 'correct `cloud-aws-security-group`; groups belong to one VPC.',
  },
  'InvalidSecurityGroupID.': {
    kind: 'not-found',
    fix: 'correct `cloud-aws-security-group`; groups belong to one VPC.',
  },
  'InvalidUserData.': {
    kind: 'invalid-input',
    why: 'EC2 takes at most 16,384 bytes of user data.',
    fix: 'shorten `cloud-startup-script`.',
  },
  InvalidBlockDeviceMapping: {
    kind: 'invalid-input',
    why: 'The disk does not fit the image.',
    fix: 'raise `cloud-hdd-size`.',
  },
  InvalidInput: badOption,
  InvalidParameter: badOption,
  InvalidParameterValue: badOption,
  InvalidParameterCombination: badOption,
  'Invalid.': badOption,
  'InvalidInstanceID.': { kind: 'not-found' },
  OperationNotPermitted: {
    kind: 'permission-denied',
    why: 'Somebody has switched on termination protection for this machine.',
    fix: 'switch it off, then remove the machine: aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ID',
  },
  IdempotentParameterMismatch: {
    kind: 'conflict',
    why: 'An earlier try of this very launch has asked EC2 for the same machine with other contents, and its machine can not be seen yet.',
    fix: 'run the launch again in a minute: it takes that machine over, or makes a new one when that one has ended.',
  },
  IdempotentInstanceTerminated: {
    kind: 'conflict',
    why: 'Machines of earlier tries of this very launch have ended again and again.',
    fix: 'start a new run instead of repeating this one.',
  },
}

/** The row of a code; rows that end with a dot hold for all codes that start so. */
export function rowOf(code: string): CodeRow | typeof credentials | undefined {
  if (Object.hasOwn(codes, code)) return codes[code]
  const dot = code.indexOf('.')
  return dot > 0
    ? (codes[code.slice(0, dot + 1)] ?? (code.startsWith('AuthFailure.') ? credentials : undefined))
    : undefined
}
