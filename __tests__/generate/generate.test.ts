import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { catalogue } from '../../src/entry/catalogue.ts'
import { generateCommand, generatedFiles } from '../../src/entry/generate.ts'
import { readArguments, rawOptionsOf } from '../../src/hosts/arguments.ts'
import { available } from '../../src/options/command.ts'
import { heeds } from '../../src/options/heed.ts'
import { review } from '../../src/options/parse.ts'
import { shapeOf } from '../../src/options/shape.ts'
import { examplesOf, renderHelp, type AvailableCommand } from '../../src/generate/help.ts'
import { fillNames, publicNamesOf } from '../../src/generate/names.ts'
import { fillRegions } from '../../src/generate/readme.ts'
import { outputs } from '../../src/options/outputs.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

describe('generated files', () => {
  test('are what the options and the name of the package make', async () => {
    const made = Object.entries(await generatedFiles(root))
    const found = await Promise.all(made.map(([name]) => readFile(join(root, name), 'utf8')))
    const stale = made.filter(([, text], index) => found[index] !== text).map(([name]) => name)
    expect(made.map(([name]) => name)).toEqual(expect.arrayContaining(['action.yml', 'README.md']))
    if (stale.length > 0)
      throw new Error(
        `${stale.join(', ')} must be made anew. Run \`${generateCommand}\` and commit what it changes.`,
      )
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

  test('every input and output has a type, and a flag, a word and a list are what they are', async () => {
    interface Described {
      readonly inputs: Record<string, object>
      readonly outputs: Record<string, object>
    }
    const [action, types] = await Promise.all(
      ['action.yml', 'action-types.yml'].map(
        async (name) => parse(await readFile(join(root, name), 'utf8')) as Described,
      ),
    )
    expect(Object.keys(types!.inputs)).toEqual(Object.keys(action!.inputs))
    expect(Object.keys(types!.outputs)).toEqual(Object.keys(action!.outputs))
    expect(types!.inputs).toMatchObject({
      command: { type: 'enum', 'allowed-values': Object.keys(available) },
      single: { type: 'boolean' },
      'idle-timeout': { type: 'string' },
      labels: { type: 'list', separator: ',', 'list-item': { type: 'string' } },
      cloud: { type: 'list', 'list-item': { type: 'enum' } },
    })
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
      expect(help).toMatch(new RegExp(`^  --${name}( |$)`, 'm'))
    expect(help).toContain('cml-runner 1.2.3')
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([])
  })

  test('help of a command has its options alone, and examples that the program takes', () => {
    for (const command of Object.keys(available) as readonly AvailableCommand[]) {
      const help = renderHelp(catalogue, '1.2.3', command)
      for (const [name, row] of Object.entries(catalogue.table))
        expect([name, new RegExp(`^  --${name}( |$)`, 'm').test(help)]).toEqual([name, heeds(command, row)])
      for (const [line] of examplesOf(command, catalogue)) {
        const read = readArguments(line.split(' '), shapeOf(catalogue.table))
        const given = { token: 'ghp_0123456789', repo: 'https://github.com/org/repo', ...read.given }
        const {
          command: verb,
          problems,
          warnings,
        } = review(catalogue.table, { ...rawOptionsOf(read, {}), given })
        expect([line, verb, problems, warnings]).toEqual([line, command, [], []])
      }
    }
  })

  test.each(['stop', 'sweep', 'list', 'rerun'] as const)(
    'help of %s does not speak of a launch',
    (command) => {
      const help = renderHelp(catalogue, '1.2.3', command).replace(/\s+/g, ' ')
      expect(help).not.toMatch(/\|none>|tried in order|to launch the machine in|An offline registration/)
      expect(help).toContain('Regions to look in.')
    },
  )

  test('every output is described as one sentence', () => {
    for (const description of Object.values(outputs)) expect(description).toMatch(/\.$/)
  })
})

describe('public names', () => {
  const theirs = publicNamesOf({ name: '@acme/cml-runner', version: '2.3.4' })

  test('have one owner, whom the name of the package gives', () => {
    expect(theirs.owner).toBe('acme')
    for (const name of ['cml-runner', '@acme/other', '@/cml-runner', '@acme/cml-runner/x'])
      expect(() => publicNamesOf({ name, version: '1.0.0' })).toThrow('must be named @<owner>/cml-runner')
  })

  test.each([
    ['uses: org/cml-runner-action@v1', 'uses: acme/cml-runner-action@v1'],
    ['uses: org/cml-runner-action@0123abc # v1.2.3', 'uses: acme/cml-runner-action@0123abc # v1.2.3'],
    [
      'component: $CI_SERVER_FQDN/org/cml-runner/stop@0.1.0',
      'component: $CI_SERVER_FQDN/acme/cml-runner/stop@2.3.4',
    ],
    ['npx cml-runner list', 'npx @acme/cml-runner@2.3.4 list'],
    ['`npx --yes @org/cml-runner@1.0.0-rc.1`.', '`npx --yes @acme/cml-runner@2.3.4`.'],
    ['npx --yes cml-runner@$CI_COMMIT_TAG', 'npx --yes @acme/cml-runner@$CI_COMMIT_TAG'],
    ['`npx --yes cml-runner@<version>` in', '`npx --yes @acme/cml-runner@<version>` in'],
    ['Run npx cml-runner. Or', 'Run npx @acme/cml-runner@2.3.4. Or'],
  ])('%s becomes %s, and stays', (text, filled) => {
    expect(fillNames(text, theirs)).toBe(filled)
    expect(fillNames(filled, theirs)).toBe(filled)
  })

  test.each(['npx cml-runner-tools x', 'node dist/cli.js', 'cml-runner list', 'an org of yours'])(
    '%s is none of ours',
    (text) => expect(fillNames(text, theirs)).toBe(text),
  )

  test('no page names another owner, and none runs the package without its version', async () => {
    const texts = Object.values(await generatedFiles(root)).join('\n')
    const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      name: string
      version: string
    }
    const { owner } = publicNamesOf({ name, version })
    const owners = [
      ...texts.matchAll(/([\w-]+)\/cml-runner(?:-action|\/(?:runner|stop|sweep|list|rerun|doctor))@/g),
    ]
    expect(new Set(owners.map(([, found]) => found))).toEqual(new Set([owner]))
    expect([...texts.matchAll(/npx [^\n`]*cml-runner(?!@)\b[^\n`]*/g)].map(([call]) => call)).toEqual([])
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
