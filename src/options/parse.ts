import type { RawOptions } from '../hosts/host.ts'
import type { Values } from './catalogue.ts'
import { readCommand, type Command } from './command.ts'
import { heedingOf, heeds, type InUse } from './heed.ts'
import { readValue, urlOf } from './kinds.ts'
import { missing } from './missing.ts'
import type { Option, OwnedTable, Table } from './option.ts'
import { failureOf, invalid, quote, type Problem } from './problem.ts'
import { variableOf } from './spelling.ts'
import { strangersIn } from './strangers.ts'

export interface Parsed {
  readonly command: Command
  readonly values: Values
  /** Things to say that are no reason to stop. */
  readonly warnings: readonly string[]
  /** The same, of less weight. */
  readonly notes: readonly string[]
  /** Where each value that is no default came from, as a person would say it: `--token`, `GITHUB_TOKEN`. */
  readonly sources: ReadonlyMap<string, string>
}

/** One text that stands for an option's value, and where it was found. */
interface Finding {
  readonly text: string
  readonly source: string
}

/**
 * Everything that was asked, checked as a whole. A flag or input wins over `CML_RUNNER_<NAME>`, that over the variables of the
 * forge or CI environment, those over `inferred` (what the entry found out by itself, by option name), and that over the
 * default. Empty texts are absent. Throws one Failure (`invalid-input`) that lists every problem.
 */
export function parse(
  table: OwnedTable,
  raw: RawOptions,
  inferred: Readonly<Record<string, string>> = {},
  inUse: FindInUse = () => ({}),
): Parsed {
  const { problems, ...parsed } = review(table, raw, inferred, inUse)
  if (problems.length > 0) throw failureOf(problems)
  return parsed
}

/** Tells what is in use from the values, of which those that were missing or not valid are undefined or a default. */
export type FindInUse = (values: Partial<Values>, sources: ReadonlyMap<string, string>) => InUse

/** Only the beginning of a value is ever shown, and a whole megabyte takes long to search. */
const mostConcealed = 65_536

export interface Review extends Parsed {
  /** When there are any, `values` has defaults where no valid value was given: enough to look for further problems. */
  readonly problems: readonly Problem[]
}

/** The same without a throw, for a caller that can find more that is wrong and wants to tell all of it at once. */
export function review(
  table: OwnedTable,
  raw: RawOptions,
  inferred: Readonly<Record<string, string>> = {},
  inUse: FindInUse = () => ({}),
): Review {
  const conceal = concealer(secretsOf(table, raw))
  const problems: Problem[] = raw.problems.map((text) => invalid(conceal(text)))
  const { command, problems: ofCommand } = readCommand(raw.words.map(conceal))
  problems.push(...ofCommand)
  const strangers = strangersIn(table, raw)
  problems.push(...strangers.problems)
  const values: Record<string, unknown> = {}
  const sources = new Map<string, string>()
  for (const [name, row] of Object.entries(table)) {
    const finding = find([name, row], raw, inferred, problems)
    if (finding) sources.set(name, finding.source)
    const shown = finding && { ...finding, shown: conceal(finding.text.slice(0, mostConcealed)) }
    values[name] = read([name, row], shown, raw, problems)
  }
  const told = { command: command ?? 'launch', values: values as unknown as Values, sources }
  // What is missing for a command that nobody knows is no help.
  if (command === undefined) return { ...told, problems, warnings: [], notes: [] }
  problems.push(...contradictions(table, { command, values, sources }, raw))
  const heeding = heedingOf(table, { command, values, sources, raw, inUse: inUse(values, sources) })
  return {
    ...told,
    problems: [...problems, ...heeding.problems],
    warnings: [...strangers.warnings, ...heeding.warnings],
    notes: heeding.notes,
  }
}

/** Every secret in reach of this invocation, wherever it was given: mask them before anything is said. */
export function secretsOf(table: Table, raw: RawOptions): readonly string[] {
  const texts = Object.entries(table).flatMap(([name, row]) => {
    const names = [name, ...(row.aliases ?? [])]
    const all = [
      ...names.flatMap((spelling) => [raw.given[spelling], raw.variables[variableOf(spelling)]]),
      ...variablesOf(row).map((variable) => raw.variables[variable]),
    ].flatMap((text) => text?.trim() || [])
    if (row.kind === 'secret') return all
    return row.kind === 'url' || row.concealed ? all.flatMap(credentialsIn) : []
  })
  return [...new Set(texts)]
}

/** `https://user:password@host`: both may be a token, as it stands and decoded. An address that is none may hold them too. */
export function credentialsIn(address: string): readonly string[] {
  const url = urlOf(address)
  const [, written = ''] = /^(?:[^/]*\/\/)?([^/]*)@/.exec(address) ?? []
  const [user, ...password] = written.split(':')
  const parts = [url?.username, url?.password, user, password.join(':')].flatMap((part) => part || [])
  // `git` and the like are user names, not secrets, and would blank half of the log.
  const secrets = parts.filter((part) => part.length >= 8).flatMap((part) => [part, decode(part)])
  return [...new Set(secrets)]
}

/** By text and whatever its length, since what cannot be read as an address may still hold a password. */
function withoutCredentials(address: string): string {
  return address.replace(/^((?:[^/]*\/\/)?).*@/s, '$1')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

type NamedRow = readonly [name: string, row: Option]

function find(
  [name, row]: NamedRow,
  raw: RawOptions,
  inferred: Readonly<Record<string, string>>,
  problems: Problem[],
): Finding | undefined {
  const spellings = [name, ...(row.aliases ?? [])]
  const given = spellings.flatMap((spelling) => finding(raw.given[spelling], raw.prefix + spelling))
  const own = spellings.flatMap((spelling) =>
    finding(raw.variables[variableOf(spelling)], variableOf(spelling)),
  )
  const around = variablesOf(row).flatMap((variable) => finding(raw.variables[variable], variable))
  if (given.length > 1) {
    problems.push(
      invalid(
        `${given.map(({ source }) => `\`${source}\``).join(' and ')} are one option: give one of them.`,
      ),
    )
  }
  return given[0] ?? own[0] ?? around[0] ?? finding(inferred[name], 'the environment')[0]
}

/** Variables of others that stand in for ours, in their order. */
function variablesOf({ environment = [], oldNames = [] }: Option): readonly string[] {
  return [...environment, ...oldNames]
}

function finding(text: string | undefined, source: string): readonly Finding[] {
  const trimmed = text?.trim()
  return trimmed ? [{ text: trimmed, source }] : []
}

function read(
  [name, row]: NamedRow,
  found: (Finding & { readonly shown: string }) | undefined,
  raw: RawOptions,
  problems: Problem[],
): unknown {
  const text = found?.text ?? row.default
  if (text === undefined) return row.kind === 'flag' ? false : undefined
  const reading = readValue(row, text)
  if ('value' in reading) return reading.value
  const plain = found?.shown ?? text
  const visible = row.kind === 'url' ? withoutCredentials(plain) : plain
  const shown = row.kind === 'secret' || row.concealed ? 'its value' : quote(visible)
  const label = raw.prefix + name
  const where = found && found.source !== label ? ` (from ${found.source})` : ''
  problems.push(invalid(`\`${label}\`${where}: ${shown} is not valid; give ${reading.expected}.`))
  if (row.default === undefined) return row.kind === 'flag' ? false : undefined
  const fallback = readValue(row, row.default)
  return 'value' in fallback ? fallback.value : undefined
}

interface Read {
  readonly command: Command
  readonly values: Readonly<Record<string, unknown>>
  readonly sources: ReadonlyMap<string, string>
}

/** Rules between options, all of them rows of the table. */
function contradictions(
  table: Table,
  { command, values, sources }: Read,
  raw: RawOptions,
): readonly Problem[] {
  const { prefix } = raw
  const isSet = (name: string): boolean => sources.has(name) && values[name] !== false
  const label = (name: string): string => {
    const source = sources.get(name)
    return `\`${prefix}${name}\`${source === prefix + name ? '' : ` (from ${source})`}`
  }
  const problems = Object.entries(table).flatMap(([name, row]) => {
    if (!heeds(command, row)) return []
    if (!isSet(name)) return missing(name, row, command, raw)
    const needed = row.requires?.[String(values[name])]
    const { names = [], why } = row.excludes ?? {}
    return [
      ...names
        .filter(isSet)
        .map((other) =>
          invalid(`${label(name)} and ${label(other)} exclude each other. ${why} Give one of them.`),
        ),
      ...(needed === undefined || isSet(needed)
        ? []
        : [invalid(`\`${prefix}${name}\`: ${quote(String(values[name]))} needs \`${prefix}${needed}\`.`)]),
    ]
  })
  return problems
}

/**
 * A secret given to the wrong option (`--name $TOKEN`) must not come back in the complaint about it. Values are concealed before
 * they are cut, so that no first half of a secret is left.
 */
export function concealer(secrets: readonly string[]): (text: string) => string {
  const all = secrets.flatMap((secret) => secret.split(/[\r\n]+/)).filter((line) => line.length >= 4)
  const lines = [...new Set(all)]
  return (text) => lines.reduce((shown, line) => shown.replaceAll(line, '***'), text)
}
