import { randomUUID } from 'node:crypto'
import { digestOf, type CloudEmulator } from '../cloud/front.ts'
import type { ServerOptions } from '../http/server.ts'
import type { BootMachine } from '../machine-port.ts'
import { Front } from './front.ts'
import type { JobRecord } from './jobs.ts'
import { startRegistry, type Registry } from './registry.ts'
import type { JournalEntry } from './wire.ts'
import { World } from './world.ts'

export type { JobRecord } from './jobs.ts'
export { usualLimit } from './wire.ts'
export type { Dials, Fault, JournalEntry } from './wire.ts'

export interface KubernetesOptions extends ServerOptions {
  /** Starts a pod's containers with the very bytes that were sent; without it pods are only entries. */
  readonly boot?: BootMachine
  /** Unix ms. */
  readonly now?: () => number
  /** Namespace of the context. */
  readonly namespace?: string
}

/** An emulated API server with its controllers, one scheduler and one kubelet, at the address that the configuration says. */
export interface KubernetesEmulator extends CloudEmulator<World, JournalEntry> {
  readonly namespace: string
  readonly token: string
  readonly jobs: readonly JobRecord[]
  readonly world: World
  /** Tells the digests of the runners' images. */
  readonly registry: Registry
  /** A kubeconfig; `url`: of a server in its place. */
  configuration(url?: string, change?: object): string
  job(name: string): JobRecord
  /** A Job that is there without anybody's request, whose pod runs. `launchedAt`: unix ms. */
  seedJob(
    namespace: string,
    seed: {
      readonly name: string
      readonly labels?: Readonly<Record<string, string>>
      readonly annotations?: Readonly<Record<string, string>>
      readonly launchedAt?: number | undefined
    },
  ): JobRecord
  /** A node takes the pod away; why, as the pod's condition says it. */
  end(name: string, why?: string): void
  /** Somebody deletes the Job. */
  delete(name: string): void
  /** Pods that hold a node. */
  leftovers(): number
}

export async function startKubernetes(options: KubernetesOptions = {}): Promise<KubernetesEmulator> {
  const emulator = new Kubernetes(options, await startRegistry())
  await emulator.listen(options.port)
  return emulator
}

class Kubernetes extends Front implements KubernetesEmulator {
  override readonly world: World
  protected readonly notice = 80_000
  readonly namespace: string
  readonly registry: Registry

  constructor({ boot, now, namespace = 'runners', ...server }: KubernetesOptions, registry: Registry) {
    const world = new World(now, boot)
    super(world, server, `eyJ${randomUUID().replaceAll('-', '')}`)
    this.world = world
    this.namespace = namespace
    this.registry = registry
  }

  get jobs(): readonly JobRecord[] {
    return this.world.jobs
  }

  get variables(): Readonly<Record<string, string>> {
    return { KUBERNETES_CONFIGURATION: this.configuration(), ...this.registry.variables }
  }

  configuration(url = this.url, change: object = {}): string {
    const plain = url.startsWith('http:') ? { 'insecure-skip-tls-verify': true } : {}
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'ci',
      contexts: [{ name: 'ci', context: { cluster: 'emulated', user: 'ci', namespace: this.namespace } }],
      clusters: [{ name: 'emulated', cluster: { server: url, ...plain } }],
      users: [{ name: 'ci', user: { token: this.token } }],
      ...change,
    })
  }

  job(name: string): JobRecord {
    return this.machine(name)
  }

  seedJob(
    namespace: string,
    { name, labels = {}, annotations = {}, launchedAt }: Parameters<KubernetesEmulator['seedJob']>[1],
  ): JobRecord {
    const limits = { cpu: '4', memory: '16384Mi' }
    const containers = [{ name: 'runner', image: 'example.com/anything:1', resources: { limits } }]
    const job = this.world.seed(namespace, {
      metadata: { name, labels, annotations },
      spec: { template: { metadata: { labels, annotations }, spec: { containers } } },
    })
    if (launchedAt !== undefined) job.launchedAt = launchedAt
    return job
  }

  end(name: string, why = 'EvictionByEvictionAPI'): void {
    this.world.disrupt(this.job(name), why)
  }

  protected take(name: string): void {
    this.end(name)
  }

  /** SIGTERM. */
  protected override warn({ emulated }: JobRecord): void {
    if (emulated && 'pressPowerButton' in emulated) (emulated.pressPowerButton as () => void)()
  }

  delete(name: string): void {
    this.world.delete(this.job(name))
  }

  leftovers(): number {
    return this.jobs.filter(({ billed }) => billed).length
  }

  snapshot(): object {
    return {
      jobs: this.jobs
        .filter(({ deleted }) => !deleted)
        .map(({ uid, name, namespace, labels, annotations, type, finishedAt, payload, body }) => ({
          uid,
          name,
          namespace,
          labels,
          annotations,
          type,
          over: finishedAt !== undefined,
          deadline: body.spec.activeDeadlineSeconds,
          payload: digestOf(payload),
        })),
      secrets: this.world.secrets.map(({ namespace, name }) => `${namespace}/${name}`),
    }
  }

  override async close(): Promise<void> {
    await Promise.all([this.registry.close(), super.close()])
  }
}
