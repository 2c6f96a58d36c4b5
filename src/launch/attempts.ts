import type { Instance } from '../model/instance.ts'
import type { Ports } from '../ports.ts'
import { Pricing } from './price.ts'
import type { Refusal } from './refusals.ts'

/** Something that was asked for, and may be there. */
export interface Doubt {
  readonly what: string
}

/** What became of a launch's candidates so far, each of which is one attempt, and what it may have made. */
export class Attempts {
  /** The machine of this launch, once the cloud has named it. */
  created: Instance | undefined
  /** What carries our identity is another launch's, and not ours to end. */
  foreign = false
  /** Of the machine that was made or taken over. */
  readonly pricing: Pricing
  readonly #refusals: Refusal[] = []
  #adopted: Instance | undefined
  readonly #doubts = new Set<Doubt>()

  constructor(ports: Ports) {
    this.pricing = new Pricing(ports)
  }

  get refusals(): readonly Refusal[] {
    return this.#refusals
  }

  /** Takes a refusal down, and tells it. */
  refused(refusal: Refusal, { clouds, host }: Pick<Ports, 'clouds' | 'host'>): void {
    const { said, code } = refusal.failure.explanation
    this.#refusals.push(refusal)
    host.log.info(
      `No ${clouds.render(refusal.candidate)}: ${code ?? refusal.failure.kind}${said ? ` (${said})` : ''}`,
    )
  }

  /** A machine of this identity that another process made, and that this one has taken over. */
  get adopted(): Instance | undefined {
    return this.#adopted
  }

  adopt(instance: Instance): void {
    this.#adopted = instance
    this.created = undefined
  }

  /** Something was made, or was asked for without a clear no: listings that do not show it prove nothing yet. */
  get mayExist(): boolean {
    return this.#adopted !== undefined || this.#doubts.size > 0
  }

  /** Called before something is asked for. */
  doubt(what: string): Doubt {
    const doubt = { what }
    this.#doubts.add(doubt)
    return doubt
  }

  /** Called when the other side has said that nothing was made. */
  dispel(doubt: Doubt): void {
    this.#doubts.delete(doubt)
  }
}
