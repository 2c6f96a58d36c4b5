import { names } from '../cloud/dials.ts'
import type { EmulatedImage } from './catalogue.ts'
import { regions, sizeOf } from './catalogue.ts'
import { array, object, text, texts, type JsonObject } from '../cloud/rest.ts'
import type { Order } from './machines.ts'
import { invalid, Refusal, type Pool, type Trouble } from './wire.ts'
import type { World } from './world.ts'

interface Place {
  readonly group: string
  readonly name: string
}

/** What a PUT asks for, as far as the service takes it. */
export function orderOf(world: World, { group, name }: Place, body: JsonObject): Order {
  const properties = object(body.properties)
  const region = text(body.location) ?? ''
  if (!(regions as readonly string[]).includes(region))
    throw invalid(
      `The provided location '${region}' is not available for resource type 'Microsoft.Compute/virtualMachines'.`,
      'LocationNotAvailableForResourceType',
    )
  const type = text(object(properties.hardwareProfile).vmSize) ?? ''
  const size = sizeOf(type)
  if (!size)
    throw invalid(
      `The value ${type} provided for the VM size is not valid. The valid sizes in the current region are: Standard_D8s_v5,...`,
    )
  const storage = object(properties.storageProfile)
  const image = imageOf(world, object(storage.imageReference), region)
  checkPlan(world, image, object(body.plan))
  if (!size.generations.includes(image.generation))
    throw new Refusal(
      400,
      'BadRequest',
      `The selected VM size '${type}' cannot boot Hypervisor Generation '${image.generation.slice(1)}'. If this was a Create operation please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM Size.`,
    )
  if (size.architecture !== image.architecture.toLowerCase())
    throw new Refusal(
      400,
      'BadRequest',
      `The selected VM size '${type}' does not support CPU Architecture of the image '${image.architecture}'.`,
    )
  const zone = text(array(body.zones)[0])
  const market = properties.priority === 'Spot' ? 'spot' : 'on-demand'
  if (
    market === 'on-demand' &&
    (properties.evictionPolicy !== undefined || properties.billingProfile !== undefined)
  )
    throw invalid('Eviction policy and max price can be set only on Azure Spot Virtual Machines.')
  const identities = Object.keys(object(object(body.identity).userAssignedIdentities))
  for (const id of identities)
    if (![...world.identities].some((known) => known.toLowerCase() === id.toLowerCase()))
      throw new Refusal(
        400,
        'FailedIdentityOperation',
        `Identity operation for resource failed with error 'Failed to perform resource identity operation. Resource '${id}' was not found (userAssignedIdentities)'.`,
      )
  const tags = { ...texts(body.tags), ...world.dials.policyTags }
  if (Object.keys(tags).length > 50)
    throw invalid('The number of tags must be 50 at most.', 'InvalidTagNameCharacters')
  return {
    group,
    name,
    region,
    place: zone ? `${region}-${zone}` : region,
    zone,
    type,
    market,
    tags,
    image,
    reference: object(storage.imageReference),
    plan: body.plan === undefined ? undefined : object(body.plan),
    identities,
    evictionPolicy: text(properties.evictionPolicy),
    maxPrice: object(properties.billingProfile).maxPrice as number | undefined,
    bootDiagnostics: object(object(properties.diagnosticsProfile).bootDiagnostics).enabled === true,
    ...diskOf(object(storage.osDisk), image),
    ...systemOf(object(properties.osProfile)),
    ...networkOf(world, region, object(properties.networkProfile)),
  }
}

function imageOf({ images }: World, reference: JsonObject, region: string): EmulatedImage {
  const { publisher, offer, sku, version } = texts(reference)
  const found = images.find(
    (image) =>
      image.publisher.toLowerCase() === publisher?.toLowerCase() &&
      image.offer === offer &&
      image.sku === sku &&
      (version === 'latest' || version === image.version) &&
      (image.regions?.includes(region) ?? true),
  )
  if (found) return found
  throw new Refusal(
    404,
    'PlatformImageNotFound',
    `The platform image '${publisher}:${offer}:${sku}:${version}' is not available. Verify that all fields in the storage profile are correct.`,
  )
}

function checkPlan(
  { dials }: World,
  { plan, publisher, offer, sku }: EmulatedImage,
  given: JsonObject,
): void {
  if (!plan) return
  if (given.name !== plan.name || given.product !== plan.product || given.publisher !== plan.publisher)
    throw new Refusal(
      400,
      'VMMarketplaceInvalidInput',
      'Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan information in the request.',
    )
  if (!dials.terms.has(`${publisher}:${offer}:${sku}`))
    throw new Refusal(
      400,
      'MarketplacePurchaseEligibilityFailed',
      `Marketplace purchase eligibility check returned errors. See inner errors for details. Legal terms have not been accepted for this item on this subscription: '${offer}'.`,
    )
}

function diskOf(disk: JsonObject, image: EmulatedImage): Pick<Order, 'diskGb' | 'diskKind' | 'diskDeletes'> {
  const diskGb = (disk.diskSizeGB as number | undefined) ?? image.sizeGb
  if (disk.createOption !== 'FromImage')
    throw invalid("Required parameter 'storageProfile.osDisk.createOption' is missing (null).")
  if (diskGb < image.sizeGb || diskGb > 4095)
    throw new Refusal(
      409,
      'OperationNotAllowed',
      `The specified disk size ${diskGb} GB is smaller than the size of the corresponding disk in the VM image: ${image.sizeGb} GB.`,
    )
  return {
    diskGb,
    diskKind: text(object(disk.managedDisk).storageAccountType) ?? 'Premium_LRS',
    diskDeletes: disk.deleteOption === 'Delete',
  }
}

function systemOf(
  profile: JsonObject,
): Pick<Order, 'customData' | 'computerName' | 'adminUsername' | 'publicKeys'> {
  const [computerName = '', adminUsername = '', customData = ''] = [
    text(profile.computerName),
    text(profile.adminUsername),
    text(profile.customData),
  ]
  const linux = object(profile.linuxConfiguration)
  const publicKeys = array(object(linux.ssh).publicKeys)
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/i.test(computerName) || /^\d+$/.test(computerName))
    throw invalid(
      'Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . \' " , < > / ?.',
    )
  if (/^(admin|administrator|root|user|test|guest)$/i.test(adminUsername) || adminUsername === '')
    throw invalid('The Admin Username specified is not allowed.')
  if (profile.adminPassword === undefined && publicKeys.length === 0)
    throw invalid(
      'Authentication using either SSH or by user name and password must be enabled in Linux profile.',
    )
  for (const key of publicKeys.map(object)) {
    if (key.path !== `/home/${adminUsername}/.ssh/authorized_keys`)
      throw invalid(
        `Destination path for SSH public keys is currently limited to its default value /home/${adminUsername}/.ssh/authorized_keys due to a known issue in Linux provisioning agent.`,
      )
    if (!isPublicKey(text(key.keyData) ?? ''))
      throw invalid('The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.')
  }
  const bytes = Buffer.from(customData, 'base64')
  if (bytes.toString('base64') !== customData)
    throw invalid(
      'Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.',
    )
  if (customData.length > 87_380)
    throw invalid(
      'Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.',
    )
  return { computerName, adminUsername, customData: bytes, publicKeys }
}

/** RSA of 2048 bits or more, or Ed25519. */
function isPublicKey(line: string): boolean {
  const [, kind = '', encoded = ''] = /^(ssh-rsa|ssh-ed25519) ([A-Za-z0-9+/=]+)(?: .*)?$/.exec(line) ?? []
  const blob = Buffer.from(encoded, 'base64')
  if (blob.length < 4 || blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() !== kind) return false
  return kind === 'ssh-rsa' ? blob.length >= 270 : blob.length === 51
}

function networkOf(
  world: World,
  region: string,
  profile: JsonObject,
): Pick<Order, 'subnet' | 'publicAddress' | 'cardName' | 'cardDeletes' | 'addressDeletes' | 'partTags'> {
  const [card] = array(profile.networkInterfaceConfigurations).map(object)
  if (!card || text(profile.networkApiVersion) === undefined)
    throw invalid("Required parameter 'networkProfile.networkApiVersion' is missing (null).")
  const cardName = text(card.name)
  if (cardName === undefined)
    throw invalid("Required parameter 'networkInterfaceConfiguration.name' is missing (null).")
  const properties = object(card.properties)
  const [configuration] = array(properties.ipConfigurations).map(object)
  const own = object(configuration?.properties)
  const subnet = text(object(own.subnet).id) ?? ''
  checkSubnet(world, region, subnet)
  const address =
    own.publicIPAddressConfiguration === undefined ? undefined : object(own.publicIPAddressConfiguration)
  const addressProperties = object(address?.properties)
  if (
    address &&
    (object(address.sku).name !== 'Standard' || addressProperties.publicIPAllocationMethod !== 'Static')
  )
    throw invalid(
      'Cannot create public IP addresses of the Basic sku any more (IPv4BasicSkuPublicIpCountLimitReached).',
      'IPv4BasicSkuPublicIpCountLimitReached',
    )
  if (address && world.dials.forbids.has('address'))
    throw policy('not-allowed-public-ip', 'Microsoft.Network/publicIPAddresses')
  if (world.dials.forbids.has('size')) throw policy('allowed-sizes', 'Microsoft.Compute/virtualMachines')
  return {
    subnet,
    cardName,
    publicAddress: address !== undefined,
    cardDeletes: properties.deleteOption === 'Delete',
    addressDeletes: address === undefined || addressProperties.deleteOption === 'Delete',
    partTags: texts(card.tags),
  }
}

function checkSubnet(world: World, region: string, id: string): void {
  const [, group = '', network = '', subnet = ''] =
    /\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/virtualNetworks\/([^/]+)\/subnets\/([^/]+)$/i.exec(
      id,
    ) ?? []
  const found = world.networkOf(group, network)
  if (!found?.subnets.some(({ name }) => name === subnet))
    throw new Refusal(404, 'NotFound', `Resource ${id} not found. (subnets)`, { details: [] })
  if (found.location !== region)
    throw invalid(
      `Resource ${id} referenced by resource is in another region; the virtualNetworks must be in ${region}.`,
      'InvalidResourceReference',
    )
  const busy = world.dials.subnetBusy > 0
  if (busy) world.dials.subnetBusy--
  if (busy || !found.ready)
    throw new Refusal(429, 'RetryableError', 'A retryable error occurred.', {
      by: 'service',
      details: [
        {
          code: 'ReferencedResourceNotProvisioned',
          message: `Cannot proceed with operation because resource ${id} used by resource is not in Succeeded state. Resource is in Updating state and the last operation that updated/is updating the resource is PutSubnetOperation.`,
        },
      ],
    })
}

function policy(name: string, what: string): Refusal {
  return new Refusal(
    403,
    'RequestDisallowedByPolicy',
    `Resource was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"${name}","id":"/subscriptions/0/providers/Microsoft.Authorization/policyAssignments/1"}}]'. (${what === 'Microsoft.Network/publicIPAddresses' ? 'public IP' : what})`,
    { by: 'gateway' },
  )
}

/** What is known to be wrong at once. */
export function checkStock({ dials }: World, { type, place, region, market }: Pool): void {
  if (names(dials.exhausted, [type, region, market])) {
    const what =
      market === 'spot' ? 'LowPriorityCores' : `standard${type.replace(/^Standard_|\d+/g, '')}Family Cores`
    throw new Refusal(
      409,
      'OperationNotAllowed',
      `Operation could not be completed as it results in exceeding approved ${what} quota. Additional details - Deployment Model: Resource Manager, Location: ${region}, Current Limit: 0, Current Usage: 0, Additional Required: 8, (Minimum) New Limit Required: 8. Setup Alerts when Quota reaches threshold.`,
    )
  }
  if (names(dials.dry, [type, place, market]))
    throw new Refusal(
      409,
      'SkuNotAvailable',
      `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${type}' is currently not available in location '${region}'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details.`,
    )
}

/** What comes out later. */
export function lateTrouble({ dials }: World, pool: Pool): Trouble | undefined {
  return dials.fails?.(pool)
}
