import {
  leaseFromText,
  leaseKeys,
  leaseTags,
  leaseToText,
  managedBy,
  type Lease,
} from '../../src/model/lease.ts'
import {
  startKubernetes,
  type JournalEntry,
  type KubernetesEmulator,
} from '../emulators/kubernetes/kubernetes.ts'
import type { Call, CloudRig, Tap } from './rig.ts'
import type { Piece } from './secrets.ts'

const leaseKey = 'cml-runner-lease'
let seeded = 0

export const kubernetesRig: CloudRig = {
  name: 'kubernetes',
  async open({ clock, tap }, fleet) {
    const cluster = await startKubernetes({ now: clock.now, boot: fleet.boot })
    connect(cluster, tap)
    const seed = (
      region: string,
      labels: Readonly<Record<string, string>>,
      annotations: Readonly<Record<string, string>> = {},
    ): string => {
      const job = cluster.seedJob(region, { name: `seeded-${++seeded}`, labels, annotations })
      job.emulated = fleet.put(job.name)
      return job.name
    }
    return {
      variables: cluster.variables,
      inputs: { cloud: 'kubernetes' },
      account: cluster.url,
      creates: ['kubernetes:jobs.create', 'kubernetes:secrets.create'],
      readsConsole: 'kubernetes:pods/log.get',
      regions: { home: 'runners', other: 'others' },
      machines: () =>
        cluster.jobs.map(({ name, namespace, billed, annotations }) => ({
          id: name,
          region: namespace,
          alive: billed,
          lease: annotations[leaseKey] === undefined ? undefined : leaseFromText(annotations[leaseKey]).lease,
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
      end: (id) => cluster.end(id),
      refuse: (why) => void cluster.dials[why === 'empty' ? 'full' : 'exhausted'].add('*|*'),
      // The API server shows at once what it has taken.
      lag: () => undefined,
      timePassed: () => cluster.world.tick(),
      strays: () =>
        cluster.world.secrets
          .filter(({ owner }) => !cluster.jobs.some((job) => job.uid === owner && !job.deleted))
          .map(({ name }) => `Secret ${name}, whose Job is gone`),
      secrets: () => [{ kind: 'cloud token', text: cluster.token }],
      sent: () => cluster.journal.flatMap(piecesOf),
      refused: () => cluster.refused,
      close: () => cluster.close(),
    }
  },
}

/** What somebody else writes as labels: the scope as a digest, the rest where a label can hold it. */
function labelsOf(tags: Readonly<Record<string, string>>): Record<string, string> {
  const scope = tags[leaseTags.scope]
  const plain = Object.entries(tags).filter(([, text]) =>
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(text),
  )
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

function connect(cluster: KubernetesEmulator, tap: Tap): void {
  const calls = new WeakMap<JournalEntry, Call>()
  cluster.hold = (entry) => {
    const { action, dry } = entry
    const changes = /^(jobs|secrets)\.(create|patch|delete)$/.test(action) && !dry
    const call: Call = {
      side: 'cloud',
      name: `kubernetes:${action}${dry ? ' (dry)' : ''}`,
      reads: !changes,
    }
    calls.set(entry, call)
    return tap.hold(call)
  }
  cluster.fault = (entry) => {
    const call = calls.get(entry)
    const fault = call && tap.fault(call)
    // An API server does what it is asked also where it never says so.
    return fault === 'silent' ? 'unheard' : fault
  }
}

/** What a Secret holds lies apart: nobody but the kubelet and whoever may read Secrets sees it. */
function piecesOf({ path, headers, body = {}, action }: JournalEntry): readonly Piece[] {
  const { authorization = '', ...others } = headers
  const isSecret = action === 'secrets.create'
  const { data = {}, ...rest } = body as { readonly data?: Readonly<Record<string, string>> }
  const files = isSecret
    ? Object.values(data).map((content) => Buffer.from(content, 'base64').toString('utf8'))
    : []
  const isConfig = (text: string): boolean => /"registration"/.test(text) && /"identity"/.test(text)
  return [
    { place: 'cloud request: authorization', text: authorization },
    { place: 'cloud request', text: JSON.stringify([path, others, isSecret ? rest : body]) },
    ...files.map((text): Piece => ({
      place: isConfig(text) ? 'user data: agent configuration' : 'user data',
      text,
    })),
  ]
}
