import type { Entry, Meanings } from '../options/catalogue.ts'

/** What an option of every cloud means at those that say so, by their names for people. */
export interface Apart {
  readonly option: string
  readonly meanings: readonly (readonly [cloud: string, meaning: string])[]
}

/** With more clouds than these a row tells more of them than of the option. */
const mostInRow = 2

/** Clouds without what is better told in a table of its own, and what that is. */
export function toldApart(clouds: readonly Entry[]): {
  readonly clouds: readonly Entry[]
  readonly apart: readonly Apart[]
} {
  const options = [...new Set(clouds.flatMap(({ meanings = {} }) => Object.keys(meanings)))]
  const apart = options
    .map((option) => ({
      option,
      meanings: clouds.flatMap(({ name, title = name, meanings = {} }) => {
        const meaning = meanings[option as keyof Meanings]
        return meaning === undefined ? [] : [[title, meaning] as const]
      }),
    }))
    .filter(({ meanings }) => meanings.length > mostInRow)
  const isApart = new Set(apart.map(({ option }) => option))
  const rest = (meanings: Meanings = {}): Meanings =>
    Object.fromEntries(Object.entries(meanings).filter(([option]) => !isApart.has(option)))
  return { clouds: clouds.map((cloud) => ({ ...cloud, meanings: rest(cloud.meanings) })), apart }
}

/** Ends the row of such an option. */
export function pointerTo(option: string, apart: readonly Apart[]): string {
  return apart.some((one) => one.option === option) ? ` [At each cloud](#${option}-at-each-cloud).` : ''
}
