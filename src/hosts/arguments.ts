import type { RawOptions } from './host.ts'

/** What the reader of a command line must know of the options: which take no value, and which may be repeated. */
export interface Shape {
  /** Names and aliases, all kinds. */
  readonly known: ReadonlySet<string>
  readonly flags: ReadonlySet<string>
  readonly repeatable: ReadonlySet<string>
}

export interface Arguments {
  readonly given: Readonly<Record<string, string>>
  readonly words: readonly string[]
  readonly problems: readonly string[]
  readonly help: boolean
  readonly version: boolean
}

interface Draft {
  readonly given: Record<string, string>
  readonly words: string[]
  readonly problems: string[]
}

/**
 * `--name value`, `--name=value`, bare flags, `--no-flag`; everything after `--` and all that follows no option is a word. A value
 * may start with a dash (`-1`, a PEM text) as long as it does not look like an option. Repeated lists are joined by line breaks.
 */
export function readArguments(argv: readonly string[], shape: Shape): Arguments {
  const draft: Draft = { given: {}, words: [], problems: [] }
  const asked = { help: false, version: false }
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]!
    if (argument === '--') {
      draft.words.push(...argv.slice(index + 1))
      break
    }
    if (argument === '--help' || argument === '-h') asked.help = true
    else if (argument === '--version' || argument === '-V') asked.version = true
    else if (isOption(argument)) index += takeOption(argument, argv[index + 1], shape, draft)
    else draft.words.push(argument)
  }
  return { ...draft, ...asked }
}

function isOption(argument: string | undefined): boolean {
  return argument !== undefined && /^(--[a-z_]|-[a-z])/i.test(argument)
}

/** How many further arguments it took. */
function takeOption(argument: string, next: string | undefined, shape: Shape, draft: Draft): 0 | 1 {
  if (!argument.startsWith('--')) {
    draft.problems.push(
      `There is no option \`${argument.slice(0, 2)}\`: options are written with two dashes.`,
    )
    return 0
  }
  const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(argument) ?? []
  if (value !== undefined) return keep(name, value, shape, draft, 0)
  if (shape.flags.has(name)) return takeFlag(name, next, shape, draft)
  if (!shape.known.has(name) && name.startsWith('no-') && shape.flags.has(name.slice(3))) {
    return keep(name.slice(3), 'false', shape, draft, 0)
  }
  if (next !== undefined && !isOption(next) && next !== '--') return keep(name, next, shape, draft, 1)
  if (shape.known.has(name)) {
    draft.problems.push(`\`--${name}\` needs a value.`)
    return 0
  }
  return keep(name, 'true', shape, draft, 0)
}

function takeFlag(name: string, next: string | undefined, shape: Shape, draft: Draft): 0 | 1 {
  const told = /^(true|false)$/i.test(next ?? '')
  return keep(name, told ? next! : 'true', shape, draft, told ? 1 : 0)
}

function keep(name: string, value: string, { repeatable, known }: Shape, draft: Draft, taken: 0 | 1): 0 | 1 {
  const before = Object.hasOwn(draft.given, name) ? draft.given[name] : undefined
  if (before === undefined || before === value) define(draft.given, name, value)
  else if (repeatable.has(name)) define(draft.given, name, `${before}\n${value}`)
  else if (known.has(name))
    draft.problems.push(`\`--${name}\` is given more than once, with different values.`)
  return taken
}

/** `--__proto__ x` must become an unknown option like any other. */
function define(given: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(given, name, { value, enumerable: true, configurable: true, writable: true })
}

export function rawOptionsOf(read: Arguments, variables: RawOptions['variables']): RawOptions {
  return { given: read.given, variables, words: read.words, problems: read.problems, prefix: '--' }
}
