import { leaseTags, leaseToTags, managedBy, readLease, type Lease } from '../../src/model/lease.ts'
import { entra, startAzure, type AzureEmulator, type JournalEntry } from '../emulators/azure/azure.ts'
import { object, text } from '../emulators/cloud/rest.ts'
import type { Call, CloudRig, Tap } from './rig.ts'
import type { Piece } from './secrets.ts'
import { userDataPieces } from './user-data.ts'

let seeded = 0

export const azureRig: CloudRig = {
  name: 'azure',
  async open({ clock, tap }, fleet) {
    const azure = await startAzure({ now: clock.now, boot: fleet.boot })
    connect(azure, tap)
    const seed = (region: string, tags: Readonly<Record<string, string>>): string => {
      const machine = azure.seedMachine(region, { name: `seeded-${++seeded}`, tags })
      // It was there before anybody looked.
      machine.looksSinceCreation = Infinity
      machine.emulated = fleet.put(machine.key)
      return machine.key
    }
    return {
      variables: azure.variables,
      inputs: { cloud: 'azure' },
      account: azure.subscription,
      creates: ['azure:groups.put', 'azure:networks.put', 'azure:machines.put'],
      forgets: true,
      readsConsole: 'azure:machines.console',
      regions: { home: 'westus2', other: 'westeurope' },
      machines: () =>
        azure.machines.map((machine) => ({
          id: machine.key,
          region: machine.order.region,
          alive: machine.there,
          lease: readLease(machine.tags).lease,
        })),
      seedMachine: (region, lease) => seed(region, lease ? leaseToTags(lease) : { role: 'database' }),
      forgeMachine: (region, claims) => {
        const tags = Object.fromEntries(
          Object.entries(claims).map(([member, said]) => [leaseTags[member as keyof Lease], said]),
        )
        return seed(region, { [leaseTags.managedBy]: managedBy, ...tags })
      },
      end: (id) => azure.remove(id),
      refuse: (why) => void azure.dials[why === 'empty' ? 'dry' : 'exhausted'].add('*|*|*'),
      lag: (looks) => (azure.dials.lag = { looks }),
      timePassed: () => azure.world.tick(),
      strays: () => [
        ...azure.emptyGroups().map((name) => `group ${name}, in which there is no machine`),
        ...azure.machines
          .filter(
            ({ gone, order }) => gone && !(order.diskDeletes && order.cardDeletes && order.addressDeletes),
          )
          .map(({ key }) => `a part of machine ${key}, which is gone`),
      ],
      secrets: () => [{ kind: 'cloud key', text: entra.secret }],
      sent: () => azure.journal.flatMap(piecesOf),
      refused: () => azure.refused,
      close: () => azure.close(),
    }
  },
}

function connect(azure: AzureEmulator, tap: Tap): void {
  const calls = new WeakMap<JournalEntry, Call>()
  azure.hold = (entry) => {
    const call: Call = {
      side: 'cloud',
      name: `azure:${entry.action}`,
      reads: !/\.(put|delete|submit)$/.test(entry.action),
    }
    calls.set(entry, call)
    return tap.hold(call)
  }
  azure.fault = (entry) => {
    const call = calls.get(entry)
    const fault = call && tap.fault(call)
    // Azure does what it is asked also where it never says so.
    return fault === 'silent' ? 'unheard' : fault
  }
}

function piecesOf({ path, headers, body = {} }: JournalEntry): readonly Piece[] {
  const { authorization = '', ...others } = headers
  const properties = object(body.properties)
  const { customData, ...system } = object(properties.osProfile)
  const rest = { ...body, properties: { ...properties, osProfile: system } }
  return [
    { place: 'cloud request: authorization', text: authorization },
    { place: 'cloud request', text: JSON.stringify([path, others, rest]) },
    ...(text(customData) === undefined ? [] : userDataPieces(Buffer.from(text(customData)!, 'base64'))),
  ]
}
