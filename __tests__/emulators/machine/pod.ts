import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import type { AgentConfig } from '../../../src/machine/agent-config.ts'
import { parseConfig } from '../../../src/machine/config-file.ts'
import type { EmulatedMachine, MachineEnd, MachineSpec } from '../machine-port.ts'
import type { Container } from '../pod/container.ts'
import { plainImage, type Images } from '../pod/image.ts'
import type { Manifest } from '../pod/manifest.ts'
import { Pod } from '../pod/pod.ts'
import { runnerImages } from '../pod/runner-images.ts'
import { AgentClock } from './agent-clock.ts'
import { defaultOptions, type MachineOptions } from './machine-options.ts'
import { processesIn } from './processes.ts'

/** What a node is told of a pod, and what it fetches for it: as the emulated cluster hands it over. */
export interface SentPod {
  readonly pod: Manifest
  /** Contents in Base64 by key, by the Secret's name. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>
}

function readSent({ userData }: Pick<MachineSpec, 'userData'>): SentPod {
  return JSON.parse(userData.toString('utf8')) as SentPod
}

/** The agent's configuration in what was sent to a pod. */
export function configInPod(spec: Pick<MachineSpec, 'userData'>): AgentConfig {
  const { pod, secrets } = readSent(spec)
  const files = (pod.spec.volumes ?? []).flatMap(({ secret }) =>
    (secret?.items ?? []).map(({ key, path }) => ({ path, content: secrets[secret!.secretName]?.[key] })),
  )
  const { content } = files.find(({ path }) => path === 'agent.json') ?? {}
  if (content === undefined) throw new Error('what was sent holds no configuration')
  return parseConfig(Buffer.from(content, 'base64').toString('utf8'))
}

const hostPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

/** The runners' own as they are published; which others are to be had, the cluster has said before. */
const images: Images = (name) =>
  /\/(actions-runner|gitlab-runner)[:@]/.test(name) ? runnerImages(name) : plainImage('d')

/** A pod as a machine that a launch has made: the sandbox's pod, its time, its end, and what stories ask of it. */
export class PodMachine implements EmulatedMachine {
  readonly spec: MachineSpec
  /** Everything of this machine. */
  readonly folder: string
  readonly ended: Promise<MachineEnd>
  readonly refused: string[] = []
  readonly #sent: SentPod
  readonly #options: typeof defaultOptions & MachineOptions
  readonly #clock: AgentClock
  readonly #waiting = new Set<() => void>()
  readonly #followed = new Set<Container>()
  #pod: Pod | undefined
  #resolve: (end: MachineEnd) => void = () => undefined
  #over = false

  constructor(spec: MachineSpec, options: MachineOptions) {
    this.spec = spec
    this.#sent = readSent(spec)
    this.#options = { ...defaultOptions, ...options }
    this.folder = mkdtempSync(join(this.#options.folder, 'pod-'))
    this.ended = new Promise((resolve) => (this.#resolve = resolve))
    this.#clock = new AgentClock(this.folder)
    void this.#live()
  }

  /** Folder that stands for `/` in the container that jobs run in. */
  get root(): string {
    const { containers } = this.#sent.pod.spec
    return join(this.#pod?.folder ?? this.folder, containers[0]?.name ?? '', 'root')
  }

  /** What its containers have printed, one after the other. */
  console(): string {
    return this.#containers.map(({ log }) => log.read()).join('')
  }

  /** Undefined for a container that has not begun. */
  printedBy(container: string): string | undefined {
    return this.#pod?.container(container)?.log.read()
  }

  get journal(): string {
    return this.console()
  }

  get log(): string {
    return this.console()
  }

  /** Of its containers, in the order in which they began. */
  get commands(): string[][] {
    return this.#containers.map(({ spec: { command = [] } }) => [...command])
  }

  /** Of the container that ended it. */
  get exitCode(): number {
    return this.#containers.at(-1)?.terminated?.exitCode ?? 128
  }

  /** Resolves with what `find` gives as soon as it gives something; rejects when the pod has ended without it. */
  until<T>(find: () => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const ask = () => {
        const found = find()
        const nothing = found === undefined || found === false
        if (nothing && !this.#over) return
        this.#waiting.delete(ask)
        if (nothing) reject(new Error(`the pod ended first:\n${this.console()}`))
        else resolve(found)
      }
      this.#waiting.add(ask)
      ask()
    })
  }

  processes(): number[] {
    return processesIn(this.folder)
  }

  agentProcess(): number | undefined {
    return this.#containers.findLast(({ terminated }) => !terminated)?.process
  }

  /** Lets time pass for the agent, and for nothing else. */
  passTime(seconds: number): void {
    this.#clock.pass(seconds)
  }

  /** What a pod hears before its end. */
  pressPowerButton(): void {
    void this.#pod?.stop(this.#sent.pod.spec.terminationGracePeriodSeconds ?? 30)
  }

  terminate(): Promise<void> {
    return this.#finish('terminated')
  }

  get #containers(): readonly Container[] {
    return this.#pod?.containers ?? []
  }

  async #live(): Promise<void> {
    const { bootDelay, dies } = this.spec
    // A pod that was taken away meanwhile must not keep the process.
    await pause(bootDelay, undefined, { ref: false })
    if (dies === 'before-boot') return this.#finish('died')
    if (this.#over) return
    const { pod, secrets } = this.#sent
    this.#pod = new Pod(pod, {
      images,
      source: { secret: async (name) => secrets[name] ?? {}, projected: async () => [] },
      folder: this.folder,
      keep: true,
      jobPath: `${this.#options.jobPath}:${hostPath}`,
      env: { ...this.#clock.variables, ...this.#trust() },
      // The first word comes while it is being made.
      changed: () => queueMicrotask(() => this.#look()),
    })
    this.refused.push(...this.#pod.refused)
    await this.#pod.ended
    await this.#finish('powered-off')
  }

  /** Whoever waits looks again, and sees every line of a container that has begun. */
  #look(): void {
    for (const container of this.#containers) {
      if (this.#followed.has(container)) continue
      this.#followed.add(container)
      const ask = () => this.#ask()
      container.log.follow(ask, ask)
    }
    const [first] = this.#containers
    if (this.spec.dies === 'in-boot' && first?.terminated) void this.#finish('died')
    else this.#complain()
    this.#ask()
  }

  #ask(): void {
    for (const ask of [...this.#waiting]) ask()
  }

  /** What holds a pod up for ever on a node is a mistake of whoever has sent it, and ends it here. */
  #complain(): void {
    if (this.#over || !this.#pod) return
    const { initContainerStatuses = [], containerStatuses } = this.#pod.status()
    const held = [...initContainerStatuses, ...containerStatuses].flatMap(({ state }) =>
      'waiting' in state && state.waiting.message !== undefined ? [state.waiting.message] : [],
    )
    const why = this.#pod.trouble?.message ?? held[0]
    if (why === undefined) return
    this.refused.push(why)
    void this.#finish('powered-off')
  }

  #trust(): Readonly<Record<string, string>> {
    const { trusted } = this.#options
    if (!trusted) return {}
    const bundle = join(this.folder, 'trusted.pem')
    writeFileSync(bundle, trusted)
    return { CURL_CA_BUNDLE: bundle, SSL_CERT_FILE: bundle }
  }

  async #finish(end: MachineEnd): Promise<void> {
    if (this.#over) return void (await this.ended)
    this.#over = true
    await this.#pod?.vanish()
    this.#pod?.remove()
    this.#ask()
    if (!this.#options.keep && existsSync(this.folder))
      rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
    this.#resolve(end)
  }
}
