import type { Fault } from './wire.ts'

export interface Calls<E> {
  /** Which requests count; all when absent. */
  readonly of?: (request: E) => boolean
  /** The first that is struck, counted from 1. */
  readonly from?: number
  /** How many are struck; one when absent. */
  readonly times?: number
}

/** A fault that strikes so many of the calls that count, and nothing else: `emulator.fault = atCalls('5xx', { of: isCreation, from: 3 })`. */
export function atCalls<E>(
  fault: Fault,
  { of = () => true, from = 1, times = 1 }: Calls<E> = {},
): (request: E) => Fault | undefined {
  let count = 0
  return (request) => {
    if (!of(request)) return undefined
    count++
    return count >= from && count < from + times ? fault : undefined
  }
}
