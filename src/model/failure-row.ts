import type { FailureKind } from './failure.ts'

/** One line of a port's error table: what a verb throws, and what becomes of it. */
export interface FailureRow<Verb extends string> {
  readonly verb: Verb
  readonly kind: FailureKind
  /** What it means of this verb: a clause after "when". */
  readonly when: string
  /** Who must do something about it; `nobody` where time alone helps. */
  readonly acts: 'user' | 'launcher' | 'nobody'
  /** Who has asked again, or does: behind the port until the signal's end; the launcher, with something else; nobody. */
  readonly again: 'port' | 'launcher' | 'nobody'
}

/** The same row for each of several verbs. */
export function ofEach<Verb extends string>(
  verbs: readonly Verb[],
  row: Omit<FailureRow<Verb>, 'verb'>,
): readonly FailureRow<Verb>[] {
  return verbs.map((verb) => ({ verb, ...row }))
}
