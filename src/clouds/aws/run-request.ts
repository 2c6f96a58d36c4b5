import type { CreateOrder } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import type { BlockDeviceMapping, ResourceType, RunInstancesRequest } from './client.ts'
import { tagsOf } from './tags.ts'

/** Everything of a machine in one call. */
export function requestOf(candidate: AwsCandidate, order: CreateOrder, token: string): RunInstancesRequest {
  const { market, addresses } = candidate
  const { request, payload } = order
  const resources: ResourceType[] = [
    'instance',
    'volume',
    'network-interface',
    ...(market === 'spot' ? (['spot-instances-request'] as const) : []),
  ]
  const Tags = tagsOf(order)
  return {
    ClientToken: token,
    MinCount: 1,
    MaxCount: 1,
    ImageId: candidate.image.id,
    InstanceType: candidate.type as NonNullable<RunInstancesRequest['InstanceType']>,
    UserData: payload.toString('base64'),
    InstanceInitiatedShutdownBehavior: 'terminate',
    // One hop keeps containers on a bridge network away from the machine's metadata; with permissions they are meant to reach it.
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: request.permissionSet ? 2 : 1,
      // Without IPv4 the usual address of the metadata is out of reach.
      ...(addresses?.ipv6Only ? { HttpProtocolIpv6: 'enabled' as const } : {}),
    },
    BlockDeviceMappings: disksOf(candidate),
    TagSpecifications: resources.map((resource) => ({ ResourceType: resource, Tags })),
    ...networkOf(candidate),
    ...(request.permissionSet ? { IamInstanceProfile: { Arn: request.permissionSet } } : {}),
    ...(market === 'spot' ? { InstanceMarketOptions: spotOptions(request.spotPrice) } : {}),
  }
}

type NetworkPart = Pick<
  RunInstancesRequest,
  'NetworkInterfaces' | 'Placement' | 'SecurityGroupIds' | 'SecurityGroups' | 'SubnetId'
>

/** What is said of addresses is said of an interface, and then subnet and groups belong to it too. */
function networkOf({ subnet, zone, groups, addresses = {} }: AwsCandidate): NetworkPart {
  const { publicIpv4, ipv6 } = addresses
  const { ids = [], names = [] } = groups ?? {}
  const Placement = zone && !subnet ? { Placement: { AvailabilityZone: zone } } : {}
  const SubnetId = subnet ? { SubnetId: subnet } : {}
  if (publicIpv4 === undefined && !ipv6)
    return {
      ...Placement,
      ...SubnetId,
      ...(ids.length > 0 ? { SecurityGroupIds: [...ids] } : {}),
      ...(names.length > 0 ? { SecurityGroups: [...names] } : {}),
    }
  const own = {
    DeviceIndex: 0,
    DeleteOnTermination: true,
    ...(publicIpv4 === undefined ? {} : { AssociatePublicIpAddress: publicIpv4 }),
    ...(ipv6 ? { Ipv6AddressCount: 1 } : {}),
    ...SubnetId,
    ...(ids.length > 0 ? { Groups: [...ids] } : {}),
  }
  return { ...Placement, NetworkInterfaces: [own] }
}

/** Whatever the image says of its disks, they are encrypted and end with the machine. */
function disksOf({ rootDevice, otherVolumes, diskGb, disk }: AwsCandidate): BlockDeviceMapping[] {
  const root = {
    VolumeType: disk.type,
    VolumeSize: diskGb,
    Encrypted: true,
    DeleteOnTermination: true,
    ...(disk.iops === undefined ? {} : { Iops: disk.iops }),
    ...(disk.throughput === undefined ? {} : { Throughput: disk.throughput }),
  }
  return [
    { DeviceName: rootDevice, Ebs: root },
    ...otherVolumes.map((DeviceName) => ({
      DeviceName,
      Ebs: { Encrypted: true, DeleteOnTermination: true },
    })),
  ]
}

/** A one-time request ends with its machine, and an interruption ends the machine. No price given = the current one, at most on-demand's. */
function spotOptions(price: number): NonNullable<RunInstancesRequest['InstanceMarketOptions']> {
  return {
    MarketType: 'spot',
    SpotOptions: {
      SpotInstanceType: 'one-time',
      InstanceInterruptionBehavior: 'terminate',
      ...(price > 0 ? { MaxPrice: String(price) } : {}),
    },
  }
}
