import {
  addressAnswer,
  addressId,
  cardAnswer,
  cardId,
  groupAnswer,
  machineAnswer,
  networkAnswer,
  operationAnswer,
  stampOf,
} from './answers.ts'
import { regions, type EmulatedImage } from './catalogue.ts'
import { array, object, text, texts, type JsonObject } from '../cloud/rest.ts'
import type { Machine } from './machines.ts'
import type { Operation } from './operations.ts'
import { checkStock, lateTrouble, orderOf } from './order.ts'
import { invalid, Refusal } from './wire.ts'
import { group as newGroup, type Group, type World } from './world.ts'

export interface Asked {
  readonly parts: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: JsonObject
  readonly ifNoneMatch: boolean
  readonly origin: string
}

export interface Answered {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

type Handler = (world: World, asked: Asked) => Answered

const ok = (body: unknown): Answered => ({ status: 200, body })

/** What is answered, by its action. */
export const handlers: Readonly<Record<string, Handler>> = {
  'machines.get': getMachine,
  'machines.put': putMachine,
  'machines.delete': deleteMachine,
  'machines.list': (world, asked) =>
    listMachines(world, asked, (machine) => inGroup(machine, groupOf(world, asked))),
  'machines.listByLocation': (world, asked) => {
    if (world.dials.blind.has(asked.parts.location ?? ''))
      throw denial(['Microsoft.Compute/virtualMachines/read'], `/subscriptions/${world.subscription}`)
    return listMachines(world, asked, ({ order }) => order.region === asked.parts.location)
  },
  'machines.listAll': (world, asked) => listMachines(world, asked, () => true),
  'machines.console': bootDiagnostics,
  'groups.get': (world, asked) => {
    const found = groupOf(world, asked)
    world.settle(found)
    return ok(groupAnswer(world, groupOf(world, asked)))
  },
  'groups.put': putGroup,
  'groups.delete': deleteGroup,
  'groups.list': listGroups,
  'networks.get': (world, asked) => {
    const found = world.networkOf(groupOf(world, asked).name, asked.parts.name ?? '')
    if (!found) throw missing('Microsoft.Network/virtualNetworks', asked)
    return ok(networkAnswer(world, found))
  },
  'networks.list': (world, asked) => {
    const own = groupOf(world, asked).name
    return ok({
      value: world.networks
        .filter(({ group }) => group === own)
        .map((network) => networkAnswer(world, network)),
    })
  },
  'networks.put': putNetwork,
  'cards.get': (world, asked) => ({
    ...ok(cardAnswer(world, partOf(world, asked, cardId))),
    headers: { etag: 'W/"1"' },
  }),
  'addresses.get': (world, asked) => ok(addressAnswer(world, partOf(world, asked, addressId))),
  'images.latest': latestImage,
  'images.get': getImage,
  'providers.get': (world, { parts }) =>
    ok({
      id: `/subscriptions/${world.subscription}/providers/${parts.namespace}`,
      namespace: parts.namespace,
      registrationState: world.dials.registered.has((parts.namespace ?? '').toLowerCase())
        ? 'Registered'
        : 'NotRegistered',
      resourceTypes: [],
    }),
  'usages.list': ({ dials }) => ({
    ...ok({
      value: [...dials.quotas].map(([value, { limit, currentValue }]) => ({
        ...{ limit, unit: 'Count', currentValue },
        name: { value, localizedValue: value },
      })),
    }),
    headers: { 'x-ms-ratelimit-remaining-resource': 'Microsoft.Compute/GetSubscriptionInfo3Min;359' },
  }),
  'locations.list': ({ subscription }) =>
    ok({
      value: [...regions, 'global', 'unitedstates'].map((name) => ({
        id: `/subscriptions/${subscription}/locations/${name}`,
        name,
        displayName: name,
        metadata: { regionType: (regions as readonly string[]).includes(name) ? 'Physical' : 'Logical' },
      })),
    }),
  'subscriptions.list': ({ subscription, dials }) =>
    ok({
      value: Array.from({ length: dials.subscriptions }, (_, index) => ({
        id: `/subscriptions/${subscription}`,
        subscriptionId: index === 0 ? subscription : subscription.replace(/.$/, String(index)),
        state: 'Enabled',
      })),
    }),
  'timer.submit': submitTimer,
  'operations.get': readOperation,
  'operationresults.get': readEnd,
}

export function denial(actions: readonly string[], scope: string): Refusal {
  const [action = ''] = actions
  return new Refusal(
    403,
    'AuthorizationFailed',
    `The client 'ci' with object id '00000000-0000-4000-8000-000000000001' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    { by: 'gateway' },
  )
}

function groupOf(world: World, { parts }: Pick<Asked, 'parts'>): Group {
  const found = world.groupOf(parts.group ?? '')
  if (found) return found
  throw new Refusal(404, 'ResourceGroupNotFound', `Resource group '${parts.group}' could not be found.`, {
    by: 'gateway',
  })
}

function missing(kind: string, { parts }: Pick<Asked, 'parts'>): Refusal {
  return new Refusal(
    404,
    'ResourceNotFound',
    `The Resource '${kind}/${parts.name}' under resource group '${parts.group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
    { by: 'gateway' },
  )
}

function inGroup({ order }: Machine, { name }: Group): boolean {
  return order.group.toLowerCase() === name.toLowerCase()
}

function machineOf(world: World, asked: Asked): Machine {
  const group = groupOf(world, asked)
  const found = world.machines.find(group.name, asked.parts.name ?? '')
  if (found) world.machines.look(found)
  if (group.deleting) world.settle(group)
  if (found && !found.gone) return found
  groupOf(world, asked)
  // One that the spot market has taken is missed by compute itself.
  const evicted = world.machines.all.some(
    ({ key, evicted: taken }) => taken && key === `${group.name}/${asked.parts.name}`,
  )
  throw evicted
    ? new Refusal(404, 'NotFound', 'The entity was not found in this Azure location.')
    : missing('Microsoft.Compute/virtualMachines', asked)
}

function getMachine(world: World, asked: Asked): Answered {
  const machine = machineOf(world, asked)
  if (!world.machines.isVisible(machine)) throw missing('Microsoft.Compute/virtualMachines', asked)
  return ok(machineAnswer(world, machine, { view: asked.query.$expand === 'instanceView' }))
}

function putMachine(world: World, asked: Asked): Answered {
  const group = groupOf(world, asked)
  const { name = '' } = asked.parts
  if (group.deleting) throw beingDeleted(group)
  const found = world.machines.find(group.name, name)
  if (found?.deleting)
    throw new Refusal(
      409,
      'OperationNotAllowed',
      `Operation 'createOrUpdate' is not allowed on VM '${name}' since the VM is marked for deletion.`,
    )
  if (found && asked.ifNoneMatch && world.dials.ifNoneMatch === 'heeded')
    throw new Refusal(
      412,
      'PreconditionFailed',
      `Etag provided in if-none-match header * does not match etag "1" of resource ${name}.`,
    )
  const order = orderOf(world, { group: group.name, name }, asked.body)
  if (found) return updateMachine(world, found, asked)
  checkStock(world, order)
  const machine = world.machines.create(order, lateTrouble(world, order))
  machine.operation = world.operations.begin('compute', order.region, world.now())
  return {
    status: 201,
    headers: asynchronous(world, asked, machine.operation, 10),
    body: machineAnswer(world, machine, { made: true }),
  }
}

/** A machine that is there is changed without a word. */
function updateMachine(world: World, machine: Machine, asked: Asked): Answered {
  machine.tags = { ...texts(asked.body.tags), ...world.dials.policyTags }
  const operation = world.operations.begin('compute', machine.order.region, world.now())
  operation.ended = world.now()
  return {
    status: 200,
    headers: asynchronous(world, asked, operation, 10),
    body: machineAnswer(world, machine),
  }
}

function beingDeleted({ name }: Group): Refusal {
  return new Refusal(
    409,
    'ResourceGroupBeingDeleted',
    `The resource group '${name}' is in deprovisioning state and cannot perform this operation.`,
    { by: 'gateway' },
  )
}

/** Signed: whoever builds the address himself is refused. */
function asynchronous(
  world: World,
  { origin }: Asked,
  operation: Operation,
  seconds: number,
): Record<string, string> {
  return {
    'azure-asyncnotification': 'Enabled',
    'azure-asyncoperation': `${origin}${operationPath(world, operation)}`,
    'retry-after': String(seconds),
  }
}

function operationPath({ subscription }: World, { kind, location, id, signature }: Operation): string {
  const [provider, version, own] =
    kind === 'compute'
      ? ['Microsoft.Compute', '2026-03-01', 'p=00000000-0000-4000-8000-000000000002&']
      : ['Microsoft.Network', '2024-05-01', '']
  return `/subscriptions/${subscription}/providers/${provider}/locations/${location}/operations/${id}?${own}api-version=${version}&${signature}`
}

function readOperation(world: World, { parts, query }: Asked): Answered {
  if (world.dials.midPoll503 > 0) {
    world.dials.midPoll503--
    return { status: 503 }
  }
  const found = world.operations.find(parts.id ?? '')
  const given = ['t', 'c', 's', 'h'].map((name) => `${name}=${query[name]}`).join('&')
  if (!found || given !== found.signature)
    throw new Refusal(403, 'InvalidOperationSignature', 'The signature of the address is not valid.')
  found.looks++
  const machine = world.machines.all.find(({ operation }) => operation === found)
  if (machine && !machine.gone) world.machines.look(machine)
  if (found.kind === 'network' && found.looks > world.dials.networkLooks) {
    found.ended ??= world.now()
    for (const network of world.networks) network.ready = true
  }
  const running = found.ended === undefined
  return {
    status: 200,
    headers: running ? { 'retry-after': found.kind === 'compute' ? '35' : '3' } : {},
    body: operationAnswer(found),
  }
}

function deleteMachine(world: World, asked: Asked): Answered {
  const group = groupOf(world, asked)
  const machine = world.machines.find(group.name, asked.parts.name ?? '')
  if (!machine) return { status: 204 }
  world.machines.delete(machine)
  const operation = world.operations.begin('compute', machine.order.region, world.now())
  operation.ended = world.now()
  const headers = asynchronous(world, asked, operation, 10)
  return { status: 202, headers: { ...headers, location: `${headers['azure-asyncoperation']}&monitor=true` } }
}

function listMachines(world: World, asked: Asked, wanted: (machine: Machine) => boolean): Answered {
  const found = world.machines.there.filter((machine) => {
    world.machines.look(machine)
    return !machine.gone && world.machines.isVisible(machine) && wanted(machine)
  })
  const start = Number(asked.query.$skipToken ?? 0)
  const page = found.slice(start, start + world.dials.pageSize)
  const more = start + page.length < found.length
  const value = page.map((machine) => machineAnswer(world, machine))
  return ok({ value, ...(more ? { nextLink: nextLink(asked, start + page.length) } : {}) })
}

function nextLink({ origin, parts, query }: Asked, start: number): string {
  const search = new URLSearchParams({ ...query, $skipToken: String(start) })
  return `${origin}${parts['']}?${search.toString()}`
}

function bootDiagnostics(world: World, asked: Asked): Answered {
  const machine = machineOf(world, asked)
  if (!machine.order.bootDiagnostics)
    throw new Refusal(409, 'OperationNotAllowed', 'Boot diagnostics is not enabled.')
  const expires = encodeURIComponent(new Date(world.now() + 3_600_000).toISOString())
  const base = `${asked.origin}/blobs/${machine.vmId}/${machine.order.name}`
  const signature = `sv=2018-03-28&sr=b&sig=${encodeURIComponent(Buffer.from(machine.vmId).toString('base64'))}&se=${expires}&sp=r`
  return ok({
    consoleScreenshotBlobUri: `${base}.screenshot.bmp?${signature}`,
    serialConsoleLogBlobUri: `${base}.serialconsole.log?${signature}`,
  })
}

/** What a machine without an emulated inside says. */
const canned = '[    0.000000] Linux version 6.8.0-1015-azure\r\nsystemd[1]: Started walinuxagent.service\r\n'

export function consoleOf(world: World, vmId: string): string | undefined {
  const machine = world.machines.there.find((one) => one.vmId === vmId)
  return machine && world.consoleOf(machine, canned)
}

function putGroup(world: World, asked: Asked): Answered {
  const { group: name = '' } = asked.parts
  const location = text(asked.body.location) ?? ''
  if (!(regions as readonly string[]).includes(location))
    throw invalid(
      `The provided location '${location}' is not available for resource group. List of available regions is 'centralus,...'.`,
      'LocationNotAvailableForResourceGroup',
    )
  const tags = { ...texts(asked.body.tags), ...world.dials.policyTags }
  world.groupsMade++
  const found = world.groupOf(name)
  if (found?.deleting) throw beingDeleted(found)
  if (found && found.location !== location)
    throw new Refusal(
      409,
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${location}'. The Resource group already exists in location '${found.location}'.`,
    )
  if (found) {
    found.tags = tags
    return ok(groupAnswer(world, found))
  }
  const made = newGroup(name, location, tags)
  world.groups.push(made)
  return { status: 201, body: groupAnswer(world, made) }
}

function deleteGroup(world: World, asked: Asked): Answered {
  const found = groupOf(world, asked)
  found.deleting = true
  found.looks = 0
  for (const machine of world.machines.in(found.name)) world.machines.delete(machine)
  const end = world.operations.beginEnd(found.name)
  return { status: 202, headers: { location: endAddress(world, asked, end.token), 'retry-after': '15' } }
}

function endAddress({ subscription }: World, { origin }: Asked, token: string): string {
  return `${origin}/subscriptions/${subscription}/operationresults/${token}?api-version=2021-04-01&t=1&c=x&s=x&h=x`
}

/** Another address each time; the last answer is empty too. */
function readEnd(world: World, asked: Asked): Answered {
  const end = world.operations.ends.find(({ token }) => token === asked.parts.token)
  if (!end) throw new Refusal(404, 'NotFound', 'The operation was not found.', { by: 'gateway' })
  const found = world.groupOf(end.group)
  if (found) world.settle(found)
  if (!world.groupOf(end.group)) return { status: 200 }
  end.token = `${end.token}1`
  return { status: 202, headers: { location: endAddress(world, asked, end.token), 'retry-after': '15' } }
}

/** By one tag, as the product asks, and no more. */
function listGroups(world: World, { query }: Asked): Answered {
  const [, key, value] =
    /^tagName eq '((?:[^']|'')+)' and tagValue eq '((?:[^']|'')*)'$/.exec(query.$filter ?? '') ?? []
  if (query.$filter !== undefined && key === undefined)
    throw invalid(`Invalid $filter '${query.$filter}'.`, 'InvalidFilterInQueryString')
  for (const found of [...world.groups]) world.settle(found)
  const found = world.groups.filter(({ tags }) => key === undefined || tags[key] === value)
  return ok({ value: found.map((group) => groupAnswer(world, group)) })
}

function putNetwork(world: World, asked: Asked): Answered {
  const group = groupOf(world, asked)
  if (group.deleting) throw beingDeleted(group)
  const { name = '' } = asked.parts
  const properties = object(asked.body.properties)
  const [prefix] = array(object(properties.addressSpace).addressPrefixes)
  if (text(prefix) === undefined) throw invalid('Address space is missing.', 'InvalidAddressSpace')
  const subnets = array(properties.subnets)
    .map(object)
    .map((subnet) => ({
      name: text(subnet.name) ?? '',
      prefix: text(object(subnet.properties).addressPrefix) ?? '',
    }))
  const known = world.networkOf(group.name, name)
  if (!known)
    world.networks.push({
      group: group.name,
      name,
      location: text(asked.body.location) ?? '',
      tags: texts(asked.body.tags),
      subnets,
      ready: false,
    })
  const made = world.networkOf(group.name, name)!
  const operation = world.operations.begin('network', made.location, world.now())
  return {
    status: known ? 200 : 201,
    headers: asynchronous(world, asked, operation, 3),
    body: networkAnswer(world, made),
  }
}

function partOf(world: World, asked: Asked, idOf: (world: World, machine: Machine) => string): Machine {
  const group = groupOf(world, asked)
  const found = world.machines
    .in(group.name)
    .find((machine) => idOf(world, machine).endsWith(`/${asked.parts.name}`))
  if (found) return found
  throw missing('Microsoft.Network', asked)
}

function imagesFor({ images }: World, { parts }: Asked): readonly EmulatedImage[] {
  const { location = '', publisher, offer, sku } = parts
  return images.filter(
    (image) =>
      image.publisher.toLowerCase() === publisher?.toLowerCase() &&
      image.offer === offer &&
      image.sku === sku &&
      (image.regions?.includes(location) ?? true),
  )
}

function imageId(
  { subscription }: World,
  { location }: Asked['parts'],
  { publisher, offer, sku, version }: EmulatedImage,
): string {
  return `/Subscriptions/${subscription}/Providers/Microsoft.Compute/Locations/${location}/Publishers/${publisher}/ArtifactTypes/VMImage/Offers/${offer}/Skus/${sku}/Versions/${version}`
}

/** A bare list. */
function latestImage(world: World, asked: Asked): Answered {
  const found = imagesFor(world, asked)
  if (found.length === 0) throw new Refusal(404, 'NotFound', `Artifact: VMImage was not found.`)
  return ok(
    found.slice(0, 1).map((image) => ({
      location: asked.parts.location,
      name: image.version,
      id: imageId(world, asked.parts, image),
    })),
  )
}

function getImage(world: World, asked: Asked): Answered {
  const image = imagesFor(world, asked).find(({ version }) => version === asked.parts.version)
  if (!image)
    throw new Refusal(
      404,
      'ImageNotFound',
      `The platform image '${asked.parts.publisher}:${asked.parts.offer}:${asked.parts.sku}:${asked.parts.version}' is not available.`,
    )
  return ok({
    properties: {
      hyperVGeneration: image.generation,
      architecture: image.architecture,
      replicaType: 'Managed',
      ...(image.plan ? { plan: image.plan } : {}),
      disallowed: { vmDiskType: 'Unmanaged' },
      automaticOSUpgradeProperties: { automaticOSUpgradeSupported: true },
      imageDeprecationStatus: image.deprecation ?? { imageState: 'Active' },
      osDiskImage: { operatingSystem: 'Linux', sizeInGb: image.sizeGb, sizeInBytes: image.sizeGb * 2 ** 30 },
      dataDiskImages: [],
    },
    location: asked.parts.location,
    name: image.version,
    id: imageId(world, asked.parts, image),
  })
}

/** Fourteen days ahead at the most; machines are named by their ids. */
function submitTimer(world: World, { body, parts }: Asked): Answered {
  if (!world.dials.registered.has('microsoft.computeschedule'))
    throw new Refusal(
      409,
      'MissingSubscriptionRegistration',
      "The subscription is not registered to use namespace 'Microsoft.ComputeSchedule'. See https://aka.ms/rps-not-found for how to register subscriptions.",
      { by: 'gateway' },
    )
  const schedule = object(body.schedule)
  const deadline = Date.parse(text(schedule.deadline) ?? '')
  const retries = object(object(body.executionParameters).retryPolicy)
  const ids = array(object(body.resources).ids).map(String)
  if (
    Number.isNaN(deadline) ||
    schedule.deadlineType !== 'InitiateAt' ||
    text(body.correlationid) === undefined ||
    ids.length === 0 ||
    retries.retryCount === undefined
  )
    throw invalid('The request is not valid.', 'BadRequest')
  if (deadline > world.now() + 14 * 86_400_000 + 60_000)
    throw invalid('The deadline cannot be more than 14 days ahead.', 'InvalidDeadline')
  const results = ids.map((resourceId) => {
    const [, group = '', name = ''] =
      /\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/virtualMachines\/([^/]+)$/i.exec(
        resourceId,
      ) ?? []
    const machine = world.machines.find(group, name)
    if (!machine || machine.order.region !== parts.location)
      return {
        resourceId,
        errorCode: 'ResourceNotFound',
        errorDetails: 'The machine was not found in that location.',
      }
    machine.endsAt = deadline
    return {
      resourceId,
      operation: {
        operationId: machine.vmId,
        resourceId,
        opType: 'Deallocate',
        state: 'PendingScheduling',
        deadline: stampOf(deadline),
        deadlineType: 'InitiateAt',
        timezone: 'UTC',
      },
    }
  })
  return ok({
    description: 'Deallocate Resource request',
    type: 'VirtualMachines',
    location: parts.location,
    results,
  })
}
