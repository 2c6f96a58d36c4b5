import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import type { EmulatedMachine, MachineEnd, MachineSpec } from '../machine-port.ts'
import { Accounts } from './accounts.ts'
import { AgentClock } from './agent-clock.ts'
import { carriers, type CarrierProgram } from './carriers.ts'
import { answerCommand, notEmulated } from './commands.ts'
import { MachineConsole } from './console.ts'
import { Link } from './link.ts'
import { defaultOptions, type MachineOptions } from './machine-options.ts'
import { Packages } from './packages.ts'
import { PodMachine } from './pod.ts'
import { killAll, processesIn, signal } from './processes.ts'
import { environments, writeStandIns, type Commands } from './stand-ins.ts'
import { Systemd, type Reply } from './systemd.ts'

export type { MachineOptions }

/** Boots machines; those it made stay readable in `machines`. */
export interface MachineBoot {
  (spec: MachineSpec): Machine
  readonly machines: readonly Machine[]
}

/** Machines that this process must not outlive. */
const living = new Set<Machine>()
process.on('exit', () => living.forEach((machine) => signal(processesIn(machine.folder), 'SIGKILL')))

export function createMachineBoot(options: MachineOptions = {}): MachineBoot {
  const machines: Machine[] = []
  const boot = (spec: MachineSpec): Machine => {
    // Stories ask both for the same few things; who asks a pod for a unit of systemd has no answer.
    const machine =
      spec.carrier === 'mounted'
        ? (new PodMachine(spec, options) as unknown as Machine)
        : new Machine(spec, options)
    machines.push(machine)
    return machine
  }
  return Object.assign(boot, { machines })
}

/** ms between lines of a system that settles. */
const chatter = 3_000

/**
 * A machine in a folder: takes what was sent as its carrier's program does and executes it as any user, without namespaces. The bytes are
 * not edited; they find the folder by `CML_RUNNER_ROOT`, and stand-ins for what would need root first on their PATH.
 */
export class Machine implements EmulatedMachine {
  readonly spec: MachineSpec
  /** Everything of this machine; `root` is inside. */
  readonly folder: string
  readonly root: string
  readonly ended: Promise<MachineEnd>
  /** What the boot asked for that the emulator does not know. Tests assert that it is empty. */
  readonly refused: string[] = []
  /** Every command that a stand-in answered, as words. */
  readonly commands: string[][] = []
  readonly systemd: Systemd
  readonly packages: Packages
  readonly #options: typeof defaultOptions & MachineOptions
  readonly #accounts: Accounts
  readonly #clock: AgentClock
  readonly #link: Link
  readonly #carrier: CarrierProgram
  #commandSet: Commands | undefined
  #environment: Record<string, string> = {}
  #resolve: (end: MachineEnd) => void = () => undefined
  #over = false
  readonly #console: MachineConsole
  /** Units write their journal themselves, and somebody may wait for a line of it. */
  readonly #journal: FSWatcher

  constructor(spec: MachineSpec, options: MachineOptions) {
    this.spec = spec
    this.#options = { ...defaultOptions, ...options }
    this.folder = mkdtempSync(join(this.#options.folder, 'machine-'))
    this.root = join(this.folder, 'root')
    this.ended = new Promise((resolve) => (this.#resolve = resolve))
    for (const path of ['dev', 'etc', 'home', 'opt', 'root', 'run', 'tmp', 'var/log'])
      mkdirSync(join(this.root, path), { recursive: true })
    this.#writeIdentity()
    this.#console = new MachineConsole(join(this.root, 'dev/console'))
    this.#carrier = this.#openCarrier()
    this.#link = new Link(spec.metadata, (words) => this.#answer(words))
    this.#accounts = new Accounts(this.root)
    this.#clock = new AgentClock(this.folder)
    this.packages = new Packages(
      this.#options,
      (what) => this.#commandSet?.add(what),
      () => this.systemd.isMasked('apt-daily.timer'),
    )
    this.systemd = this.#makeSystemd()
    this.#journal = watch(this.folder, { persistent: false }, (_, file) => {
      if (file === 'journal') this.#console.changed()
    })
    living.add(this)
    void this.#powerOn()
  }

  console(): string {
    return this.#console.text
  }

  /**
   * Resolves with what `find` gives as soon as it gives something: asked again whenever the console grows, a command was
   * answered or a unit changed. Rejects when the machine has ended without it.
   */
  until<T>(find: () => T | undefined | false): Promise<T> {
    return this.#console.until(find)
  }

  /** Groups that hold the runner's user. */
  get groups(): string[] {
    return this.#accounts.groupsOf('runner')
  }

  /** What a shell would have shown: units started and ended, commands answered. */
  get log(): string {
    return this.#read('log')
  }

  /** What services printed. */
  get journal(): string {
    return this.#read('journal')
  }

  processes(): number[] {
    return processesIn(this.folder)
  }

  agentProcess(): number | undefined {
    return this.systemd.mainProcess('cml-runner-agent.service')
  }

  /** Lets time pass for the agent, and for nothing else: systemd's timers have `systemd.skip`. */
  passTime(seconds: number): void {
    this.#clock.pass(seconds)
  }

  /** Resolves once the agent's one thread stands still for ever: it hears nothing any more, not even SIGTERM. */
  hangAgent(): Promise<void> {
    return this.#clock.hang()
  }

  /** The early part of the carrier's program, as somebody may call it at any time: `cloud-init init`. */
  callCarrier(): Promise<void> {
    return this.#carrier.early(false)
  }

  /** The late part of it, of a boot that has been. */
  runCarrierAgain(): Promise<void> {
    return this.#carrier.late(false)
  }

  /** ACPI's power button: what a cloud presses before it pulls the plug. */
  pressPowerButton(): void {
    void this.systemd.command(['poweroff'])
  }

  async terminate(): Promise<void> {
    await this.#finish('terminated')
  }

  #writeIdentity(): void {
    const { productUuid } = this.#options
    if (productUuid === '') return
    mkdirSync(join(this.root, 'sys/class/dmi/id'), { recursive: true })
    writeFileSync(join(this.root, 'sys/class/dmi/id/product_uuid'), `${productUuid}\n`)
  }

  #read(file: string): string {
    const path = join(this.folder, file)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  #note(text: string): void {
    if (existsSync(this.folder))
      appendFileSync(join(this.folder, 'log'), `${new Date().toISOString()} ${text}\n`)
    this.#console.changed()
  }

  #refuse(why: string): void {
    this.refused.push(why)
    this.#note(`refused: ${why}`)
  }

  #openCarrier(): CarrierProgram {
    const { carrier } = this.spec
    if (carrier === 'mounted') throw new Error('a pod does not boot')
    return carriers[carrier].open(this.spec.userData, {
      root: this.root,
      environment: () => this.#environment,
      print: (line) => this.#console.print(line),
      log: (text) => this.#note(text),
      refuse: (why) => this.#refuse(why),
      isOver: () => this.#over,
      noexec: this.#options.noexec,
      lingers: this.#options.lingers,
      copies: this.spec.copies ?? [],
    })
  }

  #makeSystemd(): Systemd {
    return new Systemd({
      root: this.root,
      environment: () => ({ ...this.#environment, ...this.#clock.variables }),
      journal: join(this.folder, 'journal'),
      log: (text) => this.#note(text),
      builtin: (name) =>
        /^(apt-daily|unattended-upgrades|cloud-config\.service$|docker\.service$)/.test(name) &&
        (name !== 'docker.service' || this.packages.docker),
      down: (how) => void (how === 'reboot' ? this.#reboot() : this.#finish('powered-off')),
    })
  }

  async #powerOn(): Promise<void> {
    const base = await this.#link.open()
    this.#commandSet = writeStandIns(this.folder, this.#link.nextBoot(), this.#options)
    if (this.packages.docker) this.#commandSet.add('docker')
    if (this.#options.git) this.#commandSet.add('git')
    const bundle = this.#carrier.trust(this.#options.trusted)
    const metadata = this.spec.metadata.variables(base)
    const { ofRoot, profile } = environments(this.root, metadata, this.#commandSet, bundle)
    this.#environment = ofRoot
    this.#accounts.profile = profile
    const { bootDelay, dies } = this.spec
    const firmware = Math.min(this.#options.firmware ?? bootDelay, bootDelay)
    // A machine that was taken away meanwhile must not keep the process.
    await pause(firmware, undefined, { ref: false })
    if (dies === 'before-boot') return this.#finish('died')
    if (this.#over) return
    this.#console.print(
      '[    0.000000] Linux version 6.8.0-52-generic (buildd@lcy02-amd64-109) (x86_64-linux-gnu-gcc-13)',
    )
    await pause(bootDelay - firmware, undefined, { ref: false })
    if (!this.#over) await this.#boot(true)
  }

  /** Files and scripts are for the first boot only. */
  async #boot(first: boolean): Promise<void> {
    if (!first && this.#options.diskFillsUp) return
    await this.#carrier.early(first)
    if (this.spec.dies === 'in-boot') return this.#finish('died')
    if (first) await this.#settle()
    if (this.#over) return
    await this.#carrier.late(first)
    this.systemd.reach(this.#carrier.service)
  }

  /** What a system has to do between its network and its last scripts. */
  async #settle(): Promise<void> {
    const end = performance.now() + (this.#options.settling ?? 0)
    for (let left = end - performance.now(); left > 0 && !this.#over; left = end - performance.now()) {
      await pause(Math.min(left, chatter), undefined, { ref: false })
      this.#console.print('[  OK  ] Finished a unit of the system.')
    }
  }

  async #answer(words: readonly string[]): Promise<Reply> {
    this.commands.push([...words])
    this.#note(words.join(' '))
    const { systemd, packages } = this
    const reply = await answerCommand(words, { systemd, packages, accounts: this.#accounts }).catch(
      (error: unknown): Reply => ({ code: notEmulated, text: String(error) }),
    )
    if (reply.code === notEmulated) this.#refuse(reply.text ?? words.join(' '))
    this.#console.changed()
    return reply
  }

  /** Cuts the power and boots again: memory is lost, the disk is not. */
  async #reboot(): Promise<void> {
    this.systemd.cut()
    await killAll(() => this.processes())
    rmSync(join(this.root, 'run'), { recursive: true })
    mkdirSync(join(this.root, 'run'))
    this.#commandSet?.ask(this.#link.nextBoot())
    this.#note('rebooted')
    this.systemd.powerOn()
    await this.#boot(false)
  }

  async #finish(end: MachineEnd): Promise<void> {
    if (this.#over) return void (await this.ended)
    this.#over = true
    this.systemd.cut()
    await killAll(() => this.processes())
    this.#note(end)
    this.#console.close()
    this.#journal.close()
    await this.#link.close()
    living.delete(this)
    if (!this.#options.keep) rmSync(this.folder, { recursive: true, force: true })
    this.#resolve(end)
  }
}
