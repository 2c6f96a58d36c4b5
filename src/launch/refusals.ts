import type { Failure } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import { renderHour, type Price } from '../model/price.ts'
import type { Ports } from '../ports.ts'

/** A candidate that was tried and refused, for the summary. */
export interface Refusal {
  readonly candidate: Candidate
  readonly failure: Failure
  /** Where several clouds were named: what it would have cost, as far as that is known, and what is tried in its place. */
  readonly price?: Price | undefined
  readonly next?: Candidate | undefined
}

/** One line of the log. */
export function renderRefusal({ candidate, failure, price, next }: Refusal, clouds: Ports['clouds']): string {
  const { said, code } = failure.explanation
  const line = `No ${clouds.render(candidate)}${price ? `, ${renderHour(price)}` : ''}: ${code ?? failure.kind}${said ? ` (${said})` : ''}`
  if (!clouds.several) return line
  return `${line}. ${next ? `Next: ${clouds.render(next)}.` : 'Nothing else is left to try.'}`
}

/** So often a refusal that no table knows is taken for one about this candidate alone. */
const mostUnknown = 5

/** Is it time to stop guessing that the next candidate will fare better? */
export function guessedEnough(refusals: readonly Refusal[]): boolean {
  return refusals.filter(({ failure }) => failure.kind === 'unknown').length > mostUnknown
}
