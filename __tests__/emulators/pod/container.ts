import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'

import { killAll, processesIn, signal } from '../machine/processes.ts'
import { writeCommands } from './commands.ts'
import { ContainerLog } from './container-log.ts'
import type { Image } from './image.ts'
import { valueOf, type ContainerSpec, type Manifest, type Terminated } from './manifest.ts'
import { mount } from './volumes.ts'

export interface ContainerPlace {
  readonly pod: Manifest
  /** For this container alone; `root` in it stands for `/`. */
  readonly folder: string
  /** Where the pod's volumes are, each under its name. */
  readonly volumes: string
  /** What everything in the pod gets beside its own. */
  readonly env: Readonly<Record<string, string>>
  /** PATH behind the container's own commands. */
  readonly jobPath: string
}

/**
 * A container in a folder: the image's files with the volumes at their places, and its command, executed as it stands, without namespaces. Programs find
 * the folder by `CML_RUNNER_ROOT`; a word of the command that names a file in it is that file.
 */
export class Container {
  readonly spec: ContainerSpec
  readonly root: string
  readonly log: ContainerLog
  readonly id: string
  /** Undefined until it was started. */
  startedAt: string | undefined
  terminated: Terminated | undefined
  readonly ended: Promise<Terminated>
  readonly #place: ContainerPlace
  readonly #image: Image
  #child: ChildProcess | undefined
  #resolve: (end: Terminated) => void = () => undefined

  constructor(spec: ContainerSpec, image: Image, place: ContainerPlace) {
    this.spec = spec
    this.#image = image
    this.#place = place
    this.root = join(place.folder, 'root')
    for (const path of ['dev', 'etc', 'home', 'opt', 'root', 'run', 'tmp', 'var'])
      mkdirSync(join(this.root, path), { recursive: true })
    this.log = new ContainerLog(join(place.folder, 'log'))
    this.id = `containerd://${[...Array(64)].map(() => Math.floor(Math.random() * 16).toString(16)).join('')}`
    this.ended = new Promise((resolve) => (this.#resolve = resolve))
  }

  get process(): number | undefined {
    return this.#child?.pid
  }

  /** Its first process; the name of its folder is in what each of them was given. */
  get processes(): readonly number[] {
    return processesIn(this.#place.folder)
  }

  start(): void {
    const { folder, volumes, jobPath } = this.#place
    this.#image.lay(this.root, volumes)
    mount(this.root, volumes, this.spec.volumeMounts ?? [])
    const path = writeCommands(join(folder, 'bin'), { uid: this.#image.uid, jobPath })
    const [program = '', ...words] = this.#words()
    this.startedAt = seconds()
    const cwd = this.#inside(this.spec.workingDir ?? this.#image.workingDir ?? '/')
    mkdirSync(cwd, { recursive: true })
    const child = spawn(program, words, { cwd, env: this.#environment(path), detached: true })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => this.log.write(stream, chunk))
    child.on(
      'error',
      (error) => void this.#end(128, 'StartError', `failed to start container: ${error.message}`),
    )
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.on('exit', (code, name) => {
      const status = code ?? 128 + constants.signals[name ?? 'SIGKILL']
      void this.#end(status, status === 0 ? 'Completed' : 'Error', undefined, closed)
    })
  }

  /** SIGTERM to its first process, and SIGKILL to all when the time is over. Resolves when nothing is left of it. */
  async stop(grace: number): Promise<void> {
    if (this.#child?.pid === undefined || this.terminated) return
    signal([this.#child.pid], 'SIGTERM')
    const killer = setTimeout(() => void this.kill(), grace * 1000)
    await this.ended
    clearTimeout(killer)
  }

  async kill(): Promise<void> {
    await killAll(() => this.processes)
  }

  /** With the first process everything else goes, as in a PID namespace. */
  async #end(exitCode: number, reason: string, message?: string, closed?: Promise<unknown>): Promise<void> {
    await this.kill()
    // What it has printed may still be on its way.
    await closed
    if (this.terminated) return
    this.log.end()
    this.terminated = {
      exitCode,
      reason,
      ...(message === undefined ? {} : { message }),
      startedAt: this.startedAt ?? null,
      finishedAt: seconds(),
      containerID: this.id,
    }
    this.#resolve(this.terminated)
  }

  #words(): readonly string[] {
    const { command, args } = this.spec
    const words = [...(command ?? this.#image.entrypoint ?? []), ...(args ?? [])]
    return words.map((word) => {
      const inside = this.#inside(word)
      return word.startsWith('/') && existsSync(inside) ? inside : word
    })
  }

  #inside(path: string): string {
    return join(this.root, path)
  }

  #environment(path: string): Record<string, string> {
    const { pod, env } = this.#place
    const own = (this.spec.env ?? []).map((variable) => [variable.name, valueOf(variable, pod)])
    return {
      PATH: path,
      HOME: this.#inside(this.#image.home ?? '/root'),
      HOSTNAME: pod.metadata.name,
      ...this.#image.env,
      ...env,
      ...(Object.fromEntries(own) as Record<string, string>),
      CML_RUNNER_ROOT: this.root,
    }
  }
}

/** As the API has times. */
export const seconds = (at = new Date()): string => at.toISOString().replace(/\.\d+Z$/, 'Z')
