/** Acts on each item, so many at a time, in order. What an act throws is its own affair: the first one ends the whole. */
export async function eachOf<T>(
  items: readonly T[],
  abreast: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items]
  const work = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: Math.min(abreast, items.length) }, work))
}
