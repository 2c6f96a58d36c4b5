/**
 * Acts on each item, so many at a time, begun in order; gives the results in that order. What an act throws is its own affair: the first one
 * ends the whole.
 */
export async function eachOf<T, U>(
  items: readonly T[],
  abreast: number,
  act: (item: T) => Promise<U>,
): Promise<U[]> {
  const results: U[] = []
  const queue = items.entries()
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await act(item)
  }
  await Promise.all(Array.from({ length: Math.min(abreast, items.length) }, work))
  return results
}
