import { spawn, type ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import type { AgentConfig } from '../../../src/machine/agent-config.ts'
import { parseConfig } from '../../../src/machine/config-file.ts'
import { podPaths } from '../../../src/model/pod.ts'
import { layImage } from './pod-image.ts'
import type { EmulatedMachine, MachineEnd, MachineSpec } from '../machine-port.ts'
import { AgentClock } from './agent-clock.ts'
import { MachineConsole } from './console.ts'
import { defaultOptions, type MachineOptions } from './machine-options.ts'
import { killAll, processesIn, signal } from './processes.ts'
import { LineSplitter } from '../../../src/agent/lines.ts'

interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value: string }[]
}

/** What a kubelet would act upon: as the emulated cluster hands it over. */
interface Sent {
  readonly pod: { readonly initContainers?: readonly Container[]; readonly containers: readonly Container[] }
  readonly files: Readonly<Record<string, string>>
}

export function readSent({ userData }: Pick<MachineSpec, 'userData'>): Sent {
  return JSON.parse(userData.toString('utf8')) as Sent
}

/** The agent's configuration in what was sent to a pod. */
export function configInPod(spec: Pick<MachineSpec, 'userData'>): AgentConfig {
  const file = readSent(spec).files['agent.json']
  if (file === undefined) throw new Error('what was sent holds no configuration')
  return parseConfig(Buffer.from(file, 'base64').toString('utf8'))
}

/** Pods that this process must not outlive. */
const living = new Set<Pod>()
process.on('exit', () => living.forEach((pod) => signal(processesIn(pod.folder), 'SIGKILL')))

const hostPath = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
const ownCurl = join(import.meta.dirname, 'curl.cjs')

/**
 * A pod in a folder: its containers' commands, one after the other, with the volumes that they share. What its images hold is laid into the folder, as much of it as
 * anybody asks for; programs of the host stand in for the rest. The bytes that were sent find the folder by `CML_RUNNER_ROOT`.
 */
export class Pod implements EmulatedMachine {
  readonly spec: MachineSpec
  readonly folder: string
  readonly root: string
  readonly ended: Promise<MachineEnd>
  readonly refused: string[] = []
  readonly commands: string[][] = []
  /** Of the container that ended it. */
  exitCode = 0
  readonly #options: typeof defaultOptions & MachineOptions
  readonly #clock: AgentClock
  readonly #console: MachineConsole
  readonly #sent: Sent
  #resolve: (end: MachineEnd) => void = () => undefined
  #over = false
  #running: ChildProcess | undefined

  constructor(spec: MachineSpec, options: MachineOptions) {
    this.spec = spec
    this.#options = { ...defaultOptions, ...options }
    this.#sent = readSent(spec)
    this.folder = mkdtempSync(join(this.#options.folder, 'pod-'))
    this.root = join(this.folder, 'root')
    this.ended = new Promise((resolve) => (this.#resolve = resolve))
    for (const path of [podPaths.home, podPaths.state, podPaths.sent, '/home/runner', '/tmp', '/bin'])
      mkdirSync(this.root + path, { recursive: true })
    this.#clock = new AgentClock(this.folder)
    this.#console = new MachineConsole(join(this.folder, 'log'))
    living.add(this)
    void this.#live()
  }

  /** What its containers have printed, one after the other. */
  console(): string {
    return this.#console.text
  }

  until<T>(find: () => T | undefined | false): Promise<T> {
    return this.#console.until(find)
  }

  get journal(): string {
    return this.console()
  }

  get log(): string {
    return this.console()
  }

  processes(): number[] {
    return processesIn(this.folder)
  }

  agentProcess(): number | undefined {
    return this.#running?.pid
  }

  /** Lets time pass for the agent, and for nothing else. */
  passTime(seconds: number): void {
    this.#clock.pass(seconds)
  }

  /** What a pod hears before its end. */
  pressPowerButton(): void {
    this.#running?.kill('SIGTERM')
  }

  terminate(): Promise<void> {
    return this.#finish('terminated')
  }

  async #live(): Promise<void> {
    const { bootDelay, dies } = this.spec
    // A pod that was taken away meanwhile must not keep the process.
    await pause(bootDelay, undefined, { ref: false })
    if (dies === 'before-boot') return this.#finish('died')
    if (this.#over) return
    try {
      this.#mount()
      for (const container of this.#sent.pod.initContainers ?? []) {
        layImage(container.image, this.root, configInPod(this.spec))
        this.exitCode = await this.#run(container)
        if (this.exitCode !== 0) return await this.#finish('powered-off')
      }
      rmSync(this.root + podPaths.sent, { recursive: true, force: true })
      if (dies === 'in-boot') return await this.#finish('died')
      for (const container of this.#sent.pod.containers)
        this.exitCode = await this.#run(container, this.#clock.variables)
    } catch (error) {
      if (!this.#over) this.refused.push(String(error))
      this.exitCode = 128
    }
    await this.#finish('powered-off')
  }

  #mount(): void {
    for (const [path, content] of Object.entries(this.#sent.files)) {
      const file = join(this.root + podPaths.sent, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, Buffer.from(content, 'base64'), { mode: 0o555 })
    }
  }

  /** Resolves with its exit code. */
  #run({ command = [], env = [] }: Container, laid: Readonly<Record<string, string>> = {}): Promise<number> {
    if (this.#over) return Promise.resolve(137)
    const [program = '', ...rest] = command
    const words = rest.map((word) => (word.startsWith(podPaths.home) ? this.root + word : word))
    const own = Object.fromEntries(env.map(({ name, value }) => [name, value]))
    const child = spawn(program, words, {
      cwd: this.root,
      env: { ...this.#environment(), ...own, ...laid },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#running = child
    this.commands.push([program, ...rest])
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineSplitter((line) => this.#print(line))
      stream.on('data', (chunk: Buffer) => lines.push(chunk)).on('end', () => lines.end())
    }
    return new Promise((resolve) => {
      child.on('error', () => resolve(127))
      child.on('close', (code) => resolve(code ?? 137))
      // What a container leaves running goes with it, and does not hold up its end.
      child.on('exit', () => signal(this.processes(), 'SIGKILL'))
    })
  }

  #print(line: string): void {
    if (!this.#over && existsSync(this.folder)) appendFileSync(join(this.folder, 'log'), `${line}\n`)
    this.#console.changed()
  }

  #environment(): Record<string, string> {
    const bin = join(this.root, 'bin')
    const path = hostPath.split(':').some((folder) => existsSync(join(folder, 'curl')))
    if (!path && !existsSync(join(bin, 'curl'))) {
      writeFileSync(join(bin, 'curl'), `#!/bin/sh\nexec '${process.execPath}' '${ownCurl}' "$@"\n`)
      chmodSync(join(bin, 'curl'), 0o755)
    }
    const { trusted, jobPath } = this.#options
    const bundle = join(this.folder, 'trusted.pem')
    if (trusted && !existsSync(bundle)) writeFileSync(bundle, trusted)
    return {
      CML_RUNNER_ROOT: this.root,
      HOME: join(this.root, 'home/runner'),
      LANG: 'C.UTF-8',
      PATH: `${bin}:${jobPath}:${hostPath}`,
      ...(trusted ? { CURL_CA_BUNDLE: bundle, SSL_CERT_FILE: bundle } : {}),
    }
  }

  async #finish(end: MachineEnd): Promise<void> {
    if (this.#over) return void (await this.ended)
    this.#over = true
    await killAll(() => this.processes())
    this.#console.close()
    living.delete(this)
    if (!this.#options.keep) rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 })
    this.#resolve(end)
  }
}

/** A file of the pod as it is now, for a test that looks into it. */
export function fileInPod({ root }: Pick<Pod, 'root'>, path: string): string | undefined {
  return existsSync(root + path) ? readFileSync(root + path, 'utf8') : undefined
}
