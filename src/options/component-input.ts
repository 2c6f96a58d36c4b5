import type { Option, Table } from './option.ts'

/**
 * What an input of the GitLab component holds when nobody gave it. Its inputs are typed, so a number and a flag hold their default; a
 * text holds this sign and not an empty text, which GitLab before 18.1 lets no pattern match (gitlab-org/gitlab issue 477707).
 */
export const notGiven = '-'

export function unsaid({ kind, default: standing }: Option): string | number | boolean {
  if (kind === 'flag') return false
  return kind === 'number' && standing !== undefined ? Number(standing) : notGiven
}

/** The same for every option, as the text that reaches the program. */
export function unsaidTexts(table: Table): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(table).map(([name, row]) => [name, String(unsaid(row))]))
}
