import type { Machine } from './machines.ts'
import type { Operation } from './operations.ts'
import type { Group, Network, World } from './world.ts'

const providers = (subscription: string, group: string): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers`

/** `2026-07-23T01:57:05.8229401+00:00` */
export function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '0001+00:00')
}

export function machineId({ subscription }: World, { order }: Machine): string {
  return `${providers(subscription, order.group)}/Microsoft.Compute/virtualMachines/${order.name}`
}

const partName = (machine: Machine): string => `${machine.order.cardName}-${machine.vmId.slice(0, 8)}`

/** A machine as Azure shows it; what was sent for it to execute never comes back. `view`: what runs in it. */
export function machineAnswer(world: World, machine: Machine, { made = false, view = false } = {}): object {
  const { order, vmId } = machine
  const { image, identities } = order
  return {
    name: order.name,
    id: machineId(world, machine),
    type: 'Microsoft.Compute/virtualMachines',
    location: order.region,
    tags: { ...machine.tags },
    ...(order.zone ? { zones: [order.zone] } : {}),
    ...(order.plan ? { plan: order.plan } : {}),
    ...(identities.length > 0 ? { identity: identityAnswer(identities, made) } : {}),
    properties: {
      hardwareProfile: { vmSize: order.type },
      provisioningState: machine.deleting ? 'Deleting' : machine.provisioning,
      vmId,
      storageProfile: {
        imageReference: { ...order.reference, exactVersion: image.version },
        osDisk: {
          osType: 'Linux',
          ...(made ? {} : { name: `${order.name}_OsDisk_1_${vmId.replaceAll('-', '')}` }),
          createOption: 'FromImage',
          caching: 'ReadWrite',
          managedDisk: {
            storageAccountType: order.diskKind,
            ...(made
              ? {}
              : {
                  id: `${providers(world.subscription, order.group)}/Microsoft.Compute/disks/${order.name}_OsDisk_1_${vmId.replaceAll('-', '')}`,
                }),
          },
          deleteOption: order.diskDeletes ? 'Delete' : 'Detach',
          diskSizeGB: order.diskGb,
        },
        dataDisks: [],
      },
      osProfile: {
        computerName: order.computerName,
        adminUsername: order.adminUsername,
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: { publicKeys: order.publicKeys },
          provisionVMAgent: true,
          patchSettings: { patchMode: 'ImageDefault', assessmentMode: 'ImageDefault' },
        },
        secrets: [],
        allowExtensionOperations: true,
        requireGuestProvisionSignal: true,
      },
      networkProfile: {
        networkInterfaces: [
          {
            id: cardId(world, machine),
            properties: { primary: true, deleteOption: order.cardDeletes ? 'Delete' : 'Detach' },
          },
        ],
      },
      ...(order.bootDiagnostics ? { diagnosticsProfile: { bootDiagnostics: { enabled: true } } } : {}),
      ...(order.market === 'spot'
        ? {
            priority: 'Spot',
            evictionPolicy: order.evictionPolicy ?? 'Deallocate',
            billingProfile: { maxPrice: order.maxPrice ?? -1 },
          }
        : {}),
      timeCreated: stampOf(machine.launchedAt),
      ...(view ? { instanceView: viewAnswer(machine) } : {}),
    },
  }
}

/** Whose identities they are is told a little later. */
function identityAnswer(identities: readonly string[], made: boolean): object {
  const ids = {
    principalId: '00000000-0000-4000-8000-000000000001',
    clientId: '00000000-0000-4000-8000-000000000002',
  }
  return {
    type: 'UserAssigned',
    userAssignedIdentities: Object.fromEntries(identities.map((id) => [id, made ? {} : ids])),
  }
}

function viewAnswer(machine: Machine): object {
  const { provisioning, power, trouble, deleting } = machine
  const time = stampOf(machine.launchedAt)
  const first =
    provisioning === 'Failed'
      ? {
          code: `ProvisioningState/failed/${trouble?.code ?? '1'}`,
          level: 'Error',
          displayStatus: 'Provisioning failed',
          message: trouble?.message ?? '',
          time,
        }
      : provisioning === 'Creating'
        ? { code: 'ProvisioningState/creating', level: 'Info', displayStatus: 'Creating', time }
        : deleting
          ? { code: 'ProvisioningState/deleting', level: 'Info', displayStatus: 'Deleting', time }
          : {
              code: 'ProvisioningState/succeeded',
              level: 'Info',
              displayStatus: 'Provisioning succeeded',
              time,
            }
  const shown =
    provisioning === 'Failed' || (provisioning === 'Creating' && power === 'starting')
      ? []
      : [{ code: `PowerState/${power}`, level: 'Info', displayStatus: `VM ${power}` }]
  return { disks: [], hyperVGeneration: machine.order.image.generation, statuses: [first, ...shown] }
}

export function cardId({ subscription }: World, machine: Machine): string {
  return `${providers(subscription, machine.order.group)}/Microsoft.Network/networkInterfaces/${partName(machine)}`
}

export function addressId({ subscription }: World, machine: Machine): string {
  return `${providers(subscription, machine.order.group)}/Microsoft.Network/publicIPAddresses/${partName(machine)}`
}

export function cardAnswer(world: World, machine: Machine): object {
  const id = cardId(world, machine)
  return {
    name: partName(machine),
    id,
    etag: `W/"${machine.vmId}"`,
    tags: { ...machine.order.partTags },
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: machine.vmId,
      ipConfigurations: [
        {
          name: machine.order.cardName,
          id: `${id}/ipConfigurations/${machine.order.cardName}`,
          etag: `W/"${machine.vmId}"`,
          type: 'Microsoft.Network/networkInterfaces/ipConfigurations',
          properties: {
            provisioningState: 'Succeeded',
            privateIPAddress: `10.0.0.${4 + (machine.number % 250)}`,
            privateIPAllocationMethod: 'Dynamic',
            ...(machine.order.publicAddress ? { publicIPAddress: { id: addressId(world, machine) } } : {}),
            subnet: { id: machine.order.subnet },
            primary: true,
            privateIPAddressVersion: 'IPv4',
          },
        },
      ],
      dnsSettings: {
        dnsServers: [],
        appliedDnsServers: [],
        internalDomainNameSuffix: 'example.internal.cloudapp.net',
      },
      vnetEncryptionSupported: false,
      enableAcceleratedNetworking: false,
      enableIPForwarding: false,
      hostedWorkloads: [],
      tapConfigurations: [],
      nicType: 'Standard',
    },
    type: 'Microsoft.Network/networkInterfaces',
    location: machine.order.region,
  }
}

export function addressAnswer(world: World, machine: Machine): object {
  return {
    name: partName(machine),
    id: addressId(world, machine),
    etag: `W/"${machine.vmId}"`,
    location: machine.order.region,
    properties: {
      provisioningState: 'Succeeded',
      ipAddress: `20.42.${Math.floor(machine.number / 250)}.${1 + (machine.number % 250)}`,
      publicIPAddressVersion: 'IPv4',
      publicIPAllocationMethod: 'Static',
    },
    type: 'Microsoft.Network/publicIPAddresses',
    sku: { name: 'Standard', tier: 'Regional' },
  }
}

export function groupAnswer({ subscription }: World, { name, location, tags, deleting }: Group): object {
  return {
    id: `/subscriptions/${subscription}/resourceGroups/${name}`,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    tags: { ...tags },
    properties: { provisioningState: deleting ? 'Deleting' : 'Succeeded' },
  }
}

export function networkAnswer(
  { subscription }: World,
  { group, name, location, subnets, ready, tags }: Network,
): object {
  const id = `${providers(subscription, group)}/Microsoft.Network/virtualNetworks/${name}`
  const etag = 'W/"00000000-0000-4000-8000-000000000006"'
  const provisioningState = ready ? 'Succeeded' : 'Updating'
  return {
    name,
    id,
    etag,
    type: 'Microsoft.Network/virtualNetworks',
    location,
    tags: { ...tags },
    properties: {
      provisioningState,
      resourceGuid: '00000000-0000-4000-8000-000000000007',
      addressSpace: { addressPrefixes: subnets.map(({ prefix }) => prefix) },
      subnets: subnets.map(({ name: own, prefix, gateway }) => ({
        name: own,
        id: `${id}/subnets/${own}`,
        etag,
        properties: {
          provisioningState,
          addressPrefix: prefix,
          ...(gateway
            ? {
                natGateway: { id: `${providers(subscription, group)}/Microsoft.Network/natGateways/way-out` },
              }
            : {}),
          delegations: [],
          privateEndpointNetworkPolicies: 'Disabled',
          privateLinkServiceNetworkPolicies: 'Enabled',
        },
        type: 'Microsoft.Network/virtualNetworks/subnets',
      })),
      virtualNetworkPeerings: [],
      enableDdosProtection: false,
    },
  }
}

export function operationAnswer({ id, kind, begun, ended, trouble }: Operation): object {
  const status = ended === undefined ? 'InProgress' : trouble ? 'Failed' : 'Succeeded'
  if (kind === 'network') return { status }
  return {
    startTime: stampOf(begun),
    ...(ended === undefined ? {} : { endTime: stampOf(ended) }),
    status,
    ...(trouble ? { error: { code: trouble.code, message: trouble.message } } : {}),
    name: id,
  }
}
