import { renderMilestone, type AgentConfig } from '../../src/machine/agent-config.ts'
import type { EmulatedMachine, MachineEnd, MachineSpec } from '../emulators/machine-port.ts'
import { agentConfigOf } from '../emulators/machine/carriers.ts'
import type { Joined } from './rig.ts'
import type { StoryClock } from './story-clock.ts'

/** Milliseconds of the story. */
export interface Pace {
  /** From its order until a machine registers its runner, and from then until it listens. */
  readonly registersAfter: number
  readonly listensAfter: number
  /** How long a machine lives on after the order to end it, still doing what it was doing. */
  readonly lingers: number
}

type Join = (config: AgentConfig) => Promise<Joined>

/**
 * Machines that do nothing but what the launcher waits for: they read the configuration that was sent, register, and go online. They have no
 * timers of their own, so that whatever the launcher forgets is there for ever.
 */
export class Fleet {
  readonly pace: Pace
  /** Called with what was sent to each machine that boots. */
  onBoot: (config: AgentConfig) => void = () => undefined
  readonly #clock: StoryClock
  readonly #join: Join
  readonly #machines = new Map<string, LightMachine>()

  constructor(clock: StoryClock, pace: Pace, join: Join) {
    this.#clock = clock
    this.pace = pace
    this.#join = join
  }

  boot = (spec: MachineSpec): EmulatedMachine => {
    const machine = this.put(spec.instanceId)
    const config = agentConfigOf(spec)
    machine.start(config, this.#join)
    this.onBoot(config)
    return machine
  }

  /** One that does what it is told by the story alone. */
  put(id: string): LightMachine {
    const machine = new LightMachine(this.#clock, this.pace)
    this.#machines.set(id, machine)
    return machine
  }

  get(id: string): LightMachine {
    const machine = this.#machines.get(id)
    if (!machine) throw new RangeError(`there is no light machine ${id}`)
    return machine
  }

  /** Whoever was told to end has ended, and what it had begun is done. */
  async settled(): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => machine.settled()))
  }

  /** What their programs could not do. */
  failures(): readonly string[] {
    return [...this.#machines.values()].flatMap(({ failure }) => failure ?? [])
  }
}

export class LightMachine implements EmulatedMachine {
  readonly root = ''
  readonly ended: Promise<MachineEnd>
  failure: string | undefined
  /** Its own runner has been online, as the forge tells it. */
  wasOnline = false
  readonly #clock: StoryClock
  readonly #pace: Pace
  #end: (end: MachineEnd) => void = () => undefined
  #ending: Promise<void> | undefined
  #over = false
  #text = ''
  #runner: Joined | undefined
  #life: Promise<void> = Promise.resolve()

  constructor(clock: StoryClock, pace: Pace) {
    this.#clock = clock
    this.#pace = pace
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  start(config: AgentConfig, join: Join): void {
    this.#life = this.#live(config, join).catch((error: unknown) => {
      this.failure = error instanceof Error ? error.message : String(error)
      this.say('failed')
    })
  }

  async #live(config: AgentConfig, join: Join): Promise<void> {
    this.say('timers')
    await this.#clock.sleep(this.#pace.registersAfter)
    if (this.#over) return
    const runner = await join(config)
    this.wasOnline = runner.atOnce
    this.say('registered')
    await this.#clock.sleep(this.#pace.listensAfter)
    if (this.#over) return
    this.#runner = runner
    runner.online()
    this.wasOnline = true
    this.say('listening')
  }

  /** A milestone on its console. */
  say(milestone: string): void {
    this.#text += `${renderMilestone(this.#clock.now() / 1000, milestone)}\r\n`
  }

  work(): void {
    this.#runner?.work()
  }

  console(): string {
    return this.#text
  }

  terminate(): Promise<void> {
    this.#ending ??= this.#clock.sleep(this.#pace.lingers).then(() => {
      this.#over = true
      this.#runner?.offline()
      this.#end('terminated')
    })
    return this.#ending
  }

  /** Also resolves for one that lives on. */
  async settled(): Promise<void> {
    await this.#ending
    await this.#life
  }
}
