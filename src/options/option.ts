import type { Command } from './command.ts'
import type { Secret } from '../model/secret.ts'

/** What a parsed option is, by kind. */
export interface Shapes {
  readonly text: string
  readonly secret: Secret
  /** Comma or newline separated; repeatable on the command line. Empty items dropped. */
  readonly list: readonly string[]
  readonly flag: boolean
  readonly number: number
  /** A number; or, where several clouds are named, the lines as they were written, each a number after its cloud's name or for all others. */
  readonly amounts: number | string
  /** Seconds; Infinity = never. */
  readonly duration: number
  /** One of `choices`. */
  readonly choice: string
  /** One or several of `choices`, each once, in the user's order. Written as a list is. */
  readonly choices: readonly string[]
  /** `key=value`, repeatable; values may hold `=` and commas when repeated. */
  readonly pairs: Readonly<Record<string, string>>
  readonly url: URL
}

export type Kind = keyof Shapes

/**
 * Whom an option concerns. `cloud` without a name is any cloud, and so the machine that is launched there; `here` is the machine at hand, where
 * that is the runner. A launch elsewhere cannot heed the option.
 */
export interface Owner {
  readonly kind: 'everybody' | 'cloud' | 'forge' | 'here'
  /** As in the registry: `github`. */
  readonly name?: string
  /** As people write it: `GitHub`. */
  readonly title?: string
}

/** One row of the catalogue: everything every surface needs to know of an option. */
export interface Option<K extends Kind = Kind, Required extends boolean = boolean> {
  readonly kind: K
  /** One or two sentences, Markdown, starting with a capital letter. Goes to action.yml, `--help` and docs/inputs.md. */
  readonly description: string
  /** Commands that heed it: `launch` alone when absent. */
  readonly commands?: readonly Command[]
  /** What to do instead where a command does not heed it, and would do more than was asked for if it went on without it. */
  readonly refusedBy?: Readonly<Partial<Record<Command, string>>>
  /** Values of other options without which this one means nothing: `{ 'cloud-spot': 'true' }`. */
  readonly onlyWith?: Readonly<Record<string, string>>
  /** What somebody relies on who gives it, safety or money: `a price no higher than that`. Where it cannot be heeded it is refused. */
  readonly promise?: string
  /** It says how jobs use Docker, always or with this value alone: refused where a machine has none. */
  readonly needsDocker?: true | string
  /** A value by which nothing is asked for, as `false` is for every flag. */
  readonly asksNothing?: Shapes[K]
  /** As text, as a user would write it. An option with a default is never undefined. */
  readonly default?: Required extends true ? string : undefined
  readonly choices?: readonly string[]
  readonly aliases?: readonly string[]
  /** Variables of the forge or CI environment that stand in, first non-empty wins; below `CML_RUNNER_*`. */
  readonly environment?: readonly string[]
  /** CML's older names of the variable, read last and with a word about the name to use: `RUNNER_SINGLE`. */
  readonly oldNames?: readonly string[]
  /** What must be given along with certain values of this one: `{ jit: 'single' }`. */
  readonly requires?: Readonly<Record<string, string>>
  /** Options that cannot be given along with it, each pair in one of its rows, and why: a sentence. */
  readonly excludes?: { readonly names: readonly string[]; readonly why: string }
  /** What to say when the option is absent and had to be given, and which kind of failure that is. Absent = optional. */
  readonly required?: Requirement
  /** What to say when the option is absent and this command cannot do without it, inside CI or outside; undefined = it can. */
  needed?(command: Command, inCi: boolean): string | undefined
  /** Where several clouds are named each has a line of its own, after its name. */
  readonly linePerCloud?: true
  /** The value may hold line breaks and tabs; other text is one line. */
  readonly multiline?: true
  /** The value is never shown, not even in an error about it. Secrets never are. */
  readonly concealed?: true
  /** On a command line it takes every word that follows, as it did for CML. */
  readonly greedy?: true
  /** What may follow a number, in small letters: `gb` in `100GB`. */
  readonly units?: readonly string[]
  /** Word for the value in `--help`: `seconds`, `url`. */
  readonly placeholder?: string
  /** Extra rule: undefined when fine, else what would be valid ("a whole number of GB from 1 to 65536"). */
  check?(value: Shapes[K]): string | undefined
}

export interface Requirement {
  readonly say: string
}

export type Table = Readonly<Record<string, Option>>

/** A row of the whole catalogue, which says whose it is. */
export type OwnedTable = Readonly<Record<string, Option & { readonly owner: Owner }>>

/** Every way to write an option of the table: names and aliases. */
export function spellingsOf(table: Table): readonly string[] {
  return Object.entries(table).flatMap(([name, row]) => [name, ...(row.aliases ?? [])])
}

/** Keeps the kind, and whether there always is a value, in the type, so that `ValuesOf` can tell. */
export function option<K extends Kind>(
  row: Option<K, true> & { readonly default: string },
): Option<K, true> & { readonly default: string }
export function option<K extends Kind>(
  row: Option<K, false> & { readonly required: Requirement },
): Option<K, false> & { readonly required: Requirement }
export function option<K extends Kind>(row: Option<K, false>): Option<K, false>
export function option<K extends Kind>(row: Option<K>): Option<K> {
  return row
}

/** Parsed values of a table. Flags are never undefined; required options and those with a default neither. */
export type ValuesOf<T extends Table> = {
  readonly [N in keyof T]: T[N] extends Option<infer K, boolean>
    ? K extends 'flag'
      ? boolean
      : T[N] extends { readonly default: string } | { readonly required: Requirement }
        ? Shapes[K]
        : Shapes[K] | undefined
    : never
}
