import { descriptions } from '../generate/descriptions.ts'
import { renderHelp, type Paint } from '../generate/help.ts'
import type { OwnedTable } from '../options/option.ts'
import { catalogue } from './catalogue.ts'

/** What `cml-runner --help` prints, or `cml-runner <command> --help`. */
export function helpOf(version: string, command?: string, paint?: Paint): string {
  const groups = catalogue.groups.map(({ title, options }) => ({ title, options: described(options) }))
  return renderHelp({ groups, table: described(catalogue.table) }, version, command, paint)
}

function described(table: OwnedTable): OwnedTable {
  const rows = Object.entries(table).map(([name, row]) => {
    return [name, { ...row, description: descriptions[name] ?? row.description }] as const
  })
  return Object.fromEntries(rows)
}
