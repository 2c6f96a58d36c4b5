import { leaseToText } from '../../model/lease.ts'
import type { CreateOrder } from '../cloud.ts'
import type { GcpCandidate } from './candidate.ts'
import type {
  AttachedDisk,
  BulkInsertResource,
  GceInstance,
  InstanceProperties,
  NetworkInterface,
  Scheduling,
} from './compute.ts'
import { cloudInitKey, firstWord } from './first-word.ts'
import { labelsOf } from './labels.ts'
import { isMovable, parseType, type NativeType } from './machine-type.ts'
import { nameOfMachine } from './names.ts'

/** Key of the machine's metadata that the guest agent executes, on every boot. */
export const startupKey = 'startup-script'
/** Key of the machine's metadata that holds the whole lease: labels have no room for it. */
export const leaseKey = 'cml-runner-lease'

/** One machine in a zone that is named. */
export function instanceOf(candidate: GcpCandidate, order: CreateOrder, zone: string): GceInstance {
  const type = typeOf(candidate)
  const properties = propertiesOf(candidate, order, type)
  return {
    ...properties,
    name: nameOfMachine(order.lease),
    machineType: `zones/${zone}/machineTypes/${type.machine}`,
    disks: [diskOf(candidate, order, (kind) => `zones/${zone}/diskTypes/${kind}`)],
    ...(type.attached ? accelerators(type.attached, (kind) => `zones/${zone}/acceleratorTypes/${kind}`) : {}),
  }
}

/** One machine in the zone of a region that has it. Kinds go by their bare names, since no zone is known. */
export function bulkOrderOf(candidate: GcpCandidate, order: CreateOrder): BulkInsertResource {
  const type = typeOf(candidate)
  const bare = (kind: string): string => kind
  const without = candidate.choice.how === 'any' ? candidate.choice.without : undefined
  return {
    count: '1',
    minCount: '1',
    instanceProperties: {
      ...propertiesOf(candidate, order, type),
      machineType: type.machine,
      disks: [diskOf(candidate, order, bare)],
      ...(type.attached ? accelerators(type.attached, bare) : {}),
    },
    perInstanceProperties: { [nameOfMachine(order.lease)]: {} },
    locationPolicy: {
      targetShape: 'ANY_SINGLE_ZONE',
      ...(without ? { locations: { [`zones/${without}`]: { preference: 'DENY' } } } : {}),
    },
  }
}

function typeOf({ type }: GcpCandidate): NativeType {
  const found = parseType(type)
  if (!found) throw new RangeError(`${type} was resolved and is no type`)
  return found
}

function propertiesOf(candidate: GcpCandidate, order: CreateOrder, type: NativeType): InstanceProperties {
  const { serviceAccount } = candidate
  return {
    description: `Runner ${order.lease.name} of ${order.lease.scope}, made by cml-runner`,
    labels: labelsOf(order),
    metadata: {
      items: [
        { key: startupKey, value: order.payload.toString('utf8') },
        { key: cloudInitKey, value: firstWord },
        { key: leaseKey, value: leaseToText(order.lease) },
      ],
    },
    scheduling: schedulingOf(candidate, order, type),
    networkInterfaces: [interfaceOf(candidate)],
    ...(serviceAccount
      ? { serviceAccounts: [{ email: serviceAccount.email, scopes: [...serviceAccount.scopes] }] }
      : {}),
  }
}

/** Compute Engine counts these limits from its own start of the machine. https://cloud.google.com/compute/docs/instances/limit-vm-runtime */
const runTime = { least: 30, most: 120 * 86_400 } as const

/**
 * The machine's hard end, by the cloud itself: it is deleted, not stopped. A spot machine ends the same way; one that cannot be moved to another host is stopped
 * for its maintenance, and started again unless it is a spot machine.
 */
function schedulingOf({ market }: GcpCandidate, { request }: CreateOrder, type: NativeType): Scheduling {
  const spot = market === 'spot'
  const seconds = Math.min(runTime.most, Math.max(runTime.least, Math.ceil(request.lifetime)))
  return {
    provisioningModel: spot ? 'SPOT' : 'STANDARD',
    instanceTerminationAction: 'DELETE',
    maxRunDuration: { seconds: String(seconds) },
    onHostMaintenance: spot || !isMovable(type) ? 'TERMINATE' : 'MIGRATE',
    automaticRestart: !spot,
  }
}

function diskOf(
  { disk, diskGb, image }: GcpCandidate,
  order: CreateOrder,
  address: (kind: string) => string,
): AttachedDisk {
  return {
    boot: true,
    autoDelete: true,
    type: 'PERSISTENT',
    initializeParams: {
      sourceImage: image.id,
      diskSizeGb: String(diskGb),
      diskType: address(disk.type),
      ...labelsOfDisk(order),
      ...(disk.iops === undefined ? {} : { provisionedIops: String(disk.iops) }),
      ...(disk.throughput === undefined ? {} : { provisionedThroughput: String(disk.throughput) }),
    },
  }
}

/** The user's own alone: labels of a disk take one more permission, and it goes with its machine. */
function labelsOfDisk({ request: { metadata } }: CreateOrder): { readonly labels?: Record<string, string> } {
  return Object.keys(metadata).length > 0 ? { labels: { ...metadata } } : {}
}

function accelerators(
  { accelerator, count }: NonNullable<NativeType['attached']>,
  address: (kind: string) => string,
): Pick<GceInstance, 'guestAccelerators'> {
  return { guestAccelerators: [{ acceleratorType: address(accelerator), acceleratorCount: count }] }
}

/**
 * Without a word an interface has IPv4 alone, which a subnet of IPv6 alone refuses.
 * https://cloud.google.com/compute/docs/ip-addresses/configure-ipv6-address; not tried on the real service.
 */
function interfaceOf({ subnet, ipv6, publicAddress }: GcpCandidate): NetworkInterface {
  if (ipv6)
    return {
      ...(subnet ? { subnetwork: subnet } : {}),
      stackType: 'IPV6_ONLY',
      ...(publicAddress
        ? {
            ipv6AccessConfigs: [{ name: 'External IPv6', type: 'DIRECT_IPV6', networkTier: 'PREMIUM' }],
          }
        : {}),
    }
  return {
    ...(subnet ? { subnetwork: subnet } : { network: 'global/networks/default' }),
    ...(publicAddress ? { accessConfigs: [{ name: 'External NAT', type: 'ONE_TO_ONE_NAT' }] } : {}),
  }
}
