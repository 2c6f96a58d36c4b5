import { Failure } from '../../model/failure.ts'
import { quote } from '../../options/problem.ts'
import type { Groups } from './candidate.ts'
import type { Ec2, RouteTable, Subnet } from './client.ts'
import { describeExit } from './exits.ts'
import { isDenied } from './failures.ts'
import type { Findings } from './findings.ts'

/** The network options, parsed. */
export interface NetworkWords {
  readonly subnets: readonly string[]
  readonly group?: { readonly id: string } | { readonly name: string }
}

/** A subnet as a place to try, with what could be learnt of it. */
export interface SubnetPlace {
  readonly subnet: string
  readonly zone?: string
  readonly groups?: Groups
  readonly networkHint: string
}

export interface Network {
  /** In the user's order; empty = EC2's default subnets. */
  readonly subnets: readonly SubnetPlace[]
  /** For places without a subnet. */
  readonly groups?: Groups
  readonly networkHint: string
}

export function parseNetwork(
  subnets: readonly string[],
  group: string | undefined,
  { problems }: Findings,
): NetworkWords {
  for (const subnet of subnets) {
    if (!/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/.test(subnet))
      problems.add(`cloud-aws-subnet: ${quote(subnet)} is not a subnet id such as subnet-0a1b2c3d4e5f60718.`)
  }
  if (group === undefined) return { subnets }
  if (!group.startsWith('sg-')) return { subnets, group: { name: group } }
  if (!/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/.test(group))
    problems.add(
      `cloud-aws-security-group: ${quote(group)} is not a whole group id such as sg-0a1b2c3d4e5f60718, and names can not begin with sg-.`,
    )
  return { subnets, group: { id: group } }
}

/** True where a read beyond the least-privilege policy failed in a way that must not stop a launch. */
export function isOptionalFailure(error: unknown): error is Failure {
  return (
    isDenied(error) ||
    (error instanceof Failure && (error.kind === 'unavailable' || error.kind === 'rate-limited'))
  )
}

const defaultHint =
  'It was given a default subnet of the default VPC; when that VPC was changed, its machines may have no public address or no way out.'

/** Subnets, their zones, their way out, and the security group, in one region. Only a group by name must be readable. */
export async function resolveNetwork(
  ec2: Ec2,
  region: string,
  words: NetworkWords,
  findings: Findings,
  signal?: AbortSignal,
): Promise<Network> {
  if (words.subnets.length === 0) {
    const groups = await defaultGroups(ec2, region, words, findings, signal)
    return { subnets: [], ...(groups ? { groups } : {}), networkHint: `${defaultHint} ${groupHint(words)}` }
  }
  const known = await readSubnets(ec2, region, words.subnets, findings, signal)
  const vpcs = known ? [...new Set([...known.values()].map((subnet) => subnet.VpcId ?? ''))] : []
  const [tables, groups] = await Promise.all([
    known ? readTables(ec2, region, vpcs, signal) : undefined,
    subnetGroups(ec2, region, words, vpcs, signal),
  ])
  const subnets = words.subnets.map((id) => {
    const subnet = known?.get(id)
    const exit = subnet && tables ? describeExit(subnet, tables) : undefined
    if (exit?.closed) findings.warnings.add(exit.text)
    const zone = subnet?.AvailabilityZone
    const group = groups(subnet?.VpcId)
    return {
      subnet: id,
      ...(zone ? { zone } : {}),
      ...(group ? { groups: group } : {}),
      networkHint: `${exit?.text ?? unreadHint(id)} ${groupHint(words)}`,
    }
  })
  return { subnets, networkHint: '' }
}

function unreadHint(subnet: string): string {
  return `Whether subnet ${subnet} lets its machines out could not be read (ec2:DescribeSubnets and ec2:DescribeRouteTables): it must assign public addresses, or have a route to a NAT gateway.`
}

function groupHint({ group }: NetworkWords): string {
  const which = group
    ? `Security group ${'id' in group ? group.id : group.name}`
    : "The VPC's default security group"
  return `${which} must let HTTPS (TCP 443) and DNS out.`
}

async function readSubnets(
  ec2: Ec2,
  region: string,
  ids: readonly string[],
  { warnings }: Findings,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Subnet> | undefined> {
  try {
    const call = { tried: `read the subnets ${ids.join(', ')} in ${region}`, signal }
    const subnets = await ec2.describeSubnets(region, { SubnetIds: [...ids] }, call)
    return new Map(subnets.map((subnet) => [subnet.SubnetId ?? '', subnet]))
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    warnings.add(`It could not be checked that the subnets exist and let machines out: ${firstLine(error)}`)
    return undefined
  }
}

async function readTables(
  ec2: Ec2,
  region: string,
  vpcs: readonly string[],
  signal?: AbortSignal,
): Promise<readonly RouteTable[] | undefined> {
  try {
    const query = { Filters: [{ Name: 'vpc-id', Values: [...vpcs] }] }
    return await ec2.describeRouteTables(region, query, {
      tried: `read the route tables of ${vpcs.join(', ')} in ${region}`,
      signal,
    })
  } catch (error) {
    if (isOptionalFailure(error)) return undefined
    throw error
  }
}

/** Without a subnet: the default VPC's group of that name, or the name itself where the reads are denied, which EC2 resolves the same way. */
async function defaultGroups(
  ec2: Ec2,
  region: string,
  { group }: NetworkWords,
  findings: Findings,
  signal?: AbortSignal,
): Promise<Groups> {
  if (!group) return undefined
  if ('id' in group) return { ids: [group.id] }
  try {
    const call = { tried: `find the default VPC in ${region}`, signal }
    const vpcs = await ec2.describeVpcs(region, { Filters: [{ Name: 'is-default', Values: ['true'] }] }, call)
    const vpc = vpcs[0]?.VpcId
    if (vpc) return { ids: [await groupIn(ec2, region, group.name, vpc, signal)] }
    findings.problems.add(
      `cloud-aws-security-group: there is no default VPC in ${region} to look ${quote(group.name)} up in; name a subnet in cloud-aws-subnet.`,
    )
    return undefined
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    findings.warnings.add(
      `It could not be checked that security group ${quote(group.name)} exists in ${region}: ${firstLine(error)}`,
    )
    return { name: group.name }
  }
}

/** With subnets: the group of that name in each VPC. A name can not be sent with a subnet, so here the read must work. */
async function subnetGroups(
  ec2: Ec2,
  region: string,
  { group }: NetworkWords,
  vpcs: readonly string[],
  signal?: AbortSignal,
): Promise<(vpc: string | undefined) => Groups> {
  if (!group) return () => undefined
  if ('id' in group) return () => ({ ids: [group.id] })
  const fix = `give the group's id (sg-…) in \`cloud-aws-security-group\`, or grant ec2:DescribeSubnets and ec2:DescribeSecurityGroups.`
  if (vpcs.length === 0) {
    throw new Failure('permission-denied', {
      tried: `look up security group ${quote(group.name)} in ${region}`,
      said: 'the VPC of the subnet could not be read',
      fix,
    })
  }
  try {
    const found = new Map(
      await Promise.all(
        vpcs.map(async (vpc) => [vpc, await groupIn(ec2, region, group.name, vpc, signal)] as const),
      ),
    )
    return (vpc) => (vpc && found.has(vpc) ? { ids: [found.get(vpc)!] } : undefined)
  } catch (error) {
    if (error instanceof Failure && isDenied(error))
      throw new Failure('permission-denied', { ...error.explanation, fix }, { cause: error })
    throw error
  }
}

/** Names are unique within a VPC. */
async function groupIn(
  ec2: Ec2,
  region: string,
  name: string,
  vpc: string,
  signal?: AbortSignal,
): Promise<string> {
  const tried = `find security group ${quote(name)} in ${vpc} (${region})`
  const query = {
    Filters: [
      { Name: 'vpc-id', Values: [vpc] },
      { Name: 'group-name', Values: [name] },
    ],
  }
  const groups = await ec2.describeSecurityGroups(region, query, { tried, signal })
  const id = groups.find((group) => group.GroupName === name)?.GroupId
  if (id) return id
  throw new Failure('not-found', {
    tried,
    said: 'there is none by that name in that VPC',
    why: 'Names belong to one VPC: the one of the subnet, or the default VPC where no subnet is given.',
    fix: 'correct `cloud-aws-security-group`, or give the id (sg-…). No group is created.',
  })
}

function firstLine(error: Failure): string {
  return error.message.split('\n', 1)[0] ?? ''
}
