import { array, object, text, texts, type JsonObject } from '../cloud/rest.ts'
import { nameOf, parseType } from '../../../src/clouds/gcp/machine-type.ts'
import {
  publicProjects,
  sellsAccelerator,
  sellsMachine,
  takesCount,
  type EmulatedImage,
  type EmulatedSubnet,
} from './catalogue.ts'
import type { Order } from './machines.ts'
import { invalid, notFound, Refusal } from './wire.ts'
import type { World } from './world.ts'

export const last = (address: string | undefined): string => address?.split('/').at(-1) ?? ''

const namePattern = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const labelKey = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u
const labelValue = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u

/** What an insert asks for, looked at as Compute Engine does before it begins anything. `bulk`: kinds go by their bare names. */
export function orderOf(world: World, zone: string, name: string, body: JsonObject): Order {
  const region = zone.replace(/-[a-z]$/, '')
  if (!namePattern.test(name))
    throw invalid(
      `Invalid value for field 'resource.name': '${name}'. Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'`,
    )
  const machineType = last(text(body.machineType))
  if (!sellsMachine(machineType, zone))
    throw invalid(
      `Invalid value for field 'resource.machineType': '${text(body.machineType)}'. Machine type with name '${machineType}' does not exist in zone '${zone}'.`,
    )
  const accelerator = acceleratorOf(world, zone, body)
  const scheduling = schedulingOf(body, machineType, accelerator !== undefined)
  const { disk, image } = diskOf(world, zone, body)
  return {
    name,
    zone,
    region,
    description: text(body.description),
    machineType,
    accelerator,
    type: nameOf(machineType, accelerator && { accelerator: accelerator.name, count: accelerator.count }),
    market: text(object(body.scheduling).provisioningModel) === 'SPOT' ? 'spot' : 'on-demand',
    labels: labelsOf(body.labels),
    metadata: metadataOf(body.metadata),
    image: `projects/${image.project}/global/images/${image.name}`,
    ...disk,
    ...networkOf(world, region, body),
    serviceAccount: accountOf(world, body),
    scheduling,
  }
}

function acceleratorOf(world: World, zone: string, body: JsonObject): Order['accelerator'] {
  const [first] = array(body.guestAccelerators).map(object)
  if (!first) return undefined
  const name = last(text(first.acceleratorType))
  const count = Number(first.acceleratorCount)
  const known = last(text(body.machineType))
  if (!sellsAccelerator(name, zone))
    throw notFound(`projects/${world.project}/zones/${zone}/acceleratorTypes/${name}`)
  if (!/^(n1-|custom-)/.test(known) || !takesCount(name, count))
    throw invalid(
      `Invalid value for field 'resource.guestAccelerators': ''. Accelerator type ${name} (${count}) is not compatible with machine type ${known}.`,
    )
  return { name, count }
}

function schedulingOf(body: JsonObject, machineType: string, attached: boolean): Order['scheduling'] {
  const told = object(body.scheduling)
  const spot = told.provisioningModel === 'SPOT'
  const maintenance = text(told.onHostMaintenance) ?? 'MIGRATE'
  const fixed = attached || Boolean(parseType(machineType)?.gpu) || /^(t2a|h3)-/.test(machineType)
  if (fixed && maintenance !== 'TERMINATE')
    throw invalid('Instances with guest accelerators do not support live migration.')
  if (spot && (told.automaticRestart !== false || maintenance !== 'TERMINATE'))
    throw invalid(
      "Invalid value for field 'scheduling': Scheduling must have automaticRestart false and onHostMaintenance TERMINATE when provisioningModel is SPOT.",
    )
  const run = object(told.maxRunDuration).seconds
  const action = text(told.instanceTerminationAction)
  const maxRunSeconds = run === undefined ? undefined : Number(run)
  if (maxRunSeconds !== undefined && (maxRunSeconds < 30 || maxRunSeconds > 120 * 86_400))
    throw invalid(
      `Invalid value for field 'scheduling.maxRunDuration': must be between 30 seconds and 120 days.`,
    )
  if (maxRunSeconds !== undefined && action === undefined)
    throw invalid('instanceTerminationAction must be specified when maxRunDuration is.')
  return {
    onHostMaintenance: maintenance,
    automaticRestart: told.automaticRestart !== false,
    instanceTerminationAction: action,
    maxRunSeconds,
  }
}

/** The image by its path, or the newest of a family. */
export function imageOf(world: World, source: string): EmulatedImage {
  const [, project = '', family, name = ''] =
    /projects\/([^/]+)\/global\/images\/(family\/)?([^/]+)$/.exec(source) ?? []
  const found = world.images
    .filter(
      (image) =>
        image.project === project &&
        (family ? image.family === name && !image.deprecated : image.name === name),
    )
    .toSorted((one, other) => other.createdAt - one.createdAt)[0]
  if (found) return found
  throw notFound(`projects/${project}/global/images/${family ?? ''}${name}`)
}

function diskOf(
  world: World,
  zone: string,
  body: JsonObject,
): {
  readonly disk: Pick<Order, 'diskGb' | 'diskType' | 'autoDelete' | 'diskLabels'>
  readonly image: EmulatedImage
} {
  const [first, ...others] = array(body.disks).map(object)
  if (!first || others.length > 0 || first.boot !== true)
    throw invalid('At least one boot disk must be specified.')
  const told = object(first.initializeParams)
  const image = imageOf(world, text(told.sourceImage) ?? '')
  if (/^(OBSOLETE|DELETED)$/.test(image.deprecated?.state ?? ''))
    throw invalid(
      `The resource 'projects/${image.project}/global/images/${image.name}' is ${image.deprecated!.state}`,
    )
  const arm = /^(t2a|c4a|n4a)-/.test(last(text(body.machineType)))
  if (arm !== (image.architecture === 'ARM64'))
    throw invalid(
      `Invalid value for field 'resource.disks[0].initializeParams.sourceImage': the image's architecture ${image.architecture} is not that of the machine type in ${zone}.`,
    )
  const diskGb = Number(told.diskSizeGb ?? image.diskSizeGb)
  if (diskGb < image.diskSizeGb)
    throw invalid(
      `Invalid value for field 'resource.disks[0].initializeParams.diskSizeGb': '${diskGb}'. Requested disk size cannot be smaller than the image size (${image.diskSizeGb} GB)`,
    )
  return {
    image,
    disk: {
      diskGb,
      diskType: last(text(told.diskType)) || 'pd-standard',
      autoDelete: first.autoDelete === true,
      diskLabels: labelsOf(told.labels),
    },
  }
}

function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const labels = texts(value)
  for (const [key, label] of Object.entries(labels))
    if (!labelKey.test(key) || !labelValue.test(label))
      throw invalid(
        `Invalid value for field 'resource.labels': ''. Label key '${key}' or value '${label}' violates format constraints.`,
      )
  return labels
}

function metadataOf(value: unknown): Record<string, string> {
  const items = array(object(value).items).map(object)
  const entries = items.map(({ key, value: content }) => [text(key) ?? '', text(content) ?? ''] as const)
  const size = entries.reduce((sum, [, content]) => sum + Buffer.byteLength(content), 0)
  if (size > 512 * 1024 || entries.some(([, content]) => Buffer.byteLength(content) > 256 * 1024))
    throw invalid(
      `Value for field 'resource.metadata.items' is too large: maximum size 262144 character(s); actual size ${size}.`,
    )
  return Object.fromEntries(entries)
}

function networkOf(
  { project, subnets, dials }: World,
  region: string,
  body: JsonObject,
): Pick<Order, 'network' | 'subnetwork' | 'ipv6Only' | 'publicAddress'> {
  const [first] = array(body.networkInterfaces).map(object)
  const external = array(first?.ipv6AccessConfigs).length > 0
  const publicAddress = external || array(first?.accessConfigs).length > 0
  if (publicAddress && dials.policies.has('compute.vmExternalIpAccess'))
    throw new Refusal(
      412,
      'conditionNotMet',
      `Constraint constraints/compute.vmExternalIpAccess violated for project ${project}. Add instance projects/${project}/zones/${region}-b/instances/x to the constraint to use external IP with it.`,
    )
  const path = text(first?.subnetwork)
  if (path === undefined) {
    if (!dials.defaultNetwork) throw notFound(`projects/${project}/global/networks/default`)
    checkStack(first, undefined)
    return { network: 'default', subnetwork: 'default', ipv6Only: false, publicAddress }
  }
  const [, owner = project, at = '', name = ''] =
    /(?:projects\/([^/]+)\/)?regions\/([^/]+)\/subnetworks\/([^/]+)$/.exec(path) ?? []
  const found = subnets.find(
    (subnet) => subnet.project === owner && subnet.region === at && subnet.name === name,
  )
  if (!found || at !== region) throw notFound(`projects/${owner}/regions/${at}/subnetworks/${name}`)
  checkStack(first, found.ipv6Only)
  return { network: found.network, subnetwork: name, ipv6Only: found.ipv6Only !== undefined, publicAddress }
}

/** An interface that says nothing has IPv4. The words are the emulator's own: the real service was not asked. */
function checkStack(first: JsonObject | undefined, ipv6: EmulatedSubnet['ipv6Only']): void {
  const stack = text(first?.stackType) ?? 'IPV4_ONLY'
  const field = `Invalid value for field 'resource.networkInterfaces[0]`
  if ((stack === 'IPV6_ONLY') !== (ipv6 !== undefined))
    throw invalid(`${field}.stackType': '${stack}'. The stack type is not supported by the subnetwork.`)
  if (stack === 'IPV6_ONLY' && array(first?.accessConfigs).length > 0)
    throw invalid(`${field}.accessConfigs[0]': ''. An interface without IPv4 has no IPv4 access config.`)
  if (ipv6 !== 'EXTERNAL' && array(first?.ipv6AccessConfigs).length > 0)
    throw invalid(`${field}.ipv6AccessConfigs[0]': ''. The subnetwork has no external IPv6 addresses.`)
}

function accountOf({ accounts, project }: World, body: JsonObject): Order['serviceAccount'] {
  const [first] = array(body.serviceAccounts).map(object)
  if (!first) return undefined
  const told = text(first.email) ?? ''
  const email = told === 'default' ? '123456789012-compute@developer.gserviceaccount.com' : told
  if (told !== 'default' && !accounts.has(email))
    throw invalid(
      `Invalid value for field 'resource.serviceAccounts[0].email': The resource '${email}' of type 'serviceAccount' was not found in project ${project}.`,
    )
  return { email, scopes: array(first.scopes).map(String) }
}

/** Is an image somebody's own, so that using it takes a permission? */
export function isPublic(source: string): boolean {
  return publicProjects.has(/projects\/([^/]+)\//.exec(source)?.[1] ?? '')
}
