import { commandsOf, killAll, processesOfSession, signal } from './processes.ts'
import { startProcess, type ServiceProcess } from './service-process.ts'
import { Timers } from './timers.ts'
import type { Unit } from './unit-file.ts'
import { Units } from './units.ts'

export interface Reply {
  readonly code: number
  readonly text?: string
}

export interface SystemdOptions {
  /** Folder that stands for `/`. */
  readonly root: string
  /** What services get beside their own. */
  environment(): Readonly<Record<string, string>>
  /** File that takes what services print. */
  readonly journal: string
  readonly log: (text: string) => void
  /** Services of the image, by what starting them does. */
  readonly builtin: (name: string) => boolean
  /** Everything was stopped that a shutdown stops. */
  readonly down: (how: 'poweroff' | 'reboot') => void
}

interface Service {
  readonly unit: Unit
  state: 'active' | 'stopping'
  /** Main process, which leads the session that stands for the unit's cgroup. */
  main: number
  readonly over: Promise<void>
}

/**
 * What of systemd a machine of ours needs, honestly: units as they were really written, timers that really run, a service whose end
 * has consequences, a shutdown that asks first. Whatever else it is asked for is refused.
 */
export class Systemd {
  readonly #options: SystemdOptions
  readonly #services = new Map<string, Service>()
  readonly #timers: Timers
  readonly #units: Units
  /** What waits for a service of the image's own that this boot has not come to yet. */
  #waiting: { readonly after: string; readonly name: string }[] = []
  readonly #reached = new Set<string>()
  #goingDown = false
  #boots = 0
  /** No power: nothing can be started any more. */
  #off = false

  constructor(options: SystemdOptions) {
    this.#options = options
    this.#units = new Units(options.root)
    this.#timers = new Timers((unit) => {
      options.log(`systemd: ${unit.name} elapsed`)
      void this.#start(unit.get('Timer', 'Unit') ?? unit.name.replace(/timer$/, 'service'), false)
    })
  }

  /** Its clock, ahead of the real one by what `skip` was given. */
  now(): number {
    return this.#timers.now()
  }

  /** Lets time pass for timers and their like only. */
  skip(seconds: number): void {
    this.#timers.skip(seconds)
  }

  /** The same, until a timer is due. */
  skipTo(timer: string): void {
    this.#timers.skipTo(timer)
  }

  mainProcess(name: string): number | undefined {
    return this.#services.get(name)?.main
  }

  /** Names of running timers and services. */
  active(): string[] {
    return [...this.#services.keys(), ...this.#timers.names]
  }

  /** After a reboot: starts what the disk wants started before anything else. */
  powerOn(): void {
    this.#boots++
    this.#services.clear()
    this.#waiting = []
    this.#reached.clear()
    this.#goingDown = false
    this.#off = false
    for (const name of this.#units.wantedBy('sysinit.target')) void this.#start(name, false)
  }

  /** The boot has come to the end of a service of the image's own. */
  reach(service: string): void {
    this.#reached.add(service)
    const ready = this.#waiting.filter(({ after }) => after === service)
    this.#waiting = this.#waiting.filter(({ after }) => after !== service)
    for (const { name } of ready) void this.#start(name, false)
  }

  /** Forgets everything, as a power cut does. */
  cut(): void {
    this.#goingDown = true
    this.#off = true
    this.#timers.stopAll()
  }

  /** `systemctl WORDS…`. */
  async command(words: readonly string[]): Promise<Reply> {
    const flags = words.filter((word) => word.startsWith('-'))
    const [verb, ...names] = words.filter((word) => !word.startsWith('-'))
    const known = ['--no-block', '--quiet', '-q', '--force', '--job-mode=replace-irreversibly']
    const strange = flags.filter((flag) => !known.includes(flag))
    if (strange.length > 0) return { code: 64, text: `not emulated: systemctl ${strange.join(' ')}` }
    const wait = !flags.includes('--no-block')
    switch (verb) {
      case 'daemon-reload':
        return { code: 0 }
      case 'mask':
        for (const name of names) this.#units.mask(name)
        return { code: 0 }
      case 'start':
        if (names[0] === 'poweroff.target') return this.command(['poweroff'])
        return this.#each(names, (name) => this.#start(name, wait))
      case 'stop':
        return this.#each(names, (name) => this.#stop(name, wait))
      case 'restart':
        return this.#each(names, async (name) =>
          (await this.#stop(name, true)).code === 0 ? this.#start(name, wait) : { code: 5 },
        )
      case 'try-restart':
        return { code: 0 }
      case 'is-active':
        // As soon as one is (systemctl(1)).
        return { code: names.some((name) => this.active().includes(name)) ? 0 : 3 }
      case 'is-system-running':
        // The real one also fails while it is stopping; nobody looks at that.
        return { code: 0, text: this.#goingDown ? 'stopping' : 'running' }
      case 'poweroff':
      case 'reboot':
        void this.#shutDown(verb, flags.includes('--force'))
        return { code: 0 }
      default:
        return { code: 64, text: `not emulated: systemctl ${verb}` }
    }
  }

  isMasked(name: string): boolean {
    return this.#units.isMasked(name)
  }

  async #each(names: readonly string[], what: (name: string) => Promise<Reply>): Promise<Reply> {
    let worst: Reply = { code: 0 }
    for (const name of names) {
      const reply = await what(name)
      if (reply.code !== 0) worst = reply
    }
    return worst
  }

  async #start(name: string, wait: boolean): Promise<Reply> {
    if (this.isMasked(name)) return { code: 1, text: `Failed to start ${name}: Unit ${name} is masked.` }
    const unit = this.#units.load(name)
    if (!unit)
      return this.#options.builtin(name)
        ? { code: 0 }
        : { code: 5, text: `Failed to start ${name}: Unit ${name} not found.` }
    if (this.#goingDown && unit.get('Unit', 'DefaultDependencies') !== 'no')
      return { code: 1, text: 'Transaction is destructive.' }
    if (this.active().includes(name)) return { code: 0 }
    if (!this.#units.meetsConditions(unit))
      return (this.#options.log(`systemd: skipped ${name}`), { code: 0 })
    const after = unit.all('Unit', 'After').flatMap((line) => line.split(' '))
    const missing = after.find((other) => other === 'cloud-init.service' && !this.#reached.has(other))
    if (missing && !wait) return (this.#waiting.push({ after: missing, name }), { code: 0 })
    this.#options.log(`systemd: started ${name}`)
    if (name.endsWith('.timer')) return (this.#timers.start(unit), { code: 0 })
    const service = this.#startService(unit)
    if (wait && unit.get('Service', 'Type') === 'oneshot') await service.over
    return { code: 0 }
  }

  #startService(unit: Unit): Service {
    const lines = ['ExecCondition', 'ExecStart'].flatMap((key) =>
      unit.all('Service', key).map((line) => ({ key, line })),
    )
    const running = this.#process(lines[0]?.line ?? '')
    const service: Service = {
      unit,
      state: 'active',
      main: running.pid,
      over: running.ended.then(async (first) => {
        let status = first
        for (const [index, { line }] of lines.entries()) {
          if (index > 0 && status === 0 && !this.#lost(service)) {
            const next = this.#process(line)
            service.main = next.pid
            status = await next.ended
          }
          if (lines[index]?.key === 'ExecCondition' && status !== 0) return this.#skipped(service)
        }
        return this.#ended(service, status)
      }),
    }
    this.#services.set(unit.name, service)
    return service
  }

  /** A condition that does not hold is no failure, and no success either. */
  #skipped(service: Service): void {
    if (this.#lost(service)) return
    this.#options.log(`systemd: skipped ${service.unit.name}`)
    this.#services.delete(service.unit.name)
  }

  /** The power was cut since it was started; the boot after that knows nothing of it, nor may it hear of it. */
  #lost(service: Service): boolean {
    return this.#off || this.#services.get(service.unit.name) !== service
  }

  #process(line: string, extra: Record<string, string> = {}): ServiceProcess {
    const { root, journal, environment } = this.#options
    return startProcess(line, { root, journal, env: { ...environment(), ...extra } })
  }

  async #ended(service: Service, status: number | string): Promise<void> {
    const { unit } = service
    const clean = status === 0 || status === 'SIGTERM' || status === 'SIGINT'
    if (this.#lost(service)) return
    this.#options.log(`systemd: ${unit.name} ended with ${status}`)
    if (unit.get('Service', 'KillMode') === 'mixed') await killAll(() => processesOfSession(service.main))
    this.#terminate(service)
    await this.#awaitEmpty(service)
    for (const line of unit.all('Service', 'ExecStopPost')) {
      if (this.#lost(service)) return
      await this.#process(line, { SERVICE_RESULT: clean ? 'success' : 'exit-code' }).ended
    }
    if (this.#lost(service)) return
    this.#services.delete(unit.name)
    for (const other of unit.all('Unit', clean ? 'OnSuccess' : 'OnFailure')) void this.#start(other, false)
    if (!clean && unit.get('Service', 'Restart') === 'on-failure') this.#restartLater(unit)
    const action = unit.get('Unit', clean ? 'SuccessAction' : 'FailureAction')
    if (action === 'poweroff' || action === 'poweroff-force')
      void this.#shutDown('poweroff', action === 'poweroff-force')
    else if (action !== undefined) throw new Error(`not emulated: ${action}`)
  }

  #restartLater({ name, get }: Unit): void {
    const boot = this.#boots
    const again = (): void => void (!this.#off && boot === this.#boots && this.#start(name, false))
    setTimeout(again, Number(get('Service', 'RestartSec')) * 1000).unref()
  }

  /** To the unit, or its main process alone, and SIGCONT after it, so that a stopped process hears of it too (systemd.kill(5)). */
  #terminate({ unit, main }: Service): void {
    const pids = unit.get('Service', 'KillMode') === 'mixed' ? [main] : processesOfSession(main)
    signal(pids, 'SIGTERM')
    signal(pids, 'SIGCONT')
  }

  /** SIGKILL for what has not gone when the unit's time to stop is over. */
  async #awaitEmpty({ unit, main }: Service): Promise<void> {
    const until = this.now() + Number(unit.get('Service', 'TimeoutStopSec') ?? 90) * 1000
    while (processesOfSession(main).length > 0 && this.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 20))
    if (processesOfSession(main).length === 0) return
    this.#options.log(`systemd: ${unit.name}: killed what did not stop`)
    await killAll(() => processesOfSession(main))
  }

  async #stop(name: string, wait: boolean): Promise<Reply> {
    const timer = this.#timers.stop(name)
    const service = this.#services.get(name)
    if (!service)
      return timer || this.#units.load(name) || this.#options.builtin(name)
        ? { code: 0 }
        : { code: 5, text: `Unit ${name} not loaded.` }
    if (service.state === 'active') {
      service.state = 'stopping'
      this.#terminate(service)
      void this.#awaitEmpty(service)
    }
    if (wait) await service.over
    return { code: 0 }
  }

  /**
   * A real shutdown unmounts disks meanwhile, which takes longer than to print a line. So what the units that it leaves alone have
   * begun is waited for, at most as long as a console that takes nothing is.
   */
  async #settled(): Promise<void> {
    const until = Date.now() + 2000
    const busy = () =>
      [...this.#services.values()].some(({ main }) =>
        commandsOf(processesOfSession(main).filter((pid) => pid !== main)).some(
          ([program]) => !program?.endsWith('sleep'),
        ),
      )
    while (!this.#off && busy() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  async #shutDown(how: 'poweroff' | 'reboot', force: boolean): Promise<void> {
    if (this.#goingDown && !force) return
    this.#goingDown = true
    const boot = this.#boots
    this.#options.log(`systemd: ${how}`)
    const ordinary = [...this.#services.values()].filter(
      ({ unit }) => unit.get('Unit', 'DefaultDependencies') !== 'no',
    )
    if (!force) {
      await Promise.all(ordinary.map(({ unit }) => this.#stop(unit.name, true)))
      await this.#settled()
    }
    if (!this.#off && boot === this.#boots) this.#options.down(how)
  }
}
