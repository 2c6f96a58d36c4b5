import { renderMilestone, type AgentConfig, type Milestone } from '../../src/machine/agent-config.ts'
import type { EmulatedMachine, MachineEnd, MachineSpec } from '../emulators/machine-port.ts'
import { agentConfigOf } from '../emulators/machine/carriers.ts'
import type { Joined } from '../chaos/rig.ts'

/** Parts of a boot after which a machine says so; between them its kernel and its system speak every few seconds. */
const course: readonly (readonly [part: number, milestone: Milestone])[] = [
  [0.15, 'timers'],
  [0.35, 'fetching'],
  [0.7, 'fetched'],
  [0.72, 'registering'],
  [0.88, 'registered'],
  [1, 'listening'],
]

/** ms between lines of other programs. */
const chatter = 3_000

/** Machines that boot on time, register with what was sent to them, and go online: all that a launch waits for, without their programs. */
export class ScaleFleet {
  /** When each runner was online, in ms of `performance.now()`, by its name. */
  readonly online = new Map<string, number>()
  readonly failures: string[] = []
  readonly #seconds: (index: number) => number
  readonly #join: (config: AgentConfig) => Promise<Joined>
  readonly #joinsWith: Milestone
  readonly #over = new AbortController()
  #count = 0

  /** `seconds`: of the boot of the so-manieth machine. `joinsWith`: the milestone with which the forge first hears of a machine. */
  constructor(
    seconds: (index: number) => number,
    join: (config: AgentConfig) => Promise<Joined>,
    joinsWith: Milestone,
  ) {
    this.#seconds = seconds
    this.#join = join
    this.#joinsWith = joinsWith
  }

  boot = (spec: MachineSpec): EmulatedMachine => {
    let text = '[    0.000000] Linux version 6.8.0\r\n'
    let end: (end: MachineEnd) => void = () => undefined
    const ended = new Promise<MachineEnd>((resolve) => (end = resolve))
    const say = (line: string): void => void (text += `${line}\r\n`)
    const seconds = this.#seconds(this.#count++)
    this.#live(agentConfigOf(spec), seconds * 1000, say).catch((error: unknown) => {
      if (!this.#over.signal.aborted) this.failures.push(String(error))
    })
    return {
      root: '',
      ended,
      console: () => text,
      terminate: async () => end('terminated'),
    }
  }

  close(): void {
    this.#over.abort()
  }

  async #live(config: AgentConfig, boot: number, say: (line: string) => void): Promise<void> {
    const began = performance.now()
    let runner: Joined | undefined
    for (const [part, milestone] of course) {
      await this.#until(began + part * boot, began, say)
      if (milestone === this.#joinsWith) runner = await this.#join(config)
      if (milestone === 'listening') {
        runner?.online()
        this.online.set(config.name, performance.now())
      }
      say(renderMilestone(Date.now() / 1000, milestone))
    }
  }

  async #until(at: number, began: number, say: (line: string) => void): Promise<void> {
    for (;;) {
      const left = at - performance.now()
      if (left <= 0) return
      await this.#pause(Math.min(left, chatter))
      if (left > chatter)
        say(`[${((performance.now() - began) / 1000).toFixed(6).padStart(12)}] systemd[1]: at work`)
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#over
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const timer = setTimeout(resolve, ms)
      signal.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), {
        once: true,
      })
    })
  }
}
