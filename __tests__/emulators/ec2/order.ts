import {
  InstanceInterruptionBehavior,
  MarketType,
  ResourceType,
  ShutdownBehavior,
  SpotInstanceType,
  VolumeType,
} from '@aws-sdk/client-ec2'
import { checkCapacity } from './capacity.ts'
import {
  architectureOf,
  factsOf,
  sellers,
  typeExists,
  zonesByRegion,
  type EmulatedImage,
} from './catalogue.ts'
import type { Order } from './machines.ts'
import { defaultVpcOf, type EmulatedGroup, type EmulatedSubnet } from './network.ts'
import type { Shape } from './schema.ts'
import { invalid, Refusal, unfit, wouldSucceed } from './wire.ts'
import { list, record, text, type World } from './world.ts'

/** A request as the machine it asks for; everything EC2 would refuse is refused, capacity last, of which a dry run knows nothing. */
export function orderOf(world: World, region: string, input: Shape, clientToken: string | undefined): Order {
  const image = imageOf(world, region, text(input, 'ImageId'))
  const type = typeOf(text(input, 'InstanceType'), image)
  const market = marketOf(input)
  const card = interfaceOf(input)
  const subnet = placeOf(world, { region, type }, input, card)
  const groups = groupsOf(world, subnet, input, card)
  const addresses = addressesOf(type, subnet, card)
  const tags = tagsOf(input)
  const metadata = record(input, 'MetadataOptions')
  const order: Order = {
    type,
    region,
    market,
    zone: subnet.zone,
    imageId: image.id,
    architecture: image.architecture,
    rootDevice: image.rootDevice,
    subnet: subnet.id,
    vpc: subnet.vpc,
    ...addresses,
    metadataIpv6: text(metadata, 'HttpProtocolIpv6') === 'enabled',
    groups,
    clientToken,
    userData: userDataOf(text(input, 'UserData')),
    shutdown: oneOf(
      'InstanceInitiatedShutdownBehavior',
      text(input, 'InstanceInitiatedShutdownBehavior') ?? 'stop',
      ShutdownBehavior,
    ),
    httpTokens: text(metadata, 'HttpTokens') === 'required' ? 'required' : 'optional',
    hopLimit: Number(metadata.HttpPutResponseHopLimit ?? 1),
    profileArn: profileOf(world, input),
    maxPrice: text(record(record(input, 'InstanceMarketOptions'), 'SpotOptions'), 'MaxPrice'),
    tags: tags.instance ?? {},
    networkTags: tags['network-interface'] ?? {},
    spotTags: tags['spot-instances-request'] ?? {},
    volumes: volumesOf(image, input, tags.volume ?? {}),
  }
  if (input.DryRun === true) throw wouldSucceed()
  checkCapacity(world, order, subnet)
  subnet.freeAddresses--
  return order
}

function imageOf(world: World, region: string, id = ''): EmulatedImage {
  if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
    throw new Refusal('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`)
  const image = world.images.find((known) => known.id === id && known.region === region)
  if (!image) throw new Refusal('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`)
  if (image.state && image.state !== 'available')
    throw new Refusal('InvalidAMIID.Unavailable', `The image id '[${id}]' is not available`)
  return image
}

function typeOf(type = 'm1.small', image: EmulatedImage): string {
  if (!typeExists(type)) throw invalid(`Invalid value '${type}' for InstanceType.`)
  const architecture = architectureOf(type)
  if (architecture === image.architecture) return fitting(type, image)
  throw invalid(
    `The architecture '${architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  )
}

/** Can the type boot the image? EC2's own words, where reports have them. */
function fitting(type: string, image: EmulatedImage): string {
  const { bootModes, tpm, ena, virtualization } = factsOf(type)
  const { bootMode } = image
  if (bootMode === 'uefi' && !bootModes.includes('uefi'))
    throw invalid(
      `The ${type} instance type does not support an AMI with a boot mode of UEFI. Only instance types built on the Nitro System support UEFI. Specify an instance type that supports UEFI and try again.`,
    )
  if (image.tpm && !tpm) throw invalid(`The ${type} instance type does not support NitroTPM.`)
  if (!virtualization.includes(image.virtualization ?? 'hvm'))
    throw unfit(
      `Non-Windows instances with a virtualization type of '${image.virtualization ?? 'hvm'}' are currently not supported for this instance type : ${type}.`,
    )
  if (image.ena === false && ena === 'required')
    throw unfit(
      `Enhanced networking with the Elastic Network Adapter (ENA) is required for the '${type}' instance type. Ensure that you are using an AMI that is enabled for ENA.`,
    )
  if (image.families && !image.families.includes(type.split('.', 1)[0]!))
    throw new Refusal(
      'UnsupportedOperation',
      'The instance configuration for this AWS Marketplace product is not supported. Please see the AWS Marketplace site for more information about supported instance types, regions, and operating systems.',
    )
  return type
}

function oneOf<T extends string>(name: string, value: string, valid: Readonly<Record<string, T>>): T {
  const known = Object.values(valid).find((item) => item === value)
  if (known === undefined) throw invalid(`Value (${value}) for parameter ${name} is invalid.`)
  return known
}

function marketOf(input: Shape): 'spot' | 'on-demand' {
  const options = record(input, 'InstanceMarketOptions')
  const spot = record(options, 'SpotOptions')
  if (input.InstanceMarketOptions === undefined) return 'on-demand'
  if (oneOf('marketType', text(options, 'MarketType') ?? '', MarketType) !== 'spot')
    throw invalid('this emulator knows the spot market only')
  oneOf('spotInstanceType', text(spot, 'SpotInstanceType') ?? 'one-time', SpotInstanceType)
  oneOf(
    'instanceInterruptionBehavior',
    text(spot, 'InstanceInterruptionBehavior') ?? 'terminate',
    InstanceInterruptionBehavior,
  )
  const price = text(spot, 'MaxPrice')
  if (price !== undefined && !(Number(price) > 0)) throw invalid(`Invalid value '${price}' for MaxPrice`)
  return 'spot'
}

/** The one interface that a request may describe; then its subnet and groups stand there and nowhere else. */
function interfaceOf(input: Shape): Shape | undefined {
  const [card, ...more] = list(input, 'NetworkInterfaces') as readonly Shape[]
  if (!card) return undefined
  if (more.length > 0 || card.DeviceIndex !== 0)
    throw invalid('this emulator knows the interface with device index 0 alone')
  if (input.SubnetId !== undefined)
    throw unfit('Network interfaces and an instance-level subnet ID may not be specified on the same request')
  if (input.SecurityGroupIds !== undefined || input.SecurityGroups !== undefined)
    throw unfit(
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    )
  return card
}

function addressesOf(
  type: string,
  subnet: EmulatedSubnet,
  card: Shape | undefined,
): Pick<Order, 'publicAddress' | 'ipv4' | 'ipv6'> {
  const asked = card?.AssociatePublicIpAddress as boolean | undefined
  const count = Number(card?.Ipv6AddressCount ?? 0)
  if (subnet.ipv6 === 'only' && !factsOf(type).ipv6Only)
    throw unfit(
      `The instance type ${type} is not supported in an IPv6-only subnet. Use an instance type built on the Nitro System.`,
    )
  if (subnet.ipv6 === 'only' && asked === true)
    throw unfit('A public IPv4 address cannot be associated in an IPv6-only subnet.')
  if (subnet.ipv6 === 'none' && count > 0)
    throw invalid(`The subnet ${subnet.id} does not have an IPv6 CIDR block.`)
  return {
    publicAddress: asked ?? subnet.publicAddresses,
    ipv4: subnet.ipv6 !== 'only',
    ipv6: subnet.assignsIpv6 || count > 0,
  }
}

/** The subnet asked for, or the default subnet of the zone asked for, or the first zone that sells the type. */
function placeOf(
  world: World,
  { region, type }: { readonly region: string; readonly type: string },
  input: Shape,
  card: Shape | undefined,
): EmulatedSubnet {
  const zone = text(record(input, 'Placement'), 'AvailabilityZone')
  const id = text(card ?? input, 'SubnetId')
  if (zone !== undefined && !zonesByRegion[region]?.includes(zone)) {
    throw invalid(`Invalid availability zone: [${zone}]`)
  }
  if (id !== undefined) return subnetOf(world, region, id, zone)
  if (!world.dials.defaultVpc) {
    throw new Refusal(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    )
  }
  const sold = sellers(type, region)
  const chosen = zone ?? sold[0] ?? zonesByRegion[region]?.[0]
  const found = world.networks.subnets.find((subnet) => subnet.isDefault && subnet.zone === chosen)
  if (!found) throw new Refusal('InvalidInput', `No default subnet for availability zone: '${chosen}'.`)
  return found
}

function subnetOf(world: World, region: string, id: string, zone: string | undefined): EmulatedSubnet {
  const subnet = world.networks.subnets.find((known) => known.id === id && known.region === region)
  if (!subnet) throw new Refusal('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`)
  if (zone !== undefined && zone !== subnet.zone) {
    throw invalid(`The availability zone '${zone}' does not match the subnet's (${subnet.zone})`)
  }
  return subnet
}

function groupsOf(
  world: World,
  subnet: EmulatedSubnet,
  input: Shape,
  card: Shape | undefined,
): EmulatedGroup[] {
  const ids = (card ? list(card, 'Groups') : list(input, 'SecurityGroupIds')).map(String)
  const byName = list(input, 'SecurityGroups').map(String)
  const { groups } = world.networks
  if (byName.length > 0 && input.SubnetId !== undefined) {
    throw unfit('The parameter groupName cannot be used with the parameter subnet')
  }
  const named = byName.map((name) => {
    const group = groups.find((known) => known.vpc === defaultVpcOf(subnet.region) && known.name === name)
    if (!group)
      throw new Refusal(
        'InvalidGroup.NotFound',
        `The security group '${name}' does not exist in default VPC '${defaultVpcOf(subnet.region)}'`,
      )
    return group
  })
  const given = ids.map((id) => {
    const group = groups.find((known) => known.id === id && known.region === subnet.region)
    if (!group) throw new Refusal('InvalidGroup.NotFound', `The security group '${id}' does not exist`)
    if (group.vpc !== subnet.vpc)
      throw new Refusal(
        'InvalidParameter',
        `Security group ${id} and subnet ${subnet.id} belong to different networks.`,
      )
    return group
  })
  const all = [...named, ...given]
  return all.length > 0 ? all : groups.filter((group) => group.vpc === subnet.vpc && group.name === 'default')
}

function userDataOf(encoded = ''): Buffer {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded))
    throw new Refusal('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.')
  const raw = Buffer.from(encoded, 'base64')
  if (raw.length > 16_384)
    throw new Refusal('InvalidUserData.Malformed', 'User data is limited to 16384 bytes')
  return raw
}

function profileOf(world: World, input: Shape): string | undefined {
  const profile = record(input, 'IamInstanceProfile')
  const arn = text(profile, 'Arn')
  if (text(profile, 'Name') !== undefined) throw invalid('this emulator knows instance profiles by ARN only')
  if (arn === undefined || world.profiles.has(arn)) return arn
  throw invalid(
    `Value (${arn}) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN`,
  )
}

type Tags = Readonly<Record<string, string>>

function tagsOf(input: Shape): Readonly<Partial<Record<string, Tags>>> {
  const result: Record<string, Tags> = {}
  for (const specification of list(input, 'TagSpecifications') as readonly Shape[]) {
    const resource = oneOf('resourceType', text(specification, 'ResourceType') ?? '', ResourceType)
    if (result[resource]) throw invalid(`Duplicate resource type ${resource} in tag specifications`)
    result[resource] = readTags(list(specification, 'Tags') as readonly Shape[])
  }
  if (result['spot-instances-request'] && input.InstanceMarketOptions === undefined) {
    throw invalid(
      'Tag specification resource type must match the resources that are created: spot-instances-request',
    )
  }
  return result
}

function readTags(tags: readonly Shape[]): Tags {
  const entries = tags.map((tag) => [text(tag, 'Key') ?? '', text(tag, 'Value') ?? ''] as const)
  for (const [key, value] of entries) {
    if (key.length === 0 || key.length > 128)
      throw invalid(`Tag key exceeds the maximum length of 128 characters: ${key}`)
    if (value.length > 256) throw invalid(`Tag value exceeds the maximum length of 256 characters`)
    if (/^aws:/i.test(key)) throw invalid(`Tag keys starting with 'aws:' are reserved for internal use`)
  }
  if (new Set(entries.map(([key]) => key)).size < entries.length) throw invalid('Duplicate tag key specified')
  if (entries.length > 50)
    throw new Refusal('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.')
  return Object.fromEntries(entries)
}

/** As EBS limits it in 2026; its own words are not on record. */
function checkSpeed(ebs: Shape, size: number): void {
  const type = oneOf('volumeType', text(ebs, 'VolumeType') ?? 'gp3', VolumeType)
  const { Iops: iops, Throughput: throughput } = ebs
  const most = { gp3: [3_000, 80_000, 500], io1: [100, 64_000, 50], io2: [100, 256_000, 1_000] }[String(type)]
  if (iops !== undefined && !most) throw unfit(`The parameter iops is not supported for ${type} volumes.`)
  if (type.startsWith('io') && iops === undefined)
    throw new Refusal('MissingParameter', `The parameter iops must be specified for ${type} volumes.`)
  if (throughput !== undefined && type !== 'gp3')
    throw unfit(`The parameter throughput is not supported for ${type} volumes.`)
  if (iops !== undefined && most && (Number(iops) < most[0]! || Number(iops) > most[1]!))
    throw invalid(`Volume iops of ${Number(iops)} is out of range for ${type}.`)
  if (iops !== undefined && most && Number(iops) > Math.max(most[0]!, size * most[2]!))
    throw invalid(`Iops to volume size ratio is too high; maximum is ${most[2]!}.`)
  if (throughput !== undefined && Number(throughput) > 0.25 * Number(iops ?? 3_000))
    throw invalid('Throughput to iops ratio is too high; maximum is 0.25.')
}

function volumesOf(image: EmulatedImage, input: Shape, tags: Tags): Order['volumes'] {
  const given = list(input, 'BlockDeviceMappings') as readonly Shape[]
  const ofImage = [
    { device: image.rootDevice, sizeGb: image.sizeGb, deleteOnTermination: true },
    ...(image.dataDisk ? [image.dataDisk] : []),
  ]
  for (const mapping of given) {
    const device = text(mapping, 'DeviceName') ?? ''
    if (!ofImage.some((disk) => disk.device === device)) {
      throw new Refusal(
        'InvalidBlockDeviceMapping',
        `this emulator knows the image's own disks only, and ${device} is none of them`,
      )
    }
  }
  return ofImage.map(({ device, sizeGb, deleteOnTermination }) => {
    const ebs = record(given.find((mapping) => text(mapping, 'DeviceName') === device) ?? {}, 'Ebs')
    const size = Number(ebs.VolumeSize ?? sizeGb)
    checkSpeed(ebs, size)
    if (size < sizeGb) {
      throw new Refusal(
        'InvalidBlockDeviceMapping',
        `Volume of size ${size}GB is smaller than snapshot 'snap-${image.id.slice(4)}', expect size >= ${sizeGb}GB`,
      )
    }
    return {
      device,
      tags,
      sizeGb: size,
      encrypted: ebs.Encrypted === true,
      deleteOnTermination:
        ebs.DeleteOnTermination === undefined ? deleteOnTermination : ebs.DeleteOnTermination === true,
    }
  })
}
