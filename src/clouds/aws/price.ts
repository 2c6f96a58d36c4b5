import type { Price, Priced } from '../../model/price.ts'
import type { CloudContext } from '../cloud.ts'
import type { Ec2 } from './client.ts'

/**
 * Spot: the highest of the zones that the machine may be in, as EC2 tells it at this moment. On demand: from the list that comes with this program, which
 * knows some regions alone. Undefined = not known, or these credentials may not ask.
 */
export async function priceOf(
  ec2: Ec2,
  candidate: Priced,
  context: CloudContext,
  signal?: AbortSignal,
): Promise<Price | undefined> {
  return candidate.market === 'spot' ? spotPrice(ec2, candidate, context, signal) : listed(candidate)
}

async function spotPrice(
  ec2: Ec2,
  { region, type, zone }: Priced,
  { clock }: CloudContext,
  signal?: AbortSignal,
): Promise<Price | undefined> {
  const now = new Date(clock.now())
  const query = {
    InstanceTypes: [type as never],
    ProductDescriptions: ['Linux/UNIX'],
    // What is in force at this moment, one entry a zone.
    StartTime: now,
    EndTime: now,
    ...(zone === undefined ? {} : { AvailabilityZone: zone }),
  }
  const call = { tried: `read the spot price of ${type} in ${zone ?? region}`, signal, attempts: 2 }
  const entries = await ec2.describeSpotPrices(region, query, call)
  const prices = entries.map(({ SpotPrice }) => Number(SpotPrice)).filter((price) => price > 0)
  if (prices.length === 0) return undefined
  return {
    usdPerHour: Math.max(...prices),
    asOf: now.toISOString().slice(0, 10),
    source: 'EC2 spot price history',
  }
}

/** Regions of which the list tells something: for others it is not even loaded. */
export const listedRegions: readonly string[] = ['us-east-1']

async function listed({ region, type }: Priced): Promise<Price | undefined> {
  if (!listedRegions.includes(region)) return undefined
  const { asOf, regions, source } = await import('./price-list.ts')
  const [family = '', size = ''] = type.split('.')
  const [large = '', ...others] = regions[region]?.[family]?.split(' ') ?? []
  const own = others.find((text) => text.startsWith(`${size}=`))?.slice(size.length + 1)
  const usd = own === undefined ? Number(large) * largesOf(size) : Number(own)
  return usd > 0 ? { usdPerHour: Number(usd.toFixed(5)), asOf, source } : undefined
}

/** How many of the size `large` a size is; NaN for one whose name does not tell. */
function largesOf(size: string): number {
  const small = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge'].indexOf(size)
  return small >= 0 ? 2 ** (small - 4) : 2 * Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? NaN)
}
