/** The promise's outcome, or the signal's reason as soon as it aborts; the promise itself goes on unheard. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  const settled = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), {
      once: true,
      signal: settled.signal,
    })
  })
  return Promise.race([promise, aborted]).finally(() => settled.abort())
}
