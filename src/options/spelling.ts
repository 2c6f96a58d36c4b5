/** `--cloudRegion`, `cloud_region`, `Cloud-Region` → `cloud-region`. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll('_', '-')
}

/** `cloud-region` → `CML_RUNNER_CLOUD_REGION`. */
export function variableOf(name: string): string {
  return variablePrefix + name.toUpperCase().replaceAll('-', '_')
}

export const variablePrefix = 'CML_RUNNER_'

/** The one of `known` a person most likely meant: another way of writing it, its last words (`hdd-size`), or few typing errors away. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Nothing we know is that long, and the comparison below is quadratic.
  if (word.length > 60) return undefined
  const wanted = kebab(word)
  const ending = known.filter((name) => name.endsWith(`-${wanted}`))
  if (known.includes(wanted)) return wanted
  if (ending.length === 1) return ending[0]
  const ranked = known
    .map((name) => ({ name, distance: distance(wanted, name) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.name : undefined
}

/** Typing errors between two words: a letter missing, added, wrong, or two swapped each count one. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        current[column - 1]! + 1,
        last[column]! + 1,
        last[column - 1]! + (same ? 0 : 1),
        swapped ? beforeLast[column - 2]! + 1 : Infinity,
      )
    }
    ;[beforeLast, last] = [last, current]
  }
  return last[to.length]!
}
