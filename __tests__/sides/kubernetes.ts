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
  usualLimit,
  type JobRecord,
  type JournalEntry,
  type KubernetesEmulator,
} from '../emulators/kubernetes/kubernetes.ts'
import type { CloudCall, CloudMachine, CloudOptions, CloudSide, EmulatedCloud, Verb } from './cloud-side.ts'
import { OverEmulator, viewsBy } from './over-emulator.ts'

const leaseKey = 'cml-runner-lease'

export const kubernetesSide: CloudSide = {
  name: 'kubernetes',
  service: 'a cluster',
  emulator: 'kubernetes',
  names: ['kubernetes', 'k8s', 'kubectl', 'kubeconfig'],
  // No autoscaler adds a node to the emulated cluster.
  inputs: { 'cloud-kubernetes-pending': '1s' },
  ownEnd: 'powered-off',
  withoutSystem: true,
  withoutDownload: true,
  oneRegion: true,
  emptyByQuota: true,
  budgets: { startup: 0.18, memory: 125, code: 5_000, payload: 65_536 },
  mutationsPerCreate: 2,
  leftoversPerMachine: 1,
  withoutSpot: true,
  words: {
    takenBack: 'the pod is being shut down',
    home: 'runners',
    homePlace: 'runners',
    other: 'others',
    type: '8-32768',
    armType: '8-32768',
    eightPlaces: Array.from({ length: 8 }, (_, index) => `runners-${index + 1}`),
    removal: ({ id, region }) => `kubectl delete job ${id} --namespace ${region}`,
    page: () => '',
    search: (identity) => `jobs with the label cml-runner-identity=${identity}`,
    empty: 'Unschedulable',
    exhausted: 'exceeded quota',
    next: 'runners-2',
    twoPlaces: ['runners', 'runners-2'],
    asks: { launcher: ['cml-runner'], machine: [] },
    ids: { begin: 'cml-', nobody: 'cml-nobody' },
    denied: 'cannot create resource "jobs"',
    logins: { 'azure/k8s-set-context': "the emulated cluster's own credentials" },
  },
  start: startCluster,
}

/** The emulated cluster of a world that was opened on Kubernetes. */
export function clusterOf({ cloud }: { readonly cloud: EmulatedCloud }): KubernetesEmulator {
  if (cloud instanceof ClusterCloud) return cloud.cluster
  throw new Error(`a story of a cluster on ${cloud.side.name}`)
}

const verbs: Readonly<Record<string, Verb>> = {
  'jobs.create': 'create',
  'jobs.patch': 'destroy',
  'jobs.list': 'list',
  'jobs.get': 'list',
  'pods.list': 'list',
  'pods/log.get': 'console',
  'selfsubjectaccessreviews.create': 'regions',
}

const rights: Readonly<Record<Verb, readonly string[]>> = {
  create: ['create jobs'],
  destroy: ['patch jobs'],
  list: ['list jobs', 'get jobs'],
  console: ['get pods/log'],
  regions: ['list jobs'],
  resolve: ['create jobs'],
  account: [],
}

function callOf({ action, body, status, dry }: JournalEntry): CloudCall {
  const changes = /^(jobs|secrets)\.(create|patch|delete)$/.test(action) && !dry
  // A deadline is raised by a list of operations, which ends nothing.
  const other = dry || Array.isArray(body)
  return {
    verb: other ? 'resolve' : (verbs[action] ?? 'resolve'),
    name: dry ? `${action} (dry)` : action,
    changes,
    status,
    throttled: status === 429,
  }
}

const machineOf = viewsBy<JobRecord>(viewOf)

function viewOf(job: JobRecord): CloudMachine {
  return {
    id: job.name,
    region: job.namespace,
    place: job.namespace,
    type: job.type,
    market: 'on-demand',
    get billed() {
      return job.billed
    },
    get ended() {
      return job.over
    },
    get told() {
      return job.conditions[0]?.reason ?? job.pod?.phase ?? 'no pod'
    },
    tags: job.labels,
    get lease() {
      const text = job.annotations[leaseKey]
      return text === undefined ? undefined : leaseFromText(text).lease
    },
    get payloadBytes() {
      return job.payload.length
    },
  }
}

async function startCluster({ account: _, ...options }: CloudOptions = {}): Promise<ClusterCloud> {
  return new ClusterCloud(await startKubernetes(options))
}

let seeded = 0

class ClusterCloud extends OverEmulator<JournalEntry> implements EmulatedCloud {
  readonly side = kubernetesSide
  readonly cluster: KubernetesEmulator

  constructor(cluster: KubernetesEmulator) {
    super(cluster, callOf)
    this.cluster = cluster
  }

  /** A cluster is known by its address. */
  get account(): string {
    return this.cluster.url
  }
  get secrets(): readonly string[] {
    return [this.cluster.token]
  }
  get machines(): readonly CloudMachine[] {
    return this.cluster.jobs.map(machineOf)
  }
  deny(verb: Verb, region?: string): void {
    for (const right of rights[verb])
      this.cluster.dials.denied.add(region === undefined ? right : `${right}@${region}`)
  }
  dry = (where = '*'): void => void this.cluster.dials.full.add(`*|${where}`)
  exhaust = (): void => void this.cluster.dials.exhausted.add('*|*')
  restock = (): void => this.cluster.dials.full.clear()
  limit = (): void => void (this.cluster.dials.limit = usualLimit)
  // The API server shows at once what it has taken.
  lag = (): void => undefined
  hide = (): void => undefined
  startsEmpty(): void {
    const { dials } = this.cluster
    const { bootDelay } = dials
    // A node has taken it, and gives it up again.
    dials.bootDelay = 1_000
    dials.dies = 'before-boot'
    dials.death = 'PreemptionByScheduler'
    const made = this.cluster.jobs.length
    const booted = (): boolean => this.cluster.jobs.slice(made).some(({ emulated }) => emulated !== undefined)
    void this.cluster.until(booted).then(() => {
      dials.dies = undefined
      dials.bootDelay = bootDelay
    })
  }
  // The cluster stands in the configuration: there is nobody to be silent.
  hushAccount = (): void => undefined
  seed(region: string, lease: Lease | undefined, launchedAt?: number): CloudMachine {
    const labels: Record<string, string> = lease ? leaseKeys(lease) : { role: 'database' }
    const annotations: Record<string, string> = lease ? { [leaseKey]: leaseToText(lease) } : {}
    return machineOf(
      this.cluster.seedJob(region, { name: `cml-seeded-${++seeded}`, labels, annotations, launchedAt }),
    )
  }
  seedHalf = (region: string, launchedAt?: number): CloudMachine =>
    machineOf(
      this.cluster.seedJob(region, {
        name: `half-${++seeded}`,
        labels: { [leaseTags.managedBy]: managedBy },
        launchedAt,
      }),
    )
  end = (id: string): void => this.cluster.end(id)
  interrupt = (id: string, notice?: number): void => this.cluster.interrupt(id, notice)
  leftovers = (): number => this.cluster.leftovers()
}
