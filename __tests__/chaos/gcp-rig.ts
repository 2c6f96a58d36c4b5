import {
  leaseFromText,
  leaseKeys,
  leaseTags,
  leaseToText,
  managedBy,
  type Lease,
} from '../../src/model/lease.ts'
import { privateKeyOf } from '../emulators/gcp/credentials.ts'
import { startGcp, type GcpEmulator, type JournalEntry } from '../emulators/gcp/gcp.ts'
import { carriers } from '../emulators/machine/carriers.ts'
import * as machinePaths from '../../src/machine/paths.ts'
import type { Call, CloudRig, Tap } from './rig.ts'
import type { Piece } from './secrets.ts'

const leaseKey = 'cml-runner-lease'
let seeded = 0

export const gcpRig: CloudRig = {
  name: 'gcp',
  async open({ clock, tap }, fleet) {
    const gcp = await startGcp({ now: clock.now, boot: fleet.boot })
    connect(gcp, tap)
    const seed = (
      region: string,
      labels: Readonly<Record<string, string>>,
      metadata: Readonly<Record<string, string>> = {},
    ): string => {
      const machine = gcp.seedMachine(`${region}-b`, { name: `seeded-${++seeded}`, labels, metadata })
      // It was there before anybody looked.
      machine.looksSinceCreation = Infinity
      machine.emulated = fleet.put(machine.key)
      return machine.key
    }
    return {
      variables: gcp.variables,
      inputs: { cloud: 'gcp' },
      account: gcp.project,
      creates: ['gcp:instances.insert'],
      forgets: true,
      readsConsole: 'gcp:instances.getSerialPortOutput',
      regions: { home: 'us-west1', other: 'europe-west1' },
      machines: () =>
        gcp.machines.map(({ key, order, billed, attributes }) => ({
          id: key,
          region: order.region,
          alive: billed,
          lease: attributes[leaseKey] === undefined ? undefined : leaseFromText(attributes[leaseKey]).lease,
        })),
      seedMachine: (region, lease) =>
        lease
          ? seed(region, leaseKeys(lease), { [leaseKey]: leaseToText(lease) })
          : seed(region, { role: 'database' }),
      forgeMachine: (region, claims) => {
        const tags = Object.fromEntries(
          Object.entries(claims).map(([member, text]) => [leaseTags[member as keyof Lease], text]),
        )
        const whole = { [leaseTags.managedBy]: managedBy, ...tags }
        return seed(region, labelsOf(whole), { [leaseKey]: JSON.stringify(whole) })
      },
      end: (id) => gcp.end(id, 'delete'),
      refuse: (why) => void gcp.dials[why === 'empty' ? 'dry' : 'exhausted'].add('*|*|*'),
      lag: (looks) => (gcp.dials.lag = { looks }),
      timePassed: () => gcp.world.tick(),
      strays: () =>
        gcp.machines
          .filter(({ gone, order }) => gone && !order.autoDelete)
          .map(({ key }) => `the disk of machine ${key}, which is gone`),
      secrets: () => [
        {
          kind: 'cloud key',
          text: privateKeyOf(gcp.variables.GOOGLE_APPLICATION_CREDENTIALS_DATA ?? '{}').split('\n')[3] ?? '',
        },
      ],
      sent: () => gcp.journal.flatMap(piecesOf),
      refused: () => gcp.refused,
      close: () => gcp.close(),
    }
  },
}

/** What somebody else writes as labels: the scope as a digest, the rest where a label can hold it. */
function labelsOf(tags: Readonly<Record<string, string>>): Record<string, string> {
  const scope = tags[leaseTags.scope]
  const plain = Object.entries(tags).filter(([, text]) => /^[a-z0-9_-]{0,63}$/.test(text))
  return {
    ...Object.fromEntries(plain),
    ...(scope === undefined ? {} : { [leaseTags.scope]: leaseKeys({ ...nobody, scope })[leaseTags.scope]! }),
  }
}

const nobody: Lease = {
  identity: '',
  run: '',
  scope: '',
  owner: '',
  name: '',
  dueAt: 0,
  nonce: '',
  expiresAt: 0,
}

function connect(gcp: GcpEmulator, tap: Tap): void {
  const calls = new WeakMap<JournalEntry, Call>()
  gcp.hold = (entry) => {
    const call: Call = {
      side: 'cloud',
      name: `gcp:${entry.action}`,
      reads: !/(insert|delete|setMetadata)$/i.test(entry.action),
    }
    calls.set(entry, call)
    return tap.hold(call)
  }
  gcp.fault = (entry) => {
    const call = calls.get(entry)
    const fault = call && tap.fault(call)
    // Compute Engine does what it is asked also where it never says so.
    return fault === 'silent' ? 'unheard' : fault
  }
}

function piecesOf({ path, headers, body = {} }: JournalEntry): readonly Piece[] {
  const { authorization = '', ...others } = headers
  const items =
    (
      body.metadata as
        { readonly items?: readonly { readonly key: string; readonly value: string }[] } | undefined
    )?.items ?? []
  const script = items.find(({ key }) => key === 'startup-script')?.value
  const rest = { ...body, metadata: items.filter(({ key }) => key !== 'startup-script') }
  return [
    { place: 'cloud request: authorization', text: authorization },
    { place: 'cloud request', text: JSON.stringify([path, others, rest]) },
    ...(script === undefined ? [] : scriptPieces(script)),
  ]
}

/** What was sent, less the agent's configuration, and that as the machine gets it. */
function scriptPieces(script: string): readonly Piece[] {
  const config = carriers['startup-script'].file(Buffer.from(script), machinePaths.config)
  if (!config) return [{ place: 'user data', text: script }]
  const written = [config.toString('base64'), config.toString('utf8')]
  const rest = written.reduce((text, part) => text.replaceAll(part, ''), script)
  return [
    { place: 'user data', text: rest },
    { place: 'user data: agent configuration', text: config.toString('utf8') },
  ]
}
