import { leaseTags, leaseToTags, managedBy, readLease, type Lease } from '../../src/model/lease.ts'
import {
  documentedLimit,
  entra,
  startAzure,
  usersGroup,
  usualIdentity,
  usualSubscription,
  type AzureEmulator,
  type JournalEntry,
  type Machine,
} from '../emulators/azure/azure.ts'
import type { CloudCall, CloudMachine, CloudOptions, CloudSide, EmulatedCloud, Verb } from './cloud-side.ts'
import { OverEmulator, viewsBy } from './over-emulator.ts'

export const azureSide: CloudSide = {
  name: 'azure',
  forgets: true,
  oneOfAName: true,
  readsWhole: true,
  service: 'Azure',
  emulator: 'azure',
  names: ['azure', 'arm resource manager', 'entra'],
  inputs: { 'cloud-permission-set': usualIdentity, 'cloud-azure-resource-group': usersGroup },
  ownEnd: 'terminated',
  budgets: { startup: 0.12, memory: 100, code: 1_200, payload: 65_536 },
  // The machine, and the timer that ends it.
  mutationsPerCreate: 2,
  // Itself, its disk and its card.
  leftoversPerMachine: 3,
  words: {
    takenBack: 'Azure takes the spot machine back',
    home: 'westus2',
    homePlace: 'westus2',
    other: 'westeurope',
    type: 'Standard_D8s_v5',
    armType: 'Standard_D8ps_v5',
    eightPlaces: [
      'westus2-1',
      'westus2-2',
      'westus2-3',
      'eastus-1',
      'eastus-2',
      'eastus-3',
      'westeurope-1',
      'westeurope-2',
    ],
    removal: ({ id }) => {
      const [group = '', name = ''] = id.split('/')
      return /^cml-/.test(group)
        ? `az group delete --yes --name ${group} --subscription ${usualSubscription}`
        : `az vm delete --yes --force-deletion true --name ${name} --resource-group ${group} --subscription ${usualSubscription}`
    },
    page: ({ id }) => {
      const [group = '', name = ''] = id.split('/')
      return `https://portal.azure.com/#@/resource/subscriptions/${usualSubscription}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}/overview`
    },
    search: (identity) => `the tag cml-runner-identity=${identity}`,
    empty: 'SkuNotAvailable',
    exhausted: 'OperationNotAllowed',
    next: 'eastus',
    twoPlaces: ['westus2-1', 'westus2-2'],
    asks: { launcher: ['tunnel'], machine: ['tunnel'] },
    ids: { begin: '', nobody: 'others/cml-nobody' },
    denied: 'Microsoft.Compute/virtualMachines/write',
    logins: { 'azure/login': "the emulated Azure's own credentials" },
  },
  start: startAzureCloud,
}

/** The emulated Azure of a world that was opened on it. */
export function azureOf({ cloud }: { readonly cloud: EmulatedCloud }): AzureEmulator {
  if (cloud instanceof AzureCloud) return cloud.azure
  throw new Error(`a story of Azure on ${cloud.side.name}`)
}

const verbs: Readonly<Record<string, Verb>> = {
  'machines.put': 'create',
  'groups.put': 'create',
  'networks.put': 'create',
  'machines.delete': 'destroy',
  'groups.delete': 'destroy',
  'machines.list': 'list',
  'machines.listByLocation': 'list',
  'machines.listAll': 'list',
  'machines.get': 'list',
  'groups.list': 'list',
  'locations.list': 'regions',
  'machines.console': 'console',
}

const actions: Readonly<Record<Verb, readonly string[]>> = {
  create: ['Microsoft.Compute/virtualMachines/write'],
  destroy: [
    'Microsoft.Compute/virtualMachines/delete',
    'Microsoft.Resources/subscriptions/resourceGroups/delete',
  ],
  list: ['Microsoft.Compute/virtualMachines/read'],
  console: ['Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'],
  regions: ['Microsoft.Resources/subscriptions/locations/read'],
  resolve: ['Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read'],
  account: [],
}

const callOf = ({ action, status, code }: JournalEntry): CloudCall => ({
  verb: verbs[action] ?? 'resolve',
  name: action,
  changes: /\.(put|delete|submit)$/.test(action),
  status,
  throttled: code === 'TooManyRequests',
})

const machineOf = viewsBy<Machine>(viewOf)

function viewOf(machine: Machine): CloudMachine {
  const { order } = machine
  return {
    id: machine.key,
    region: order.region,
    place: order.place,
    type: order.type,
    market: order.market,
    get billed() {
      return machine.there
    },
    get ended() {
      return machine.gone
    },
    get told() {
      return machine.gone ? 'gone' : `${machine.provisioning}/${machine.power}`
    },
    get tags() {
      return machine.tags
    },
    get lease() {
      return readLease(machine.tags).lease
    },
    payloadBytes: order.customData.length,
  }
}

async function startAzureCloud(options: CloudOptions = {}): Promise<AzureCloud> {
  return new AzureCloud(await startAzure(options))
}

let seeded = 0

class AzureCloud extends OverEmulator<JournalEntry> implements EmulatedCloud {
  readonly side = azureSide
  readonly azure: AzureEmulator

  constructor(azure: AzureEmulator) {
    super(azure, callOf)
    this.azure = azure
  }

  get account(): string {
    return this.azure.subscription
  }
  get secrets(): readonly string[] {
    return [entra.secret, entra.token]
  }
  get machines(): readonly CloudMachine[] {
    return this.azure.machines.map(machineOf)
  }
  deny(verb: Verb, region?: string): void {
    if (region !== undefined) this.azure.dials.blind.add(region)
    else for (const action of actions[verb]) this.azure.dials.denied.add(action)
  }
  dry = (where?: string): void => {
    const { dry } = this.azure.dials
    if (where === undefined) dry.add('*|*|*')
    else for (const place of [where, `${where}-1`, `${where}-2`, `${where}-3`]) dry.add(`*|${place}|*`)
  }
  exhaust = (): void => void this.azure.dials.exhausted.add('*|*|*')
  restock = (): void => this.azure.dials.dry.clear()
  limit = (): void => void (this.azure.dials.limit = documentedLimit)
  lag = (looks: number): void => void (this.azure.dials.lag = { looks })
  hide = (looks: number): void =>
    this.lag(Math.max(...this.azure.machines.map((machine) => machine.looksSinceCreation)) + looks)
  startsEmpty(): void {
    const { dials } = this.azure
    dials.dies = 'before-boot'
    dials.death = 'unallocated'
    const made = this.azure.machines.length
    void this.azure.until(() => this.azure.machines.length > made).then(() => (dials.dies = undefined))
  }
  // The subscription stands in the environment: there is nobody to be silent.
  hushAccount = (): void => undefined
  seed = (region: string, lease: Lease | undefined, launchedAt?: number): CloudMachine =>
    machineOf(
      this.azure.seedMachine(region, {
        name: `seeded-${++seeded}`,
        group: usersGroup,
        tags: lease ? leaseToTags(lease) : { role: 'database' },
        launchedAt,
      }),
    )
  seedHalf = (region: string, launchedAt?: number): CloudMachine =>
    machineOf(
      this.azure.seedMachine(region, {
        name: `half-${++seeded}`,
        group: usersGroup,
        tags: { [leaseTags.managedBy]: managedBy },
        launchedAt,
      }),
    )
  end = (id: string): void => this.azure.remove(id)
  interrupt = (id: string, notice?: number): void => this.azure.interrupt(id, notice)
  leftovers = (): number => Object.values(this.azure.leftovers()).reduce((sum, count) => sum + count, 0)
}
