import { Failure, type FailureKind } from './failure.ts'

/** One thing that a launch depends on, as far as it can be told beforehand. */
export interface Check {
  /** What was looked at, as a noun: `token`, `clock against GitHub`. */
  readonly what: string
  /** `bad`: a launch would fail, or its runner would serve nobody. `unknown`: nobody could say, or a person must judge. It never counts as good. */
  readonly verdict: 'good' | 'bad' | 'unknown'
  /** What was found, or what the other side said. */
  readonly said?: string
  /** What to do, as an instruction or as text to paste. */
  readonly fix?: string
}

/** Kinds that are an answer about what was asked. All others are about the asking: the other side is away, or asks for a pause. */
const answers: ReadonlySet<FailureKind> = new Set([
  'invalid-input',
  'unauthenticated',
  'permission-denied',
  'not-found',
  'failed-precondition',
  'unimplemented',
])

/** What a refusal says of a check. What is no Failure is a defect, and thrown on. */
export function checkOf(what: string, error: unknown): Check {
  if (!(error instanceof Failure)) throw error
  const { said, code, why, fix, tried } = error.explanation
  const words = [said ?? code ?? `could not ${tried}`, why].filter((text) => text !== undefined).join('. ')
  const verdict = answers.has(error.kind) ? 'bad' : 'unknown'
  return { what, verdict, said: words, ...(fix === undefined ? {} : { fix }) }
}

/** The same of reads side by side, of which each may have found something: what was tried says which, and what stands beside it is told, too. */
export function checkOfReads(what: string, failure: Failure): Check {
  const { said, ...check } = checkOf(what, failure)
  const { tried, details = [] } = failure.explanation
  const first = said?.startsWith(`could not ${tried}`) ? said : `could not ${tried}: ${said}`
  return { ...check, said: [first, ...details.filter(Boolean)].join(' ') }
}

/** What a read came to: its value, or the Failure that it ended with. What is no Failure is a defect, and thrown on. */
export async function outcomeOf<T>(
  reading: Promise<T>,
): Promise<
  { readonly value: T; readonly failure?: never } | { readonly value?: never; readonly failure: Failure }
> {
  try {
    return { value: await reading }
  } catch (failure) {
    if (failure instanceof Failure) return { failure }
    throw failure
  }
}

/**
 * Seconds between our clock and a server's from which on a launch is not to be trusted: signed requests and tokens of an hour are good for about that
 * long on either side of their time.
 */
const mostSeconds = 300

/** `date`: the header of an answer that has just come. `now`: our clock, Unix ms. */
export function checkClock(server: string, date: string | undefined, now: number): Check {
  const what = `clock against ${server}`
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return { what, verdict: 'unknown', said: `${server} did not tell its time` }
  const seconds = Math.round(Math.abs(now - theirs) / 1000)
  const said = `this machine's clock is ${seconds} s ${now > theirs ? 'ahead' : 'behind'}`
  return seconds < mostSeconds
    ? { what, verdict: 'good', said }
    : { what, verdict: 'bad', said, fix: 'set the clock (NTP): credentials are refused when it is wrong.' }
}
