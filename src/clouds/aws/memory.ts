import { Failure } from '../../model/failure.ts'
import { renderCandidate } from '../../model/instance.ts'
import type { AwsCandidate } from './candidate.ts'
import { parseType } from './families.ts'

/** "… in the Availability Zone you requested (us-east-1a). … choosing us-east-1b": only the zone in brackets was refused. */
const refusedZone = /(?:Availability Zone you requested|requested Availability Zone) \(([a-z0-9-]+)\)/i

const perRegion: ReadonlySet<string> = new Set(['VolumeLimitExceeded', 'MaxIOPSLimitExceeded'])

/**
 * What EC2 has refused during one launch, so that it is not asked again: an empty zone holds for one type and market, whoever chose the zone;
 * a vCPU quota holds for a class of families and a market in a region, for machines of that size and larger; a disk quota for the region.
 */
export class Refusals {
  readonly #empty = new Map<string, Failure>()
  readonly #quotas = new Map<string, { readonly vcpus: number; readonly failure: Failure }>()

  note(candidate: AwsCandidate, failure: Failure): void {
    const {
      kind,
      code = '',
      said = '',
    } = failure.explanation.code ? { kind: failure.kind, ...failure.explanation } : { kind: failure.kind }
    if (kind === 'capacity-unavailable' && code !== 'InsufficientFreeAddressesInSubnet') {
      const zone = refusedZone.exec(said)?.[1] ?? candidate.zone
      if (zone) this.#empty.set(emptyKey(candidate, zone), failure)
    }
    if (kind !== 'quota-exceeded') return
    const key = perRegion.has(code) ? candidate.region : quotaKey(candidate)
    const vcpus = perRegion.has(code) ? 0 : vcpusOf(candidate)
    const known = this.#quotas.get(key)
    if (!known || vcpus < known.vcpus) this.#quotas.set(key, { vcpus, failure })
  }

  /** The refusal that EC2 would repeat, if one is known. */
  known(candidate: AwsCandidate): Failure | undefined {
    const empty = candidate.zone ? this.#empty.get(emptyKey(candidate, candidate.zone)) : undefined
    if (empty)
      return again(
        candidate,
        empty,
        `EC2 has said already that ${candidate.zone} has no ${candidate.type} (${candidate.market}) left`,
      )
    const quota = this.#quotas.get(candidate.region) ?? this.#quotas.get(quotaKey(candidate))
    if (!quota || vcpusOf(candidate) < quota.vcpus) return undefined
    return again(candidate, quota.failure, `EC2 has named this quota in ${candidate.region} already`)
  }
}

function again(candidate: AwsCandidate, { kind, explanation }: Failure, said: string): Failure {
  return new Failure(kind, {
    ...explanation,
    tried: `launch ${renderCandidate(candidate)}`,
    said: `not asked again: ${said}`,
  })
}

function emptyKey({ type, market }: AwsCandidate, zone: string): string {
  return [zone, type, market].join('|')
}

function quotaKey({ region, market, type }: AwsCandidate): string {
  return [region, market, parseType(type)?.quotaClass ?? type].join('|')
}

function vcpusOf({ type }: AwsCandidate): number {
  return parseType(type)?.vcpus ?? Infinity
}
