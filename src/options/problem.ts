import { Failure, type FailureKind } from '../model/failure.ts'

/** One thing that is wrong with what was asked: a whole sentence that names the option and what would be valid. */
export interface Problem {
  readonly kind: Extract<FailureKind, 'invalid-input' | 'unimplemented'>
  readonly text: string
}

export function invalid(text: string): Problem {
  return { kind: 'invalid-input', text }
}

/** Nobody reads more, and a value of many lines can have a problem for each. */
const mostShown = 100

/** All of them as one message, so that nobody has to run a job once for each. */
export function failureOf(problems: readonly Problem[]): Failure {
  const kind = problems.every((problem) => problem.kind === 'unimplemented')
    ? 'unimplemented'
    : 'invalid-input'
  const [first, ...others] = problems
  const tried = 'use these options'
  if (others.length === 0) return new Failure(kind, { tried, said: first?.text ?? 'no reason known' })
  const more = problems.length - mostShown
  return new Failure(kind, {
    tried,
    said: `${problems.length} problems`,
    details: [
      ...problems.slice(0, mostShown).map((problem) => `- ${problem.text}`),
      ...(more > 0 ? [`- and ${more} more`] : []),
    ],
  })
}

/** A token is never sent where it could be read on its way. */
export function unencrypted(address: string): Failure {
  const { host } = new URL(address)
  return new Failure('invalid-input', {
    tried: `send a token to ${address}`,
    said: 'it is plain http, so the token could be read by everybody on the way',
    fix: `give \`repo\` its https address; when ${host} has none, have it get one.`,
  })
}

/** A value as a person may see it: quoted, with escapes for what cannot be printed, cut when long. */
export function quote(value: string, longest = 60): string {
  const cut = value.length > longest ? `${value.slice(0, longest)}…` : value
  return escapeUnseen(JSON.stringify(cut))
}

/** What steers a terminal, breaks lines or turns the direction of writing is shown by its number. */
export function escapeUnseen(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  )
}
