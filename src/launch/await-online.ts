import type { Clock } from '../lib/clock.ts'
import { Failure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import { identityOfRunner, type Runner } from '../model/runner.ts'
import { BootLog, milestoneOf, type MilestoneLine } from './boot-log.ts'
import type { Ports } from './order.ts'
import { Trouble } from './trouble.ts'

export interface Wait {
  readonly instance: Instance
  readonly runnerName: string
  readonly identity: string
  /** Clock milliseconds. */
  readonly deadline: number
  readonly launchTimeout: number
  /** What usually keeps a machine of this candidate from reaching the forge; empty when nothing is known. */
  readonly networkHint: string
  /** Told each milestone once. */
  onMilestone?(line: MilestoneLine): void
}

export interface Online {
  readonly runner: Runner
  /** As last seen; with its address once the cloud has told it. */
  readonly instance: Instance
}

/** Milliseconds. Each number is a trade between how late a launch notices and what it costs others. */
const spacing = {
  /** No live console: nothing tells when to look. */
  forgeBlind: 2_200,
  /** The console speaks and the machine is not there yet: a safety net only. */
  forgeBackground: 10_000,
  /** The machine says that it is registered: its runner is about to listen, and the console will tell. */
  forgeRegistered: 1_500,
  /** The machine says that its runner listens. */
  forgeListening: 300,
  consoleBefore: 1_500,
  consoleAfter: 800,
  state: 6_000,
  /** A console that speaks for so long without a milestone shows none of ours: its image logs elsewhere. */
  wordless: 60_000,
  /** A milestone older than this when it is read means that the console lags and can not be trusted as a trigger. */
  lag: 4_000,
} as const

/**
 * Waits until the runner of this launch is online at the forge. Three loops side by side: the forge (the only truth), the
 * instance's own state (a machine that dies ends the wait at once), and the console (shown live; it sets the forge loop's pace).
 * Throws `deadline-exceeded`, the machine's own reason when it ends, or what the machine said when its bootstrap failed.
 */
export async function awaitOnline(wait: Wait, ports: Ports, signal: AbortSignal): Promise<Online> {
  const over = new AbortController()
  const both = AbortSignal.any([signal, over.signal])
  const watch = new Watch(wait, ports, both)
  const live = ports.cloud.limits.console ? [watch.console()] : []
  const loops = [watch.forge(), watch.state(), ...live, watch.deadline()]
  try {
    const runner = await Promise.race(loops)
    return { runner, instance: watch.instance }
  } finally {
    over.abort(new Failure('cancelled', { tried: 'wait on' }))
    await Promise.allSettled(loops)
  }
}

/** The cloud took the machine away, or never got it to run: the one end of a wait that is about the machine alone. */
export class MachineEnded extends Failure {}

class Watch {
  instance: Instance
  readonly #wait: Wait
  readonly #ports: Ports
  readonly #signal: AbortSignal
  readonly #log = new BootLog()
  readonly #clock: Clock
  /** What the console has taught us so far. */
  #pace: { spoke: boolean; last?: MilestoneLine; lagging: boolean } = { spoke: false, lagging: false }
  #wake: () => void = () => {}
  /** The machine has said that its runner listens, and the forge was not asked since. */
  #due = false
  /** Clock milliseconds from which the spacing counts: the last look, or a milestone since. */
  #paceSince: number
  readonly #began: number

  constructor(wait: Wait, ports: Ports, signal: AbortSignal) {
    this.#wait = wait
    this.#ports = ports
    this.#clock = ports.clock
    this.#signal = signal
    this.#paceSince = ports.clock.now()
    this.#began = ports.clock.now()
    this.instance = wait.instance
  }

  async forge(): Promise<Runner> {
    const trouble = new Trouble(this.#ports.host.log, this.#ports.forge.name)
    for (;;) {
      await this.#untilNextLook()
      this.#due = false
      this.#paceSince = this.#clock.now()
      const runner = await trouble.tolerate(() =>
        this.#ports.forge.findRunner(this.#wait.runnerName, this.#signal),
      )
      if (runner?.online && identityOfRunner(runner) === this.#wait.identity) return runner
    }
  }

  #forgeSpacing(): number {
    const { spoke, last, lagging } = this.#pace
    if (!spoke || lagging) return spacing.forgeBlind
    if (!last && this.#clock.now() - this.#began > spacing.wordless) return spacing.forgeBlind
    if (last?.milestone === 'registered') return spacing.forgeRegistered
    if (last?.milestone === 'listening') return spacing.forgeListening
    return spacing.forgeBackground
  }

  /** Returns when the forge is to be asked again, at the pace that the console sets meanwhile. */
  async #untilNextLook(): Promise<void> {
    for (;;) {
      const left = this.#paceSince + this.#forgeSpacing() - this.#clock.now()
      if (this.#due || left <= 0) return
      await this.#sleepUntilWoken(left)
    }
  }

  async #sleepUntilWoken(ms: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort(wokenReason)
    try {
      await this.#clock.sleep(ms, AbortSignal.any([this.#signal, woken.signal]))
    } catch (error) {
      if (error !== wokenReason) throw error
    }
  }

  async state(): Promise<never> {
    const trouble = new Trouble(this.#ports.host.log, this.#ports.cloud.name)
    for (;;) {
      await this.#clock.sleep(spacing.state, this.#signal)
      const seen = await trouble.tolerate(() => this.#ports.cloud.look(this.instance, this.#signal))
      if (!seen) continue
      this.instance = seen
      if (seen.ended || seen.state === 'ending' || seen.state === 'gone') throw await this.#died(seen)
    }
  }

  async console(): Promise<never> {
    for (;;) {
      await this.#readConsole()
      await this.#clock.sleep(this.#pace.last ? spacing.consoleAfter : spacing.consoleBefore, this.#signal)
    }
  }

  async #readConsole(): Promise<void> {
    const text = await this.#ports.cloud.console(this.instance, this.#signal)
    const before = this.#forgeSpacing()
    this.#pace.spoke = Boolean(text)
    if (text) for (const line of this.#log.read(text)) this.#tell(line)
    if (this.#due || this.#forgeSpacing() !== before) this.#wake()
  }

  #tell(line: string): void {
    const milestone = milestoneOf(line)
    if (!milestone) return this.#ports.host.log.debug(`│ ${line}`)
    this.#ports.host.log.info(`│ ${milestone.milestone}${milestone.text ? `: ${milestone.text}` : ''}`)
    this.#pace.last = milestone
    this.#pace.lagging = this.#clock.now() - milestone.at * 1000 > spacing.lag + 1000
    // It is about to be ready, and has not been for a while: the quicker pace counts from here.
    if (milestone.milestone === 'registered') this.#paceSince = this.#clock.now()
    this.#due ||= milestone.milestone === 'listening'
    this.#wait.onMilestone?.(milestone)
    if (milestone.milestone === 'failed') throw this.#bootFailed(milestone)
  }

  async deadline(): Promise<never> {
    await this.#clock.sleep(Math.max(0, this.#wait.deadline - this.#clock.now()), this.#signal)
    await this.#lastReading()
    throw new Failure('deadline-exceeded', {
      tried: `see runner ${this.#wait.runnerName} online within ${this.#wait.launchTimeout} s`,
      said: this.#pace.last
        ? `the machine's last word was "${this.#pace.last.milestone}"`
        : 'the machine said nothing that could be read here',
      why: [
        this.#pace.last
          ? 'The machine booted and did not finish its own setup in time.'
          : 'Most often the machine has no way out to the internet (subnet without public address or NAT, a security group that empties egress) or its image does not run cloud-init.',
        this.#wait.networkHint,
      ]
        .filter(Boolean)
        .join(' '),
      fix: 'read the boot log below; give `launch-timeout` more time when the machine was still at work.',
      details: this.#bootLogLines(),
    })
  }

  async #lastReading(): Promise<void> {
    const text = await this.#ports.cloud.console(this.instance, this.#signal)
    if (text) this.#log.read(text)
  }

  #bootFailed(milestone: MilestoneLine): Failure {
    return new Failure('internal', {
      tried: `set up machine ${this.instance.id}`,
      said: milestone.text || 'its bootstrap failed',
      why: 'The machine booted, and a step of its own setup failed; it has ended itself.',
      fix: 'read the boot log below. A failing `cloud-startup-script` shows its own output there.',
      details: this.#bootLogLines(),
    })
  }

  async #died(seen: Instance): Promise<Failure> {
    await this.#lastReading()
    const ended = seen.ended
    return new MachineEnded(ended?.kind ?? 'unavailable', {
      tried: `boot machine ${seen.id} (${seen.type} in ${seen.zone ?? seen.region})`,
      said: ended?.text ?? 'it ended before its runner was online',
      ...(ended ? { code: ended.code } : {}),
      details: this.#bootLogLines(),
    })
  }

  #bootLogLines(): readonly string[] {
    const tail = this.#log.tail(60)
    if (tail.length === 0) return [`Boot log: none could be read. ${this.#ports.cloud.limits.hardEnd}`]
    return ['Boot log (end):', ...tail.map((line) => `│ ${line}`)]
  }
}

const wokenReason = new Error('woken')
