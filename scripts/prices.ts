// Makes src/clouds/<cloud>/price-list.ts of a price list: `npm run prices -- <file or https address> <cloud>`. A list is JSON of source, asOf, unit and
// regions: { region: { type: USD per hour } }, or, where the list has spot prices too, { region: { on_demand: { … }, spot: { … } } }.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'

type Prices = Readonly<Record<string, number>>

/** Both markets of a region. */
interface Markets {
  readonly on_demand: Prices
  readonly spot: Prices
}

interface PriceList {
  readonly source: string
  readonly asOf: string
  readonly unit: string
  readonly regions: Readonly<Record<string, Prices | Markets>>
}

const root = join(import.meta.dirname, '..')

async function read(from: string): Promise<PriceList> {
  if (!/^https?:/.test(from)) return JSON.parse(readFileSync(from, 'utf8')) as PriceList
  const answer = await fetch(from)
  if (!answer.ok) throw new Error(`${from} answered ${answer.status}`)
  return (await answer.json()) as PriceList
}

/** How many of the size `large` a size is, as far as its name tells; undefined for `metal` and the like. */
function largesOf(size: string): number | undefined {
  const small = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge'].indexOf(size)
  if (small >= 0) return 2 ** (small - 4)
  const many = /^(\d+)xlarge$/.exec(size)?.[1]
  return many === undefined ? undefined : 2 * Number(many)
}

/** Prices as lists have them: five digits behind the point. */
const rounded = (usd: number): number => Number(usd.toFixed(5))

/** One text a family: what its `large` costs where the other sizes are multiples of it, then those that are not. `0.1008 metal-24xl=5.32224`. */
function familyOf(sizes: readonly (readonly [size: string, usd: number])[]): string {
  const bases = sizes.flatMap(([size, usd]) => {
    const larges = largesOf(size)
    return larges === undefined ? [] : [usd / larges]
  })
  const misfits = (base: number): readonly (readonly [string, number])[] =>
    sizes.filter(([size, usd]) => rounded(base * (largesOf(size) ?? NaN)) !== rounded(usd))
  const [base] = bases.toSorted((one, other) => misfits(one).length - misfits(other).length)
  const text = base === undefined ? '-' : String(Number(base.toPrecision(10)))
  return [text, ...(base === undefined ? sizes : misfits(base)).map(([size, usd]) => `${size}=${usd}`)].join(
    ' ',
  )
}

function familiesOf(types: Prices): Record<string, string> {
  const families = new Map<string, (readonly [size: string, usd: number])[]>()
  for (const [type, usd] of Object.entries(types)) {
    const [family = '', size = ''] = type.split('.')
    if (!(usd > 0) || size === '') throw new Error(`${type}: ${usd} is no price of an instance type`)
    families.set(family, [...(families.get(family) ?? []), [size, usd]])
  }
  return Object.fromEntries(
    [...families]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, sizes]) => [name, familyOf(sizes)]),
  )
}

function hasMarkets(prices: Prices | Markets): prices is Markets {
  return typeof prices.spot === 'object'
}

/** `e2-standard:0.0335 n1-standard:0.0475;64=3.04`: by series, what one of it costs for each number in a type's name, then those that differ. */
function seriesOf(types: Prices): string {
  const series = new Map<string, (readonly [size: string, usd: number])[]>()
  for (const [type, usd] of Object.entries(types)) {
    const [, name = '', size = ''] = /^(.+?)-(\d+[a-z]*|[a-z]+)$/.exec(type) ?? []
    if (!(usd > 0) || size === '') throw new Error(`${type}: ${usd} is no price of a machine type`)
    series.set(name, [...(series.get(name) ?? []), [size, usd]])
  }
  return rendered(series)
}

function rendered(series: ReadonlyMap<string, readonly (readonly [size: string, usd: number])[]>): string {
  const texts = [...series]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, sizes]) => {
      const units = sizes.map(([size, usd]) => usd / Number.parseInt(size)).filter((unit) => unit > 0)
      const misfits = (unit: number): readonly (readonly [string, number])[] =>
        sizes.filter(([size, usd]) => rounded(unit * Number.parseInt(size)) !== rounded(usd))
      const [unit] = units.toSorted((one, other) => misfits(one).length - misfits(other).length)
      const others = unit === undefined ? sizes : misfits(Number(unit.toPrecision(7)))
      return [
        `${name}:${unit === undefined ? '' : Number(unit.toPrecision(7))}`,
        ...others.map(([size, usd]) => `${size}=${rounded(usd)}`),
      ].join(';')
    })
  return texts.join(' ')
}

const familyText = `/**
 * By region and family: what \`large\` costs where the other sizes are multiples of it, then the sizes that are not. Other regions differ by up to 30 %, so
 * nothing is said of them.
 */
export const regions: Readonly<Record<string, Readonly<Record<string, string>>>> = `

const marketText = `/**
 * By region and market: series of types, each with what one of it costs for each number in a type's name, then the types that differ. Nothing is said of other regions.
 */
export const regions: Readonly<Record<string, Readonly<Record<'on-demand' | 'spot', string>>>> = `

/** `Standard_D8s_v5` → `Ds_v5`, `8`: where the number in a size's name stands before the letters of its family. */
function countedOf(types: Prices): string {
  const series = new Map<string, (readonly [count: string, usd: number])[]>()
  for (const [type, usd] of Object.entries(types)) {
    const [, letters = '', count = '', rest = ''] = /^Standard_([A-Z]+)(\d+)(.*)$/.exec(type) ?? []
    if (!(usd > 0) || count === '') throw new Error(`${type}: ${usd} is no price of a size`)
    const name = `${letters}${rest}`
    series.set(name, [...(series.get(name) ?? []), [count, usd]])
  }
  return rendered(series)
}

const countedText = `/**
 * By region: series of sizes, each with what one of it costs for each vCPU in a size's name, then the sizes that differ. Nothing is said of other regions and series.
 */
export const regions: Readonly<Record<string, string>> = `

function render({ source, asOf, unit, regions }: PriceList): string {
  const entries = Object.entries(regions)
  const markets = entries.every(([, prices]) => hasMarkets(prices))
  const lists = Object.fromEntries(
    entries.map(([region, prices]) => [
      region,
      hasMarkets(prices)
        ? { 'on-demand': seriesOf(prices.on_demand), spot: seriesOf(prices.spot) }
        : Object.keys(prices)[0]?.startsWith('Standard_')
          ? countedOf(prices)
          : familiesOf(prices),
    ]),
  )
  return `// Generated by scripts/prices.ts, not written by hand.
// ${source}, ${asOf}: ${unit}.

/** Where the figures are from, and of which day they are. */
export const source = ${JSON.stringify(source.split('@')[0])}
export const asOf = ${JSON.stringify(asOf)}

${markets ? marketText : Object.values(lists).some((list) => typeof list === 'string') ? countedText : familyText}${JSON.stringify(lists)}
`
}

const [from, cloud] = process.argv.slice(2)
if (from === undefined || cloud === undefined) throw new Error('Name a file or an address, and a cloud.')
const target = join(root, `src/clouds/${cloud}/price-list.ts`)
const options = { ...(await resolveConfig(target)), parser: 'typescript' as const }
writeFileSync(target, await format(render(await read(from)), options))
