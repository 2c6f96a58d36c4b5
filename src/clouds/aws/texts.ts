import type { FailureKind } from '../../model/failure.ts'

/**
 * What else a refusal holds for, so that EC2 is not asked again: `pool`, this type and market in its zone; `quota`, its class of families and market
 * in the region; `place`, its subnet or zone; `type`, this type with its image and market in the region; `image`, its image; `market`, its market in
 * the region; `region`, everything there.
 */
export type Reach = 'pool' | 'quota' | 'place' | 'type' | 'image' | 'market' | 'region'

/** What an answer of EC2 means here. */
export interface CodeRow {
  readonly kind: FailureKind
  readonly why?: string
  readonly fix?: string
  /** Undefined for what is about nothing but the call itself. */
  readonly reach?: Reach
}

interface TextRow {
  readonly codes: RegExp
  readonly says: RegExp
  readonly row: CodeRow
}

const parameters = /^(Invalid(Parameter\w*|Input|Request|\..*)?|MissingInput|Unsupported\w*)$/

const misfit = (says: RegExp, why: string, fix: string): TextRow => ({
  codes: parameters,
  says,
  row: { kind: 'failed-precondition', why, fix, reach: 'type' },
})

const otherType =
  'name another `cloud-type`, or an image that fits it in `cloud-image`; several types are tried in order.'

const argument = (says: RegExp, why: string, fix: string): TextRow => ({
  codes: parameters,
  says,
  row: { kind: 'invalid-input', why, fix },
})

/**
 * Codes such as InvalidParameterValue cover mistakes of quite different people, and only their text tells them apart. The first row that fits counts;
 * what none fits is taken for a refusal of the one thing that was asked for. Texts: reports of users, and EC2's documentation; their exact words
 * may change, so patterns name the thing, not the sentence.
 */
export const textRows: readonly TextRow[] = [
  {
    codes: parameters,
    says: /IAM ?Instance ?Profile/i,
    row: {
      kind: 'not-found',
      why: 'The instance profile does not exist, or was made seconds ago.',
      fix: 'correct `cloud-permission-set`: the ARN of an instance profile, not of a role.',
    },
  },
  argument(/user data/i, 'EC2 takes at most 16,384 bytes of user data.', 'shorten `cloud-startup-script`.'),
  argument(
    /max ?price|spot price/i,
    'EC2 does not take this price.',
    'correct `cloud-spot-price`: USD per hour, or -1 for the current price.',
  ),
  argument(
    /\b(iops|throughput)\b.*(range|ratio|between|at (least|most)|maximum|minimum|too (high|low)|not supported for|specify)/is,
    'The disk cannot be that fast, or not at that size.',
    'correct `cloud-hdd-type`, `cloud-hdd-iops` or `cloud-hdd-throughput`; a larger `cloud-hdd-size` allows more.',
  ),
  argument(/\btags?\b/i, 'EC2 does not take the tags.', 'correct `cloud-metadata`.'),
  {
    codes: parameters,
    says: /availability zone.*invalid|invalid.*availability zone/is,
    row: {
      kind: 'failed-precondition',
      why: 'The region has no such zone, or this account may not use it.',
      fix: 'correct `cloud-region`; the zones of a region: aws ec2 describe-availability-zones --region REGION',
      reach: 'place',
    },
  },
  {
    codes: parameters,
    says: /no default subnet|no subnets? found/i,
    row: {
      kind: 'failed-precondition',
      why: 'The default VPC has no subnet there.',
      fix: 'name a subnet in `cloud-aws-subnet`, or make one again: aws ec2 create-default-subnet --availability-zone ZONE',
      reach: 'place',
    },
  },
  {
    codes: parameters,
    says: /different networks/i,
    row: {
      kind: 'failed-precondition',
      why: 'The security group belongs to another VPC than the subnet.',
      fix: 'name groups of that VPC in `cloud-aws-security-group`, best by name: a name is looked up in the VPC of each subnet.',
      reach: 'place',
    },
  },
  {
    codes: /^OptInRequired$/,
    says: /marketplace|terms/i,
    row: {
      kind: 'failed-precondition',
      why: 'The account has not accepted the terms of this image.',
      fix: 'accept them at the address that EC2 names, or name another `cloud-image`.',
      reach: 'image',
    },
  },
  misfit(/boot mode|UEFI/i, 'This type cannot boot the image as the image wants to be booted.', otherType),
  misfit(/TPM/, 'The image wants a TPM, which this type does not have.', otherType),
  misfit(
    /\bENA\b|enhanced networking/i,
    'The image lacks the network driver that this type needs.',
    otherType,
  ),
  misfit(
    /virtualization type|virtualisation/i,
    'The image is made for another kind of virtual machine than this type.',
    otherType,
  ),
  misfit(/architecture/i, 'The image is made for another processor than that of this type.', otherType),
  misfit(/IPv6/i, 'This type does not work in a subnet without IPv4.', 'name another `cloud-type`.'),
  misfit(
    /for InstanceType|instance type.*(does not exist|invalid)|invalid.*instance type/is,
    'EC2 has no such type, or not in this region.',
    'correct `cloud-type`.',
  ),
]
