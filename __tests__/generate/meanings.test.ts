import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clouds } from '../../src/clouds/registry.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/inputs.md'), 'utf8')
const rows = [...page.matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)].map(([, name = '', text = '']) => ({
  name,
  text,
}))

/** What the page tells of an option: its row, and the table that it points to. */
function told(option: string): string {
  const row = rows.find(({ name }) => name === option)?.text ?? ''
  const [, anchor] = /\(#([\w-]+)\)/.exec(row) ?? []
  const table = page.split(/^##+ /m).find((part) => part.startsWith(`\`${option}\` at each cloud\n`))
  return anchor === undefined ? row : `${row}\n${table ?? ''}`
}

const meanings = clouds.flatMap(({ title, meanings }) =>
  Object.entries(meanings).map(([option, meaning]) => [option, title, meaning] as const),
)

describe('the page of inputs', () => {
  test.each(meanings)('tells what %s means at %s', (option, title, meaning) => {
    const text = told(option)
    expect(text.toLowerCase()).toContain(meaning.toLowerCase())
    expect(text).toMatch(new RegExp(`(\\b${title}: |^\\| ${title} \\| )`, 'm'))
  })

  test.each(rows)('has a row for $name that is read at a glance', ({ text }) => {
    expect(text.length).toBeLessThanOrEqual(420)
  })
})
