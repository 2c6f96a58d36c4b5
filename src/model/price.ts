export type Market = 'spot' | 'on-demand'

/** A machine that could be had, or that is there. */
export interface Priced {
  readonly region: string
  readonly zone?: string
  readonly type: string
  readonly market: Market
}

/** What a machine costs while it is there. Disks, traffic and public addresses are extra. */
export interface Price {
  readonly usdPerHour: number
  /** ISO 8601 day on which that was so. */
  readonly asOf: string
  /** Who said so, as a person would say it. */
  readonly source: string
}

/** `$0.4032 an hour (spot, the cloud’s spot price history of 2026-11-26)`; a price that is not known is said to be so. */
export function renderPrice(price: Price | undefined, market: Market): string {
  if (!price) return renderHourly(price)
  return `${renderHourly(price)} (${market}, ${price.source} of ${price.asOf})`
}

/** The price alone: `$0.4032 an hour`. */
export function renderHourly(price: Price | undefined): string {
  return price ? renderHour(price) : 'price not known'
}

/** `$0.4032 an hour`. */
export function renderHour({ usdPerHour }: Price): string {
  return `${renderUsd(usdPerHour)} an hour`
}

/** The most that so many seconds cost. */
export function renderMost({ usdPerHour }: Price, seconds: number): string {
  return renderUsd(Math.ceil(usdPerHour * (seconds / 36)) / 100, 2)
}

/** What so many seconds have cost, at that price: `$1.20`. */
export function renderSoFar(usd: number): string {
  return renderUsd(usd, 2)
}

/** Four digits tell prices of small machines apart. */
function renderUsd(usd: number, digits?: number): string {
  const shown = digits ?? (usd < 1 ? 4 : 2)
  return `$${usd.toFixed(shown)}`
}
