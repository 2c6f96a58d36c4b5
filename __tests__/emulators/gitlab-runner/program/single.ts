import type { Settings } from './arguments.ts'
import { Build, pause } from './build.ts'
import { Coordinator } from './coordinator.ts'
import { fatal, log, shorten } from './log.ts'

/** ms. The official program's own are 3 s, 300 s and 30 s. */
export interface Pace {
  readonly poll: number
  readonly unhealthy: number
  readonly shutdown: number
}

/** `run-single` (commands/single.go): one job after the other, until there is a reason to end. */
export class Single {
  readonly #settings: Settings
  readonly #coordinator: Coordinator
  readonly #pace: Pace
  readonly #abort = new AbortController()
  #finished = false
  #left: number
  #lastBuild = Date.now()
  #build: Build | undefined
  #signals: NodeJS.Signals[] = []

  constructor(settings: Settings, systemId: string, pace: Pace) {
    this.#settings = settings
    this.#coordinator = new Coordinator(settings, systemId)
    this.#pace = pace
    this.#left = settings.maxBuilds
  }

  async run(): Promise<void> {
    const { url, token } = this.#settings
    log('info', `Starting runner for ${url} with token ${shorten(token)} ...`)
    for (const name of ['SIGQUIT', 'SIGTERM', 'SIGINT'] as const)
      process.on(name, () => this.#interrupt(name))
    while (!this.#finished) {
      const error = await this.#processBuild()
      if (error !== undefined) log('error', 'Failed to process build', { error })
      this.#checkFinished()
    }
  }

  #interrupt(name: NodeJS.Signals): void {
    this.#finished = true
    if (this.#signals.length > 0) return fatal(`forced exit: ${inGo(name)}`)
    if (name === 'SIGQUIT') return log('warning', 'Requested quit, waiting for builds to finish')
    this.#signals.push(name)
    log('warning', `Requested exit: ${inGo(name)}`)
    this.#abort.abort()
    this.#build?.abort({ error: `aborted: ${inGo(name)}`, reason: 'runner_interrupted', system: true })
    setTimeout(() => fatal('shutdown timed out'), this.#pace.shutdown).unref()
  }

  async #processBuild(): Promise<string | undefined> {
    const order = await this.#coordinator.requestJob()
    if (order === 'unhealthy') log('info', 'Runner is not healthy!')
    if (order === 'unhealthy') return void (await pause(this.#pace.unhealthy, this.#abort.signal))
    if (!order) return void (await pause(this.#pace.poll, this.#abort.signal))
    const { wish } = await this.#coordinator.update(order, { state: 'running' })
    // Not a word of its end: that is how it is.
    if (wish !== 'go-on') return undefined
    this.#build = new Build(this.#settings, this.#coordinator, order, this.#pace.poll)
    if (this.#signals[0])
      this.#build.abort({
        error: `aborted: ${inGo(this.#signals[0])}`,
        reason: 'runner_interrupted',
        system: true,
      })
    const error = await this.#build.run()
    this.#build = undefined
    if (this.#left > 0) this.#left--
    this.#lastBuild = Date.now()
    return error
  }

  #checkFinished(): void {
    const { maxBuilds, waitTimeout } = this.#settings
    if (maxBuilds > 0 && this.#left < 1) {
      log('info', 'This runner has processed its build limit, so now exiting')
      this.#finished = true
    }
    if (waitTimeout > 0 && Math.floor((Date.now() - this.#lastBuild) / 1000) > waitTimeout) {
      log('info', `This runner has not received a job in ${waitTimeout} seconds, so now exiting`)
      this.#finished = true
    }
  }
}

/** As Go calls it. */
function inGo(name: NodeJS.Signals): string {
  return { SIGTERM: 'terminated', SIGINT: 'interrupt', SIGQUIT: 'quit' }[name as 'SIGTERM']
}
