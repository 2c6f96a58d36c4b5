import type { MachineRequest } from '../cloud.ts'
import type { Addresses } from './candidate.ts'
import type { RouteTable, Subnet } from './client.ts'

/** What is asked of a machine's network. */
export type NetworkWish = Pick<MachineRequest, 'publicAddress' | 'internet'>

/** What a machine in a subnet can reach. */
export interface Exit {
  /** By what it gets out, or what keeps it in: a sentence. */
  readonly text: string
  /** It cannot reach what it must, as far as routes and addresses tell; what is inside the network, or a proxy there, it may reach. */
  readonly closed: boolean
  /** What the creating call says of its addresses. */
  readonly addresses: Addresses
  /** A way out that depends on something that cannot be seen from here. */
  readonly doubt?: string
}

type Route = NonNullable<RouteTable['Routes']>[number]
/** A way out of a subnet by one protocol, or why there is none. */
type Way = { readonly by: string; readonly doubt?: string } | { readonly lacks: string }

/** Addresses of IPv4 hosts as NAT64 gives them: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-nat64-dns64.html */
const nat64Prefix = '64:ff9b::/96'

export function describeExit(subnet: Subnet, tables: readonly RouteTable[], wish: NetworkWish): Exit {
  const name = `Subnet ${subnet.SubnetId ?? ''} (${subnet.AvailabilityZone ?? subnet.VpcId ?? ''})`
  const table = tableOf(subnet, tables)
  const addresses = addressesOf(subnet, table, wish)
  if (!table) return { closed: false, text: `${name} has no readable route table.`, addresses }
  const ipv4 = ipv4Way(subnet, table, wish)
  if ('by' in ipv4) return { closed: false, text: `${name} has a way out by ${ipv4.by}.`, addresses }
  const ipv6 = hasIpv6(subnet) ? ipv6Way(subnet, table, wish) : undefined
  if (ipv6 && 'by' in ipv6) {
    const text = `${name} has a way out by ${ipv6.by}.`
    const asked = subnet.Ipv6Native || subnet.AssignIpv6AddressOnCreation ? {} : { ipv6: true as const }
    return {
      closed: false,
      text,
      addresses: { ...addresses, ...asked },
      ...(ipv6.doubt ? { doubt: ipv6.doubt } : {}),
    }
  }
  const lacks = [ipv4, ipv6].flatMap((way) => (way && 'lacks' in way ? [way.lacks] : []))
  return { closed: true, text: `${name} has no way out: ${lacks.join('; ')}.`, addresses }
}

/** The subnet's own table, else the main one of its VPC. */
function tableOf({ SubnetId, VpcId }: Subnet, tables: readonly RouteTable[]): RouteTable | undefined {
  const ofVpc = tables.filter((table) => table.VpcId === VpcId)
  const own = ofVpc.find(({ Associations = [] }) => Associations.some((one) => one.SubnetId === SubnetId))
  return own ?? ofVpc.find(({ Associations = [] }) => Associations.some((one) => one.Main))
}

function addressesOf(
  { Ipv6Native = false, MapPublicIpOnLaunch = false }: Subnet,
  table: RouteTable | undefined,
  { publicAddress }: NetworkWish,
): Addresses {
  if (Ipv6Native) return { ipv6Only: true }
  if (publicAddress === 'always') return MapPublicIpOnLaunch ? {} : { publicIpv4: true }
  if (publicAddress === 'never') return MapPublicIpOnLaunch ? { publicIpv4: false } : {}
  const route = table && defaultRoute(table, '0.0.0.0/0')
  return !MapPublicIpOnLaunch && route && isLive(route) && isGateway(route) ? { publicIpv4: true } : {}
}

function ipv4Way({ Ipv6Native, MapPublicIpOnLaunch }: Subnet, table: RouteTable, wish: NetworkWish): Way {
  if (Ipv6Native) return { lacks: 'it has no IPv4' }
  const route = defaultRoute(table, '0.0.0.0/0')
  const id = table.RouteTableId ?? 'its route table'
  if (!route) {
    const partial = table.Routes?.find(leavesPrivateNetworks)
    return partial
      ? { by: `${targetOf(partial)}, to some addresses` }
      : { lacks: `no route for 0.0.0.0/0 in ${id}` }
  }
  if (!isLive(route)) return { lacks: `the target of the route for 0.0.0.0/0 in ${id} is gone` }
  if (!isGateway(route)) return { by: targetOf(route) }
  return wish.publicAddress === 'never'
    ? {
        lacks: `its route out is the internet gateway ${route.GatewayId}, which needs a public address, and cloud-public-address is never`,
      }
    : {
        by: `${MapPublicIpOnLaunch ? 'public addresses' : 'a public address, which is asked for,'} and an internet gateway`,
      }
}

/** A host without IPv6 is reached by NAT64, which DNS64 leads to. */
function ipv6Way({ SubnetId, EnableDns64 }: Subnet, table: RouteTable, { internet }: NetworkWish): Way {
  const out = defaultRoute(table, '::/0')
  const nat64 = defaultRoute(table, nat64Prefix)
  const id = table.RouteTableId ?? 'its route table'
  if (nat64 && isLive(nat64)) {
    const by = `NAT64 (${targetOf(nat64)})${out && isLive(out) ? ` and ${targetOf(out)}` : ''}`
    const doubt = `Subnet ${SubnetId} has a route for NAT64, but its DNS64 is off: unless the network has a DNS64 server of its own, hosts without IPv6 are not found. On with: aws ec2 modify-subnet-attribute --subnet-id ${SubnetId} --enable-dns64`
    return EnableDns64 || internet?.ipv6 ? { by } : { by, doubt }
  }
  if (!out) return { lacks: `no route for ::/0 or ${nat64Prefix} in ${id}` }
  if (!isLive(out)) return { lacks: `the target of the route for ::/0 in ${id} is gone` }
  if (internet === undefined || internet.ipv6) return { by: `IPv6 (${targetOf(out)})` }
  return {
    lacks: `its route ::/0 (${targetOf(out)}) reaches hosts with IPv6, which ${internet.host} does not have; that takes NAT64, a route for ${nat64Prefix} to a NAT gateway`,
  }
}

function hasIpv6({ Ipv6Native = false, Ipv6CidrBlockAssociationSet = [] }: Subnet): boolean {
  const associated = Ipv6CidrBlockAssociationSet.some(
    ({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State === 'associated',
  )
  return Ipv6Native || associated
}

function defaultRoute({ Routes = [] }: RouteTable, destination: string): Route | undefined {
  return Routes.find(
    (route) => route.DestinationCidrBlock === destination || route.DestinationIpv6CidrBlock === destination,
  )
}

function isLive({ State }: Route): boolean {
  return State !== 'blackhole'
}

function isGateway({ GatewayId }: Route): boolean {
  return GatewayId?.startsWith('igw-') ?? false
}

const privateNetworks =
  /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|169\.254\.)/

/** A route to a part of the internet, or to a list of networks that may hold one. */
function leavesPrivateNetworks(route: Route): boolean {
  const { DestinationCidrBlock: block, DestinationPrefixListId: list, GatewayId: gateway = '' } = route
  if (!isLive(route) || gateway === 'local' || gateway.startsWith('vpce-')) return false
  return list !== undefined || (block !== undefined && !privateNetworks.test(block))
}

function targetOf(route: Route): string {
  return (
    route.NatGatewayId ??
    route.EgressOnlyInternetGatewayId ??
    route.TransitGatewayId ??
    route.NetworkInterfaceId ??
    route.VpcPeeringConnectionId ??
    route.CarrierGatewayId ??
    route.LocalGatewayId ??
    route.CoreNetworkArn ??
    route.GatewayId ??
    'its default route'
  )
}
