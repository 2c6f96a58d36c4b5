import { isAlive, type Instance } from '../model/instance.ts'
import type { Ports } from '../ports.ts'
import { lookIn } from '../removal/survey.ts'
import type { Wait } from './wait.ts'

/** Seconds between machines that were made for one purpose: what was made earlier is online, or will not be. */
const together = 60

/** The most that are believed to wait although nobody has counted so many. */
const manyAtOnce = 100

/** Launches of one run that wait at the same time, and share what the vendors allow. */
export class Crowd {
  readonly #wait: Pick<Wait, 'lease' | 'places'>
  readonly #ports: Ports
  #size = 1

  constructor(wait: Pick<Wait, 'lease' | 'places'>, ports: Ports) {
    this.#wait = wait
    this.#ports = ports
  }

  /** As last counted, this one included. */
  get size(): number {
    return this.#size
  }

  /**
   * One listing shows how many are on their way: those made at about the time of this machine, or later; it is returned as that shows it. Where the
   * listing cannot be had, the last count holds; where the cloud refuses it because too much is asked, there are more than were counted.
   */
  async count({ id, launchedAt }: Instance, signal: AbortSignal): Promise<Instance | undefined> {
    const { lease, places } = this.#wait
    const { scope, run } = lease
    const wish = { scope, run, roughly: true }
    const { ours, unreadable } = await lookIn(wish, places, this.#ports, signal)
    const waiting = ours.filter((machine) => isAlive(machine) && machine.launchedAt >= launchedAt - together)
    if (unreadable.length === 0) this.#size = Math.max(1, waiting.length)
    else if (unreadable.some(({ failure }) => failure.kind === 'rate-limited'))
      this.#size = Math.min(this.#size * 2, manyAtOnce)
    return ours.find((machine) => machine.id === id)
  }
}
