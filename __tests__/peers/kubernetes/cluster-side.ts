import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

import { rightsFor } from '../../../src/clouds/kubernetes/permissions.ts'
import type { ClusterKind, Hands, Look, Thing } from '../../clouds/kubernetes/cluster-hands.ts'
import { startRegistry, type Registry } from '../../emulators/kubernetes/registry.ts'
import { runnerImages } from '../../emulators/pod/runner-images.ts'
import type { CloudSide, EmulatedCloud } from '../../sides/cloud-side.ts'
import { kubernetesSide } from '../../sides/kubernetes.ts'
import type { Api } from './api.ts'
import type { ControlPlane } from './control-plane.ts'
import { Kubelet } from './kubelet.ts'

const label = 'cml-runner-peer/story'

let count = 0

/**
 * A namespace of a real cluster with a node of its own, as a cloud that stories are told of: whoever launches there has the documentation's Role, and
 * nothing else.
 */
export class NamespaceCloud {
  readonly side: CloudSide
  readonly namespace: string
  readonly admin: Api
  readonly node: Kubelet
  /** Of the documentation's account. */
  readonly token: string
  readonly variables: Readonly<Record<string, string>>
  readonly #registry: Registry
  #jobs: readonly Thing[] = []
  #pods: readonly Thing[] = []
  #secrets: readonly Thing[] = []
  readonly #stop = new AbortController()
  readonly #waiting = new Set<() => void>()
  #following: readonly Promise<void>[] = []

  constructor(
    side: CloudSide,
    given: { namespace: string; plane: ControlPlane; node: Kubelet; token: string; registry: Registry },
  ) {
    this.side = side
    this.namespace = given.namespace
    this.admin = given.plane.admin
    this.node = given.node
    this.token = given.token
    this.#registry = given.registry
    this.variables = {
      KUBERNETES_CONFIGURATION: given.plane.kubeconfig(given.token, given.namespace),
      ...given.registry.variables,
    }
  }

  get account(): string {
    return this.namespace
  }

  get refused(): readonly string[] {
    return [...this.node.refused, ...this.#registry.refused]
  }

  get jobsPath(): string {
    return `/apis/batch/v1/namespaces/${this.namespace}/jobs`
  }

  path(kind: string): string {
    return `/api/v1/namespaces/${this.namespace}/${kind}`
  }

  /** Pods that hold a node, or will. */
  leftovers(): number {
    return this.#pods.filter(({ status }) => !/^(Succeeded|Failed)$/.test(status.phase)).length
  }

  look(): Look {
    const secrets = this.#secrets.map(({ metadata }) => metadata.name as string)
    return { jobs: this.#jobs, pods: this.#pods, secrets }
  }

  until<T>(find: (look: Look) => T | undefined | false): Promise<T> {
    return new Promise((resolve) => {
      const ask = () => {
        const found = find(this.look())
        if (found === undefined || found === false) return
        this.#waiting.delete(ask)
        resolve(found)
      }
      this.#waiting.add(ask)
      ask()
    })
  }

  /** Resolves once it has seen all that there is. */
  async follow(): Promise<void> {
    const seen: Promise<void>[] = []
    const follow = (path: string, take: (things: readonly Thing[]) => void) => {
      let first = (): void => undefined
      seen.push(new Promise((resolve) => (first = resolve)))
      return this.admin.follow(
        path,
        (things) => {
          take(things)
          first()
          for (const ask of [...this.#waiting]) ask()
        },
        this.#stop.signal,
      )
    }
    this.#following = [
      follow(this.jobsPath, (things) => (this.#jobs = things)),
      follow(this.path('pods'), (things) => (this.#pods = things)),
      follow(this.path('secrets'), (things) => (this.#secrets = things)),
    ]
    await Promise.race([Promise.all(seen), Promise.all(this.#following)])
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled(this.#following)
    await Promise.all([this.node.stop(), this.#registry.close()])
    await this.admin.delete(`/api/v1/nodes/${this.node.name}`)
    await this.admin.delete(`/api/v1/namespaces/${this.namespace}`)
  }
}

async function open(side: CloudSide, plane: ControlPlane, namespace: string): Promise<EmulatedCloud> {
  const { admin } = plane
  await admin.post('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  const [token, node, registry] = await Promise.all([
    grant(admin, namespace),
    Kubelet.start(admin, {
      name: `node-of-${namespace}`,
      images: runnerImages,
      labels: { [label]: namespace },
    }),
    startRegistry(),
    // Pods are refused in a namespace without it.
    admin.until(
      `/api/v1/namespaces/${namespace}/serviceaccounts?fieldSelector=metadata.name%3Ddefault`,
      ([one]) => one,
    ),
  ])
  const cloud = new NamespaceCloud(side, { namespace, plane, node, token, registry })
  await cloud.follow()
  // Stories of whole launches need no more of it.
  return cloud as unknown as EmulatedCloud
}

/** The documentation's manifest, as people apply it, and a token of its account. */
async function grant(admin: Api, namespace: string): Promise<string> {
  for (const thing of manifest(namespace)) {
    const group = /\//.test(thing.apiVersion) ? `/apis/${thing.apiVersion}` : `/api/${thing.apiVersion}`
    if (thing.kind === 'Namespace') continue
    await admin.post(`${group}/namespaces/${namespace}/${thing.kind.toLowerCase()}s`, thing)
  }
  const [account] = manifest(namespace).filter(({ kind }) => kind === 'ServiceAccount')
  const asked = await admin.post(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account.metadata.name}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  )
  return asked.status.token
}

const page = join(import.meta.dirname, '../../../docs/kubernetes-role.yaml')

function manifest(namespace: string): readonly Thing[] {
  const things: Thing[] = existsSync(page)
    ? parseAllDocuments(readFileSync(page, 'utf8')).map((document) => document.toJS())
    : fromRights()
  for (const thing of things) {
    if (thing.kind !== 'Namespace') thing.metadata.namespace = namespace
    for (const subject of thing.subjects ?? []) subject.namespace = namespace
  }
  return things
}

/** What the product says that it needs. */
function fromRights(): Thing[] {
  const name = 'cml-runner'
  const rules = rightsFor().map(({ right: { verb, resource, subresource } }) => ({
    apiGroups: [resource === 'jobs' ? 'batch' : ''],
    resources: [subresource ? `${resource}/${subresource}` : resource],
    verbs: [verb],
  }))
  const rbac = 'rbac.authorization.k8s.io'
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name },
      subjects: [{ kind: 'ServiceAccount', name }],
      roleRef: { apiGroup: rbac, kind: 'Role', name },
    },
  ]
}

function handsOf(cloud: NamespaceCloud): Hands {
  const { admin } = cloud
  return {
    look: async () => cloud.look(),
    until: (find) => cloud.until(find),
    log: (pod, container) => admin.get(`${cloud.path('pods')}/${pod}/log?container=${container}`),
    async evict(name) {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } }
      await admin.post(`${cloud.path('pods')}/${name}/eviction`, eviction)
    },
    async fill() {
      await admin.patch(`/api/v1/nodes/${cloud.node.name}`, { spec: { unschedulable: true } })
    },
    async exhaust() {
      const quota = { metadata: { name: 'compute' }, spec: { hard: { 'limits.cpu': '1' } } }
      await admin.post(cloud.path('resourcequotas'), { apiVersion: 'v1', kind: 'ResourceQuota', ...quota })
      await admin.until(cloud.path('resourcequotas'), ([one]) => one?.status?.hard)
    },
    // Nobody has others than those of the runners.
    lose: async () => undefined,
    async annotate(job, annotations) {
      await admin.patch(`${cloud.jobsPath}/${job}`, { metadata: { annotations } })
    },
    async forget(job) {
      await admin.patch(`${cloud.jobsPath}/${job}`, { spec: { ttlSecondsAfterFinished: 0 } })
    },
  }
}

/** The control plane may be started later than stories are told of it. */
export function realCluster(plane: () => Promise<ControlPlane>): ClusterKind {
  return {
    /** Each is a namespace of its own. */
    get side() {
      const namespace = `story-${++count}`
      const side: CloudSide = {
        ...kubernetesSide,
        inputs: { 'cloud-kubernetes-node-selector': `${label}=${namespace}` },
        start: async () => open(side, await plane(), namespace),
      }
      return side
    },
    hands: (cloud) => handsOf(cloud as unknown as NamespaceCloud),
  }
}
