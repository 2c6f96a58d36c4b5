import {
  account,
  allTypes,
  disabledRegions,
  partitionOf,
  sellers,
  zonesByRegion,
  type EmulatedImage,
} from './catalogue.ts'
import { filter, page, type Readers } from './filters.ts'
import type { Machine } from './machines.ts'
import { defaultVpcOf } from './network.ts'
import type { Shape, Value } from './schema.ts'
import {
  groupShape,
  imageShape,
  reservationShape,
  tableShape,
  tagShapes,
  typeShape,
  vpcShape,
} from './shapes.ts'
import { invalid, Refusal, unfit } from './wire.ts'
import { list, text, type World } from './world.ts'

export function describeInstances(world: World, region: string, input: Shape): Shape {
  const ids = list(input, 'InstanceIds').map(String)
  if (ids.length > 0 && input.MaxResults !== undefined)
    throw unfit('The parameter instancesSet cannot be used with the parameter maxResults')
  const visible = world.machines.all.filter(
    (machine) =>
      machine.order.region === region &&
      (ids.length === 0 || ids.includes(machine.id)) &&
      world.machines.isVisible(machine),
  )
  const missing = ids.filter((id) => !visible.some((machine) => machine.id === id))
  if (missing.length > 0) throw unknownInstance(missing)
  for (const machine of visible) world.machines.look(machine)
  const readers: Readers<Machine> = {
    'instance-state-name': ({ state }) => [state],
    'client-token': ({ order }) => [order.clientToken],
    'instance-id': ({ id }) => [id],
  }
  const found = filter(visible, input, readers, ({ order }, key) => order.tags[key])
  const { items, rest } = page(world, found, input, 5)
  return { ...rest, Reservations: items.map((machine) => reservationShape(machine, 'later')) }
}

export function unknownInstance(ids: readonly string[]): Refusal {
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
  if (malformed !== undefined) return new Refusal('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`)
  return new Refusal(
    'InvalidInstanceID.NotFound',
    `The instance ID${ids.length > 1 ? 's' : ''} '${ids.join(', ')}' do${ids.length > 1 ? '' : 'es'} not exist`,
  )
}

export function describeImages(world: World, region: string, input: Shape): Shape {
  const ids = list(input, 'ImageIds').map(String)
  const owners = list(input, 'Owners').map(String)
  const malformed = ids.find((id) => !/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id))
  if (malformed !== undefined)
    throw new Refusal('InvalidAMIID.Malformed', `Invalid id: "${malformed}" (expecting "ami-...")`)
  const here = world.images.filter(
    (image) => image.region === region && (image.public || image.owner === account),
  )
  const missing = ids.filter((id) => !here.some((image) => image.id === id))
  if (missing.length > 0)
    throw new Refusal('InvalidAMIID.NotFound', `The image id '[${missing.join(', ')}]' does not exist`)
  const { IncludeDeprecated, IncludeDisabled } = input
  const shown = (image: EmulatedImage): boolean =>
    ids.includes(image.id) ||
    IncludeDeprecated === true ||
    image.owner === account ||
    !(image.deprecated && Date.parse(image.deprecated) <= world.now())
  const asked = here.filter(
    (image) =>
      shown(image) &&
      (image.state !== 'disabled' || (IncludeDisabled === true && image.owner === account)) &&
      (ids.length === 0 || ids.includes(image.id)) &&
      (owners.length === 0 || owners.some((owner) => isOwner(image, owner))),
  )
  const found = filter(asked, input, {
    name: (image) => [image.name],
    architecture: (image) => [image.architecture],
    state: (image) => [image.state ?? 'available'],
  })
  const { items, rest } = page(world, found, input)
  return { ...rest, Images: items.map(imageShape) }
}

function isOwner(image: EmulatedImage, owner: string): boolean {
  return owner === image.owner || owner === image.alias || (owner === 'self' && image.owner === account)
}

export function describeSubnets(world: World, region: string, input: Shape): Shape {
  const ids = list(input, 'SubnetIds').map(String)
  const { defaultVpc } = world.dials
  const here = world.networks.subnets.filter(
    (subnet) => subnet.region === region && (defaultVpc || !subnet.isDefault),
  )
  const missing = ids.filter((id) => !here.some((subnet) => subnet.id === id))
  if (missing.length > 0)
    throw new Refusal('InvalidSubnetID.NotFound', `The subnet ID '${missing[0]}' does not exist`)
  const found = filter(
    here.filter((subnet) => ids.length === 0 || ids.includes(subnet.id)),
    input,
    {
      'default-for-az': (subnet) => [String(subnet.isDefault)],
      'vpc-id': (subnet) => [subnet.vpc],
    },
  )
  const { items, rest } = page(world, found, input, 5)
  const Subnets = items.map((subnet) => ({
    SubnetId: subnet.id,
    SubnetArn: `arn:aws:ec2:${region}:${account}:subnet/${subnet.id}`,
    OwnerId: account,
    VpcId: subnet.vpc,
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: `${region}-az${'abcdef'.indexOf(subnet.zone.slice(-1)) + 1}`,
    MapCustomerOwnedIpOnLaunch: false,
    Tags: tagShapes({ Name: subnet.id }),
    MapPublicIpOnLaunch: subnet.publicAddresses,
    DefaultForAz: subnet.isDefault,
    Ipv6Native: subnet.ipv6 === 'only',
    AssignIpv6AddressOnCreation: subnet.assignsIpv6,
    EnableDns64: subnet.dns64,
    ...(subnet.ipv6 === 'only' ? {} : { CidrBlock: '10.0.0.0/24' }),
    Ipv6CidrBlockAssociationSet:
      subnet.ipv6 === 'none'
        ? []
        : [{ Ipv6CidrBlock: '2001:db8::/64', Ipv6CidrBlockState: { State: 'associated' } }],
    AvailableIpAddressCount: subnet.freeAddresses,
    State: 'available',
  }))
  return { ...rest, Subnets }
}

export function describeVpcs(world: World, region: string, input: Shape): Shape {
  const standard = defaultVpcOf(region)
  const all = [
    ...new Set([
      ...(world.dials.defaultVpc ? [standard] : []),
      ...world.networks.subnets
        .filter((subnet) => subnet.region === region && !subnet.isDefault)
        .map((subnet) => subnet.vpc),
    ]),
  ]
  const found = filter(all, input, { 'is-default': (vpc) => [String(vpc === standard)] })
  const { items, rest } = page(world, found, input, 5)
  return { ...rest, Vpcs: items.map((vpc) => vpcShape(vpc, vpc === standard)) }
}

export function describeSecurityGroups(world: World, region: string, input: Shape): Shape {
  const here = world.networks.groups.filter((group) => group.region === region)
  const found = filter(here, input, {
    'vpc-id': (group) => [group.vpc],
    'group-name': (group) => [group.name],
  })
  const { items, rest } = page(world, found, input, 5)
  return { ...rest, SecurityGroups: items.map(groupShape) }
}

export function describeRouteTables(world: World, region: string, input: Shape): Shape {
  const here = world.networks.tables.filter((table) => table.region === region)
  const found = filter(here, input, { 'vpc-id': (table) => [table.vpc] })
  const { items, rest } = page(world, found, input, 5)
  return { ...rest, RouteTables: items.map(tableShape) }
}

export function describeTypes(world: World, region: string, input: Shape): Shape {
  const here = allTypes().filter((type) => sellers(type, region).length > 0)
  const found = filter(here, input, { 'instance-type': (type) => [type] })
  const { items, rest } = page(world, found, input, 5)
  return { ...rest, InstanceTypes: items.map(typeShape) }
}

export function describeOfferings(world: World, region: string, input: Shape): Shape {
  const kind = text(input, 'LocationType') ?? 'region'
  if (kind !== 'region' && kind !== 'availability-zone')
    throw invalid(`this emulator does not know location type ${kind}`)
  const all = allTypes().flatMap((type) => {
    const zones = sellers(type, region)
    return (kind === 'region' ? (zones.length > 0 ? [region] : []) : zones).map((location) => ({
      type,
      location,
    }))
  })
  const found = filter(all, input, {
    'instance-type': ({ type }) => [type],
    location: ({ location }) => [location],
  })
  const { items, rest } = page(world, found, input, 5)
  return {
    ...rest,
    InstanceTypeOfferings: items.map(({ type, location }): Shape => ({
      InstanceType: type,
      LocationType: kind,
      Location: location,
    })),
  }
}

export function describeRegions(region: string, input: Shape): Shape {
  const here = Object.keys(zonesByRegion).filter((name) => partitionOf(name) === partitionOf(region))
  const enabled = here.map((name) => ({ name, status: 'opt-in-not-required' }))
  const disabled =
    input.AllRegions === true && partitionOf(region) === 'aws'
      ? disabledRegions.map((name) => ({ name, status: 'not-opted-in' }))
      : []
  const wanted = list(input, 'RegionNames').map(String)
  const found = [...enabled, ...disabled].filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const Regions: Value = found.map(({ name, status }) => ({
    RegionName: name,
    Endpoint: `ec2.${name}.amazonaws.com${name.startsWith('cn-') ? '.cn' : ''}`,
    OptInStatus: status,
  }))
  return { Regions }
}

/** What is in force at one moment, an entry a zone that sells the type; this emulator keeps no history. */
export function describeSpotPrices(world: World, region: string, input: Shape): Shape {
  const [start, end] = [input.StartTime, input.EndTime].map((time) => JSON.stringify(time))
  if (start === undefined || start !== end)
    throw invalid('this emulator knows the prices of one moment at a time')
  const wanted = text(input, 'AvailabilityZone')
  const types = list(input, 'InstanceTypes').map(String)
  const all = types.flatMap((type) => sellers(type, region).map((zone) => ({ type, zone })))
  const here = all.filter(({ zone }) => wanted === undefined || zone === wanted)
  const { items, rest } = page(world, here, input)
  const SpotPriceHistory = items.map(({ type, zone }): Shape => ({
    AvailabilityZone: zone,
    InstanceType: type,
    ProductDescription: 'Linux/UNIX',
    SpotPrice: world.dials.spotPrice(type, zone).toFixed(6),
    Timestamp: new Date(world.now() - 3600_000),
  }))
  return { ...rest, SpotPriceHistory }
}
