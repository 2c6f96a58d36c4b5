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
  #asked: Promise<Price | undefined> = Promise.resolve(undefined)

  constructor(ports: Ports) {
    this.#ports = ports
  }

  ask(candidate: Candidate): void {
    this.#asked = this.#askFor(candidate)
  }

  known(): Promise<Price | undefined> {
    return within(this.#asked, passing, this.#ports.clock)
  }

  /** Of one that nobody waits for. */
  of(candidate: Candidate): Promise<Price | undefined> {
    return within(this.#askFor(candidate), passing, this.#ports.clock)
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

/** One sentence: what an hour costs, and the most it can come to. */
export function describeCost(
  price: Price | undefined,
  { market, launchedAt, type }: Pick<Instance, 'market' | 'launchedAt' | 'type'>,
  { lease }: Pick<LaunchOrder, 'lease'>,
): string {
  const most = price
    ? `, at most ${renderMost(price, lease.expiresAt - launchedAt)} by its hard end`
    : ': neither the cloud nor the list that comes with this program tells it'
  return `${type}: ${renderPrice(price, market)}${most}. Disks, traffic and public addresses are apart.`
}
