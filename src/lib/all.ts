/** What came of reads that went on side by side. */
export type Together<T> = { readonly values: T } | { readonly reasons: readonly unknown[] }

/**
 * Waits for each of them: every value in its place, or every reason. `Promise.all` tells the first reason alone, and leaves the others at work.
 */
export async function all<T extends readonly unknown[] | []>(
  reads: T,
): Promise<Together<{ -readonly [Place in keyof T]: Awaited<T[Place]> }>> {
  const results = await Promise.allSettled(reads)
  const reasons = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  return reasons.length > 0 ? { reasons } : { values: await Promise.all(reads) }
}
