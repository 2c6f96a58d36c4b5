import { within } from '../lib/within.ts'
import type { Candidate, Instance } from '../model/instance.ts'
import { renderMost, renderPrice, type Price } from '../model/price.ts'
import type { Ports } from '../ports.ts'
import type { LaunchOrder } from './order.ts'

/** ms that a launch may lose by it: whoever has not answered while a machine booted will not. */
const passing = 100

/** What the machine costs: asked for while it boots, so that nobody waits for it. */
export class Pricing {
  readonly #ports: Ports
  #about: Candidate | undefined
  #asked: Promise<Price | undefined> = Promise.resolve(undefined)
  #known: Price | undefined

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Asks once about each: nobody waits for the answer. */
  ask(candidate: Candidate): void {
    if (this.#isAbout(candidate)) return
    this.#about = candidate
    this.#known = undefined
    this.#asked = this.#askFor(candidate)
    void this.#asked.then((price) => {
      if (this.#isAbout(candidate)) this.#known = price
    })
  }

  /** With its price, if that is known by now. */
  priced(candidate: Candidate): Candidate {
    const price = this.#isAbout(candidate) ? this.#known : undefined
    return price ? { ...candidate, price } : candidate
  }

  known(): Promise<Price | undefined> {
    return within(this.#asked, passing, this.#ports.clock)
  }

  /** Of one that nobody waits for. */
  of(candidate: Candidate): Promise<Price | undefined> {
    const asked = this.#isAbout(candidate) ? this.#asked : this.#askFor(candidate)
    return within(asked, passing, this.#ports.clock)
  }

  /** Who knows more of it, as in whose account it is, asks for the same price. */
  #isAbout({ cloud, region, place, type, market }: Candidate): boolean {
    const about = this.#about
    return (
      about?.cloud === cloud &&
      about.region === region &&
      about.place === place &&
      about.type === type &&
      about.market === market
    )
  }

  #askFor(candidate: Candidate): Promise<Price | undefined> {
    const { clouds, host, signal } = this.#ports
    return clouds
      .of(candidate)
      .price(candidate, signal)
      .catch((error: unknown) => {
        host.log.debug(`What ${candidate.type} costs could not be read: ${String(error)}`)
        return undefined
      })
  }
}

/** Of each candidate. A price that cannot be read is not known. */
export function pricesOf(
  candidates: readonly Candidate[],
  { clouds, signal }: Pick<Ports, 'clouds' | 'signal'>,
): Promise<readonly (Price | undefined)[]> {
  return Promise.all(
    candidates.map((candidate) =>
      clouds
        .of(candidate)
        .price(candidate, signal)
        .catch(() => undefined),
    ),
  )
}

/** What an hour costs, and the most it can come to. */
export function costOf(
  price: Price | undefined,
  { market, launchedAt }: Pick<Instance, 'market' | 'launchedAt'>,
  { lease }: Pick<LaunchOrder, 'lease'>,
): string {
  const most = price
    ? `, at most ${renderMost(price, lease.expiresAt - launchedAt)} by the end of its max-lifetime`
    : ': neither the cloud nor the list that comes with this program tells it'
  return `${renderPrice(price, market)}${most}. Disks, traffic and public addresses are extra.`
}
