import { quote } from '../../options/problem.ts'
import type { Subnet } from './client.ts'
import { resolveDefaultNetwork } from './default-network.ts'
import { describeExit, type Exit, type NetworkWish } from './exits.ts'
import type { Findings } from '../findings.ts'
import { groupsOfVpcs, parseGroups } from './groups.ts'
import { isOptionalFailure } from './optional.ts'
import {
  firstLine,
  readTables,
  siteOf,
  type Network,
  type NetworkSearch,
  type NetworkWords,
} from './sites.ts'

export function parseNetwork(
  { subnets, groups }: { readonly subnets: readonly string[]; readonly groups: readonly string[] },
  { publicAddress, internet }: NetworkWish,
  findings: Findings,
): NetworkWords {
  for (const subnet of subnets) {
    if (!/^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/.test(subnet))
      findings.problems.add(
        `cloud-aws-subnet: ${quote(subnet)} is not a subnet id such as subnet-0a1b2c3d4e5f60718.`,
      )
  }
  return { subnets, groups: parseGroups(groups, findings), publicAddress, ...(internet ? { internet } : {}) }
}

/** Subnets, their zones, their way out, and the security groups, in one region. Only groups by name must be readable. */
export function resolveNetwork(search: NetworkSearch): Promise<Network> {
  return search.words.subnets.length === 0 ? resolveDefaultNetwork(search) : resolveSubnets(search)
}

async function resolveSubnets(search: NetworkSearch): Promise<Network> {
  const { ec2, region, words, signal } = search
  const known = await readSubnets(search)
  const vpcs = known ? [...new Set([...known.values()].map((subnet) => subnet.VpcId ?? ''))] : []
  const [tables, groups] = await Promise.all([
    known ? readTables(search, vpcs) : undefined,
    groupsOfVpcs(ec2, { region, vpcs }, words.groups, signal),
  ])
  const subnets = words.subnets.flatMap((id) => {
    const subnet = known?.get(id)
    const own = groups(subnet?.VpcId)
    const exit = subnet && tables ? describeExit(subnet, tables, words) : undefined
    const site = siteOf(`Subnet ${id}`, exit ?? unreadExit(id, subnet, words), own, search)
    const zone = subnet?.AvailabilityZone
    return site ? [{ ...site, subnet: id, ...(zone ? { zone } : {}) }] : []
  })
  return { subnets, inZone: () => undefined }
}

/** What cannot be seen is not claimed; what the user asked for is asked for all the same. */
function unreadExit(id: string, subnet: Subnet | undefined, wish: NetworkWish): Exit {
  return {
    ...describeExit({ ...subnet, SubnetId: id }, [], wish),
    text: `Whether subnet ${id} lets its machines out could not be read (ec2:DescribeSubnets and ec2:DescribeRouteTables): it must assign public addresses, or have a route to a NAT gateway.`,
  }
}

async function readSubnets({
  ec2,
  region,
  words: { subnets },
  findings,
  signal,
}: NetworkSearch): Promise<ReadonlyMap<string, Subnet> | undefined> {
  try {
    const call = { tried: `read the subnets ${subnets.join(', ')} in ${region}`, signal }
    const found = await ec2.describeSubnets(region, { SubnetIds: [...subnets] }, call)
    return new Map(found.map((subnet) => [subnet.SubnetId ?? '', subnet]))
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    findings.warnings.add(
      `It could not be checked that the subnets exist and let machines out: ${firstLine(error)}`,
    )
    return undefined
  }
}
