import type { ChildProcess } from 'node:child_process'

import type { Milestone } from '../machine/agent-config.ts'
import type { Surroundings } from '../machine/runner-program.ts'
import { install } from './install.ts'
import { birth, type Effect, type Life, type LifeEvent, type Rules } from './life-state.ts'
import { step } from './life.ts'
import { ended, start } from './run.ts'
import type { World } from './world.ts'

/** ms between two looks at the processes and the hooks' messages. */
const lookPause = 2000

type Happening = LifeEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never

/** Carries out what the life's rules (life.ts, or others that build on them) decide. Resolves when the machine is to end; exiting then ends it. */
export function live(world: World, rule = step): Promise<void> {
  return new Agent(world, rule).live()
}

class Agent {
  readonly #world: World
  readonly #rule: typeof step
  readonly #rules: Rules
  readonly #end = new AbortController()
  #life: Life
  #installed: Surroundings | undefined
  #program: ChildProcess | undefined
  #online = false

  constructor(world: World, rule: typeof step) {
    this.#world = world
    this.#rule = rule
    const { config, program } = world
    const { idleTimeout, single } = config
    const { ephemeral, signals, longestJob } = program
    const finishes = signals.gently !== signals.now
    this.#rules = {
      idleTimeout: idleTimeout === null ? Infinity : idleTimeout * 1000,
      single,
      ephemeral,
      finishes,
      longestJob,
    }
    // One that the launcher made is there whatever becomes of this machine.
    this.#life = { ...birth, registered: program.register(config, false) === undefined }
  }

  async live(): Promise<void> {
    const { stop, footing } = this.#world
    const over = new Promise<void>((resolve) => this.#end.signal.addEventListener('abort', () => resolve()))
    const stopped = () =>
      this.#tell({ kind: 'interrupted', why: `the ${footing.name} is being shut down`, urgent: true })
    stop.addEventListener('abort', stopped, { once: true })
    void this.#listen()
    install(this.#world).then(
      (installed) => {
        this.#installed = installed
        this.#tell({ kind: 'registered' })
      },
      (error: unknown) => this.#fail(error),
    )
    void this.#lookAround()
    if (stop.aborted) stopped()
    await over
  }

  async #listen(): Promise<void> {
    try {
      for await (const { text, urgent } of this.#world.notices(this.#end.signal))
        this.#tell({ kind: 'interrupted', why: text, urgent })
    } catch {
      // Nobody listens any more; or, should it ever fail, the machine works on and is taken without a word.
    }
  }

  #fail(error: unknown): void {
    this.#tell({ kind: 'failed', why: error instanceof Error ? error.message : String(error) })
  }

  #tell(happening: Happening): void {
    const [life, effects] = this.#rule(this.#rules, this.#life, {
      ...happening,
      at: this.#world.clock.now(),
    })
    this.#life = life
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'start':
        // Some errors are thrown instead of told (no memory for a fork).
        return void this.#start(effect.after, effect.first).catch((error: unknown) => this.#fail(error))
      case 'look':
        // After everything that has arrived on the pipes was read.
        return void setImmediate(() => this.#look())
      case 'stop':
        return void (this.#program?.kill(this.#signal(effect.now)) || this.#tell({ kind: 'exited' }))
      case 'give-back':
        return this.#giveBack()
      case 'say':
        return this.#say(effect.milestone, effect.text)
      case 'leave':
        return void this.#leave(effect.registered)
    }
  }

  /** No hook could hold the next job back in a container, which would find the files of its users changed under it. */
  #giveBack(): void {
    const { program, config, footing } = this.#world
    if (this.#installed && !program.contained?.(config, this.#installed)) footing.giveBack()
  }

  #say(milestone: Milestone, text?: string): void {
    const { footing } = this.#world
    footing.words.say(milestone, text)
    if (milestone !== 'listening' || this.#online) return
    this.#online = true
    footing.online()
  }

  #signal(now: boolean): NodeJS.Signals {
    const { signals } = this.#world.program
    return now ? signals.now : signals.gently
  }

  async #start(after: number, first: boolean): Promise<void> {
    const { clock, program, config, footing } = this.#world
    await clock.sleep(after)
    if (this.#life.state === 'gone' || this.#life.state === 'draining' || !this.#installed) return
    const { line, options } = footing.asJobUser(program.start(config, first, this.#installed))
    const child = start(line, options, (said) => {
      footing.journal(said)
      const event = program.read(said, config.registration, clock.now() / 1000)
      if (event) this.#tell({ kind: 'said', event })
    })
    this.#program = child
    child.on('error', (error) => this.#fail(error))
    void ended(child, clock).then(() => {
      this.#program = undefined
      this.#tell({ kind: 'exited' })
    })
  }

  async #lookAround(): Promise<void> {
    while (!this.#end.signal.aborted) {
      this.#look()
      await this.#world.clock.sleep(lookPause, this.#end.signal).catch(() => undefined)
    }
  }

  /** Messages before processes: a message whose worker is gone by now belongs to a job that is over. */
  #look(): void {
    const { footing, program } = this.#world
    try {
      const hooks = footing.hooks()
      const pid = this.#program?.pid
      this.#tell({
        kind: 'looked',
        hooks,
        workers: pid === undefined || !program.worker ? [] : footing.workers(pid, program.worker),
      })
    } catch (error) {
      // Not seeing is no reason to end a machine that works; the next look may see again.
      footing.journal(`cml-runner: a look around failed: ${String(error)}`)
    }
  }

  async #leave(registered: boolean): Promise<void> {
    const { program, config, clock, footing } = this.#world
    const trouble =
      registered && (await footing.unregister(program.remove(config.registration, clock.now() / 1000)))
    if (trouble)
      footing.words.say(
        'ending',
        `the registration could not be removed (${trouble}); the next launch or a sweep will`,
      )
    this.#end.abort()
  }
}
