import {
  leaseFromText,
  leaseKeys,
  leaseTags,
  leaseToText,
  managedBy,
  type Lease,
} from '../../src/model/lease.ts'
import { privateKeyOf } from '../emulators/gcp/credentials.ts'
import {
  documentedLimit,
  startGcp,
  type GcpEmulator,
  type JournalEntry,
  type Machine,
} from '../emulators/gcp/gcp.ts'
import type { CloudCall, CloudMachine, CloudOptions, CloudSide, EmulatedCloud, Verb } from './cloud-side.ts'
import { OverEmulator, viewsBy } from './over-emulator.ts'

export const gcpSide: CloudSide = {
  name: 'gcp',
  forgets: true,
  service: 'Compute Engine',
  emulator: 'gcp',
  names: ['gcp', 'gce', 'google', 'gcloud', 'compute engine'],
  inputs: { 'cloud-permission-set': 'runner@my-project.iam.gserviceaccount.com' },
  ownEnd: 'terminated',
  budgets: { startup: 0.18, memory: 125, code: 2_400, payload: 65_536 },
  mutationsPerCreate: 1,
  // Itself and its disk.
  leftoversPerMachine: 2,
  words: {
    takenBack: 'Google Cloud takes the machine (preempted)',
    home: 'us-west1',
    homePlace: 'us-west1-b',
    other: 'europe-west1',
    type: 'e2-standard-8',
    armType: 'c4a-standard-8',
    eightPlaces: [
      'us-west1-a',
      'us-west1-b',
      'us-west1-c',
      'us-central1-a',
      'us-central1-b',
      'us-central1-c',
      'us-central1-f',
      'us-east1-b',
    ],
    removal: ({ id }) => {
      const [zone, name] = id.split('/')
      return `gcloud compute instances delete ${name} --quiet --zone ${zone} --project my-project`
    },
    page: ({ id }) => {
      const [zone, name] = id.split('/')
      return `https://console.cloud.google.com/compute/instancesDetail/zones/${zone}/instances/${name}?project=my-project`
    },
    search: (identity) => `the label cml-runner-identity=${identity}`,
    empty: 'ZONE_RESOURCE_POOL_EXHAUSTED',
    exhausted: 'quotaExceeded',
    next: 'us-central1',
    twoPlaces: ['us-west1-b', 'us-west1-c'],
    asks: { launcher: ['google-api-nodejs-client'], machine: ['curl'] },
    ids: { begin: 'us-', nobody: 'us-west1-b/cml-nobody' },
    denied: "Required 'compute.instances.create' permission",
    logins: { 'google-github-actions/auth': "the emulated Compute Engine's own credentials" },
  },
  start: startGcpCloud,
}

/** The emulated Compute Engine of a world that was opened on Google Cloud. */
export function gcpOf({ cloud }: { readonly cloud: EmulatedCloud }): GcpEmulator {
  if (cloud instanceof GcpCloud) return cloud.gcp
  throw new Error(`a story of Compute Engine on ${cloud.side.name}`)
}

const verbs: Readonly<Record<string, Verb>> = {
  'instances.insert': 'create',
  'regionInstances.bulkInsert': 'create',
  'instances.delete': 'destroy',
  'instances.aggregatedList': 'list',
  'instances.get': 'list',
  'zones.list': 'regions',
  'instances.getSerialPortOutput': 'console',
}

const permissions: Readonly<Record<Verb, readonly string[]>> = {
  create: ['compute.instances.create'],
  destroy: ['compute.instances.delete'],
  list: ['compute.instances.list', 'compute.instances.get'],
  console: ['compute.instances.getSerialPortOutput'],
  regions: ['compute.zones.list'],
  resolve: ['compute.regionOperations.get'],
  account: [],
}

const callOf = ({ action, status, code }: JournalEntry): CloudCall => ({
  verb: verbs[action] ?? 'resolve',
  name: action,
  changes: /(insert|delete|setMetadata)$/i.test(action),
  status,
  throttled: code === 'rateLimitExceeded',
})

const machineOf = viewsBy<Machine>(viewOf)

function viewOf(machine: Machine): CloudMachine {
  const { order } = machine
  return {
    id: machine.key,
    region: order.region,
    place: order.zone,
    type: order.type,
    market: order.market,
    get billed() {
      return machine.billed
    },
    get ended() {
      return machine.gone
    },
    get told() {
      return machine.gone ? 'gone' : machine.status
    },
    tags: order.labels,
    get lease() {
      const text = machine.attributes['cml-runner-lease']
      return text === undefined ? undefined : leaseFromText(text).lease
    },
    payloadBytes: machine.payload.length,
  }
}

async function startGcpCloud({ account, ...options }: CloudOptions = {}): Promise<GcpCloud> {
  return new GcpCloud(await startGcp({ ...options, ...(account ? { account } : {}) }))
}

let seeded = 0

class GcpCloud extends OverEmulator<JournalEntry> implements EmulatedCloud {
  readonly side = gcpSide
  readonly gcp: GcpEmulator

  constructor(gcp: GcpEmulator) {
    super(gcp, callOf)
    this.gcp = gcp
  }

  get account(): string {
    return this.gcp.project
  }
  get secrets(): readonly string[] {
    const { GOOGLE_APPLICATION_CREDENTIALS_DATA: file = '{}' } = this.gcp.variables
    return privateKeyOf(file).split('\n').slice(1, -2)
  }
  get machines(): readonly CloudMachine[] {
    return this.gcp.machines.map(machineOf)
  }
  deny(verb: Verb, region?: string): void {
    // A right is held on the whole project; one region alone can only be out of reach.
    if (region !== undefined)
      for (const zone of ['a', 'b', 'c']) this.gcp.dials.unreachable.set(`${region}-${zone}`, 'warning')
    else for (const permission of permissions[verb]) this.gcp.dials.denied.add(permission)
  }
  dry = (where?: string): void => {
    // A zone, a region, or all there is.
    if (where === undefined) this.gcp.dials.dry.add('*|*|*')
    else if (/-[a-z]$/.test(where)) this.gcp.dials.dry.add(`*|${where}|*`)
    else for (const letter of 'abcdf') this.gcp.dials.dry.add(`*|${where}-${letter}|*`)
  }
  exhaust = (): void => void this.gcp.dials.exhausted.add('*|*|*')
  restock = (): void => this.gcp.dials.dry.clear()
  limit = (): void => void (this.gcp.dials.limit = documentedLimit)
  lag = (looks: number): void => void (this.gcp.dials.lag = { looks })
  hide = (looks: number): void =>
    this.lag(Math.max(...this.gcp.machines.map((machine) => machine.looksSinceCreation)) + looks)
  startsEmpty(): void {
    const { dials } = this.gcp
    dials.dies = 'before-boot'
    dials.death = 'compute.instances.preempted'
    const made = this.gcp.machines.length
    void this.gcp.until(() => this.gcp.machines.length > made).then(() => (dials.dies = undefined))
  }
  // The project stands in the credentials: there is nobody to be silent.
  hushAccount = (): void => undefined
  seed(region: string, lease: Lease | undefined, launchedAt?: number): CloudMachine {
    const labels = lease ? leaseKeys(lease) : { role: 'database' }
    const metadata: Record<string, string> = lease ? { 'cml-runner-lease': leaseToText(lease) } : {}
    return machineOf(
      this.gcp.seedMachine(zoneIn(region), { name: `seeded-${++seeded}`, labels, metadata, launchedAt }),
    )
  }
  seedHalf = (region: string, launchedAt?: number): CloudMachine =>
    machineOf(
      this.gcp.seedMachine(zoneIn(region), {
        name: `half-${++seeded}`,
        labels: { [leaseTags.managedBy]: managedBy },
        launchedAt,
      }),
    )
  end = (id: string): void => this.gcp.end(id, 'compute.instances.hostError')
  interrupt = (id: string, notice?: number): void => this.gcp.interrupt(id, notice)
  leftovers = (): number => Object.values(this.gcp.leftovers()).reduce((sum, count) => sum + count, 0)
}

const zoneIn = (region: string): string => `${region}-b`
