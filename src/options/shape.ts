import { commandWords } from './command.ts'
import { foreignOptions } from './foreign.ts'
import type { Option, Table } from './option.ts'
import { kebab } from './spelling.ts'

interface Shape {
  meant(written: string): string | undefined
  readonly flags: ReadonlySet<string>
  readonly repeatable: ReadonlySet<string>
  readonly greedy: ReadonlySet<string>
  readonly commands: ReadonlySet<string>
}

/** What a reader of command lines must know of the options, names and aliases alike. */
export function shapeOf(table: Table): Shape {
  const rows = Object.entries(table).flatMap(([name, row]) =>
    [name, ...(row.aliases ?? [])].map((spelling) => ({ spelling, row })),
  )
  const where = (fits: (row: Option) => boolean): readonly string[] =>
    rows.filter(({ row }) => fits(row)).map(({ spelling }) => spelling)
  const foreign = Object.entries(foreignOptions)
  const known = new Set([...where(() => true), ...foreign.map(([name]) => name)])
  return {
    meant: (written) => [written, kebab(written)].find((name) => known.has(name)),
    flags: new Set([
      ...where(({ kind }) => kind === 'flag'),
      ...foreign.filter(([, { flag }]) => flag).map(([name]) => name),
    ]),
    repeatable: new Set(where(({ kind }) => kind === 'list' || kind === 'pairs')),
    greedy: new Set(where(({ greedy }) => greedy === true)),
    commands: new Set(commandWords),
  }
}
