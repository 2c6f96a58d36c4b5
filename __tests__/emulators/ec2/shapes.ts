import { account, architectureOf, factsOf, type EmulatedImage } from './catalogue.ts'
import type { Machine } from './machines.ts'
import type { EmulatedGroup, EmulatedTable } from './network.ts'
import type { Shape } from './schema.ts'

const stateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const

/** Whether EC2 shows a machine that it has just taken an order for: much of it comes only later. */
type Moment = 'ordered' | 'later'

/** A machine as EC2 shows it. Its public address comes when it runs, not before. */
export function machineShape(machine: Machine, moment: Moment): Shape {
  const { order, state, volumes } = machine
  const gone = state === 'terminated'
  return {
    InstanceId: machine.id,
    ImageId: order.imageId,
    InstanceType: order.type,
    Architecture: order.architecture === 'arm64' ? 'arm64' : 'x86_64',
    State: stateShape(state),
    ...reasonShape(machine, moment),
    LaunchTime: new Date(machine.launchedAt),
    Placement: { AvailabilityZone: order.zone, GroupName: '', Tenancy: 'default' },
    RootDeviceName: order.rootDevice,
    RootDeviceType: 'ebs',
    ...hardware,
    ClientToken: order.clientToken ?? '',
    ...(order.market === 'spot'
      ? { InstanceLifecycle: 'spot', SpotInstanceRequestId: machine.spotRequest! }
      : {}),
    ...networkShape(machine),
    BlockDeviceMappings:
      gone || moment === 'ordered'
        ? []
        : volumes.map(({ id, device, deleteOnTermination }) => ({
            DeviceName: device,
            Ebs: {
              AttachTime: new Date(machine.launchedAt),
              VolumeId: id,
              DeleteOnTermination: deleteOnTermination,
              Status: 'attached',
            },
          })),
    MetadataOptions: {
      State: 'applied',
      HttpTokens: order.httpTokens,
      HttpPutResponseHopLimit: order.hopLimit,
      HttpEndpoint: 'enabled',
      HttpProtocolIpv6: order.metadataIpv6 ? 'enabled' : 'disabled',
    },
    ...(order.profileArn ? { IamInstanceProfile: { Arn: order.profileArn, Id: 'AIPAEMULATED' } } : {}),
    ...(Object.keys(order.tags).length > 0 ? { Tags: tagShapes(order.tags) } : {}),
  }
}

const hardware: Shape = {
  AmiLaunchIndex: 0,
  ProductCodes: [],
  Monitoring: { State: 'disabled' },
  Hypervisor: 'xen',
  VirtualizationType: 'hvm',
  EbsOptimized: false,
  EnaSupport: true,
  CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
  CapacityReservationSpecification: { CapacityReservationPreference: 'open' },
  HibernationOptions: { Configured: false },
  EnclaveOptions: { Enabled: false },
}

export function stateShape(state: keyof typeof stateCodes): Shape {
  return { Code: stateCodes[state], Name: state }
}

function reasonShape({ reason }: Machine, moment: Moment): Shape {
  const { code, message } = moment === 'ordered' ? { code: 'pending', message: 'pending' } : (reason ?? {})
  return {
    StateTransitionReason: '',
    ...(code === undefined ? {} : { StateReason: { Code: code, Message: message } }),
  }
}

function networkShape(machine: Machine): Shape {
  const { order, state, number, networkInterface } = machine
  if (state === 'terminated')
    return { PrivateDnsName: '', PublicDnsName: '', SecurityGroups: [], NetworkInterfaces: [] }
  const octet = number % 250
  const PrivateDnsName = `ip-10-0-0-${octet}.ec2.internal`
  const address = order.ipv4 ? { PrivateIpAddress: `10.0.0.${octet}` } : {}
  const publicIp = state === 'running' && order.publicAddress ? `203.0.113.${octet}` : undefined
  const association = publicIp
    ? { Association: { PublicIp: publicIp, PublicDnsName: '', IpOwnerId: 'amazon' } }
    : {}
  const SecurityGroups = order.groups.map(({ id, name }) => ({ GroupId: id, GroupName: name }))
  const own: Shape = {
    NetworkInterfaceId: networkInterface,
    SubnetId: order.subnet,
    VpcId: order.vpc,
    Description: '',
    OwnerId: account,
    Status: 'in-use',
    MacAddress: '02:00:00:00:00:01',
    ...address,
    PrivateDnsName,
    SourceDestCheck: true,
    Groups: SecurityGroups,
    Attachment: {
      AttachmentId: `eni-attach-${networkInterface.slice(4)}`,
      DeviceIndex: 0,
      Status: 'attached',
      AttachTime: new Date(machine.launchedAt),
      DeleteOnTermination: true,
    },
    ...association,
    PrivateIpAddresses: order.ipv4 ? [{ ...address, PrivateDnsName, Primary: true, ...association }] : [],
    Ipv6Addresses: order.ipv6 ? [{ Ipv6Address: `2001:db8::${octet}` }] : [],
    InterfaceType: 'interface',
  }
  return {
    SubnetId: order.subnet,
    VpcId: order.vpc,
    ...address,
    ...(order.ipv6 ? { Ipv6Address: `2001:db8::${octet}` } : {}),
    ...(publicIp ? { PublicIpAddress: publicIp } : {}),
    PrivateDnsName,
    PublicDnsName: '',
    SourceDestCheck: true,
    SecurityGroups,
    NetworkInterfaces: [own],
  }
}

export function reservationShape(machine: Machine, moment: Moment): Shape {
  return {
    ReservationId: `r-${machine.id.slice(2)}`,
    OwnerId: account,
    Groups: [],
    Instances: [machineShape(machine, moment)],
  }
}

export function tagShapes(tags: Readonly<Record<string, string>>): Shape[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

export function imageShape(image: EmulatedImage): Shape {
  const disk = (device: string, sizeGb: number, deleteOnTermination: boolean): Shape => ({
    DeviceName: device,
    Ebs: {
      SnapshotId: `snap-${image.id.slice(4)}`,
      VolumeSize: sizeGb,
      VolumeType: 'gp3',
      DeleteOnTermination: deleteOnTermination,
      Encrypted: false,
    },
  })
  const { dataDisk } = image
  return {
    ImageId: image.id,
    ImageLocation: `${image.owner}/${image.name}`,
    ImageType: 'machine',
    Name: image.name,
    Description: image.name,
    OwnerId: image.owner,
    UsageOperation: image.windows ? 'RunInstances:0002' : 'RunInstances',
    ...(image.alias ? { ImageOwnerAlias: image.alias } : {}),
    Architecture: image.architecture,
    CreationDate: image.created,
    State: image.state ?? 'available',
    Public: image.public ?? false,
    ...(image.windows
      ? { Platform: 'windows', PlatformDetails: 'Windows' }
      : { PlatformDetails: 'Linux/UNIX' }),
    RootDeviceName: image.rootDevice,
    RootDeviceType: 'ebs',
    VirtualizationType: image.virtualization ?? 'hvm',
    Hypervisor: 'xen',
    ...(image.ena === false ? {} : { EnaSupport: true, SriovNetSupport: 'simple' }),
    ...(image.bootMode ? { BootMode: image.bootMode } : {}),
    ...(image.tpm ? { TpmSupport: 'v2.0' } : {}),
    ...(image.deprecated ? { DeprecationTime: image.deprecated } : {}),
    ...(image.stateReason ? { StateReason: { Code: 'UserInitiated', Message: image.stateReason } } : {}),
    BlockDeviceMappings: [
      disk(image.rootDevice, image.sizeGb, true),
      ...(dataDisk ? [disk(dataDisk.device, dataDisk.sizeGb, dataDisk.deleteOnTermination)] : []),
      { DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' },
    ],
  }
}

export function typeShape(type: string): Shape {
  const { bootModes, hypervisor, tpm, ena, virtualization, ipv6Only } = factsOf(type)
  return {
    InstanceType: type,
    Hypervisor: hypervisor,
    SupportedBootModes: [...bootModes],
    SupportedVirtualizationTypes: [...virtualization],
    NitroTpmSupport: tpm ? 'supported' : 'unsupported',
    NetworkInfo: { EnaSupport: ena, Ipv6Supported: ipv6Only },
    ProcessorInfo: { SupportedArchitectures: [architectureOf(type)] },
  }
}

export function vpcShape(id: string, isDefault: boolean): Shape {
  const CidrBlock = '10.0.0.0/16'
  const CidrBlockState = { State: 'associated' }
  return {
    VpcId: id,
    OwnerId: account,
    State: 'available',
    CidrBlock,
    CidrBlockAssociationSet: [{ CidrBlock, AssociationId: `vpc-cidr-assoc-${id.slice(4)}`, CidrBlockState }],
    DhcpOptionsId: `dopt-${id.slice(4)}`,
    Tags: tagShapes({ Name: id }),
    InstanceTenancy: 'default',
    IsDefault: isDefault,
  }
}

export function groupShape({ id, name, vpc, egress }: EmulatedGroup): Shape {
  const everywhere: Shape = {
    IpProtocol: '-1',
    UserIdGroupPairs: [],
    IpRanges: [{ CidrIp: '0.0.0.0/0' }],
    Ipv6Ranges: [{ CidrIpv6: '::/0' }],
    PrefixListIds: [],
  }
  return {
    GroupId: id,
    GroupName: name,
    Description: name,
    VpcId: vpc,
    OwnerId: account,
    IpPermissions: [],
    IpPermissionsEgress: egress ? [everywhere] : [],
  }
}

export function tableShape({ id, vpc, subnet, exit, exit6, nat64, routes }: EmulatedTable): Shape {
  const tail = id.slice(4)
  const State = (way: string): string => (way === 'blackhole' ? 'blackhole' : 'active')
  const gateway = { GatewayId: `igw-${tail}` }
  const nat = { NatGatewayId: `nat-${tail}` }
  const egressOnly = { EgressOnlyInternetGatewayId: `eigw-${tail}` }
  const out: Shape[] = [
    ...(exit === 'none'
      ? []
      : [
          {
            DestinationCidrBlock: '0.0.0.0/0',
            ...(exit === 'internet-gateway' ? gateway : nat),
            State: State(exit),
          },
        ]),
    ...(exit6 === 'none'
      ? []
      : [
          {
            DestinationIpv6CidrBlock: '::/0',
            ...(exit6 === 'internet-gateway' ? gateway : egressOnly),
            State: State(exit6),
          },
        ]),
    ...(nat64 ? [{ DestinationIpv6CidrBlock: '64:ff9b::/96', ...nat, State: 'active' }] : []),
    ...routes.map(({ to, by }) => ({
      ...(to.startsWith('pl-') ? { DestinationPrefixListId: to } : { DestinationCidrBlock: to }),
      ...(by.startsWith('pcx-') ? { VpcPeeringConnectionId: by } : { GatewayId: by }),
      State: 'active',
    })),
  ]
  return {
    RouteTableId: id,
    VpcId: vpc,
    Associations: [{ RouteTableId: id, Main: subnet === undefined, ...(subnet ? { SubnetId: subnet } : {}) }],
    Routes: [{ DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', State: 'active' }, ...out],
  }
}
