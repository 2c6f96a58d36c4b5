import { leaseTags, leaseToTags, managedBy, readLease, type Lease } from '../../src/model/lease.ts'
import { startEc2, type Ec2Emulator, type JournalEntry } from '../emulators/ec2/ec2.ts'
import type { Call, CloudRig, Tap } from './rig.ts'
import type { Piece } from './secrets.ts'
import { userDataPieces } from './user-data.ts'

/** As long as real ones, so that no other text looks like them. */
const keys = { id: 'AKIACHAOS0MATRIX0001', secret: 'kQ3vXwVn0aT9rZbL5yHcE7uMgJ2sPdF4iO8xKqW1' }

export const awsRig: CloudRig = {
  name: 'aws',
  async open({ clock, tap }, fleet) {
    const ec2 = await startEc2({
      now: clock.now,
      boot: fleet.boot,
    })
    connect(ec2, tap)
    const seed = (region: string, tags: Readonly<Record<string, string>>): string => {
      const machine = ec2.seedMachine(region, tags)
      // It was there before anybody looked.
      machine.looksSinceCreation = Infinity
      machine.emulated = fleet.put(machine.id)
      return machine.id
    }
    return {
      variables: { ...ec2.variables, AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret },
      inputs: { cloud: 'aws' },
      account: ec2.account,
      creates: ['ec2:RunInstances'],
      readsConsole: 'ec2:GetConsoleOutput',
      regions: { home: 'us-west-1', other: 'eu-west-1' },
      machines: () =>
        ec2.machines.map(({ id, order, billed }) => ({
          id,
          region: order.region,
          alive: billed,
          lease: readLease(order.tags).lease,
        })),
      seedMachine: (region, lease) => seed(region, lease ? leaseToTags(lease) : { Name: 'database' }),
      forgeMachine: (region, claims) =>
        seed(region, {
          [leaseTags.managedBy]: managedBy,
          ...Object.fromEntries(
            Object.entries(claims).map(([member, text]) => [leaseTags[member as keyof Lease], text]),
          ),
        }),
      end: (id) => ec2.end(id, { code: 'Client.UserInitiatedShutdown', message: 'somebody ended it' }),
      refuse: (why) => void ec2.dials[why === 'empty' ? 'dry' : 'exhausted'].add('*|*|*'),
      lag: (looks) => (ec2.dials.lag = { looks }),
      strays: () =>
        ec2.machines
          .filter(({ billed }) => !billed)
          .flatMap(({ id, volumes }) =>
            volumes
              .filter(({ deleteOnTermination }) => !deleteOnTermination)
              .map((volume) => `volume ${volume.id} of machine ${id}, which is gone`),
          ),
      secrets: () => [
        { kind: 'cloud key id', text: keys.id },
        { kind: 'cloud key', text: keys.secret },
      ],
      sent: () => ec2.journal.flatMap(piecesOf),
      refused: () => ec2.refused,
      close: () => ec2.close(),
    }
  },
}

function connect(ec2: Ec2Emulator, tap: Tap): void {
  const calls = new WeakMap<JournalEntry, Call>()
  ec2.hold = (entry) => {
    const call: Call = {
      side: 'cloud',
      name: `ec2:${entry.action}`,
      reads: /^(Describe|Get)/.test(entry.action),
    }
    calls.set(entry, call)
    return tap.hold(call)
  }
  ec2.fault = (entry) => {
    const call = calls.get(entry)
    const fault = call && tap.fault(call)
    // EC2 does what it is asked also where it never says so.
    return fault === 'silent' ? 'unheard' : fault
  }
}

function piecesOf({ path, headers, parameters }: JournalEntry): readonly Piece[] {
  const { authorization = '', ...others } = headers
  const userData = parameters.find(([name]) => name === 'UserData')?.[1]
  const rest = parameters.filter(([name]) => name !== 'UserData')
  return [
    { place: 'cloud request: authorization', text: authorization },
    { place: 'cloud request', text: JSON.stringify([path, others, rest]) },
    ...(userData === undefined ? [] : userDataPieces(Buffer.from(userData, 'base64'))),
  ]
}
