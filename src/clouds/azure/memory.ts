import { Failure } from '../../model/failure.ts'
import { renderCandidate, type Instance, type Market } from '../../model/instance.ts'
import type { AzureCandidate } from './candidate.ts'
import type { Reach } from './codes.ts'
import { rowOf } from './rows.ts'
import { parseSize } from './size.ts'

/** One try: a size in a place. */
export interface Subject {
  readonly region: string
  /** Zone, or the region where Azure chooses. */
  readonly place: string
  readonly type: string
  readonly market: Market
}

/** What was refused during one launch, so that it is not asked again. */
export class Refusals {
  readonly #known = new Map<string, Failure>()

  note(subject: Subject, failure: Failure): void {
    const { code = '', said = '' } = failure.explanation
    const reach = rowOf(code, said)?.reach ?? (failure.kind === 'unknown' ? 'pool' : undefined)
    if (reach) this.#known.set(keyOf(subject, reach), failure)
  }

  /** A machine that could not be had after all, or was taken back at once. */
  noteEnd({ ended, zone, region, type, market }: Instance): void {
    if (ended?.kind !== 'capacity-unavailable') return
    const { kind, code, text } = ended
    const failure = new Failure(kind, { tried: `start ${type}`, said: text, code })
    this.#known.set(keyOf({ region, place: zone ?? region, type, market }, 'pool'), failure)
  }

  /** The refusal that would come again, if one is known. */
  known(subject: Subject): Failure | undefined {
    for (const reach of reaches) {
      const found = this.#known.get(keyOf(subject, reach))
      if (found) return found
    }
    return undefined
  }
}

const reaches = ['region', 'market', 'family', 'size', 'pool'] as const

function keyOf({ region, place, type, market }: Subject, reach: Reach): string {
  const parts: Readonly<Record<Reach, readonly string[]>> = {
    region: [region],
    market: [region, market],
    family: [region, market, parseSize(type)?.family ?? type],
    size: [region, type, market],
    pool: [place, type, market],
  }
  return [reach, ...parts[reach]].join('|')
}

/** The same refusal, of a candidate that was not asked about. */
export function again(candidate: AzureCandidate, { kind, explanation }: Failure): Failure {
  return new Failure(kind === 'unknown' ? 'failed-precondition' : kind, {
    ...explanation,
    tried: `launch ${renderCandidate(candidate)}`,
    nothingLeft: true,
    said: `not asked again: Azure has refused this already (${explanation.said ?? explanation.code ?? 'no reason given'})`,
  })
}

export function subjectOf({ region, place, type, market }: AzureCandidate): Subject {
  return { region, place: place ?? region, type, market }
}
