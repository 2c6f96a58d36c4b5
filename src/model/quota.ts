import { outcomeOf, type Check } from './check.ts'

/** What one machine would take of a quota. */
export interface Draw {
  /** The quota as people read it, with its place: `quota for spot G and VT machines in us-east-1`. */
  readonly what: string
  /** Who takes it: a type. */
  readonly by: string
  /** Undefined where nobody can tell. */
  readonly takes: number | undefined
  /** `vCPUs` */
  readonly unit: string
  readonly known: Known | Unread
}

export interface Known {
  /** Infinity: there is none. */
  readonly limit: number
  /** Absent where nobody tells. */
  readonly used?: number
  /** How to get more. */
  readonly raise: string
}

export interface Unread {
  /** Why it could not be read. */
  readonly why: string
  /** How to look, or to be allowed to. */
  readonly look: string
}

/** What was read of a place, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly why: string }

/** Reads each place once, whichever machines are tried there. */
export async function readEach<T>(
  candidates: readonly { readonly region: string }[],
  read: (region: string) => Promise<T>,
): Promise<(candidate: { readonly region: string }) => Reading<T>> {
  const regions = [...new Set(candidates.map(({ region }) => region))]
  const readings = await Promise.all(regions.map((region) => readingOf(read(region))))
  return ({ region }) => readings[regions.indexOf(region)]!
}

export async function readingOf<T>(reading: Promise<T>): Promise<Reading<T>> {
  const { value, failure } = await outcomeOf(reading)
  return failure ? { why: failure.explanation.said ?? failure.kind } : { value }
}

/**
 * Each quota once, by the machine that takes the least of it. `draws`: what each machine that would be tried takes. A quota that is too small is bad where no machine
 * does without it: else the launch goes on to another one.
 */
export function* checkQuotas(draws: readonly (readonly Draw[])[]): Iterable<Check> {
  const isStuck = draws.every((own) => own.some(isShort))
  const all = draws.flat().toSorted((one, other) => (one.takes ?? Infinity) - (other.takes ?? Infinity))
  for (const what of new Set(draws.flat().map((draw) => draw.what)))
    yield verdictOn(
      all.find((draw) => draw.what === what)!,
      isStuck,
    )
}

function isShort({ takes = 1, known }: Draw): boolean {
  return 'limit' in known && takes > known.limit - (known.used ?? 0)
}

function verdictOn(draw: Draw, isStuck: boolean): Check {
  const { what, by, takes, unit, known } = draw
  const size = takes === undefined ? `what ${by} takes is not known` : `${by} takes ${takes} ${unit}`
  if ('why' in known)
    return { what, verdict: 'unknown', said: `${size}; how much there is: ${known.why}`, fix: known.look }
  const { limit, used, raise } = known
  if (limit === Infinity) return { what, verdict: 'good', said: 'none is set, so nothing limits it' }
  const said = `${size}, and the limit is ${limit}${used === undefined ? '' : ` with ${used} in use`}`
  if (!isShort(draw)) return { what, verdict: takes === undefined ? 'unknown' : 'good', said }
  if (isStuck) return { what, verdict: 'bad', said, fix: raise }
  return { what, verdict: 'unknown', said: `${said}: a launch goes on to others`, fix: raise }
}
