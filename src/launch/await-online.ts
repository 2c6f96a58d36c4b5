import type { Cloud } from '../clouds/cloud.ts'
import type { Clock } from '../lib/clock.ts'
import { anyOf } from '../lib/deadline.ts'
import { Failure } from '../model/failure.ts'
import { isAlive, type Instance } from '../model/instance.ts'
import type { Runner } from '../model/runner.ts'
import type { MilestoneLine } from '../machine/boot-log.ts'
import { ConsoleWatch } from './console-watch.ts'
import { Crowd } from './crowd.ts'
import type { Ports } from '../ports.ts'
import { OwnRunner } from './own-runner.ts'
import { headStart, type Pace, paceOf, spread } from './pace.ts'
import { Tolerance } from './tolerance.ts'
import type { Online, Wait } from './wait.ts'

/** ms of silence after which a person is told what is waited for. */
const longestSilence = 13_000

/** A new count of those who wait as well is taken with every so-manieth look at the machine. */
const looksPerCount = 3

/** ms within which a runner that listens should be online. */
const atOnce = 10_000

/**
 * Waits until the runner of this launch is online at the forge. Three loops side by side: the forge (the only truth), the
 * instance's own state (a machine that dies ends the wait at once), and the console (shown live; it sets the forge loop's pace).
 * Throws `deadline-exceeded`, the machine's own reason when it ends, or what the machine said when its bootstrap failed.
 */
export async function awaitOnline(wait: Wait, ports: Ports): Promise<Online> {
  const over = new AbortController()
  const both = anyOf(ports.signal, over.signal)
  const watch = new Watch(wait, ports, both)
  const live = ports.clouds.of(wait.instance).limits.console ? [watch.console()] : []
  const loops = [watch.forge(), watch.state(), ...live, watch.deadline(), watch.tell()]
  try {
    const runner = await Promise.race(loops)
    watch.say(`Runner ${runner.name} is online, ${watch.seconds} s after its machine was ordered.`)
    return { runner, instance: watch.instance }
  } finally {
    over.abort(new Failure('cancelled', { tried: 'wait on' }))
    await Promise.allSettled(loops)
  }
}

class Watch {
  instance: Instance
  readonly #wait: Wait
  readonly #ports: Ports
  readonly #signal: AbortSignal
  readonly #clock: Clock
  readonly #console: ConsoleWatch
  readonly #own: OwnRunner
  readonly #cloud: Cloud
  readonly #crowd: Crowd
  #wake: () => void = () => {}
  /** The machine has said that its runner listens, and the forge was not asked since. */
  #due = false
  /** Clock milliseconds at which it was heard to listen. */
  #listens = -Infinity
  /** Clock milliseconds from which the spacing counts: the last look, or a milestone since. */
  #paceSince: number
  readonly #began: number
  /** When something was last said. */
  #told: number

  constructor(wait: Wait, ports: Ports, signal: AbortSignal) {
    this.#wait = wait
    this.#ports = ports
    this.#clock = ports.clock
    this.#signal = signal
    this.#began = ports.clock.now()
    this.#crowd = new Crowd(wait, ports)
    const ordered = wait.orderedAt ?? wait.instance.launchedAt * 1000
    this.#paceSince = this.#began + headStart(this.#began - ordered, this.#pace)
    this.#told = this.#began
    this.#console = new ConsoleWatch(this.#began)
    this.#own = new OwnRunner(wait, ports)
    this.#cloud = ports.clouds.of(wait.instance)
    this.instance = wait.instance
  }

  get #pace(): Pace {
    return paceOf(this.#crowd.size)
  }

  /** Since the wait began. */
  get seconds(): number {
    return Math.round((this.#clock.now() - this.#began) / 1000)
  }

  say(text: string): void {
    this.#told = this.#clock.now()
    this.#ports.host.log.info(text)
  }

  #spread(ms: number): number {
    return spread(ms, this.#crowd.size, this.#clock.random())
  }

  async forge(): Promise<Runner> {
    const tolerance = new Tolerance(this.#ports.host.log, this.#ports.forge.name)
    for (;;) {
      await this.#untilNextLook()
      this.#due = false
      this.#paceSince = this.#clock.now()
      const runner = await tolerance.tolerate(() => this.#own.find(this.#signal))
      if (runner) return runner
    }
  }

  /** Clock milliseconds. What is drawn by chance is drawn once for each look. */
  #nextLook(chance: number): number {
    const { blind, background, registered, listening } = this.#pace
    const since = (ms: number): number => this.#paceSince + spread(ms, this.#crowd.size, chance)
    if (this.#due) return this.#clock.now()
    const { last } = this.#console
    // A forge that does not see it after a while will not see it sooner for being asked.
    if (last?.milestone === 'listening')
      return since(this.#clock.now() - this.#listens < atOnce ? listening : blind)
    if (this.#console.isRegistered && !this.#console.lagging) return since(registered)
    return Math.min(
      since(background),
      Math.max(since(blind), this.#console.believedUntil(this.#consoleSpacing)),
    )
  }

  /** Returns when the forge is to be asked again, at the pace that the console sets meanwhile. */
  async #untilNextLook(): Promise<void> {
    const chance = this.#clock.random()
    for (;;) {
      const left = this.#nextLook(chance) - this.#clock.now()
      if (left <= 0) return
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
    const tolerance = new Tolerance(this.#ports.host.log, this.#cloud.name)
    for (let looks = 0; ; looks++) {
      const counts = looks % looksPerCount === 0
      const seen = await tolerance.tolerate(() => (counts ? this.#count() : this.#look()))
      if (seen) this.instance = seen
      if (seen && (seen.ended || !isAlive(seen))) {
        await this.#lastReading()
        const { died } = await import('./wait-failures.ts')
        throw died(seen, this.#bootLogLines())
      }
      await this.#clock.sleep(this.#spread(this.#pace.state), this.#signal)
    }
  }

  #look(): Promise<Instance | undefined> {
    return this.#cloud.look(this.instance, this.#signal)
  }

  async #count(): Promise<Instance | undefined> {
    return (await this.#crowd.count(this.instance, this.#signal)) ?? this.#look()
  }

  async console(): Promise<never> {
    for (;;) {
      await this.#readConsole()
      await this.#clock.sleep(this.#spread(this.#consoleSpacing), this.#signal)
    }
  }

  get #consoleSpacing(): number {
    return this.#console.hot ? this.#pace.hot : this.#pace.cold
  }

  async #readConsole(): Promise<void> {
    const asked = this.#clock.now()
    const text = await this.#cloud.console(this.instance, this.#signal)
    const fresh = text ? this.#console.read(text, asked, this.#clock.now()) : []
    if (this.#cloud.waits?.(this.instance)) this.#console.noteWaiting(asked)
    for (const line of fresh) {
      if (typeof line === 'string') this.#ports.host.log.debug(`│ ${line}`)
      else await this.#hear(line)
    }
    if (fresh.length > 0) this.#wake()
  }

  async #hear(line: MilestoneLine): Promise<void> {
    const { milestone, text } = line
    this.say(`│ ${milestone}${text ? `: ${text}` : ''}`)
    // It is about to be ready, and has not been for a while: the quicker pace counts from here.
    if (milestone === 'registered' && !this.#console.lagging) this.#paceSince = this.#clock.now()
    if (milestone === 'listening') this.#listens = this.#clock.now()
    this.#due ||= milestone === 'listening'
    this.#wait.onMilestone?.(line)
    if (milestone !== 'failed') return
    const { bootFailed } = await import('./wait-failures.ts')
    throw bootFailed(this.instance, line, this.#bootLogLines())
  }

  /** A wait is never silent: what is waited for, for how long, and what is known. */
  async tell(): Promise<never> {
    for (;;) {
      await this.#clock.sleep(Math.max(1, this.#told + longestSilence - this.#clock.now()), this.#signal)
      if (this.#clock.now() - this.#told < longestSilence) continue
      const { last } = this.#console
      const { id, state } = this.instance
      this.say(
        `Waiting for runner ${this.#wait.lease.name} for ${this.seconds} s; machine ${id} is ${state}${last ? `, its last word was "${last.milestone}"` : ''}.`,
      )
    }
  }

  async deadline(): Promise<never> {
    await this.#clock.sleep(Math.max(0, this.#wait.deadline - this.#clock.now()), this.#signal)
    await this.#lastReading()
    const { notInTime } = await import('./wait-failures.ts')
    throw notInTime(this.#wait, this.#console.last, this.#bootLogLines(), this.#cloud.limits.carrier)
  }

  async #lastReading(): Promise<void> {
    const text = await this.#cloud.console(this.instance, this.#signal)
    if (text) this.#console.read(text, this.#clock.now(), this.#clock.now())
  }

  #bootLogLines(): readonly string[] {
    const tail = this.#console.tail(60)
    if (tail.length === 0) return ['Boot log: none could be read.']
    return ['Boot log (end):', ...tail.map((line) => `│ ${line}`)]
  }
}

const wokenReason = new Error('woken')
