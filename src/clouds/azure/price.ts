import type { Price, Priced } from '../../model/price.ts'

/** From the list that comes with this program, which knows some regions and families, and no spot prices. Undefined = not known. */
export async function priceOf({ region, type, market }: Priced): Promise<Price | undefined> {
  if (market === 'spot') return undefined
  const { asOf, regions, source } = await import('./price-list.ts')
  const [, letters = '', count = '', rest = ''] = /^Standard_([A-Z]+)(\d+)(.*)$/i.exec(type) ?? []
  const series = `${letters}${rest}`
  const entry = regions[region]?.split(' ').find((text) => text.startsWith(`${series}:`))
  const [unit = '', ...others] = entry?.slice(series.length + 1).split(';') ?? []
  const misfit = others.find((text) => text.startsWith(`${count}=`))?.slice(count.length + 1)
  const usd = misfit === undefined ? Number(unit || NaN) * Number(count) : Number(misfit)
  return usd > 0 ? { usdPerHour: Number(usd.toFixed(5)), asOf, source } : undefined
}
