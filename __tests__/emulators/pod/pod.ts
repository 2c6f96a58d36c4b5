import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { killAll, processesIn, signal } from '../machine/processes.ts'
import { Container, seconds } from './container.ts'
import { isImage, type Images } from './image.ts'
import {
  strangeIn,
  type Condition,
  type ContainerSpec,
  type ContainerState,
  type ContainerStatus,
  type Manifest,
  type Phase,
  type PodStatus,
} from './manifest.ts'
import { fillVolume, type VolumeSource } from './volumes.ts'

export interface PodOptions {
  readonly images: Images
  readonly source: VolumeSource
  /** Where pods' folders are made; the system's temporary folder. */
  readonly folder?: string
  /** Leave the folder when the pod has ended, to look into it. */
  readonly keep?: boolean
  /** PATH of what runs in it, behind the containers' own commands. */
  readonly jobPath?: string
  /** What all containers get beside their own. */
  readonly env?: Readonly<Record<string, string>>
  /** Its status is another. */
  readonly changed?: () => void
}

/** Pods that this process must not outlive. */
const living = new Set<Pod>()
process.on('exit', () => living.forEach((pod) => signal(processesIn(pod.folder), 'SIGKILL')))

/**
 * What a node does with a pod that was bound to it: pulls the images, makes the volumes, runs the init containers one after the other and then
 * the containers side by side, never again (`restartPolicy: Never`). What it is told of the pod's end, and of its status, is somebody else's: a node
 * that talks to an API server, or an emulated cluster.
 */
export class Pod {
  readonly manifest: Manifest
  readonly folder: string
  readonly containers: Container[] = []
  /** Fields of the manifest that the emulator does not obey. */
  readonly refused: readonly string[]
  /** Nothing of it runs any more. */
  readonly ended: Promise<'Succeeded' | 'Failed'>
  readonly #options: PodOptions
  readonly #startTime = seconds()
  readonly #abort = new AbortController()
  readonly #waiting = new Map<string, { readonly reason: string; readonly message?: string }>()
  readonly #since = new Map<string, string>()
  #phase: Phase = 'Pending'
  #why: { readonly reason?: string; readonly message?: string } = {}
  /** What holds it up before its containers, in a node's words. */
  #trouble: { readonly reason: string; readonly message: string } | undefined
  #resolve: (phase: 'Succeeded' | 'Failed') => void = () => undefined

  constructor(manifest: Manifest, options: PodOptions) {
    this.manifest = manifest
    this.#options = options
    this.refused = strangeIn(manifest).map((field) => `pod ${manifest.metadata.name}: ${field}`)
    this.folder = mkdtempSync(join(options.folder ?? tmpdir(), 'pod-'))
    mkdirSync(join(this.folder, 'volumes'))
    this.ended = new Promise((resolve) => (this.#resolve = resolve))
    living.add(this)
    void this.#run()
  }

  container(name: string): Container | undefined {
    return this.containers.find(({ spec }) => spec.name === name)
  }

  get phase(): Phase {
    return this.#phase
  }

  /** What a person would be told by an event: `FailedMount` and the like. */
  get trouble(): { readonly reason: string; readonly message: string } | undefined {
    return this.#trouble
  }

  /** As a node is asked to: SIGTERM, and after `grace` seconds SIGKILL. `why` becomes the status' reason, as with an eviction. */
  async stop(
    grace: number,
    why: { readonly reason?: string; readonly message?: string } = {},
  ): Promise<void> {
    this.#why = why
    this.#abort.abort()
    await Promise.all(this.containers.map((container) => container.stop(grace)))
    await this.ended
  }

  /** Its node is gone from one moment to the next. */
  async vanish(): Promise<void> {
    this.#abort.abort()
    await killAll(() => processesIn(this.folder))
    await this.ended
  }

  remove(): void {
    living.delete(this)
    if (!this.#options.keep) rmSync(this.folder, { recursive: true, force: true })
  }

  status(): PodStatus {
    const { spec } = this.manifest
    const inits = (spec.initContainers ?? []).map((container) => this.#statusOf(container))
    const done = inits.every(({ state }) => 'terminated' in state && state.terminated.exitCode === 0)
    const statuses = spec.containers.map((container) => this.#statusOf(container))
    const ready = this.#phase === 'Running' && statuses.every((status) => status.ready)
    const over = this.#phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed'
    const notReady = this.#phase === 'Pending' || this.#phase === 'Running' ? 'ContainersNotReady' : over
    return {
      phase: this.#phase,
      ...this.#why,
      startTime: this.#startTime,
      conditions: [
        this.#condition('PodReadyToStartContainers', this.containers.length > 0, 'PodNotReady'),
        this.#condition('Initialized', done, 'ContainersNotInitialized'),
        this.#condition('Ready', ready, notReady),
        this.#condition('ContainersReady', ready, notReady),
      ],
      ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
      containerStatuses: statuses,
    }
  }

  async #run(): Promise<void> {
    const { spec } = this.manifest
    this.#changed()
    const succeeded = (await this.#prepare()) && (await this.#runInits(spec.initContainers ?? []))
    const ends = succeeded ? await this.#runAll(spec.containers) : []
    const well = succeeded && ends.every((code) => code === 0)
    this.#phase = well && this.#why.reason === undefined ? 'Succeeded' : 'Failed'
    this.#resolve(this.#phase)
    this.#changed()
  }

  async #prepare(): Promise<boolean> {
    const { signal: aborted } = this.#abort
    for (const volume of this.manifest.spec.volumes ?? []) {
      try {
        await Promise.race([
          fillVolume(join(this.folder, 'volumes'), volume, this.#options.source, aborted),
          whenAborted(aborted),
        ])
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${text}`
        this.#trouble = { reason: 'FailedMount', message }
        this.#changed()
        await whenAborted(aborted).catch(() => undefined)
      }
      if (aborted.aborted) return false
    }
    return true
  }

  async #runInits(specs: readonly ContainerSpec[]): Promise<boolean> {
    for (const spec of specs) {
      const container = await this.#start(spec)
      const end = await container?.ended
      this.#changed()
      if (end?.exitCode !== 0 || this.#abort.signal.aborted) return false
    }
    return true
  }

  async #runAll(specs: readonly ContainerSpec[]): Promise<readonly number[]> {
    const started = await Promise.all(specs.map((spec) => this.#start(spec)))
    if (started.some((container) => container?.startedAt)) this.#phase = 'Running'
    this.#changed()
    return Promise.all(
      started.map(async (container) => {
        const end = await container?.ended
        this.#changed()
        return end?.exitCode ?? 1
      }),
    )
  }

  /** Undefined for a pod that was stopped before its image had come. */
  async #start(spec: ContainerSpec): Promise<Container | undefined> {
    const image = this.#options.images(spec.image)
    if (!isImage(image)) {
      this.#waiting.set(spec.name, image)
      this.#changed()
      await whenAborted(this.#abort.signal).catch(() => undefined)
      return undefined
    }
    if (this.#abort.signal.aborted) return undefined
    const folder = join(this.folder, spec.name)
    mkdirSync(folder)
    const { env = {}, jobPath = '/usr/local/bin:/usr/bin:/bin' } = this.#options
    const volumes = join(this.folder, 'volumes')
    const container = new Container(spec, image, { pod: this.manifest, folder, volumes, env, jobPath })
    this.containers.push(container)
    container.start()
    this.#changed()
    return container
  }

  #statusOf(spec: ContainerSpec): ContainerStatus {
    const container = this.container(spec.name)
    const state = this.#stateOf(spec, container)
    const image = this.#options.images(spec.image)
    return {
      name: spec.name,
      image: spec.image,
      imageID: container && isImage(image) ? `${spec.image.split(/[:@]/)[0]}@${image.digest}` : '',
      ...(container ? { containerID: container.id } : {}),
      ready: 'running' in state,
      started: 'running' in state,
      restartCount: 0,
      state,
      lastState: {},
    }
  }

  #stateOf(spec: ContainerSpec, container: Container | undefined): ContainerState {
    if (container?.terminated) return { terminated: container.terminated }
    if (container?.startedAt) return { running: { startedAt: container.startedAt } }
    const initializes = (this.manifest.spec.initContainers ?? []).length > 0
    const usual = { reason: initializes ? 'PodInitializing' : 'ContainerCreating' }
    return { waiting: this.#waiting.get(spec.name) ?? usual }
  }

  #condition(type: string, holds: boolean, reason: string): Condition {
    const status = holds ? 'True' : 'False'
    const key = `${type} ${status}`
    const lastTransitionTime = this.#since.get(key) ?? seconds()
    this.#since.set(key, lastTransitionTime)
    return {
      type,
      status,
      reason: holds ? null : reason,
      lastProbeTime: null,
      lastTransitionTime,
    }
  }

  #changed(): void {
    this.#options.changed?.()
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new Error('the pod was stopped'))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
