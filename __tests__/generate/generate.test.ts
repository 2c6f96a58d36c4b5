import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { catalogue } from '../../src/entry/catalogue.ts'
import { generateCommand, generatedFiles } from '../../src/entry/generate.ts'
import { renderHelp } from '../../src/generate/help.ts'
import { fillRegions } from '../../src/generate/readme.ts'
import { outputs } from '../../src/options/outputs.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

describe('generated files', () => {
  test.each(['action.yml', 'README.md'])('%s is what the options make', async (name) => {
    const made = (await generatedFiles(root))[name]
    const found = await readFile(join(root, name), 'utf8')
    if (found !== made)
      throw new Error(`${name} is not what src/options makes. Run \`${generateCommand}\` and commit ${name}.`)
  })

  test('every option is an input without a default, which would win over variables', async () => {
    const { inputs } = parse(await readFile(join(root, 'action.yml'), 'utf8')) as {
      inputs: Record<string, { default?: string }>
    }
    const internal = ['command', 'job-instance']
    expect(Object.keys(inputs).toSorted()).toEqual([...Object.keys(catalogue.table), ...internal].toSorted())
    expect(Object.keys(inputs).filter((name) => inputs[name]?.default !== undefined)).toEqual([
      'job-instance',
    ])
  })

  test('defaults of inputs use only contexts that the runner has there', async () => {
    const { inputs } = parse(await readFile(join(root, 'action.yml'), 'utf8')) as {
      inputs: Record<string, { default?: string }>
    }
    const used = Object.values(inputs).flatMap((input) =>
      [...(input.default ?? '').matchAll(/\$\{\{\s*(\w+)/g)].map(([, context]) => context),
    )
    expect(used).toEqual(['job', 'strategy'])
  })

  test('help names every option, on lines that fit', () => {
    const help = renderHelp(catalogue, '1.2.3')
    for (const name of Object.keys(catalogue.table))
      expect(help).toMatch(new RegExp(`^  --${name}( <|$)`, 'm'))
    expect(help).toContain('cml-runner 1.2.3')
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([])
  })

  test('every output is described as one sentence', () => {
    for (const description of Object.values(outputs)) expect(description).toMatch(/\.$/)
  })
})

describe('regions', () => {
  const page = 'before\n<!-- generated:inputs -->\nold\n<!-- /generated:inputs -->\nafter\n'

  test('the body between the markers is replaced, and nothing else', () => {
    const filled = fillRegions(page, { inputs: 'new $& $1\n' })
    expect(filled).toBe(
      'before\n<!-- generated:inputs -->\n\nnew $& $1\n\n<!-- /generated:inputs -->\nafter\n',
    )
    expect(fillRegions(filled, { inputs: 'new $& $1' })).toBe(filled)
  })

  test.each([
    [
      'missing',
      page.replace('<!-- /generated:inputs -->', ''),
      'must hold the marker <!-- /generated:inputs --> exactly once',
    ],
    ['doubled', page + page, 'must hold the marker <!-- generated:inputs --> exactly once'],
    [
      'in the wrong order',
      '<!-- /generated:inputs --> <!-- generated:inputs -->',
      'holds the marker <!-- /generated:inputs --> before',
    ],
  ])('a marker that is %s is an error', (_, text, message) => {
    expect(() => fillRegions(text, { inputs: 'new' })).toThrow(message)
  })
})

describe('action.yml', () => {
  // The runner reads expressions in every text of the file, and refuses the whole action for one where none is allowed.
  test('holds expressions nowhere but in defaults of inputs', async () => {
    const lines = (await readFile(join(root, 'action.yml'), 'utf8')).split('\n')
    const expressions = lines.filter((line) => line.includes('${{'))
    expect(expressions.length).toBeGreaterThan(0)
    expect(expressions.filter((line) => !/^ {4}default: /.test(line))).toEqual([])
  })
})
