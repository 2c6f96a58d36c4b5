import type { RawOptions } from '../hosts/host.ts'
import type { Parsed } from '../options/parse.ts'
import type { OwnedTable } from '../options/option.ts'

/** What somebody gave for one option, and how. What the surroundings told by themselves nobody gave. */
export interface Given {
  readonly name: string
  readonly row: OwnedTable[string]
  /** An address as it was understood, without what may be a secret in it. */
  readonly text: string
  /** The variable that it was given by; absent for a flag or an input. */
  readonly variable?: string
  /** Its text is for nobody's eyes. */
  readonly concealed: boolean
}

export function givenOf(
  table: OwnedTable,
  { given, variables, prefix }: RawOptions,
  { sources, values }: Pick<Parsed, 'sources' | 'values'>,
): readonly Given[] {
  return [...sources].flatMap(([name, source]) => {
    const option = source.startsWith(prefix) ? given[source.slice(prefix.length)]?.trim() : undefined
    const written = option || variables[source]?.trim()
    const row = table[name]
    if (!written || !row) return []
    const text = row.kind === 'url' ? String(values[name]) : written
    const concealed = row.kind === 'secret' || row.concealed === true
    return [{ name, row, text, concealed, ...(option ? {} : { variable: source }) }]
  })
}
