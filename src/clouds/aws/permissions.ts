import type { MachineRequest } from '../cloud.ts'
import type { Ec2 } from './client.ts'
import type { NetworkSettings } from './plan.ts'

/** Reads that EC2 can be asked to try. */
export type Describing = Extract<keyof Ec2, `describe${string}`>

/**
 * What tells beforehand whether an action is allowed: a dry run of the read or of the creating call; a dry run on a machine of ours, where there is one;
 * nothing at all.
 */
export type Probe = Describing | 'creating call' | 'TerminateInstances' | 'GetConsoleOutput' | 'nothing'

export interface Permission {
  /** As IAM spells it. */
  readonly action: string
  /** As people read it: `ec2:DescribeSubnets (optional)`. */
  readonly text: string
  /** A launch goes on without it. */
  readonly optional?: boolean
  readonly probe: Probe
}

const needed = (action: string, probe: Probe, note?: string): Permission => ({
  action,
  text: note === undefined ? action : `${action} (${note})`,
  probe,
})

const optional = (action: string, probe: Probe): Permission => ({
  ...needed(action, probe, 'optional'),
  optional: true,
})

/** What a launch of this request asks of EC2. */
export function permissionsFor(
  request: MachineRequest,
  { subnets, groups }: NetworkSettings,
): readonly Permission[] {
  const byName = groups.some((group) => !group.startsWith('sg-'))
  // A name cannot be sent with a subnet, so it must be looked up.
  const lookedUp = subnets.length > 0 && byName
  const forNames = lookedUp ? needed : optional
  return [
    needed('ec2:RunInstances', 'creating call'),
    needed('ec2:CreateTags', 'creating call', 'on what RunInstances makes'),
    needed('ec2:DescribeImages', 'describeImages'),
    needed('ec2:DescribeInstances', 'describeInstances'),
    needed('ec2:TerminateInstances', 'TerminateInstances'),
    ...(request.permissionSet
      ? [needed('iam:PassRole', 'creating call', 'on the role of the instance profile')]
      : []),
    ...(request.spot
      ? [needed('iam:CreateServiceLinkedRole', 'nothing', "the account's first spot launch only")]
      : []),
    forNames('ec2:DescribeSubnets', 'describeSubnets'),
    optional('ec2:DescribeRouteTables', 'describeRouteTables'),
    ...(byName && !lookedUp ? [optional('ec2:DescribeVpcs', 'describeVpcs')] : []),
    ...(byName ? [forNames('ec2:DescribeSecurityGroups', 'describeSecurityGroups')] : []),
    optional('ec2:DescribeInstanceTypeOfferings', 'describeOfferings'),
    ...(request.image === undefined ? [] : [optional('ec2:DescribeInstanceTypes', 'describeTypes')]),
    optional('ec2:GetConsoleOutput', 'GetConsoleOutput'),
    ...(request.spot ? [optional('ec2:DescribeSpotPriceHistory', 'describeSpotPrices')] : []),
  ]
}
