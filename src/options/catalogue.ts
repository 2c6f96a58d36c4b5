import type { Option, OwnedTable, Owner, Table, ValuesOf } from './option.ts'
import { callOptions, hereOptions, machineOptions, runnerOptions, thisMachine } from './runner-options.ts'

/** What options of every cloud mean at one of them: sentences that follow its name and a colon. */
export type Meanings = Readonly<
  Partial<Record<keyof typeof machineOptions | keyof typeof runnerOptions, string>>
>

/** What a line of a registry says of its cloud or forge; the registry adds how to load it. */
export interface Entry {
  /** As users write it: `github`. */
  readonly name: string
  /** As people know it: `GitHub`. */
  readonly title?: string
  readonly options: Table
  readonly meanings?: Meanings
}

export interface Group {
  readonly title: string
  readonly options: OwnedTable
}

export interface Catalogue {
  /** Help and tables keep this order. */
  readonly groups: readonly Group[]
  /** The same rows in one table. */
  readonly table: OwnedTable
}

/** Values every invocation has, whatever its cloud and forge. Those of clouds and forges are seen through `pick`. */
export type Values = ValuesOf<
  typeof runnerOptions & typeof hereOptions & typeof machineOptions & typeof callOptions
> &
  Readonly<Record<string, unknown>>

/** Every option there is, each once. Throws when two owners claim one name or an alias is somebody's name. */
export function catalogueOf(clouds: readonly Entry[], forges: readonly Entry[]): Catalogue {
  const call = { ...callOptions, cloud: oneOf('cloud', clouds), driver: oneOf('driver', forges) }
  const groups = [
    group('General', call, { kind: 'everybody' }),
    group('The runner', withMeanings(runnerOptions, clouds), { kind: 'everybody' }),
    group('This machine', hereOptions, { kind: 'here', title: 'this machine as the runner' }),
    group('The machine', withMeanings(machineOptions, clouds), { kind: 'cloud' }),
    ...clouds.map((entry) => groupOf(entry, 'cloud')),
    ...forges.map((entry) => groupOf(entry, 'forge')),
  ]
  const rows = groups.flatMap(({ options }) => Object.entries(options))
  refuseDoubles(rows.flatMap(([name, row]) => [name, ...(row.aliases ?? [])]))
  return {
    groups: groups.filter(({ options }) => Object.keys(options).length > 0),
    table: Object.fromEntries(rows),
  }
}

/** Each row, with what it means at each cloud that says so. */
function withMeanings(table: Table, clouds: readonly Entry[]): Table {
  const meant = (option: string): readonly string[] =>
    clouds.flatMap(({ name, title = name, meanings = {} }) => {
      const meaning = meanings[option as keyof Meanings]
      return meaning === undefined ? [] : [`${title}: ${meaning}`]
    })
  const rows = Object.entries(table).map(([name, row]) => {
    const description = [row.description, ...meant(name)].join(' ')
    return [name, { ...row, description }] as const
  })
  return Object.fromEntries(rows)
}

function groupOf({ name, title = name, options }: Entry, kind: Owner['kind']): Group {
  return group(title, options, { kind, name, title })
}

function group(title: string, options: Table, owner: Owner): Group {
  const rows = Object.entries(options).map(([name, row]) => [name, { ...row, owner }] as const)
  return { title, options: Object.fromEntries(rows) }
}

/** The choices of `cloud` and `driver` are the registries' lines, so that a new line is known everywhere at once. */
function oneOf(name: 'cloud' | 'driver', entries: readonly Entry[]): Table[string] {
  const choices = [...entries.map((entry) => entry.name), ...(name === 'cloud' ? [thisMachine] : [])]
  const row: Option = callOptions[name]
  return { ...row, kind: row.kind === 'choices' ? 'choices' : 'choice', choices }
}

function refuseDoubles(names: readonly string[]): void {
  const double = names.find((name, index) => names.indexOf(name) !== index)
  if (double !== undefined) throw new RangeError(`Two options are called ${double}`)
}

/** The values of one table, with their types. */
export function pick<T extends Table>(table: T, values: Readonly<Record<string, unknown>>): ValuesOf<T> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, values[name]])) as ValuesOf<T>
}
