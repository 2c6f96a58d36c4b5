import type { RouteTable, Subnet } from './client.ts'

/** What a machine in the subnet can reach, in a sentence; `closed` when it certainly can not reach the internet by itself. */
export function describeExit(
  subnet: Subnet,
  tables: readonly RouteTable[],
): { readonly closed: boolean; readonly text: string } {
  const { SubnetId: id = '', VpcId: vpc, MapPublicIpOnLaunch: publicAddress = false } = subnet
  const ofVpc = tables.filter((table) => table.VpcId === vpc)
  const table =
    ofVpc.find(({ Associations = [] }) => Associations.some((association) => association.SubnetId === id)) ??
    ofVpc.find(({ Associations = [] }) => Associations.some((association) => association.Main))
  const route = table?.Routes?.find((candidate) => candidate.DestinationCidrBlock === '0.0.0.0/0')
  const gateway = route?.GatewayId?.startsWith('igw-') ?? false
  const name = `Subnet ${id} (${subnet.AvailabilityZone ?? vpc ?? ''})`
  const fix =
    'its machines can not reach the forge, unless through a proxy in the VPC. Use a subnet that assigns public addresses, or add a NAT gateway.'
  if (!table) return { closed: false, text: `${name} has no readable route table.` }
  if (!route) {
    const address = publicAddress ? 'assigns public addresses, but' : 'assigns no public address and'
    return {
      closed: true,
      text: `${name} ${address} has no route out (no default route in ${table.RouteTableId ?? 'its route table'}): ${fix}`,
    }
  }
  if (route.State === 'blackhole')
    return {
      closed: true,
      text: `${name} has a default route whose target is gone (${table.RouteTableId ?? ''}): ${fix}`,
    }
  if (gateway && !publicAddress) {
    return {
      closed: true,
      text: `${name} assigns no public address, and its route out is an internet gateway, which needs one: ${fix}`,
    }
  }
  return {
    closed: false,
    text: `${name} has a way out by ${gateway ? 'public addresses and an internet gateway' : (targetOf(route) ?? 'its default route')}.`,
  }
}

function targetOf(route: NonNullable<RouteTable['Routes']>[number]): string | undefined {
  return (
    route.NatGatewayId ??
    route.TransitGatewayId ??
    route.NetworkInterfaceId ??
    route.VpcPeeringConnectionId ??
    route.GatewayId
  )
}
