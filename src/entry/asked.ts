import type { RawOptions } from '../hosts/host.ts'
import { fenced, folded } from '../lib/page.ts'
import type { Parsed } from '../options/parse.ts'
import type { OwnedTable } from '../options/option.ts'
import { givenOf } from './given.ts'

/** Longer values tell a person nothing: scripts, lists of certificates. */
const longestValue = 100

/** Markdown with what somebody gave, and where; secrets are named and not shown. `conceal` takes them out of other values. */
export function askedPart(
  table: OwnedTable,
  raw: RawOptions,
  { command, ...parsed }: Pick<Parsed, 'command' | 'sources' | 'values'>,
  conceal: (text: string) => string,
): string {
  const lines = givenOf(table, raw, parsed).map(({ name, text, variable, concealed }) => {
    const from = variable === undefined ? '' : `  # ${variable}`
    if (concealed) return `${name}: (not shown)${from}`
    const whole = conceal(text).replaceAll(/\s*[\r\n]+\s*/g, ', ')
    return `${name}: ${whole.length > longestValue ? `${whole.slice(0, longestValue)}…` : whole}${from}`
  })
  return `\n${folded('What was asked for', fenced([`command: ${command}`, ...lines].join('\n'), 'yaml'))}\n`
}
