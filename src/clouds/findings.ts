import { Failure, type FailureKind } from '../model/failure.ts'
import { failureOf } from '../options/problem.ts'
import type { Complaint, CreateOrder, RegionWords } from './cloud.ts'

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

/** What is wrong with an order, by whoever reads it and ends with `throwProblems`; none is an empty list. */
export function complaintsIn(read: (findings: Findings) => unknown): readonly Complaint[] {
  const findings = newFindings()
  try {
    read(findings)
  } catch (error) {
    if (findings.problems.size === 0) throw error
  }
  return [...findings.problems].map((text) => ({ option: '', ...findings.words.get(text), text }))
}

/** Native region names of the words, each once, in order; of no words those of the `usual` ones. */
export function readRegionWords(
  words: readonly string[],
  usual: readonly string[],
  regionOf: (word: string) => string | undefined,
  explain: (word: string) => string,
): RegionWords {
  const meant = words.length > 0 ? words : usual
  return {
    regions: [...new Set(meant.flatMap((word) => regionOf(word) ?? []))],
    complaints: meant
      .filter((word) => regionOf(word) === undefined)
      .map((word) => ({ option: 'cloud-region', word, text: `cloud-region: ${explain(word)}` })),
  }
}

/** Throws `invalid-input` where what is sent to the machine is more than so many bytes. */
export function checkPayload({ payload }: Pick<CreateOrder, 'payload'>, most: number): void {
  if (payload.length <= most) return
  throw new Failure('invalid-input', {
    tried: 'send the machine its setup',
    said: `it is ${payload.length} bytes, and at most ${most} are sent`,
    fix: 'shorten `cloud-startup-script`: let it fetch what is large.',
  })
}
