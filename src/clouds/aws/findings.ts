import { failureOf } from '../../options/problem.ts'

/** Where everything that is found goes, each sentence once: problems end the launch, warnings do not. */
export interface Findings {
  readonly problems: Set<string>
  readonly warnings: Set<string>
}

/** Throws `invalid-input` naming every problem. */
export function throwProblems({ problems }: Findings): void {
  if (problems.size > 0) throw failureOf([...problems].map((text) => ({ kind: 'invalid-input', text })))
}
