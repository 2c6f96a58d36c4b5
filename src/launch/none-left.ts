import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import type { Refusal } from './refusals.ts'

/** The end of a launch for which there was no machine anywhere. */
export class NoneLeft extends Failure {
  /** The same for who tells the refusals in another way. */
  get withoutRefusals(): Failure {
    const { details = [], ...told } = this.explanation
    return new Failure(this.kind, { ...told, details: details.filter((line) => !line.startsWith('- ')) })
  }
}

/** One failure that shows each refusal of so many candidates, and each reason with its advice once. */
export function noneLeft(
  refusals: readonly Refusal[],
  candidates: number,
  { clouds }: Pick<Ports, 'clouds'>,
): NoneLeft {
  const byReason = refusals.map(({ failure }) => [failure.explanation.code ?? failure.kind, failure] as const)
  // The first of each tells most: later ones may only say that it was not asked again.
  const failures = [...new Map(byReason.toReversed()).values()].toReversed()
  const told = (part: (failure: Failure) => string | undefined): string =>
    [...new Set(failures.map(part))].filter((text) => text !== undefined).join(' ')
  return new NoneLeft(refusals.at(-1)?.failure.kind ?? 'capacity-unavailable', {
    tried: `find a machine: ${refusals.length < candidates ? 'the first' : 'all'} ${refusals.length} choices were refused`,
    why: told(whyOf),
    fix: lowerFirst(told((failure) => fixOf(failure, failures))),
    details: [
      ...refusals.map(({ candidate, failure }) => {
        const { said, code } = failure.explanation
        return `- ${clouds.render(candidate)}: ${code ?? failure.kind}${said ? `: ${said}` : ''}`
      }),
      ...failures.flatMap(({ explanation }) => explanation.details ?? []),
    ],
  })
}

function whyOf({ kind, explanation }: Failure): string | undefined {
  if (kind === 'quota-exceeded')
    return 'Quotas are limits of your account per region and family; capacity is what the cloud has left at this moment.'
  if (kind === 'capacity-unavailable')
    return 'The cloud has no capacity left for what was asked, at this moment.'
  if (kind === 'unknown') return 'What the cloud says below is not known to cml-runner.'
  return explanation.why
}

/** A sentence with a capital letter: several are joined. What a cloud itself advises stands for all refusals of the kind. */
function fixOf({ kind, explanation: { fix } }: Failure, all: readonly Failure[]): string | undefined {
  if (kind === 'quota-exceeded')
    return 'Name another type, market or region, or ask the cloud to raise the quota named below.'
  if (fix !== undefined) return `${fix.slice(0, 1).toUpperCase()}${fix.slice(1)}`
  const isAdvised = all.some((other) => other.kind === kind && other.explanation.fix !== undefined)
  if (kind !== 'capacity-unavailable' || isAdvised) return undefined
  return 'Name more places or types (`cloud-region` and `cloud-type` take lists), add `cloud-spot-fallback` to a spot launch, or try again later.'
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`
}
