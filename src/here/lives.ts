import { live } from '../agent/agent.ts'
import type { Words } from '../agent/footing.ts'
import { register } from '../agent/install.ts'
import { LastingLife, type Ending } from '../agent/lasting.ts'
import { onOwnMachine } from '../agent/own.ts'
import type { World } from '../agent/world.ts'
import { steadyClock } from '../lib/clock.ts'
import { anyOf, withEnd } from '../lib/deadline.ts'
import { onOneLine } from '../lib/printable.ts'
import { agentConfigVersion, type AgentConfig, type Registration } from '../machine/agent-config.ts'
import { Failure, joinReasons } from '../model/failure.ts'
import { thisMachine } from '../options/runner-options.ts'
import type { Ports } from '../ports.ts'
import { endLeftovers } from './guard.ts'
import type { Home } from './home.ts'
import { noticesOf, type Stops } from './notices.ts'
import type { HereOrder } from './order.ts'
import { outputsOf } from './outputs.ts'
import {
  askForRegistration,
  forget,
  labelsOf,
  withdraw,
  withdrawnByItself,
  withholdJobs,
} from './registration.ts'
import { wordsFor } from './words.ts'
import { pageAt } from '../model/pages.ts'

/** ms that the forge has to hear that this runner is gone; and where the process is about to be killed. */
const farewell = 120_000
const hurriedFarewell = 4_000
/** ms that are worth it for a job which somebody else could do. */
const patience = 30_000
/** ms. A registration that is lost so soon is made anew ever more slowly. */
const shortLife = 120_000
const longestPause = 300_000

/** One life after the other: a registration that the forge has lost is made anew. */
export class Lives {
  readonly #order: HereOrder
  readonly #home: Home
  readonly #ports: Ports
  readonly #words: Words
  readonly #second: AbortSignal
  /** Of the steady clock, ms. */
  readonly #end: number
  readonly #listening: () => void
  #listened = false
  #lastLine = ''

  /** `listening` is told once, when it waits for jobs for the first time. */
  constructor(order: HereOrder, home: Home, ports: Ports, listening: () => void) {
    this.#order = order
    this.#home = home
    this.#ports = ports
    this.#listening = listening
    this.#words = wordsFor(order, ports)
    this.#second = ports.host.insistence ?? new AbortController().signal
    this.#end = steadyClock.now() + order.lifetime * 1000
  }

  async run(): Promise<void> {
    const { host, forge, clock, signal } = this.#ports
    for (let short = 0; ;) {
      const began = steadyClock.now()
      const ending = await this.#live()
      if (signal.aborted || ending.kind === 'over') return
      if (ending.kind === 'failed') throw this.#failed(ending.why)
      host.log.warn(`The registration of this runner is gone at ${forge.scope}: making it anew.`)
      // One that is taken away as soon as it is made must not be made a thousand times.
      short = steadyClock.now() - began < shortLife ? short + 1 : 0
      await clock.sleep(Math.min(longestPause, 1000 * 2 ** short), signal)
    }
  }

  /** From the registration to its removal, which may be there whatever was heard of it. */
  async #live(): Promise<Ending> {
    const reasons: unknown[] = []
    let world: World | undefined
    let ending: Ending = { kind: 'over' }
    try {
      world = this.#world(await askForRegistration(this.#order, this.#home, this.#timed()))
      ending = await this.#work(world)
    } catch (error) {
      reasons.push(error)
    }
    try {
      await endLeftovers({ ...this.#home, signal: this.#order.own.program.signals.now }, this.#ports.clock)
      await this.#withdraw(world)
    } catch (error) {
      reasons.push(error)
    }
    if (reasons.length > 0) throw joinReasons(reasons)
    return ending
  }

  /** A runner that has worked is worth any wait for the forge. */
  #timed(): Ports {
    const { clock, signal } = this.#ports
    const end = this.#listened ? Infinity : clock.now() + this.#order.launchTimeout * 1000
    return { ...this.#ports, signal: withEnd(signal, end) }
  }

  #world(registration: Registration): World {
    const { order, home } = { order: this.#order, home: this.#home }
    const { own, lease, single, idleTimeout, workdir, proxy } = order
    const config: AgentConfig = {
      version: agentConfigVersion,
      identity: lease.identity,
      cloud: thisMachine,
      name: lease.name,
      labels: labelsOf(order),
      single,
      idleTimeout: Number.isFinite(idleTimeout) ? idleTimeout : null,
      expiresAt: lease.expiresAt,
      startupScript: false,
      registration,
      proxy,
      ...(workdir === undefined ? {} : { workdir }),
    }
    const machine = { ...home, ...order, words: this.#words, journal: this.#journal, online: this.#online }
    const stop = new AbortController().signal
    const footing = onOwnMachine(machine, { config })
    return { clock: steadyClock, program: own.program, config, stop, footing, notices: () => none() }
  }

  readonly #journal = (line: string): void => {
    const said = onOneLine(line).trim()
    if (said) this.#lastLine = said
    this.#ports.host.log.debug(`  | ${said}`)
  }

  readonly #online = (): void => {
    if (this.#listened) return
    this.#listened = true
    this.#ports.host.output(outputsOf(this.#order, this.#ports))
    this.#listening()
  }

  async #work(world: World): Promise<Ending> {
    const { signal } = this.#ports
    this.#words.say('registering', `runner ${world.config.name}`)
    await this.#register(world)
    if (signal.aborted) return { kind: 'over' }
    const life = new LastingLife()
    const late = new AbortController()
    const done = new AbortController()
    if (!this.#listened)
      steadyClock.sleep(this.#order.launchTimeout * 1000, done.signal).then(
        () => this.#listened || late.abort(),
        () => undefined,
      )
    const stops: Stops = {
      first: signal,
      second: this.#second,
      late: late.signal,
      hurried: this.#ports.host.hurried,
      lifetime: this.#end - steadyClock.now(),
    }
    const notices = (end: AbortSignal) => noticesOf(stops, steadyClock, end)
    const program = { ...world.program, register: () => undefined }
    const told = abortOf(signal, done.signal).then(() =>
      life.busy ? this.#takeNoOther(done.signal) : undefined,
    )
    await live({ ...world, program, notices }, life.step)
    done.abort()
    await told
    if (late.signal.aborted) throw this.#failed(`it was not online after ${this.#order.launchTimeout} s`)
    return life.ending
  }

  /** A program that takes its next job in the very moment in which it is free would have it before it can be told to end. */
  async #takeNoOther(done: AbortSignal): Promise<void> {
    const { forge, host, clock } = this.#ports
    if (done.aborted || host.hurried || this.#order.single) return
    const signal = withEnd(anyOf(done, this.#second), clock.now() + patience)
    try {
      await withholdJobs(this.#order.lease, { ...this.#ports, signal })
    } catch (error) {
      if (signal.aborted) return
      host.log.warn(
        `${forge.name} may give this runner one more job when the present one ends: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      )
    }
  }

  /** A program that is at it is waited for, since it may be about to make a registration; not by somebody who insists. */
  async #register(world: World): Promise<void> {
    const insisted = abortOf(this.#second)
    try {
      await Promise.race([register(world), insisted])
    } catch (error) {
      throw this.#failed(error instanceof Error ? error.message : String(error))
    }
  }

  #failed(said: string): Failure {
    const { forge } = this.#ports
    return new Failure('failed-precondition', {
      tried: `be runner ${this.#order.lease.name} of ${forge.scope} on this machine`,
      said,
      ...(this.#lastLine ? { why: `The last words of the runner's program: ${this.#lastLine}` } : {}),
      fix: `look at its lines with \`--log=debug\`, and whether this machine has what it needs: ${pageAt('docs/on-premise.md')} has a list.`,
    })
  }

  /** Its own means serve where the token does not any more. */
  async #withdraw(world: World | undefined): Promise<void> {
    const { host, signal } = this.#ports
    const until = host.nextSignal?.() ?? new AbortController().signal
    const ports = { ...this.#ports, signal: until }
    const within = host.hurried && signal.aborted ? hurriedFarewell : farewell
    try {
      await withdraw(this.#order, this.#home, ports, within)
    } catch (error) {
      if (!world || !(await withdrawnByItself(world, this.#order.variables))) throw error
      forget(this.#home)
    }
  }
}

async function* none(): AsyncIterable<never> {
  // Nobody announces anything yet.
}

/** Resolves at the first of them that aborts. */
async function abortOf(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals])
  if (!any.aborted) await new Promise((resolve) => any.addEventListener('abort', resolve, { once: true }))
}
