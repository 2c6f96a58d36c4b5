import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import { available } from '../../src/options/command.ts'

const read = (page: string): string => readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
const readme = read('README.md')
const ours = /^\| cml-runner \|.*$/m.exec(read('docs/compare.md'))?.[0] ?? ''
const migration = read('docs/migrating-from-cml.md')
/** What pages say is missing. */
const notYet = [readme, migration].map(
  (page) => /^## Not yet\n([^]*?)(?:^## |$(?![^]))/m.exec(page)?.[1] ?? '',
)
const title = (entry: { readonly name: string; readonly title?: string }): string => entry.title ?? entry.name

describe('what pages say of the product in prose', () => {
  test.each(clouds.map((cloud) => [title(cloud), cloud.name] as const))(
    '%s is told at the door, in the comparison, and has a page that is linked',
    (name, word) => {
      expect(readme.slice(0, 400)).toContain(name)
      expect(ours).toContain(name)
      expect(readme).toContain(`(docs/${word}.md)`)
    },
  )

  test.each(forges.map(title))('%s is told at the door and in the comparison', (name) => {
    expect(readme.slice(0, 400)).toContain(name)
    expect(ours).toContain(name)
  })

  test.each(clouds.map(title))('%s is told where a machine’s end is, and what doctor looks at', (name) => {
    expect(read('docs/life-of-a-machine.md')).toContain(`| ${name} |`)
    expect(read('docs/doctor.md')).toContain(`| ${name} |`)
  })

  test.each(clouds.map(({ name }) => name))(
    'the page of %s says what it costs to leave what it sets up',
    (name) => {
      expect(read(`docs/${name}.md`)).toContain('All of it costs nothing for as long as it stays')
    },
  )

  test.each(Object.keys(available))('the command %s is told beside the inputs', (command) => {
    expect(read('docs/inputs.md').replace(/<!-- generated[^]*/, '')).toContain(`\`${command}\``)
  })

  test.each(notYet)('nothing is said to be missing that is there: %s', (missing) => {
    expect(missing.trim()).not.toBe('')
    for (const word of [...clouds.map(title), ...clouds.map(({ name }) => name)])
      expect(missing).not.toMatch(new RegExp(`\\b${word}\\b`, 'i'))
    for (const command of Object.keys(available)) expect(missing).not.toContain(`\`${command}\``)
  })

  test.each(clouds.map(title))('%s is among those that the page for users of CML names first', (name) => {
    expect(/^This version launches machines on .*$/m.exec(migration)?.[0]).toContain(name)
  })
})

describe('the README’s commands', () => {
  const commands = [...readme.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, text = '']) => text.split('\n'))

  test('are there', () => expect(commands.length).toBeGreaterThan(5))

  test.each(commands)('fit into the column that GitHub shows: %s', (line) => {
    expect(line.length).toBeLessThanOrEqual(100)
  })

  test.each(commands.filter((line) => line.includes('\\')))('go on behind the last sign of %s', (line) => {
    expect(line).toMatch(/^[^\\]* \\$/)
  })
})
