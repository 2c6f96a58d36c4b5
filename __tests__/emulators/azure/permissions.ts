/** What each action must be allowed, and where: `where` machines are made, or on the whole subscription. */
export const permissions: Readonly<Record<string, readonly string[]>> = {
  'machines.get': ['Microsoft.Compute/virtualMachines/read'],
  'machines.list': ['Microsoft.Compute/virtualMachines/read'],
  'machines.listByLocation': ['Microsoft.Compute/virtualMachines/read'],
  'machines.listAll': ['Microsoft.Compute/virtualMachines/read'],
  'machines.put': [
    'Microsoft.Compute/virtualMachines/write',
    'Microsoft.Compute/disks/write',
    'Microsoft.Network/networkInterfaces/write',
    'Microsoft.Network/networkInterfaces/join/action',
    'Microsoft.Network/virtualNetworks/subnets/join/action',
  ],
  'machines.delete': ['Microsoft.Compute/virtualMachines/delete'],
  'machines.console': ['Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'],
  'groups.get': ['Microsoft.Resources/subscriptions/resourceGroups/read'],
  'groups.list': ['Microsoft.Resources/subscriptions/resourceGroups/read'],
  'groups.put': ['Microsoft.Resources/subscriptions/resourceGroups/write'],
  'groups.delete': ['Microsoft.Resources/subscriptions/resourceGroups/delete'],
  'networks.get': ['Microsoft.Network/virtualNetworks/read'],
  'networks.list': ['Microsoft.Network/virtualNetworks/read'],
  'networks.put': ['Microsoft.Network/virtualNetworks/write'],
  'cards.get': ['Microsoft.Network/networkInterfaces/read'],
  'addresses.get': ['Microsoft.Network/publicIPAddresses/read'],
  'images.latest': ['Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read'],
  'images.get': ['Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read'],
  'providers.get': ['Microsoft.Resources/subscriptions/providers/read'],
  'usages.list': ['Microsoft.Compute/locations/usages/read'],
  'locations.list': ['Microsoft.Resources/subscriptions/locations/read'],
  'timer.submit': [
    'Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action',
    'Microsoft.Compute/virtualMachines/deallocate/action',
  ],
}

/** Further ones of a creation, by what it asks for. */
export function forMachine(asks: {
  readonly publicAddress: boolean
  readonly identity: boolean
}): readonly string[] {
  return [
    ...(asks.publicAddress
      ? ['Microsoft.Network/publicIPAddresses/write', 'Microsoft.Network/publicIPAddresses/join/action']
      : []),
    ...(asks.identity ? ['Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'] : []),
  ]
}

/** As roles are read: `*` stands for anything. */
export function covers(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(action)
  })
}
