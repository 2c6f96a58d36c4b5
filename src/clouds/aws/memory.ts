import { Failure } from '../../model/failure.ts'
import { renderCandidate, type Instance } from '../../model/instance.ts'
import type { AwsCandidate } from './candidate.ts'

import { rowOf, type Reach } from './codes.ts'
import { reachOfEnd } from './ends.ts'
import { parseType } from './families.ts'

/** "… in the Availability Zone you requested (us-east-1a). … choosing us-east-1b": only the zone in brackets was refused. */
const refusedZone = /(?:Availability Zone you requested|requested Availability Zone) \(([a-z0-9-]+)\)/i

/** What a refusal was about, as far as it can be remembered. */
type Subject = Pick<AwsCandidate, 'region' | 'type' | 'market'> &
  Partial<Pick<AwsCandidate, 'place' | 'zone' | 'image'>>

interface Remembered {
  readonly failure: Failure
  /** Of a quota: it holds for machines of that size and larger. */
  readonly vcpus: number
}

/**
 * What EC2 has refused during one launch, so that it is not asked again. How far a refusal holds, its row says; what no table knows is taken to be
 * about this type in this region, unless it names the place.
 */
export class Refusals {
  readonly #known = new Map<string, Remembered>()

  note(candidate: AwsCandidate, failure: Failure): void {
    const { code = '', said = '' } = failure.explanation
    const row = rowOf(code, said)
    const presumed = failure.kind === 'unknown' ? presume(candidate, said) : undefined
    const reach = typeof row === 'object' ? row.reach : presumed
    if (reach) this.#note(candidate, reach, said, failure)
  }

  /** A machine that was made and ended before it ran: EC2 refuses some things only then. */
  noteEnd(instance: Instance): void {
    const { ended, id } = instance
    const reach = ended && reachOfEnd(ended.code)
    if (!reach) return
    const { kind, code, text } = ended
    this.#note(instance, reach, text, new Failure(kind, { tried: `start ${id}`, said: text, code }))
  }

  #note(subject: Subject, reach: Reach, said: string, failure: Failure): void {
    const zone = refusedZone.exec(said)?.[1] ?? subject.zone
    const key = keyOf({ ...subject, ...(zone ? { zone } : {}) }, reach)
    const vcpus = reach === 'quota' ? vcpusOf(subject) : 0
    const before = key === undefined ? undefined : this.#known.get(key)
    if (key !== undefined && !(before && before.vcpus <= vcpus)) this.#known.set(key, { failure, vcpus })
  }

  /** The refusal that EC2 would repeat, if one is known. */
  known(candidate: AwsCandidate): Failure | undefined {
    for (const reach of reaches) {
      const key = keyOf(candidate, reach)
      const known = key === undefined ? undefined : this.#known.get(key)
      if (known && vcpusOf(candidate) >= known.vcpus) return again(candidate, reach, known.failure)
    }
    return undefined
  }
}

const reaches = ['region', 'market', 'image', 'place', 'type', 'quota', 'pool'] as const

function presume({ place, zone }: AwsCandidate, said: string): Reach {
  return [place, zone].some((name) => name !== undefined && said.includes(name)) ? 'place' : 'type'
}

/** Undefined where that is not known of the candidate: EC2 has chosen the zone and not said which. */
function keyOf(subject: Subject, reach: Reach): string | undefined {
  const { region, type, market, zone, image } = subject
  const place = subject.place ?? zone
  const parts: Readonly<Record<Reach, readonly (string | undefined)[]>> = {
    region: [region],
    market: [region, market],
    image: [region, image?.id],
    place: [place],
    type: [region, type, market, image?.id],
    quota: [region, market, parseType(type)?.quotaClass ?? type],
    pool: [zone, type, market],
  }
  return parts[reach].includes(undefined) ? undefined : [reach, ...parts[reach]].join('|')
}

/** Nothing new is learnt from it, so what nobody knew stays known. */
function again(candidate: AwsCandidate, reach: Reach, { kind, explanation }: Failure): Failure {
  const { type, market, region, image, zone, place } = candidate
  const facts: Readonly<Record<Reach, string>> = {
    region: `has already refused this for all of ${region}`,
    market: `has already refused ${market} machines in ${region}`,
    image: `has already refused image ${image.id}`,
    place: `has already refused ${place ?? zone}`,
    type: `has already refused ${type} in ${region}`,
    quota: `has already named this quota in ${region}`,
    pool: `has said already that ${zone} has no ${type} (${market}) left`,
  }
  return new Failure(kind === 'unknown' ? 'failed-precondition' : kind, {
    ...explanation,
    tried: `launch ${renderCandidate(candidate)}`,
    said: `not asked again: EC2 ${facts[reach]}`,
  })
}

function vcpusOf({ type }: Pick<AwsCandidate, 'type'>): number {
  return parseType(type)?.vcpus ?? Infinity
}
