import { Failure } from '../../model/failure.ts'
import { renderCandidate, type Instance, type Market } from '../../model/instance.ts'
import type { GcpCandidate } from './candidate.ts'
import { rowOf, type Reach } from './codes.ts'
import { parseType } from './machine-type.ts'
import { regionOf } from './regions.ts'

/** One try: a type in a zone, or anywhere in a region. */
export interface Subject {
  readonly region: string
  /** Undefined = the API chooses. */
  readonly zone?: string
  readonly type: string
  readonly market: Market
}

/** What was refused during one launch, so that it is not asked again, and where there is said to be room. */
export class Refusals {
  readonly #known = new Map<string, Failure>()
  readonly #room = new Set<string>()

  note(subject: Subject, failure: Failure): void {
    const { code = '', said = '' } = failure.explanation
    const row = rowOf(code, said)
    const reach = typeof row === 'object' ? row.reach : failure.kind === 'unknown' ? 'type' : undefined
    if (reach) this.#known.set(keyOf(subject, reach), failure)
  }

  /** A spot machine that was taken back at once: its zone has none to spare. */
  noteEnd({ ended, zone, region, type, market }: Instance): void {
    if (ended?.kind !== 'capacity-unavailable' || !zone) return
    const { kind, code, text } = ended
    const failure = new Failure(kind, { tried: `start ${type}`, said: text, code })
    this.#known.set(keyOf({ region, zone, type, market }, 'pool'), failure)
  }

  /** The refusal that would come again, if one is known. */
  known(subject: Subject): Failure | undefined {
    for (const reach of reaches) {
      const found = this.#known.get(keyOf(subject, reach))
      if (found) return found
    }
    return undefined
  }

  noteRoom(zones: readonly string[]): void {
    for (const zone of zones) this.#room.add(zone)
  }

  /** Those first that a stockout has named. */
  inOrder(zones: readonly string[]): readonly string[] {
    return zones.toSorted((one, other) => Number(this.#room.has(other)) - Number(this.#room.has(one)))
  }
}

const reaches = ['region', 'market', 'zone', 'type', 'quota', 'pool'] as const

function keyOf({ region, zone = 'any', type, market }: Subject, reach: Reach): string {
  const family = parseType(type)?.family ?? type
  const parts: Readonly<Record<Reach, readonly string[]>> = {
    region: [region],
    market: [market],
    zone: [zone === 'any' ? region : zone],
    type: [region, zone, type],
    quota: [region, market, parseType(type)?.attached?.accelerator ?? family],
    pool: [region, zone, type, market],
  }
  return [reach, ...parts[reach]].join('|')
}

/** The same refusal, of a candidate that was not asked about. */
export function again(candidate: GcpCandidate, { kind, explanation }: Failure): Failure {
  return new Failure(kind === 'unknown' ? 'failed-precondition' : kind, {
    ...explanation,
    tried: `launch ${renderCandidate(candidate)}`,
    said: `not asked again: Compute Engine has refused this already (${explanation.said ?? explanation.code ?? 'no reason given'})`,
  })
}

export function subjectOf({ region, type, market }: GcpCandidate, zone: string | undefined): Subject {
  return { region: zone === undefined ? region : regionOf(zone), type, market, ...(zone ? { zone } : {}) }
}
