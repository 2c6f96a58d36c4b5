import { quote } from '../../options/problem.ts'
import type { Addresses } from './candidate.ts'
import type { Subnet } from './client.ts'
import { describeExit, type Exit } from './exits.ts'
import { groupHint, groupsIn, idsOf, namesOf, type VpcGroups } from './groups.ts'
import { firstLine, readTables, siteOf, type Network, type NetworkSearch, type Site } from './sites.ts'
import { isOptionalFailure } from './optional.ts'

/** The default VPC, for launches that name no subnet. Everything about it is optional to read. */
export async function resolveDefaultNetwork(search: NetworkSearch): Promise<Network> {
  const [subnets, own] = await Promise.all([readDefaultSubnets(search), defaultGroups(search)])
  if (subnets?.length === 0 || own === 'no VPC') return noNetwork(search)
  if (!subnets) return unseenNetwork(search, own)
  const exits = await exitsOf(subnets, search)
  const sites = new Map(
    subnets.flatMap((subnet, index) => {
      const zone = subnet.AvailabilityZone ?? ''
      const site = siteOf(`The default subnet of ${zone}`, exits[index]!, own, search)
      return site ? [[zone, withSubnet(site, subnet)] as const] : []
    }),
  )
  const addresses = new Set([...sites.values()].map((site) => JSON.stringify(site.addresses)))
  // Where EC2 chooses, one order has to do for all of them.
  const alike = addresses.size === 1 && sites.size === subnets.length
  const { subnet: _, ...anywhere } = [...sites.values()][0] ?? { wayOut: '' }
  return {
    ...(alike ? { anywhere } : {}),
    zones: [...sites.keys()].toSorted(),
    inZone: (zone) => sites.get(zone),
  }
}

/** An order that says something of addresses names its subnet; any other leaves it to EC2. */
function withSubnet(site: Site, { SubnetId: subnet }: Subnet): Site & { readonly subnet?: string } {
  return site.addresses && subnet ? { ...site, subnet } : site
}

async function readDefaultSubnets({
  ec2,
  region,
  signal,
}: NetworkSearch): Promise<readonly Subnet[] | undefined> {
  try {
    const query = { Filters: [{ Name: 'default-for-az', Values: ['true'] }] }
    return await ec2.describeSubnets(region, query, {
      tried: `read the default subnets of ${region}`,
      signal,
    })
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    return undefined
  }
}

const defaultHint =
  'It was given a default subnet of the default VPC; when that VPC was changed, its machines may have no public address or no way out.'

/** The routes are read only where a subnet assigns no address, or none is wanted: otherwise a default VPC has a gateway. */
async function exitsOf(subnets: readonly Subnet[], search: NetworkSearch): Promise<readonly Exit[]> {
  const { words } = search
  if (words.publicAddress !== 'never' && subnets.every(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch))
    return subnets.map(() => ({ text: defaultHint, closed: false, addresses: {} }))
  const vpcs = [...new Set(subnets.flatMap(({ VpcId }) => VpcId ?? []))]
  const tables = await readTables(search, vpcs)
  return subnets.map((subnet) => describeExit(subnet, tables ?? [], words))
}

/** The default VPC's groups, or the names themselves where the reads are denied, which EC2 resolves the same way. */
async function defaultGroups({
  ec2,
  region,
  words: { groups },
  findings,
  signal,
}: NetworkSearch): Promise<VpcGroups | 'no VPC' | undefined> {
  if (groups.length === 0) return undefined
  const names = namesOf(groups)
  if (names.length === 0) return { groups: { ids: idsOf(groups), names }, shut: false }
  try {
    const call = { tried: `find the default VPC in ${region}`, signal }
    const vpcs = await ec2.describeVpcs(region, { Filters: [{ Name: 'is-default', Values: ['true'] }] }, call)
    const vpc = vpcs[0]?.VpcId
    return vpc ? await groupsIn(ec2, { region, vpc }, groups, signal) : 'no VPC'
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    findings.warnings.add(
      `It could not be checked that security group ${names.map((name) => quote(name)).join(', ')} exists in ${region}: ${firstLine(error)}`,
    )
    return { groups: { ids: idsOf(groups), names }, shut: false }
  }
}

function noNetwork({ region, findings }: NetworkSearch): Network {
  findings.leftOut.set(
    `The account has no default VPC in ${region}, or none with subnets: name a subnet in cloud-aws-subnet, or make one again (aws ec2 create-default-vpc --region ${region}).`,
    'failed-precondition',
  )
  return { inZone: () => undefined }
}

/** Nothing could be read: what the user wishes is asked for, and EC2 decides. */
function unseenNetwork({ words, findings }: NetworkSearch, own: VpcGroups | undefined): Network {
  const wished: Readonly<Record<typeof words.publicAddress, Addresses | undefined>> = {
    auto: undefined,
    always: { publicIpv4: true },
    never: { publicIpv4: false },
  }
  const addresses = wished[words.publicAddress]
  if (addresses && own && own.groups.names.length > 0)
    findings.problems.add(
      'cloud-aws-security-group: with cloud-public-address a group is asked for by its id (sg-…), and the name could not be looked up (ec2:DescribeVpcs, ec2:DescribeSecurityGroups).',
    )
  if (addresses?.publicIpv4 === false)
    findings.warnings.add(
      'cloud-public-address: whether a machine without a public address gets out could not be read (ec2:DescribeSubnets, ec2:DescribeRouteTables).',
    )
  const anywhere: Site = {
    ...(own ? { groups: own.groups } : {}),
    ...(addresses ? { addresses } : {}),
    wayOut: `${defaultHint} ${groupHint(words.groups)}`,
  }
  return { anywhere, inZone: () => anywhere }
}
