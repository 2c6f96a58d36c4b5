import { Failure } from '../model/failure.ts'

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

type SignalName = keyof typeof codes

export interface Interruption {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP (its terminal was closed), with a Failure of kind `cancelled` whose code is the signal's name. */
  readonly signal: AbortSignal
  /** Aborts at the second one: whoever sent it will not wait. */
  readonly insistence: AbortSignal
  /** Aborts at the next one after this call, however many there were. */
  nextSignal(): AbortSignal
}

/** From here on these signals no longer end the process by themselves: it ends when its work notices. */
export function listenForSignals(source: NodeJS.EventEmitter = process): Interruption {
  const first = new AbortController()
  const second = new AbortController()
  const waiting = new Set<AbortController>()
  for (const name of Object.keys(codes) as SignalName[]) {
    source.on(name, () => {
      if (first.signal.aborted) second.abort(interrupted(name))
      else first.abort(interrupted(name))
      for (const next of waiting) next.abort(interrupted(name))
      waiting.clear()
    })
  }
  return {
    signal: first.signal,
    insistence: second.signal,
    nextSignal() {
      const next = new AbortController()
      waiting.add(next)
      return next.signal
    },
  }
}

function interrupted(name: SignalName): Failure {
  return new Failure('cancelled', { tried: 'finish', said: 'the process was told to stop', code: name })
}

/** Exit code of a process that a signal ended: 128 and the signal's number. */
export function exitCodeOf(reason: unknown): number {
  const name = reason instanceof Failure ? reason.explanation.code : undefined
  return codes[name as SignalName] ?? codes.SIGINT
}
