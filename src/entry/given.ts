import type { RawOptions } from '../hosts/host.ts'
import type { Parsed } from '../options/parse.ts'
import type { OwnedTable } from '../options/option.ts'

/** What somebody gave for one option, and how. What the surroundings told by themselves nobody gave. */
export interface Given {
  readonly name: string
  readonly row: OwnedTable[string]
  readonly text: string
  /** The variable that it was given by; absent for a flag or an input. */
  readonly variable?: string
  /** Its text is for nobody's eyes. */
  readonly concealed: boolean
}

export function givenOf(
  table: OwnedTable,
  { given, variables, prefix }: RawOptions,
  sources: Parsed['sources'],
): readonly Given[] {
  return [...sources].flatMap(([name, source]) => {
    const option = source.startsWith(prefix) ? given[source.slice(prefix.length)]?.trim() : undefined
    const text = option || variables[source]?.trim()
    const row = table[name]
    if (!text || !row) return []
    const concealed = row.kind === 'secret' || row.concealed === true
    return [{ name, row, text, concealed, ...(option ? {} : { variable: source }) }]
  })
}
