/**
 * What a failure means to whoever must act next. The words are gRPC's canonical codes plus two of ours. `invalid-input` and `unimplemented`
 * are about the arguments, and end the program with exit code 2. What a vendor refuses because of its own state (a limit that is reached,
 * a setting, a server too old) is `failed-precondition`, whatever its HTTP status. `unknown` is a refusal that no table of ours knows.
 */
export const failureKinds = [
  'invalid-input',
  'unauthenticated',
  'permission-denied',
  'quota-exceeded',
  'capacity-unavailable',
  'rate-limited',
  'unavailable',
  'deadline-exceeded',
  'not-found',
  'already-exists',
  'conflict',
  'failed-precondition',
  'unknown',
  'unimplemented',
  'cancelled',
  'internal',
] as const

export type FailureKind = (typeof failureKinds)[number]

/** The parts of a message, in the order a person reads them. None ever holds a secret. */
export interface Explanation {
  /** What we tried, on what: "launch a g4dn.xlarge in us-west-1". Reads after "Could not …". */
  readonly tried: string
  /** What the other side said, in its words. */
  readonly said?: string
  /** The other side's code, once: `VcpuLimitExceeded`. */
  readonly code?: string
  /** Why that usually happens here. */
  readonly why?: string
  /** What to do about it, as an instruction. */
  readonly fix?: string
  /** Clock milliseconds from which the other side can be asked again, where it said so. Not shown: `why` tells it. */
  readonly until?: number
  /** The other side has said so itself: of what was asked for nothing is there, so that nobody need look for it. Not shown. */
  readonly nothingLeft?: true
  /** Lines that belong to the story: the end of a boot log, what is left and how to remove it. */
  readonly details?: readonly string[]
}

/** The only error that is shown to a person as it is; anything else is a defect of ours. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly kind: FailureKind
  readonly explanation: Explanation

  constructor(kind: FailureKind, explanation: Explanation, options?: { cause?: unknown }) {
    super(renderExplanation(explanation), options)
    this.kind = kind
    this.explanation = explanation
  }
}

/** What the other side said, with its code once. */
export function answerOf({ said, code }: Explanation): string | undefined {
  return said && code && !said.includes(code) ? `${code}: ${said}` : (said ?? code)
}

/** Several lines, each a sentence: what was tried and said, why, what to do. */
export function renderExplanation(explanation: Explanation): string {
  const { tried, why, fix, details } = explanation
  const answer = answerOf(explanation)
  const lines = [`Could not ${tried}${answer ? `: ${answer}` : '.'}`]
  if (why) lines.push(why)
  if (fix) lines.push(`What to do: ${fix}`)
  // Not pushed: there may be more than a call takes.
  return [...lines, ...(details ?? [])].join('\n')
}

/** True when other arguments are needed: what was asked cannot be done as it stands, whatever becomes of the other side. */
export function isAboutArguments(
  failure: unknown,
): failure is Failure & { readonly kind: 'invalid-input' | 'unimplemented' } {
  return failure instanceof Failure && (failure.kind === 'invalid-input' || failure.kind === 'unimplemented')
}

const ofOneCandidate: ReadonlySet<FailureKind> = new Set([
  'capacity-unavailable',
  'quota-exceeded',
  'failed-precondition',
  'unknown',
])

/**
 * True for a cloud's refusals after which another candidate may still succeed. Credentials, permissions and arguments are the same for all of them;
 * everything else is about the one that was asked for, also what nobody has seen before.
 */
export function movesOn(failure: unknown): failure is Failure {
  return failure instanceof Failure && ofOneCandidate.has(failure.kind)
}

/**
 * True for what one cloud refuses because of who asks, or where nobody knows who asks: no other candidate of that cloud fares better, and those of another
 * cloud may.
 */
export function isAboutCredentials(failure: unknown): failure is Failure {
  return (
    failure instanceof Failure && (failure.kind === 'unauthenticated' || failure.kind === 'permission-denied')
  )
}

/** A Failure is an answer, so that one silence does not hide what another read has found; a cancel is none. */
export async function orFailure<T>(read: Promise<T>, signal?: AbortSignal): Promise<T | Failure> {
  try {
    return await read
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof Failure) return error
    throw error
  }
}

/** Several failures found side by side, as one message; one alone is returned as it is. */
export function joinFailures(failures: readonly Failure[]): Failure {
  const [first, ...others] = failures
  if (!first) throw new RangeError('joinFailures needs at least one failure')
  if (others.length === 0) return first
  const { details = [], ...explanation } = first.explanation
  const also = others.flatMap((failure) =>
    sameCause(first, failure)
      ? [`Could not ${failure.explanation.tried}, for the same reason.`]
      : ['', ...failure.message.split('\n')],
  )
  return new Failure(first.kind, { ...explanation, details: [...details, ...also] })
}

/** Without credentials every read fails alike; a person needs the reason once. */
function sameCause({ explanation: one }: Failure, { explanation: other }: Failure): boolean {
  return one.said !== undefined && one.said === other.said && one.code === other.code && one.fix === other.fix
}

/** Several reasons of any kind as one error. What is no Failure is a defect of ours, and keeps its own shape beside the others. */
export function joinReasons(reasons: readonly unknown[]): unknown {
  const all = reasons.flatMap(partsOf)
  const failures = all.filter((reason) => reason instanceof Failure)
  const defects = all.filter((reason) => !(reason instanceof Failure))
  if (defects.length === 0) return joinFailures(failures)
  if (all.length === 1) return defects[0]
  return new AggregateError([...defects, ...(failures.length > 0 ? [joinFailures(failures)] : [])])
}

/** What was joined before. */
function partsOf(reason: unknown): readonly unknown[] {
  return reason instanceof AggregateError ? (reason.errors as readonly unknown[]) : [reason]
}
