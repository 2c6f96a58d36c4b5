import type { Clock } from '../lib/clock.ts'
import type { Notice } from '../machine/cloud-half.ts'
import { Failure } from '../model/failure.ts'

/** Who tells this runner to end, and until when it may live. */
export interface Stops {
  /** Somebody told it to. */
  readonly first: AbortSignal
  /** And once more. */
  readonly second: AbortSignal
  /** It did not come online in time. */
  readonly late: AbortSignal
  /** The first one leaves no time to finish a job. */
  readonly hurried: boolean
  /** ms from now; Infinity = never. */
  readonly lifetime: number
}

/**
 * ms. Two signals that a program gets at once reach it in any order; one that is told to finish its job after it was told to end gives up without a word to
 * its forge.
 */
const apart = 500

/** What the agent is told from outside, each once, until the signal aborts. */
export async function* noticesOf(stops: Stops, clock: Clock, signal: AbortSignal): AsyncIterable<Notice> {
  const over = new AbortController()
  sleepLong(stops.lifetime, clock, signal).then(
    () => over.abort(),
    () => undefined,
  )
  const left = new Map<AbortSignal, (source: AbortSignal) => Notice>([
    [stops.first, (source) => toldTo(source, stops.hurried)],
    [stops.second, () => ({ text: 'told once more: ending now', urgent: true })],
    [stops.late, () => ({ text: 'it does not come online', urgent: true })],
    [over.signal, () => ({ text: 'its `max-lifetime` is over', urgent: true })],
  ])
  while (left.size > 0) {
    const source = await firstOf([...left.keys()], signal)
    if (!source) return
    const notice = left.get(source)!(source)
    left.delete(source)
    yield notice
    if (!notice.urgent) await clock.sleep(apart, signal).catch(() => undefined)
  }
}

function toldTo({ reason }: AbortSignal, hurried: boolean): Notice {
  const name = reason instanceof Failure ? reason.explanation.code : undefined
  const what = hurried ? 'ending now' : 'no other job is taken'
  return { text: `${name ?? 'told to stop'}: ${what}`, urgent: hurried }
}

/** The first of them that has aborted, or will; undefined once the signal has. */
function firstOf(sources: readonly AbortSignal[], signal: AbortSignal): Promise<AbortSignal | undefined> {
  const done = new AbortController()
  return new Promise<AbortSignal | undefined>((resolve) => {
    const listen = (one: AbortSignal, found?: AbortSignal): void => {
      if (one.aborted) resolve(found)
      else one.addEventListener('abort', () => resolve(found), { once: true, signal: done.signal })
    }
    listen(signal)
    for (const source of sources) listen(source, source)
  }).finally(() => done.abort())
}

/** A timer knows no more than 24 days. */
const day = 86_400_000

async function sleepLong(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const end = clock.now() + ms
  for (let left = ms; left > 0; left = end - clock.now()) await clock.sleep(Math.min(left, day), signal)
}
