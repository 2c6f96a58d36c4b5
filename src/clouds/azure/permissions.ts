import type { MachineRequest } from '../cloud.ts'
import type { Settings } from './plan.ts'

export interface Permission {
  /** As roles spell it. */
  readonly action: string
  /** As people read it. */
  readonly text: string
  /** A launch goes on without it. */
  readonly optional?: true
  /** It is held on something else than where machines are made: on the whole subscription, or on what was there before. */
  readonly elsewhere?: 'subscription' | 'its own'
}

const needed = (action: string, note?: string): Permission => ({
  action,
  text: note === undefined ? action : `${action} (${note})`,
})
const optional = (action: string): Permission => ({ ...needed(action, 'optional'), optional: true })
const elsewhere = (action: string, note: string): Permission => ({
  ...needed(action, note),
  elsewhere: 'its own',
})
const onSubscription = (action: string, note = 'on the subscription'): Permission => ({
  ...needed(action, note),
  elsewhere: 'subscription',
})

const ofOwnGroup = [
  needed('Microsoft.Resources/subscriptions/resourceGroups/write'),
  needed('Microsoft.Resources/subscriptions/resourceGroups/delete'),
  needed('Microsoft.Network/virtualNetworks/write'),
  needed('Microsoft.Network/virtualNetworks/subnets/join/action'),
  needed('Microsoft.Network/locations/operations/read'),
]

const onNetwork = [
  elsewhere('Microsoft.Network/virtualNetworks/read', 'on the network'),
  elsewhere('Microsoft.Network/virtualNetworks/subnets/join/action', 'on the subnet'),
]

/** What a launch needs of its credentials. */
export function permissionsFor(request: MachineRequest, { group, subnets }: Settings): readonly Permission[] {
  const own = group === undefined && subnets.length === 0
  return [
    needed('Microsoft.Compute/virtualMachines/write'),
    needed('Microsoft.Compute/virtualMachines/read'),
    needed('Microsoft.Compute/virtualMachines/delete'),
    needed('Microsoft.Compute/disks/write'),
    needed('Microsoft.Network/networkInterfaces/write'),
    needed('Microsoft.Network/networkInterfaces/join/action'),
    ...(request.publicAddress === 'never'
      ? []
      : [
          needed('Microsoft.Network/publicIPAddresses/write'),
          needed('Microsoft.Network/publicIPAddresses/join/action'),
        ]),
    ...(own ? ofOwnGroup : onNetwork),
    needed('Microsoft.Resources/subscriptions/resourceGroups/read'),
    onSubscription('Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read'),
    onSubscription('Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action'),
    needed('Microsoft.Compute/virtualMachines/deallocate/action'),
    ...(request.permissionSet
      ? [elsewhere('Microsoft.ManagedIdentity/userAssignedIdentities/assign/action', 'on the identities')]
      : []),
    optional('Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'),
    optional('Microsoft.Network/networkInterfaces/read'),
    optional('Microsoft.Network/publicIPAddresses/read'),
    { ...onSubscription('Microsoft.Compute/locations/operations/read', 'optional'), optional: true },
    { ...onSubscription('Microsoft.Resources/subscriptions/providers/read', 'optional'), optional: true },
  ]
}
