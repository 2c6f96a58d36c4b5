import { claims, isOfTry, wishOf, type Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { findMachines } from '../removal/survey.ts'
import { livingOf } from './living.ts'
import type { Wait } from './wait.ts'

/**
 * Looks for the runner of the machine that is waited for. Whoever may register can write all of its labels but the nonce on a runner of his
 * own: that one is told of, and keeps nobody from waiting for the machine's.
 */
export class OwnRunner {
  readonly #wait: Pick<Wait, 'lease' | 'places'>
  readonly #ports: Ports
  #told = false

  constructor(wait: Pick<Wait, 'lease' | 'places'>, ports: Ports) {
    this.#wait = wait
    this.#ports = ports
  }

  /** Once it is online: that of this try's machine, or of another try's. */
  async find(signal: AbortSignal): Promise<Runner | undefined> {
    const { lease } = this.#wait
    const { forge, host } = this.#ports
    const runner = await forge.findRunner(lease.name, signal, (seen) => claims(seen, wishOf(lease)))
    if (!runner?.online) return undefined
    if (isOfTry(runner, lease) || (await this.#isOnTwin(runner, signal))) return runner
    if (!this.#told)
      host.log.warn(
        `Runner ${runner.name} is online, and on no machine of this launch: somebody else has registered it. Waiting for the machine's own.`,
      )
    this.#told = true
    return undefined
  }

  /** Is it on the living machine of another try? That one may be too new for a listing; where none can be read, no. */
  async #isOnTwin(runner: Runner, signal: AbortSignal): Promise<boolean> {
    const { lease, places } = this.#wait
    const none = { ours: [] as readonly Owned[] }
    const { ours } = await findMachines(wishOf(lease), places, this.#ports, signal).catch(() => none)
    return ours.some((machine) => livingOf([machine]) !== undefined && isOfTry(runner, machine.lease))
  }
}
