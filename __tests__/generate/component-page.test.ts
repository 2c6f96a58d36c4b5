import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { templates } from '../../src/generate/component.ts'

const component = join(import.meta.dirname, '../../gitlab-component')
const page = readFileSync(join(component, 'README.md'), 'utf8')

interface Input {
  readonly description: string
  readonly default?: string | readonly string[]
}

function inputsOf(file: string): Readonly<Record<string, Input>> {
  const [spec] = parseAllDocuments(readFileSync(join(component, `templates/${file}.yml`), 'utf8'))
  return (spec!.toJS() as { spec: { inputs: Record<string, Input> } }).spec.inputs
}

/** What stands below a heading of the third level. */
function section(heading: string): string {
  return (
    page
      .split(/^##+ /m)
      .find((part) => part.startsWith(`${heading}\n`))
      ?.slice(heading.length) ?? ''
  )
}

/** The rows of a table by their first cell, without the column that tells the type. */
function rowsIn(text: string): Readonly<Record<string, string>> {
  const rows = text.matchAll(/^\| `([\w-]+)` \| \w+ \| (.*) \|$/gm)
  return Object.fromEntries([...rows].map(([, name = '', rest = '']) => [name, rest]))
}

const ofRunner = rowsIn(section('Inputs of `runner`'))
const shared = { ...rowsIn(section('Inputs of every template')), ...rowsIn(section('Inputs to log in by')) }

/** All that the page tells of one template: its own table, those that it points to, and what it takes as `runner` does. */
function toldOf(file: string): Readonly<Record<string, string>> {
  const own = section(`Inputs of \`${file}\``)
  const [, named = ''] = /^As in \[`runner`\]\(#inputs-of-runner\): (.*)\.$/m.exec(own) ?? []
  const there = [...named.matchAll(/`([\w-]+)`/g)].map(
    ([, name = '']) => [name, ofRunner[name] ?? ''] as const,
  )
  const refers = own.includes('(#inputs-of-every-template)') && own.includes('(#inputs-to-log-in-by)')
  return { ...(refers ? shared : {}), ...Object.fromEntries(there), ...rowsIn(own) }
}

function rowOf({ description, default: standing }: Input): string {
  const shown = standing === undefined ? '**required**' : `\`${[standing].flat().join() || '[]'}\``
  return `${shown} | ${description.replaceAll('|', '\\|')}`
}

describe('the README of the component', () => {
  test.each(Object.values(templates))('tells each input of %s, with its default, and no other', (file) => {
    const inputs = Object.entries(inputsOf(file)).map(([name, input]) => [name, rowOf(input)] as const)
    expect(toldOf(file)).toEqual(Object.fromEntries(inputs))
  })

  test('tells what every template takes once', () => {
    expect(Object.keys(shared).length).toBeGreaterThan(15)
    for (const name of Object.keys(shared)) expect(page.split(`\n| \`${name}\` |`)).toHaveLength(2)
  })
})
