import { checkOfReads, outcomeOf, type Check } from './check.ts'
import type { Candidate } from './instance.ts'
import { renderMost, renderPrice, type Price } from './price.ts'
import { checkQuotas, type Draw } from './quota.ts'

/** What is wrong with the options of a launch, each as a check. */
export function* checkComplaints(
  complaints: readonly { readonly option: string; readonly text: string }[],
): Iterable<Check> {
  for (const { option, text } of complaints) yield { what: option || 'options', verdict: 'bad', said: text }
}

/** What a launch would try; `warnings` are told with it. */
export function checkCandidates({
  candidates,
  warnings,
}: {
  readonly candidates: readonly Candidate[]
  readonly warnings: readonly string[]
}): Check {
  const types = new Set(candidates.map(({ type }) => type))
  const places = new Set(candidates.map(({ place, region }) => place ?? region))
  const said = `${[...types].join(', ')} in ${[...places].join(', ')}`
  return { what: 'machines to try', verdict: 'good', said: [`${said}.`, ...warnings].join(' ') }
}

/** A price, and the most that it comes to. `lifetime`: seconds of `max-lifetime`. */
export function checkPrice(what: string, price: Price, { market }: Candidate, lifetime: number): Check {
  const said = `${renderPrice(price, market)}, at most ${renderMost(price, lifetime)} within max-lifetime`
  return { what, verdict: 'good', said }
}

/** What a cloud says of what can be tried. */
export interface Telling<C extends Candidate> {
  /** The first of them has its price, where somebody tells it. */
  priced(first: C | undefined): Promise<Check>
  /** Why nobody can know whether an image is there; absent where it was looked up. */
  readonly unseen?: string
  /** What each of them takes of which quota. */
  draws(candidates: readonly C[]): Promise<readonly (readonly Draw[])[]>
}

/** What can be tried, by the very reading that a launch does, and what nobody can know of it beforehand. */
export async function* examineCandidates<C extends Candidate>(
  resolving: Promise<{ readonly candidates: readonly C[]; readonly warnings: readonly string[] }>,
  { priced, draws, unseen }: Telling<C>,
  signal: AbortSignal | undefined,
): AsyncIterable<Check> {
  const { value, failure } = await outcomeOf(resolving)
  signal?.throwIfAborted()
  if (failure) {
    yield checkOfReads('a machine to try', failure)
    return
  }
  yield checkCandidates(value)
  const images = new Map(value.candidates.map((one) => [`${one.region} ${one.image.id}`, one] as const))
  for (const { region, image } of images.values()) {
    const said = unseen === undefined ? image.name : `${image.name}: ${unseen}`
    yield { what: `image in ${region}`, verdict: unseen === undefined ? 'good' : 'unknown', said }
  }
  for (const [region, wayOut] of new Map(value.candidates.map((one) => [one.region, one.wayOut] as const)))
    yield { what: `way out of the network in ${region}`, verdict: 'unknown', said: wayOut }
  yield* checkQuotas(await draws(value.candidates))
  signal?.throwIfAborted()
  yield await priced(value.candidates[0])
}

/** By a cloud whose prices stand in a list. */
export async function checkListedPrice(
  first: Candidate | undefined,
  priceOf: (candidate: Candidate) => Promise<Price | undefined>,
  lifetime: number,
): Promise<Check> {
  const price = first && (await priceOf(first))
  return price
    ? checkPrice('price', price, first, lifetime)
    : {
        what: 'price',
        verdict: 'unknown',
        said: `of ${first?.type ?? 'the machine'} in that region no list tells it`,
      }
}
