import type { RawOptions } from '../hosts/host.ts'
import { fenced, folded } from '../lib/page.ts'
import type { Parsed } from '../options/parse.ts'
import type { OwnedTable } from '../options/option.ts'

/** Longer values tell a person nothing: scripts, lists of certificates. */
const longestValue = 100

/** Markdown with what somebody gave, and where; secrets are named and not shown. `conceal` takes them out of other values. */
export function askedPart(
  table: OwnedTable,
  { given, variables, prefix }: RawOptions,
  { command, sources }: Pick<Parsed, 'command' | 'sources'>,
  conceal: (text: string) => string,
): string {
  const lines = [...sources].flatMap(([name, source]) => {
    const option = source.startsWith(prefix) ? given[source.slice(prefix.length)]?.trim() : undefined
    const text = option || variables[source]?.trim()
    const row = table[name]
    if (!text || !row) return []
    const from = option ? '' : `  # ${source}`
    if (row.kind === 'secret' || row.concealed) return [`${name}: (not shown)${from}`]
    const whole = conceal(text).replaceAll(/\s*[\r\n]+\s*/g, ', ')
    return [`${name}: ${whole.length > longestValue ? `${whole.slice(0, longestValue)}…` : whole}${from}`]
  })
  return `\n${folded('What was asked for', fenced([`command: ${command}`, ...lines].join('\n'), 'yaml'))}\n`
}
