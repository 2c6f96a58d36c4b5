import { option, type Table, type ValuesOf } from './option.ts'
import { callOptions, machineOptions, runnerOptions } from './runner-options.ts'

/** What a line of a registry says of its cloud or forge; the registry adds how to load it. */
export interface Entry {
  /** As users write it: `aws`, `github`. */
  readonly name: string
  /** As people know it: `AWS`, `GitHub`. */
  readonly title?: string
  readonly options: Table
}

export interface Group {
  readonly title: string
  readonly options: Table
}

export interface Catalogue {
  /** For people: help and tables keep this order. */
  readonly groups: readonly Group[]
  /** The same rows in one table. */
  readonly table: Table
}

/** Values every invocation has, whatever its cloud and forge. Those of clouds and forges are seen through `pick`. */
export type Values = ValuesOf<typeof runnerOptions & typeof machineOptions & typeof callOptions> &
  Readonly<Record<string, unknown>>

/** Every option there is, each once. Throws when two owners claim one name or an alias is somebody's name. */
export function catalogueOf(clouds: readonly Entry[], forges: readonly Entry[]): Catalogue {
  const call = { ...callOptions, cloud: oneOf('cloud', clouds), driver: oneOf('driver', forges) }
  const groups = [
    { title: 'What to launch where', options: call },
    { title: 'The runner', options: runnerOptions },
    { title: 'The machine', options: machineOptions },
    ...[...clouds, ...forges].map(({ name, title, options }) => ({ title: title ?? name, options })),
  ].filter((group) => Object.keys(group.options).length > 0)
  const rows = groups.flatMap((group) => Object.entries(group.options))
  refuseDoubles(rows.flatMap(([name, row]) => [name, ...(row.aliases ?? [])]))
  return { groups, table: Object.fromEntries(rows) }
}

/** The choices of `cloud` and `driver` are the registries' lines, so that a new line is known everywhere at once. */
function oneOf(name: 'cloud' | 'driver', entries: readonly Entry[]): Table[string] {
  return option({ ...callOptions[name], kind: 'choice', choices: entries.map((entry) => entry.name) })
}

function refuseDoubles(names: readonly string[]): void {
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double !== undefined) throw new RangeError(`Two options are called ${double}`)
}

/** The values of one table, with their types. */
export function pick<T extends Table>(table: T, values: Readonly<Record<string, unknown>>): ValuesOf<T> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, values[name]])) as ValuesOf<T>
}
