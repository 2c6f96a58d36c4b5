import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { seconds } from '../../emulators/pod/container.ts'
import type { Images } from '../../emulators/pod/image.ts'
import type { Manifest } from '../../emulators/pod/manifest.ts'
import { Pod } from '../../emulators/pod/pod.ts'
import { ApiError, strategicPatch, type Api, type Thing } from './api.ts'
import { startLogServer, type LogServer } from './log-server.ts'
import { sourceOf } from './pod-source.ts'

export interface NodeOptions {
  readonly name: string
  readonly images: Images
  readonly labels?: Readonly<Record<string, string>>
  /** `cpu`, `memory`, `ephemeral-storage`, `nvidia.com/gpu`, in the API's own quantities. */
  readonly capacity?: Readonly<Record<string, string>>
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[]
  /** What everything in its pods gets beside its own. */
  readonly env?: (manifest: Manifest) => Readonly<Record<string, string>>
  readonly jobPath?: string
}

interface Held {
  readonly pod: Pod
  readonly path: string
  readonly ip: string
  /** It was asked to end. */
  stopping: boolean
  /** Its status is on its way, and may be old when it has arrived. */
  telling: Promise<void> | undefined
  stale: boolean
}

/**
 * A node of the tests' own in a real cluster: it runs what the scheduler binds to it in the sandbox, tells what becomes of it, and serves its logs, as a
 * kubelet does.
 */
export class Kubelet {
  readonly name: string
  /** What pods asked for that the sandbox does not obey. */
  readonly refused: string[] = []
  readonly #api: Api
  readonly #options: NodeOptions
  readonly #folder = mkdtempSync(join(tmpdir(), 'cml-runner-node-'))
  readonly #stop = new AbortController()
  readonly #held = new Map<string, Held>()
  #logs: LogServer | undefined
  #following: Promise<void> = Promise.resolve()
  #addresses = 1

  private constructor(api: Api, options: NodeOptions) {
    this.name = options.name
    this.#api = api
    this.#options = options
  }

  /** Resolves when the cluster knows it as ready. */
  static async start(api: Api, options: NodeOptions): Promise<Kubelet> {
    const kubelet = new Kubelet(api, options)
    kubelet.#logs = await startLogServer((namespace, name) => kubelet.pod(name, namespace))
    await kubelet.#register(kubelet.#logs.port)
    const path = `/api/v1/pods?fieldSelector=spec.nodeName%3D${options.name}`
    kubelet.#following = api.follow(path, (pods) => kubelet.#sync(pods), kubelet.#stop.signal)
    return kubelet
  }

  /** A pod that is, or was, here. */
  pod(name: string, namespace?: string): Pod | undefined {
    return [...this.#held.values()]
      .map(({ pod }) => pod)
      .find(
        ({ manifest: { metadata } }) =>
          metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
      )
  }

  get pods(): readonly Pod[] {
    return [...this.#held.values()].map(({ pod }) => pod)
  }

  /** It is short of something: the pod goes, with the node's own words for it. */
  async evict(pod: Pod, message: string): Promise<void> {
    const grace = pod.manifest.spec.terminationGracePeriodSeconds ?? 30
    await pod.stop(grace, { reason: 'Evicted', message })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#following.catch(() => undefined)
    await Promise.all(this.pods.map((pod) => pod.vanish()))
    for (const { telling } of this.#held.values()) await telling
    for (const pod of this.pods) pod.remove()
    await this.#logs?.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #register(port: number): Promise<void> {
    const { labels = {}, taints = [] } = this.#options
    const { name } = this
    const capacity = {
      cpu: '16',
      memory: '64Gi',
      'ephemeral-storage': '500Gi',
      pods: '110',
      ...this.#options.capacity,
    }
    await this.#api.post('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          ...labels,
        },
      },
      spec: { taints },
    })
    const at = seconds()
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
    }
    await this.#api.patch(
      `/api/v1/nodes/${name}/status`,
      {
        status: {
          capacity,
          allocatable: capacity,
          addresses: [
            { type: 'InternalIP', address: '127.0.0.1' },
            { type: 'Hostname', address: name },
          ],
          daemonEndpoints: { kubeletEndpoint: { Port: port } },
          conditions: [{ ...ready, lastHeartbeatTime: at, lastTransitionTime: at }],
        },
      },
      strategicPatch,
    )
  }

  #sync(pods: readonly Thing[]): void {
    const there = new Set(pods.map(({ metadata }) => metadata.uid))
    for (const [uid, held] of this.#held) if (!there.has(uid)) void this.#drop(uid, held)
    for (const thing of pods) {
      const { uid, deletionTimestamp, deletionGracePeriodSeconds } = thing.metadata
      const held = this.#held.get(uid)
      if (deletionTimestamp !== undefined) void this.#end(thing, held, deletionGracePeriodSeconds)
      else if (!held && !isOver(thing)) this.#begin(thing)
    }
  }

  #begin(thing: Thing): void {
    const { namespace, name, uid } = thing.metadata
    const { images, env, jobPath } = this.#options
    const pod = new Pod(thing as Manifest, {
      folder: this.#folder,
      images,
      source: sourceOf(this.#api, thing),
      env: { ...env?.(thing as Manifest) },
      ...(jobPath === undefined ? {} : { jobPath }),
      // The first word comes while it is being made.
      changed: () => queueMicrotask(() => this.#tell(uid)),
    })
    this.refused.push(...pod.refused)
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`
    const ip = `10.0.0.${this.#addresses++}`
    this.#held.set(uid, { pod, path, stopping: false, telling: undefined, stale: false, ip })
  }

  /** A deletion with grace: the node ends it, tells how, and only then takes it off the books. */
  async #end(thing: Thing, held: Held | undefined, grace: number): Promise<void> {
    if (held?.stopping) return
    if (held) {
      held.stopping = true
      await held.pod.stop(grace)
      this.#tell(thing.metadata.uid)
      await held.telling
    }
    const { namespace, name, uid } = thing.metadata
    await this.#quietly(
      this.#api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, {
        gracePeriodSeconds: 0,
        preconditions: { uid },
      }),
    )
  }

  async #drop(uid: string, { pod }: Held): Promise<void> {
    this.#held.delete(uid)
    await pod.vanish()
    pod.remove()
  }

  /** One at a time, so that the last word is the last; what changes meanwhile is told after it. */
  #tell(uid: string): void {
    const held = this.#held.get(uid)
    if (!held) return
    held.stale = true
    held.telling ??= (async () => {
      while (held.stale) {
        held.stale = false
        const { path, pod, ip } = held
        const status = { ...pod.status(), hostIP: '127.0.0.1', podIP: ip, podIPs: [{ ip }] }
        await this.#quietly(this.#api.patch(`${path}/status`, { metadata: { uid }, status }, strategicPatch))
        if (pod.trouble) await this.#complain(held)
      }
      held.telling = undefined
    })()
  }

  async #complain({ pod }: Held): Promise<void> {
    const { namespace = '', name, uid } = pod.manifest.metadata
    const at = seconds()
    await this.#quietly(
      this.#api.post(`/api/v1/namespaces/${namespace}/events`, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { generateName: `${name}.` },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
        ...pod.trouble,
        type: 'Warning',
        source: { component: 'kubelet', host: this.name },
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      }),
    )
  }

  /** What is gone meanwhile needs nothing any more; and a cluster that ends answers nobody. */
  async #quietly(asked: Promise<unknown>): Promise<void> {
    try {
      await asked
    } catch (error) {
      const gone = error instanceof ApiError && [404, 409].includes(error.status)
      if (!gone && !this.#stop.signal.aborted) this.refused.push(String(error))
    }
  }
}

const isOver = (thing: Thing): boolean => ['Succeeded', 'Failed'].includes(thing.status?.phase)
