import type { Candidate, Instance } from '../model/instance.ts'
import type { Price } from '../model/price.ts'
import type { Ports } from '../ports.ts'
import { Pricing } from './price.ts'
import { renderRefusal, type Refusal } from './refusals.ts'

/** Something that was asked for, and may be there. */
export interface Doubt {
  readonly what: string
}

/** What became of a launch's candidates so far, each of which is one attempt, and what it may have made. */
export class Attempts {
  /** The machine of this launch, once the cloud has named it. */
  created: Instance | undefined
  /** Clock milliseconds at which the last machine was asked for. */
  orderedAt: number | undefined
  /** What carries our identity is another launch's, and not ours to end. */
  foreign = false
  /** What is still to be tried. */
  next: readonly Candidate[] = []
  /** Of the machine that was made or taken over. */
  readonly pricing: Pricing
  readonly #refusals: Refusal[] = []
  /** Clouds that have refused these credentials. */
  readonly #shut = new Set<string>()
  #adopted: Instance | undefined
  readonly #doubts = new Set<Doubt>()

  constructor(ports: Ports) {
    this.pricing = new Pricing(ports)
  }

  get refusals(): readonly Refusal[] {
    return this.#refusals
  }

  /** Takes a refusal down, and tells it: beside other clouds with what it would have cost, and what is tried in its place. */
  async refused(refusal: Omit<Refusal, 'price' | 'next'>, { clouds, host }: Ports): Promise<void> {
    const next = this.next.find((other) => !this.isShut(other))
    const told: Refusal = clouds.several
      ? { ...refusal, price: await this.#priceOf(refusal, next), next }
      : refusal
    this.#refusals.push(told)
    host.log.info(renderRefusal(told, clouds))
  }

  /** Of the one that was refused. That of the next is asked for beside it: its jobs are told what it costs. */
  #priceOf(
    { candidate }: Pick<Refusal, 'candidate'>,
    next: Candidate | undefined,
  ): Promise<Price | undefined> {
    const asked = this.pricing.of(candidate)
    if (next) this.pricing.ask(next)
    return asked
  }

  /** May its cloud be left out, since there is something to try at another? */
  canDoWithout({ cloud }: Candidate): boolean {
    return this.next.some((other) => other.cloud !== cloud && !this.isShut(other))
  }

  /** Nothing more is tried at its cloud. */
  shut({ cloud }: Candidate): void {
    this.#shut.add(cloud)
  }

  isShut({ cloud }: Candidate): boolean {
    return this.#shut.has(cloud)
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
