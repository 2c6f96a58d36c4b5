import type { Kind, Option } from '../options/option.ts'

const placeholders: Readonly<Record<Kind, string>> = {
  text: 'text',
  secret: 'secret',
  list: 'list',
  flag: 'true|false',
  number: 'number',
  amounts: 'number',
  duration: 'duration',
  choice: 'word',
  choices: 'words',
  pairs: 'key=value',
  url: 'url',
}

/** Word for the value of an option: `duration`, `GB`, `token|jit`. */
export function placeholderOf(row: Option): string {
  return row.placeholder ?? row.choices?.join('|') ?? placeholders[row.kind]
}

/**
 * The description with everything the table knows besides: choices, default, aliases, other variables. Markdown. `lines`: can a value hold
 * line breaks here?
 */
export function describe(row: Option, { lines = true }: { readonly lines?: boolean } = {}): string {
  const facts = [
    row.choices ? `${row.kind === 'choices' ? 'One or several' : 'One'} of ${codes(row.choices)}.` : '',
    ['list', 'choices'].includes(row.kind) ? `Separated by commas${lines ? ' or line breaks' : ''}.` : '',
    row.kind === 'pairs' ? `${lines ? 'One a line, or separated' : 'Separated'} by commas.` : '',
    row.linePerCloud && lines
      ? `For several clouds one a line, such as \`CLOUD: ${row.kind === 'amounts' ? 'number' : 'text'}\`.`
      : '',
    row.default === undefined ? '' : `Default: \`${row.default}\`.`,
    row.onlyWith ? `Only with ${codes(Object.entries(row.onlyWith).map(withValue))}.` : '',
    row.environment ? `Else taken from ${codes(row.environment)}.` : '',
  ]
  return [row.description, ...facts].filter(Boolean).join(' ')
}

function withValue([name, value]: readonly [string, string]): string {
  return value === 'true' ? name : `${name}: ${value}`
}

export function codes(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ')
}

/** The same text as it begins a sentence. */
export function sentence(text: string): string {
  return text.replace(/^./u, (letter) => letter.toUpperCase())
}
