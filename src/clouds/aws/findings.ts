import type { FailureKind } from '../../model/failure.ts'
import { failureOf } from '../../options/problem.ts'

/** Where everything that is found goes, each sentence once. */
export interface Findings {
  /** What is wrong whatever else there is: they end the launch. */
  readonly problems: Set<string>
  readonly warnings: Set<string>
  /**
   * What cannot serve where others may, and what that is a matter of: told as warnings while something is left to try, and the reason of the failure when
   * nothing is.
   */
  readonly leftOut: Map<string, FailureKind>
}

export function newFindings(warnings: readonly string[] = []): Findings {
  return { problems: new Set(), warnings: new Set(warnings), leftOut: new Map() }
}

/** Throws `invalid-input` naming every problem. */
export function throwProblems({ problems }: Pick<Findings, 'problems'>): void {
  if (problems.size > 0) throw failureOf([...problems].map((text) => ({ kind: 'invalid-input', text })))
}
