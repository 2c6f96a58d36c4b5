import type { Price, Priced } from '../../model/price.ts'

/** From the list that comes with this program, which knows some regions alone. Undefined = not known: attached accelerators are in no list of machines. */
export async function priceOf({ region, type, market }: Priced): Promise<Price | undefined> {
  if (type.includes('+')) return undefined
  const { asOf, regions, source } = await import('./price-list.ts')
  const [, series = '', size = ''] = /^(.+?)-(\d+[a-z]*|[a-z]+)$/.exec(type) ?? []
  const list = regions[region]?.[market]
  const entry = list?.split(' ').find((text) => text.startsWith(`${series}:`))
  const [unit = '', ...others] = entry?.slice(series.length + 1).split(';') ?? []
  const misfit = others.find((text) => text.startsWith(`${size}=`))?.slice(size.length + 1)
  const usd = misfit === undefined ? Number(unit || NaN) * Number.parseInt(size) : Number(misfit)
  return usd > 0 ? { usdPerHour: Number(usd.toFixed(5)), asOf, source } : undefined
}
