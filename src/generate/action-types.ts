import { stringify } from 'yaml'
import type { Kind, Option } from '../options/option.ts'
import type { ActionFacts } from './action.ts'

/** A type of https://github.com/typesafegithub/github-actions-typing, which editors and typed workflows read beside `action.yml`. */
type InputType =
  | { readonly type: 'string' | 'boolean' | 'float' }
  | { readonly type: 'enum'; readonly 'allowed-values': readonly string[] }
  | { readonly type: 'list'; readonly separator: ','; readonly 'list-item': InputType }

const text: InputType = { type: 'string' }

const enumOf = (words: readonly string[]): InputType => ({ type: 'enum', 'allowed-values': words })
const listOf = (item: InputType): InputType => ({ type: 'list', separator: ',', 'list-item': item })

/** Kinds that are not here take texts of their own, such as `15m`. */
const types: Partial<Readonly<Record<Kind, (row: Option) => InputType>>> = {
  flag: () => ({ type: 'boolean' }),
  number: () => ({ type: 'float' }),
  choice: ({ choices = [] }) => enumOf(choices),
  choices: ({ choices = [] }) => listOf(enumOf(choices)),
  list: () => listOf(text),
  pairs: () => listOf(text),
}

const notice = '# Generated from src/options by `npm run generate`; edit there.\n'

/** `action-types.yml`. `words`: what inputs take that no option stands for; any text, where they are not in it. */
export function renderActionTypes(
  { catalogue, outputs, extraInputs }: ActionFacts,
  words: Readonly<Record<string, readonly string[]>>,
): string {
  const extra = Object.keys(extraInputs).map(
    (name) => [name, words[name] ? enumOf(words[name]) : text] as const,
  )
  const options = Object.entries(catalogue.table).map(
    ([name, row]) => [name, types[row.kind]?.(row) ?? text] as const,
  )
  const told = Object.entries(outputs).map(([name, meaning]): readonly [string, InputType] => [
    name,
    meaning.startsWith('`true`') ? { type: 'boolean' } : text,
  ])
  const inputs = Object.fromEntries([...extra, ...options])
  // Each entry stands by itself: anchors are nothing that readers of this file expect.
  return notice + stringify({ inputs, outputs: Object.fromEntries(told) }, { aliasDuplicateObjects: false })
}
