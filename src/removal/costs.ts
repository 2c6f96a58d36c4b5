import { within } from '../lib/within.ts'
import type { Instance } from '../model/instance.ts'
import type { Price } from '../model/price.ts'
import type { Ports } from '../ports.ts'

/** ms that a list may lose by it. */
const passing = 3_000

/** Different machines that are asked about. */
const most = 40

/** What each of them costs an hour, alike machines asked about once; undefined = not known. */
export async function pricesOf(
  machines: readonly Instance[],
  { clouds, clock, signal }: Pick<Ports, 'clouds' | 'clock' | 'signal'>,
): Promise<(machine: Instance) => Price | undefined> {
  const alike = new Map(machines.map((machine) => [kindOf(machine), machine]))
  const asked = [...alike].slice(0, most).map(async ([kind, machine]) => {
    const price = clouds
      .of(machine)
      .price(machine, signal)
      .catch(() => undefined)
    return [kind, await within(price, passing, clock)] as const
  })
  const known = new Map(await Promise.all(asked))
  return (machine) => known.get(kindOf(machine))
}

function kindOf({ cloud, region, zone, type, market }: Instance): string {
  return [cloud, region, zone, type, market].join(' ')
}
