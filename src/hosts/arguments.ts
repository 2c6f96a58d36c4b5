import { parseArgs } from 'node:util'
import type { RawOptions } from './host.ts'

/** What the reader of a command line must know of the options. */
export interface Shape {
  /** The option that is meant by what was written (`cloudRegion`, `cloud_region`), aliases included; undefined when there is none. */
  meant(written: string): string | undefined
  /** These take no value. */
  readonly flags: ReadonlySet<string>
  /** These may be given more than once. */
  readonly repeatable: ReadonlySet<string>
  /** These take every word that follows, as CML's did: `--cloud-metadata a=1 b=2`. */
  readonly greedy: ReadonlySet<string>
  /** Words that are commands, and so no item of a list. */
  readonly commands: ReadonlySet<string>
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

/** One argument, as far as it can be read by itself. */
interface Item {
  readonly text: string
  /** An option's name as it was written, without dashes. */
  readonly option?: string
  /** What stood behind `=`. */
  readonly value?: string
  /** It stands behind `--`, and is a word whatever it looks like. */
  readonly word?: true
}

/**
 * `--name value`, `--name=value`, bare flags, `--no-flag`; everything after `--` and all that follows no option is a word. A value
 * may start with a dash (`-1`, a PEM text) as long as it does not look like an option. Repeated lists are joined by line breaks.
 */
export function readArguments(argv: readonly string[], shape: Shape): Arguments {
  const draft: Draft = { given: {}, words: [], problems: [] }
  const items = itemsOf(argv)
  const [asked, rest] = [items.filter(isQuestion), items.filter((item) => !isQuestion(item))]
  for (let index = 0; index < rest.length;) index += take(rest, index, shape, draft)
  const questions = new Set(asked.map(({ text }) => text))
  return {
    ...draft,
    help: questions.has('--help') || questions.has('-h'),
    version: questions.has('--version') || questions.has('-V'),
  }
}

function isQuestion({ text, word }: Item): boolean {
  return !word && ['--help', '-h', '--version', '-V'].includes(text)
}

/** Node's own lexer tells options, values behind `=` and words apart; which word belongs to which option is decided here. */
function itemsOf(argv: readonly string[]): readonly Item[] {
  const args = argv.map(unescaped)
  const { tokens } = parseArgs({ args, options: {}, strict: false, allowPositionals: true, tokens: true })
  const end = tokens.find((token) => token.kind === 'option-terminator')?.index ?? args.length
  // `-abc` is three tokens of one argument.
  const first = tokens.filter(({ index }, at) => tokens[at - 1]?.index !== index && index !== end)
  return first.map((token): Item => {
    const text = args[token.index]!
    if (token.index > end) return { text, word: true }
    if (token.kind !== 'option' || !looksLikeOption(text)) return { text }
    return { text, option: token.name, ...(token.value === undefined ? {} : { value: token.value }) }
  })
}

/** A backslash before a blank makes the blank a part of the word. CML's own page has such a line, and nobody means it. */
function unescaped(argument: string): string {
  return argument.replace(/^\s+(?=--[a-z])/i, '')
}

/** `-1` and a PEM text are values. */
function looksLikeOption(argument: string): boolean {
  return /^(--[a-z_]|-[a-z])/i.test(argument)
}

/** How many arguments it took. */
function take(items: readonly Item[], index: number, shape: Shape, draft: Draft): number {
  const { text, option, value } = items[index]!
  if (option === undefined) {
    draft.words.push(text)
    return 1
  }
  if (!text.startsWith('--')) return takeShort(items, index, shape, draft)
  const words = valuesAt(items, index + 1)
  const { name, values, taken } = readOption(option, value, words, shape)
  const [first, ...others] = values
  if (first === undefined) draft.problems.push(`\`--${name}\` needs a value.`)
  else keep(name, [first, ...others].join('\n'), shape, draft)
  return 1 + taken
}

/** `-labels x` is a slip: one complaint covers it and its value. */
function takeShort(items: readonly Item[], index: number, shape: Shape, { problems }: Draft): number {
  const [written = '', value] = items[index]!.text.slice(1).split('=', 2)
  const known = written.length > 1 ? shape.meant(written) : undefined
  const [name, hint] = known === undefined ? [written[0], ''] : [known, ` Did you mean \`--${known}\`?`]
  problems.push(`There is no option \`-${name}\`: options are written with two dashes.${hint}`)
  return 1 + (known === undefined ? 0 : readOption(known, value, valuesAt(items, index + 1), shape).taken)
}

interface Reading {
  readonly name: string
  /** None where a value is missing. */
  readonly values: readonly string[]
  /** How many of the words that follow are among them. */
  readonly taken: number
}

function readOption(
  written: string,
  value: string | undefined,
  words: readonly string[],
  shape: Shape,
): Reading {
  const known = shape.meant(written)
  const name = known ?? written
  if (value !== undefined) {
    const others = listed(name, words, shape)
    return { name, values: [value, ...others], taken: others.length }
  }
  if (shape.flags.has(name)) return readFlag(name, words[0])
  const denied = /^no[-_A-Z]/.test(written) ? shape.meant(written.replace(/^no[-_]?/, '')) : undefined
  if (known === undefined && denied !== undefined && shape.flags.has(denied))
    return { name: denied, values: ['false'], taken: 0 }
  const [first, ...others] = words
  if (first === undefined) return { name, values: known === undefined ? ['true'] : [], taken: 0 }
  const values = [first, ...listed(name, others, shape)]
  return { name, values, taken: values.length }
}

function readFlag(name: string, next: string | undefined): Reading {
  const told = /^(true|false|yes|no|on|off|1|0)$/i.test(next ?? '')
  return { name, values: [told ? next! : 'true'], taken: told ? 1 : 0 }
}

/** Texts from there on that are no options. */
function valuesAt(items: readonly Item[], from: number): readonly string[] {
  const end = items.findIndex(({ option, word }, at) => at >= from && (option !== undefined || word))
  return items.slice(from, end < 0 ? items.length : end).map(({ text }) => text)
}

function listed(name: string, words: readonly string[], { greedy, commands }: Shape): readonly string[] {
  if (!greedy.has(name)) return []
  const end = words.findIndex((word) => commands.has(word))
  return words.slice(0, end < 0 ? words.length : end)
}

function keep(name: string, value: string, { repeatable, meant }: Shape, { given, problems }: Draft): void {
  const before = Object.hasOwn(given, name) ? given[name] : undefined
  if (before === undefined || before === value) define(given, name, value)
  else if (repeatable.has(name)) define(given, name, `${before}\n${value}`)
  else if (meant(name) !== undefined)
    problems.push(`\`--${name}\` is given more than once, with different values.`)
}

/** `--__proto__ x` must become an unknown option like any other. */
function define(given: Record<string, string>, name: string, value: string): void {
  Object.defineProperty(given, name, { value, enumerable: true, configurable: true, writable: true })
}

export function rawOptionsOf(read: Arguments, variables: RawOptions['variables']): RawOptions {
  return { given: read.given, variables, words: read.words, problems: read.problems, prefix: '--' }
}
