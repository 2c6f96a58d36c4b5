import { constants } from 'node:os'

export interface Interrupt {
  /** Rejects with an Interrupted at the first signal, or when the demo has taken too long; never resolves. */
  readonly happens: Promise<never>
}

export class Interrupted extends Error {
  /** What the process ends with. */
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

/** ms. Something hangs when it takes this long. */
const patience = 60_000

/** A second signal ends the process at once; its machines end with it. */
export function listenForInterrupts(): Interrupt {
  const happens = new Promise<never>((_, reject) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const code = 128 + constants.signals[name]
      process.once(name, () => {
        process.once(name, () => process.exit(code))
        reject(new Interrupted(`Interrupted (${name}).`, code))
      })
    }
    const late = new Interrupted(`Not done after ${patience / 1000} s: something hangs.`, 1)
    setTimeout(() => reject(late), patience).unref()
  })
  happens.catch(() => undefined)
  return { happens }
}
