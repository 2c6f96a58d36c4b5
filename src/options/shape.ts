import type { Table } from './option.ts'

/** What a reader of command lines must know of the options, names and aliases alike. */
export function shapeOf(table: Table): {
  readonly known: ReadonlySet<string>
  readonly flags: ReadonlySet<string>
  readonly repeatable: ReadonlySet<string>
} {
  const rows = Object.entries(table).flatMap(([name, row]) =>
    [name, ...(row.aliases ?? [])].map((spelling) => ({ spelling, row })),
  )
  const named = (kinds: readonly string[]): ReadonlySet<string> =>
    new Set(rows.filter(({ row }) => kinds.includes(row.kind)).map(({ spelling }) => spelling))
  return {
    known: new Set(rows.map(({ spelling }) => spelling)),
    flags: named(['flag']),
    repeatable: named(['list', 'pairs']),
  }
}
