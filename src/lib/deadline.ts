/** Signals know whether it is over, not when it will be. These know both, so that nobody begins a wait that is longer than the time there is. */
const ends = new WeakMap<AbortSignal, number>()

/** Clock milliseconds until which work under this signal goes on at most; undefined where nobody has said. */
export function endOf(signal: AbortSignal | undefined): number | undefined {
  return signal && ends.get(signal)
}

/** The same signal for work that has until `end`, or until its own end where that is earlier. It does not abort by itself. */
export function withEnd(signal: AbortSignal | undefined, end: number): AbortSignal {
  const own = AbortSignal.any(signal ? [signal] : [])
  ends.set(own, Math.min(end, endOf(signal) ?? Infinity))
  return own
}

/** Aborts with the first of them, and has the earliest end of theirs. */
export function anyOf(...signals: readonly AbortSignal[]): AbortSignal {
  const any = AbortSignal.any([...signals])
  const known = signals.flatMap((signal) => endOf(signal) ?? [])
  if (known.length > 0) ends.set(any, Math.min(...known))
  return any
}
