import { idFrom, fingerprintOf, timeOf } from './numbers.ts'
import type { EmulatedImage, EmulatedSubnet } from './catalogue.ts'
import type { Machine } from './machines.ts'
import type { Operation } from './operations.ts'
import type { World } from './world.ts'

/** Links lead to this host whatever host was asked: who follows them leaves the emulator. */
const host = 'https://www.googleapis.com/compute/v1'

export function operationAnswer({ project }: World, operation: Operation): object {
  const { name, id, type, zone, region, target, targetId, user, begun, done, first, looks, trouble, placed } =
    operation
  const place = zone === undefined ? `regions/${region}` : `zones/${zone}`
  const pending = first === 'PENDING' && looks === 0 && done === undefined
  const failed = done !== undefined && trouble.length > 0
  return {
    kind: 'compute#operation',
    id,
    name,
    ...(zone === undefined
      ? { region: `${host}/projects/${project}/regions/${region}` }
      : { zone: `${host}/projects/${project}/zones/${zone}` }),
    operationType: type,
    targetLink: `${host}/${target}`,
    targetId,
    status: done !== undefined ? 'DONE' : pending ? 'PENDING' : 'RUNNING',
    user,
    progress: done === undefined ? 0 : 100,
    insertTime: timeOf(begun),
    ...(pending ? {} : { startTime: timeOf(begun + 1) }),
    ...(done === undefined ? {} : { endTime: timeOf(done) }),
    ...(failed
      ? {
          error: { errors: trouble.map(problemAnswer) },
          httpErrorStatusCode: trouble[0]?.status ?? 503,
          httpErrorMessage: 'SERVICE UNAVAILABLE',
        }
      : {}),
    ...(zone === undefined
      ? { instancesBulkInsertOperationMetadata: { perLocationStatus: bulkStatus(operation, placed) } }
      : {}),
    selfLink: `${host}/projects/${project}/${place}/operations/${name}`,
  }
}

function bulkStatus({ done, trouble, region }: Operation, placed: string | undefined): object {
  const created = done !== undefined && trouble.length === 0
  return {
    [`zones/${placed ?? `${region}-a`}`]: {
      targetVmCount: 1,
      ...(created ? { createdVmCount: 1, status: 'DONE' } : { status: 'CREATING' }),
    },
  }
}

function problemAnswer({ code, message, zonesAvailable }: Operation['trouble'][number]): object {
  if (zonesAvailable === undefined) return { code, message }
  const metadatas = { zonesAvailable: zonesAvailable.join(',') }
  return {
    code,
    message,
    errorDetails: [
      {
        help: {
          links: [
            {
              description: 'Troubleshooting documentation',
              url: 'https://cloud.google.com/compute/docs/resource-error',
            },
          ],
        },
      },
      { errorInfo: { domain: 'compute.googleapis.com', metadatas, reason: 'resource_availability' } },
    ],
  }
}

export function machineAnswer({ project }: World, machine: Machine): object {
  const { id, order, labels, attributes, launchedAt, status, stoppedAt } = machine
  const at = `${host}/projects/${project}/zones/${order.zone}`
  const off = status === 'TERMINATED'
  return {
    kind: 'compute#instance',
    id,
    creationTimestamp: timeOf(launchedAt),
    name: order.name,
    description: order.description ?? '',
    tags: { fingerprint: fingerprintOf('tags') },
    machineType: `${at}/machineTypes/${order.machineType}`,
    status,
    zone: at,
    canIpForward: false,
    networkInterfaces: [interfaceAnswer(project, machine)],
    disks: [diskAnswer(project, machine)],
    metadata: metadataAnswer(attributes),
    ...(order.serviceAccount ? { serviceAccounts: [order.serviceAccount] } : {}),
    selfLink: `${at}/instances/${order.name}`,
    scheduling: schedulingAnswer(machine),
    cpuPlatform: off ? 'Unknown CPU Platform' : 'Intel Broadwell',
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    labelFingerprint: fingerprintOf(labels),
    startRestricted: false,
    deletionProtection: false,
    shieldedInstanceConfig: { enableSecureBoot: false, enableVtpm: true, enableIntegrityMonitoring: true },
    shieldedInstanceIntegrityPolicy: { updateAutoLearnPolicy: true },
    fingerprint: fingerprintOf([id, status]),
    lastStartTimestamp: timeOf(launchedAt + 5_000),
    ...(stoppedAt === undefined ? {} : { lastStopTimestamp: timeOf(stoppedAt) }),
    ...(order.accelerator
      ? {
          guestAccelerators: [
            {
              acceleratorType: `${at}/acceleratorTypes/${order.accelerator.name}`,
              acceleratorCount: order.accelerator.count,
            },
          ],
        }
      : {}),
  }
}

/** Without items there is no such key. */
function metadataAnswer(attributes: Readonly<Record<string, string>>): object {
  const items = Object.entries(attributes).map(([key, value]) => ({ key, value }))
  return {
    kind: 'compute#metadata',
    fingerprint: fingerprintOf(attributes),
    ...(items.length > 0 ? { items } : {}),
  }
}

function interfaceAnswer(project: string, machine: Machine): object {
  const { id, order } = machine
  const octet = (Number(BigInt(id) % 250n) || 1) + 1
  return {
    kind: 'compute#networkInterface',
    network: `${host}/projects/${project}/global/networks/${order.network}`,
    subnetwork: `${host}/projects/${project}/regions/${order.region}/subnetworks/${order.subnetwork}`,
    name: 'nic0',
    ...(order.ipv6Only ? ipv6Answer(machine, octet) : ipv4Answer(machine, octet)),
    fingerprint: fingerprintOf(id),
  }
}

function ipv4Answer({ order, status }: Machine, octet: number): object {
  const access = {
    kind: 'compute#accessConfig',
    type: 'ONE_TO_ONE_NAT',
    name: 'External NAT',
    ...(status === 'TERMINATED' ? {} : { natIP: `203.0.113.${octet}` }),
    networkTier: 'PREMIUM',
  }
  return {
    networkIP: `10.128.0.${octet}`,
    ...(order.publicAddress ? { accessConfigs: [access] } : {}),
    stackType: 'IPV4_ONLY',
  }
}

/** As the protos describe it: there is no recording of one. */
function ipv6Answer({ order }: Machine, octet: number): object {
  const access = {
    kind: 'compute#accessConfig',
    type: 'DIRECT_IPV6',
    name: 'External IPv6',
    externalIpv6: `2600:1900:4000:1::${octet}`,
    externalIpv6PrefixLength: 96,
    networkTier: 'PREMIUM',
  }
  return {
    ...(order.publicAddress
      ? { ipv6AccessType: 'EXTERNAL', ipv6AccessConfigs: [access] }
      : { ipv6AccessType: 'INTERNAL', ipv6Address: `fd20:1:2::${octet}` }),
    stackType: 'IPV6_ONLY',
  }
}

/** As the protos describe it: there is no recording of one. */
export function subnetAnswer({ project, region, name, network, ipv6Only }: EmulatedSubnet): object {
  return {
    kind: 'compute#subnetwork',
    id: idFrom(`subnet ${project} ${region} ${name}`),
    name,
    network: `${host}/projects/${project}/global/networks/${network}`,
    region: `${host}/projects/${project}/regions/${region}`,
    selfLink: `${host}/projects/${project}/regions/${region}/subnetworks/${name}`,
    purpose: 'PRIVATE',
    ...(ipv6Only
      ? { stackType: 'IPV6_ONLY', ipv6AccessType: ipv6Only }
      : { stackType: 'IPV4_ONLY', ipCidrRange: '10.128.0.0/20', gatewayAddress: '10.128.0.1' }),
  }
}

function diskAnswer(project: string, { order }: Machine): object {
  return {
    kind: 'compute#attachedDisk',
    type: 'PERSISTENT',
    mode: 'READ_WRITE',
    source: `${host}/projects/${project}/zones/${order.zone}/disks/${order.name}`,
    deviceName: 'persistent-disk-0',
    index: 0,
    boot: true,
    autoDelete: order.autoDelete,
    licenses: [`${host}/projects/ubuntu-os-cloud/global/licenses/ubuntu-2404-lts`],
    interface: 'SCSI',
    guestOsFeatures: [{ type: 'UEFI_COMPATIBLE' }, { type: 'GVNIC' }],
    diskSizeGb: String(order.diskGb),
    architecture: /^(t2a|c4a)-/.test(order.machineType) ? 'ARM64' : 'X86_64',
  }
}

function schedulingAnswer({ order: { scheduling, market } }: Machine): object {
  const { onHostMaintenance, automaticRestart, instanceTerminationAction, maxRunSeconds } = scheduling
  return {
    onHostMaintenance,
    automaticRestart,
    preemptible: market === 'spot',
    provisioningModel: market === 'spot' ? 'SPOT' : 'STANDARD',
    ...(instanceTerminationAction ? { instanceTerminationAction } : {}),
    ...(maxRunSeconds === undefined ? {} : { maxRunDuration: { seconds: String(maxRunSeconds) } }),
  }
}

export function imageAnswer(image: EmulatedImage): object {
  const { project, name, family, architecture, diskSizeGb, createdAt, deprecated } = image
  return {
    kind: 'compute#image',
    id: idFrom(`image ${name}`),
    creationTimestamp: timeOf(createdAt),
    name,
    description: `${name} built on 2026-08-05`,
    sourceType: 'RAW',
    rawDisk: { source: '', containerType: 'TAR' },
    status: 'READY',
    archiveSizeBytes: '1968385536',
    diskSizeGb: String(diskSizeGb),
    licenses: [`${host}/projects/${project}/global/licenses/${family ?? name}`],
    ...(family ? { family } : {}),
    ...(deprecated ? { deprecated } : {}),
    selfLink: `${host}/projects/${project}/global/images/${name}`,
    labelFingerprint: fingerprintOf({}),
    guestOsFeatures: [{ type: 'UEFI_COMPATIBLE' }, { type: 'GVNIC' }],
    licenseCodes: [idFrom(`licence ${family}`)],
    storageLocations: ['us'],
    architecture,
    rolloutOverride: { defaultRolloutTime: '2026-08-06T00:00:00Z', locationRolloutPolicies: {} },
  }
}

export function zoneAnswer({ project }: World, zone: string): object {
  const region = zone.replace(/-[a-z]$/, '')
  return {
    kind: 'compute#zone',
    id: idFrom(zone),
    creationTimestamp: '1969-12-31T16:00:00.000-08:00',
    name: zone,
    description: zone,
    status: 'UP',
    region: `${host}/projects/${project}/regions/${region}`,
    selfLink: `${host}/projects/${project}/zones/${zone}`,
    availableCpuPlatforms: ['Intel Broadwell', 'Intel Skylake'],
    supportsPzs: false,
  }
}

function quotasOf({ dials }: World, global: boolean): readonly object[] {
  return [...dials.quotas]
    .filter(([metric]) => metric.endsWith('_ALL_REGIONS') === global)
    .map(([metric, quota]) => ({ metric, ...quota }))
}

export function regionAnswer(world: World, region: string): object {
  return {
    kind: 'compute#region',
    id: idFrom(region),
    creationTimestamp: '1969-12-31T16:00:00.000-08:00',
    name: region,
    description: region,
    status: 'UP',
    quotas: quotasOf(world, false),
    selfLink: `${host}/projects/${world.project}/regions/${region}`,
    supportsPzs: false,
  }
}

export function projectAnswer(world: World): object {
  const { project } = world
  return {
    kind: 'compute#project',
    id: idFrom(project),
    creationTimestamp: '2024-06-17T18:00:40.463-07:00',
    name: project,
    commonInstanceMetadata: {
      kind: 'compute#metadata',
      fingerprint: 'uIRm46oOI3I=',
      items: [{ key: 'enable-oslogin', value: 'true' }],
    },
    quotas: quotasOf(world, true),
    selfLink: `${host}/projects/${project}`,
    defaultServiceAccount: '000000000000-compute@developer.gserviceaccount.com',
    xpnProjectStatus: 'UNSPECIFIED_XPN_PROJECT_STATUS',
    defaultNetworkTier: 'PREMIUM',
    vmDnsSetting: 'ZONAL_ONLY',
    cloudArmorTier: 'CA_STANDARD',
  }
}
