import { existsSync, mkdirSync, renameSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The clock that a machine's agent goes by: ahead of the real one by what a test says, so that hours pass in no time. It is laid
 * over the agent's Node, as libfaketime lays one over a program; the agent's own bytes know nothing of it.
 */
export class AgentClock {
  readonly #folder: string
  #ahead = 0

  constructor(machine: string) {
    this.#folder = join(machine, 'agent-clock')
    mkdirSync(this.#folder)
    this.#write()
    writeFileSync(join(this.#folder, 'clock.cjs'), overlay(this.#folder))
  }

  /** For the environment of a service; the agent hands nothing of that on. */
  get variables(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--require=${join(this.#folder, 'clock.cjs')}` }
  }

  pass(seconds: number): void {
    this.#ahead += seconds * 1000
    this.#write()
  }

  /** Resolves once somebody has looked at this clock, and will look at it for ever. */
  async hang(): Promise<void> {
    const hung = new Promise<void>((resolve) => {
      const watcher = watch(this.#folder, () => {
        if (!existsSync(join(this.#folder, 'hung'))) return
        watcher.close()
        resolve()
      })
    })
    this.#write('hang')
    await hung
  }

  /** In one step: a reader never sees half a number. */
  #write(text = String(this.#ahead)): void {
    writeFileSync(join(this.#folder, 'next'), text)
    renameSync(join(this.#folder, 'next'), join(this.#folder, 'ahead'))
  }
}

/** Wall clock, steady clock, and the pauses of node:timers/promises: a pause ends as soon as this clock has reached its end. */
const overlay = (folder: string) => `
const { readFileSync, watch, writeFileSync } = require('node:fs')
const timers = require('node:timers/promises')
const { setTimeout: pause } = timers
const sleepers = new Set()
const ahead = () => {
  const text = readFileSync(${JSON.stringify(join(folder, 'ahead'))}, 'utf8')
  if (text !== 'hang') return Number(text)
  writeFileSync(${JSON.stringify(join(folder, 'hung'))}, '')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
for (const clock of [Date, performance]) {
  const now = clock.now.bind(clock)
  clock.now = () => now() + ahead()
}
watch(${JSON.stringify(folder)}, { persistent: false }, () => { for (const wake of sleepers) wake() })
timers.setTimeout = async (ms, value, { signal } = {}) => {
  const until = Date.now() + ms
  do {
    const woken = new AbortController()
    const wake = () => woken.abort()
    sleepers.add(wake)
    try {
      await pause(until - Date.now(), value, { signal: signal ? AbortSignal.any([signal, woken.signal]) : woken.signal })
    } catch (error) {
      if (!woken.signal.aborted || signal?.aborted) throw error
    } finally {
      sleepers.delete(wake)
    }
  } while (Date.now() < until)
  return value
}
`
