import type { FailureKind } from '../model/failure.ts'
import { failureOf } from '../options/problem.ts'

/** Where everything that is found goes, each sentence once. */
export interface Findings {
  /** Which of the user's words a problem is about, by its sentence: another cloud may understand it. */
  readonly words: Map<string, { readonly option: string; readonly word: string }>
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
  return { words: new Map(), problems: new Set(), warnings: new Set(warnings), leftOut: new Map() }
}

/** Notes a problem with a word that stands in an option. */
export function complain(
  { problems, words }: Pick<Findings, 'problems' | 'words'>,
  option: string,
  word: string,
  text: string,
): void {
  problems.add(`${option}: ${text}`)
  words.set(`${option}: ${text}`, { option, word })
}

/** Throws `invalid-input` naming every problem. */
export function throwProblems({ problems }: Pick<Findings, 'problems'>): void {
  if (problems.size > 0) throw failureOf([...problems].map((text) => ({ kind: 'invalid-input', text })))
}
