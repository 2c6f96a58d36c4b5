import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import type { EmulatedMachine, MachineEnd, MachineSpec } from '../machine-port.ts'
import { Accounts } from './accounts.ts'
import { AgentClock } from './agent-clock.ts'
import { Metadata } from './metadata.ts'
import { Packages, type PackageDials } from './packages.ts'
import { killAll, processesIn, signal } from './processes.ts'
import { writeStandIns, type Commands } from './stand-ins.ts'
import { Systemd, type Reply } from './systemd.ts'
import { decodeUserData, type Script, type UserData } from './user-data.ts'

export interface MachineOptions extends Partial<PackageDials> {
  /** Where machines' folders are made; the system's temporary folder. */
  readonly folder?: string
  /** Leave the folder when the machine has ended, to look into it. */
  readonly keep?: boolean
  /** PATH of jobs, behind the machine's own commands. */
  readonly jobPath?: string
  /** Boot scripts pause for 10 ms instead of up to 20 s. */
  readonly hurry?: boolean
  /** Certificate bundle that the image trusts already, PEM: what TLS emulators need. */
  readonly trusted?: string
  /** ms of the boot delay before the kernel speaks on the console; the whole delay when absent. */
  readonly firmware?: number
}

const defaults = { docker: false, libicu: true, aptDelay: 0, jobPath: '/usr/local/bin:/usr/bin:/bin', folder: tmpdir(), keep: false, hurry: false }

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
    const machine = new Machine(spec, options)
    machines.push(machine)
    return machine
  }
  return Object.assign(boot, { machines })
}

/**
 * A machine in a folder: decodes its user data as cloud-init does and executes it as any user, without namespaces. The bytes are
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
  readonly metadata: Metadata
  readonly #options: typeof defaults & MachineOptions
  readonly #accounts: Accounts
  readonly #clock: AgentClock
  readonly #server: Server
  readonly #userData: UserData | undefined
  #commandSet: Commands | undefined
  #environment: Record<string, string> = {}
  #notice: string | undefined
  #resolve: (end: MachineEnd) => void = () => undefined
  #over = false
  #consoleText = ''
  readonly #waiting = new Set<() => void>()
  readonly #watcher: FSWatcher

  constructor(spec: MachineSpec, options: MachineOptions) {
    this.spec = spec
    this.#options = { ...defaults, ...options }
    this.folder = mkdtempSync(join(this.#options.folder, 'machine-'))
    this.root = join(this.folder, 'root')
    this.ended = new Promise((resolve) => (this.#resolve = resolve))
    for (const path of ['dev', 'etc', 'home', 'opt', 'root', 'run', 'tmp', 'var/log']) mkdirSync(join(this.root, path), { recursive: true })
    writeFileSync(this.#console, '')
    this.#watcher = watch(this.#console, () => this.#changed())
    this.#userData = this.#decode()
    this.#server = createServer((request, response) => this.#serve(request, response))
    const { instanceId, region, userData } = spec
    this.metadata = new Metadata({ instanceId, region, userData, notice: () => this.#notice })
    this.#accounts = new Accounts(this.root)
    this.#clock = new AgentClock(this.folder)
    this.packages = new Packages(this.#options, () => this.#commandSet?.addDocker(), () => this.systemd.isMasked('apt-daily.timer'))
    this.systemd = this.#makeSystemd()
    living.add(this)
    void this.#powerOn()
  }

  get #console(): string {
    return join(this.root, 'dev/console')
  }

  console(): string {
    return this.#over ? this.#consoleText : readFileSync(this.#console, 'utf8')
  }

  /**
   * Resolves with what `find` gives as soon as it gives something: asked again whenever the console grows, a command was
   * answered or a unit changed. Rejects when the machine has ended without it.
   */
  until<T>(find: () => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const ask = () => {
        const found = find()
        if (found === undefined || found === false) {
          if (this.#over) reject(new Error(`the machine ended first:\n${this.console()}`))
          return
        }
        this.#waiting.delete(ask)
        resolve(found)
      }
      this.#waiting.add(ask)
      ask()
    })
  }

  #changed(): void {
    for (const ask of this.#waiting) ask()
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

  announceInterruption(): void {
    const time = new Date(Date.now() + 120_000).toISOString().replace(/\.\d+Z$/, 'Z')
    this.#notice = JSON.stringify({ action: 'terminate', time })
  }

  /** ACPI's power button: what a cloud presses before it pulls the plug. */
  pressPowerButton(): void {
    void this.systemd.command(['poweroff'])
  }

  async terminate(): Promise<void> {
    await this.#finish('terminated')
  }

  #read(file: string): string {
    const path = join(this.folder, file)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  #note(text: string): void {
    if (existsSync(this.folder)) appendFileSync(join(this.folder, 'log'), `${new Date().toISOString()} ${text}\n`)
    this.#changed()
  }

  #print(text: string): void {
    appendFileSync(this.#console, `${text}\n`)
  }

  #refuse(why: string): void {
    this.refused.push(why)
    this.#note(`refused: ${why}`)
  }

  #decode(): UserData | undefined {
    try {
      return decodeUserData(this.spec.userData)
    } catch (error) {
      this.#refuse(`user data: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }

  #makeSystemd(): Systemd {
    const machine = this
    return new Systemd({
      root: this.root,
      get environment() {
        return { ...machine.#environment, ...machine.#clock.variables }
      },
      journal: join(this.folder, 'journal'),
      log: (text) => this.#note(text),
      builtin: (name) => /^(apt-daily|unattended-upgrades|docker\.service$)/.test(name) && (name !== 'docker.service' || this.packages.docker),
      down: (how) => void (how === 'reboot' ? this.#reboot() : this.#finish('powered-off')),
    })
  }

  async #powerOn(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.#commandSet = writeStandIns(this.folder, `${base}/stand-in`, this.#options)
    if (this.packages.docker) this.#commandSet.addDocker()
    this.#environment = this.#makeEnvironment(base, this.#commandSet)
    const { bootDelay, dies } = this.spec
    const firmware = Math.min(this.#options.firmware ?? bootDelay, bootDelay)
    await pause(firmware)
    if (dies === 'before-boot') return this.#finish('died')
    if (this.#over) return
    this.#print('[    0.000000] Linux version 6.8.0-1021-aws (buildd@lcy02-amd64-109) (x86_64-linux-gnu-gcc-13)')
    await pause(bootDelay - firmware)
    if (!this.#over) await this.#boot(true)
  }

  #makeEnvironment(base: string, { rootPath, userPath }: Commands): Record<string, string> {
    const bundle = this.#trust()
    const variables = {
      CML_RUNNER_ROOT: this.root,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: base,
      LANG: 'C.UTF-8',
      ...(bundle ? { CURL_CA_BUNDLE: bundle } : {}),
    }
    // The emulated runner's .NET reads its certificates from here.
    const profile = `export PATH='${userPath}'\n${bundle ? `export SSL_CERT_FILE='${bundle}'\n` : ''}`
    this.#accounts.profile = profile
    return { ...variables, PATH: rootPath }
  }

  /** What update-ca-certificates makes of the image's certificates and those of the user data. */
  #trust(): string | undefined {
    const extra = [this.#options.trusted ?? '', ...(this.#userData?.trustedCertificates ?? [])].filter(Boolean)
    if (extra.length === 0) return undefined
    const path = join(this.root, 'etc/ssl/certs/ca-certificates.crt')
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, extra.join('\n'))
    return path
  }

  /** cloud-init's stages, as far as they concern us: boothooks, files, scripts; the last two on the first boot only. */
  async #boot(first: boolean): Promise<void> {
    const data = this.#userData
    this.#print("Cloud-init v. 25.1.4 running 'init'")
    for (const hook of data?.boothooks ?? []) await this.#execute('boothooks', hook)
    if (this.spec.dies === 'in-boot') return this.#finish('died')
    if (!first || !data) return
    for (const { path, bytes, mode } of data.files) this.#writeFile(path, bytes, mode)
    if (data.authorizedKeys.length > 0) this.#writeFile('/home/ubuntu/.ssh/authorized_keys', Buffer.from(data.authorizedKeys.join('\n')), 0o600)
    this.#print("Cloud-init v. 25.1.4 running 'modules:final'")
    for (const script of data.scripts) await this.#execute('scripts', script)
  }

  #writeFile(path: string, bytes: Buffer, mode: number): void {
    const real = join(this.root, path)
    mkdirSync(dirname(real), { recursive: true })
    writeFileSync(real, bytes, { mode })
    chmodSync(real, mode)
  }

  #execute(kind: string, { name, text }: Script): Promise<void> {
    if (this.#over) return Promise.resolve()
    const path = join('/var/lib/cloud/instance', kind, name)
    this.#writeFile(path, Buffer.from(text), 0o700)
    const child = spawn(join(this.root, path), [], { cwd: this.root, env: this.#environment, detached: true })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => this.#note(`${name}: ${chunk.toString().trim()}`))
    return new Promise((resolve) => {
      child.on('error', (error) => (this.#refuse(`${name}: ${error.message}`), resolve()))
      child.on('exit', (code, signalled) => {
        this.#note(`${name} ended with ${code ?? signalled}`)
        if (code !== 0 && !this.#over) this.#print(`cloud-init[612]: Failed to run ${name}: ${code ?? signalled}`)
        resolve()
      })
    })
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.url !== '/stand-in') return this.metadata.answer(request, response)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const words = Buffer.concat(chunks).toString('utf8').split('\0').slice(0, -1)
      void this.#answer(words).then(({ code, text }) => response.end(text ? `${code}\n${text}` : `${code}`))
    })
  }

  async #answer(words: readonly string[]): Promise<Reply> {
    this.commands.push([...words])
    this.#note(words.join(' '))
    let reply: Reply
    try {
      reply = await this.#command(words)
    } catch (error) {
      reply = { code: 64, text: `not emulated: ${error instanceof Error ? error.message : String(error)}` }
    }
    if (reply.code === 64) this.#refuse(reply.text ?? words.join(' '))
    this.#changed()
    return reply
  }

  async #command(words: readonly string[]): Promise<Reply> {
    const [name, ...rest] = words
    switch (name) {
      case 'systemctl':
        return this.systemd.command(rest)
      case 'poweroff':
        return this.systemd.command(['poweroff'])
      case 'sysctl':
        return rest.join(' ') === '-q -w kernel.panic=10' ? { code: 0 } : { code: 64, text: words.join(' ') }
      case 'docker':
        return ['version', 'info', 'ps'].includes(rest[0] ?? '') ? { code: 0 } : { code: 64, text: words.join(' ') }
      case 'apt-get':
      case 'apt-cache':
      case 'ldconfig':
        return this.packages.command(words)
      default:
        return this.#accounts.command(words)
    }
  }

  /** Cuts the power and boots again: memory is lost, the disk is not. */
  async #reboot(): Promise<void> {
    this.systemd.cut()
    await killAll(() => this.processes())
    rmSync(join(this.root, 'run'), { recursive: true })
    mkdirSync(join(this.root, 'run'))
    this.#note('rebooted')
    this.systemd.powerOn()
    await this.#boot(false)
  }

  async #finish(end: MachineEnd): Promise<void> {
    if (this.#over) return void (await this.ended)
    this.#consoleText = this.console()
    this.#over = true
    this.systemd.cut()
    await killAll(() => this.processes())
    this.#consoleText = readFileSync(this.#console, 'utf8')
    this.#watcher.close()
    this.#note(end)
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    living.delete(this)
    if (!this.#options.keep) rmSync(this.folder, { recursive: true, force: true })
    this.#resolve(end)
  }
}
