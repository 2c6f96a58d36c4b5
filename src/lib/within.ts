import type { Clock } from './clock.ts'

/** The promise's outcome, or undefined once it has taken `ms`; the promise itself goes on unheard. */
export async function within<T>(promise: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  const done = new AbortController()
  const late = clock.sleep(ms, done.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([promise, late])
  } finally {
    done.abort()
  }
}
