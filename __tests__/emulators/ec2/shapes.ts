import { account, architectureOf, factsOf, type EmulatedImage } from './catalogue.ts'
import type { Machine } from './machines.ts'
import type { EmulatedTable } from './network.ts'
import type { Shape } from './schema.ts'

const stateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const

/** A machine as EC2 shows it. Its public address comes when it runs, not before. */
export function machineShape(machine: Machine): Shape {
  const { order, state, reason, volumes } = machine
  const running = state === 'running'
  const gone = state === 'terminated'
  const octet = machine.number % 250
  return {
    InstanceId: machine.id,
    ImageId: order.imageId,
    InstanceType: order.type,
    Architecture: order.architecture === 'arm64' ? 'arm64' : 'x86_64',
    State: { Code: stateCodes[state], Name: state },
    ...(reason ? { StateReason: { Code: reason.code, Message: reason.message } } : {}),
    LaunchTime: new Date(machine.launchedAt),
    Placement: { AvailabilityZone: order.zone, Tenancy: 'default' },
    RootDeviceName: order.rootDevice,
    RootDeviceType: 'ebs',
    ...(order.clientToken ? { ClientToken: order.clientToken } : {}),
    ...(order.market === 'spot'
      ? { InstanceLifecycle: 'spot', SpotInstanceRequestId: machine.spotRequest! }
      : {}),
    ...(gone ? {} : { SubnetId: order.subnet, VpcId: order.vpc }),
    ...(gone || order.ipv4 === false ? {} : { PrivateIpAddress: `10.0.0.${octet}` }),
    ...(gone || !order.ipv6 ? {} : { Ipv6Address: `2001:db8::${octet}` }),
    ...(running && order.publicAddress ? { PublicIpAddress: `203.0.113.${octet}` } : {}),
    SecurityGroups: order.groups.map(({ id, name }) => ({ GroupId: id, GroupName: name })),
    BlockDeviceMappings: gone
      ? []
      : volumes.map(({ id, device, deleteOnTermination }) => ({
          DeviceName: device,
          Ebs: { VolumeId: id, DeleteOnTermination: deleteOnTermination, Status: 'attached' },
        })),
    MetadataOptions: {
      State: 'applied',
      HttpTokens: order.httpTokens,
      HttpPutResponseHopLimit: order.hopLimit,
      HttpEndpoint: 'enabled',
      HttpProtocolIpv6: order.metadataIpv6 ? 'enabled' : 'disabled',
    },
    ...(order.profileArn ? { IamInstanceProfile: { Arn: order.profileArn, Id: 'AIPAEMULATED' } } : {}),
    Tags: tagShapes(order.tags),
  }
}

export function reservationShape(machine: Machine): Shape {
  return { ReservationId: `r-${machine.id.slice(2)}`, OwnerId: account, Instances: [machineShape(machine)] }
}

function tagShapes(tags: Readonly<Record<string, string>>): Shape[] {
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
    Name: image.name,
    OwnerId: image.owner,
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
    ...(image.ena === false ? {} : { EnaSupport: true }),
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
