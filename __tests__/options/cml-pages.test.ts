import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalogue } from '../../src/entry/catalogue.ts'
import { compose, type EntryHost } from '../../src/entry/compose.ts'
import { readArguments, rawOptionsOf } from '../../src/hosts/arguments.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'
import { Failure } from '../../src/model/failure.ts'
import { Secret } from '../../src/model/secret.ts'
import { foreignOptions } from '../../src/options/foreign.ts'
import { shapeOf } from '../../src/options/shape.ts'
import { startGithub, type GithubEmulator } from '../emulators/github/github.ts'
import type { EmulatedCloud } from '../sides/cloud-side.ts'
import { cloudSides } from '../sides/sides.ts'
import { testWith } from '../needs.ts'
import { defaults, examples, options, promises, variables, type Example, type Row } from './cml-pages.ts'

// What CML's users have written down, as they have written it, against the program and against the page that tells them what differs.

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const dist = process.env.CML_RUNNER_DIST ?? join(root, 'dist')
const page = readFileSync(join(root, 'docs/migrating-from-cml.md'), 'utf8').replace(/\s+/g, ' ')

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString().trim()

const surroundings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  github: { cloud: 'aws', repo: 'https://github.com/org/repo', token: 'ghp_of-the-surroundings' },
  gitlab: { cloud: 'aws', repo: 'https://gitlab.com/group/project', token: 'glpat-of-the-surroundings' },
}

interface Outcome {
  readonly values?: Readonly<Record<string, unknown>>
  readonly said: string
}

/** What the program makes of a command line and variables, before it asks anybody. */
async function understand({
  argv = [],
  variables: around = {},
  at = 'github',
  without = [],
}: Row): Promise<Outcome> {
  const typed = argv.map((argument) => (argument === 'KEY' ? key : argument))
  const { given, ...read } = readArguments(typed, shapeOf(catalogue.table))
  const usual = Object.entries(surroundings[at]!).filter(([name]) => !without.includes(name))
  const raw = rawOptionsOf({ ...read, given: { ...Object.fromEntries(usual), ...given } }, around)
  const lines: string[] = []
  const host = { log: levelledLog((_, text) => void lines.push(text)), mask: () => undefined }
  try {
    const { values } = await compose(host as unknown as EntryHost, raw)
    return { values: plain(values), said: lines.join('\n') }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { said: error.message }
  }
}

function plain(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shown = (value: unknown): unknown => {
    if (value instanceof Secret) return value.reveal() === key ? 'KEY' : value.reveal()
    if (value instanceof URL) return value.href
    return value === Infinity ? 'never' : value
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shown(value)]))
}

test('each row stands once', () => {
  const all = [...options, ...variables, ...examples].map(({ said }) => said)
  expect(all.filter((said, index) => all.indexOf(said) !== index)).toEqual([])
})

describe.each([
  ['an option', options],
  ['a variable', variables],
])('%s of CML', (_, rows) => {
  test.each(rows.map((row) => [row.said, row] as const))('%s', async (_said, row) => {
    const { values, said: told } = await understand(row)
    const { here } = row
    if ('values' in here) return expect(values).toMatchObject(here.values)
    expect(told).toMatch(here.says)
    return expect(page).toContain(here.stands)
  })
})

test.each(Object.entries(defaults))('the default of %s is that of the pages', async (name, value) => {
  const { values } = await understand({ said: name, page: '2022', here: { values: {} } })
  expect(values?.[name]).toEqual(value)
})

test.each(promises.map(({ said, stands }) => [said, stands]))(
  'the page says what became of: %s',
  (_, stands) => {
    expect(page).toContain(stands)
  },
)

test('the page has a row for every option of CML, and for no other', () => {
  const [, region = ''] = /<!-- generated:options -->(.*)<!-- \/generated:options -->/.exec(page) ?? []
  const listed = new Set([...region.matchAll(/`--([a-z-]+)`(?=[ ,|])/g)].map(([, name = '']) => name))
  const written = options
    .flatMap(({ argv = [] }) => argv)
    .flatMap((argument) => /^--([a-z][a-z-]*)/.exec(argument)?.[1] ?? [])
  const known = new Set(
    written.filter((name) => !/^(cloudHddSize|idleTimeout|cloud|idle|tf)$/.test(name) || name === 'cloud'),
  )
  expect([...known].filter((name) => !listed.has(name))).toEqual([])
  const spelled = Object.entries(catalogue.table).flatMap(([name, { aliases = [] }]) => [name, ...aliases])
  for (const name of listed) expect([...spelled, ...Object.keys(foreignOptions)]).toContain(name)
})

describe('an example of CML’s pages, typed as it stands', () => {
  let vendors: readonly EmulatedCloud[]
  let github: GithubEmulator
  let home: string
  beforeAll(async () => {
    vendors = await Promise.all(Object.values(cloudSides).map((side) => side.start()))
    github = await startGithub({ api: '/api/v3' })
    home = mkdtempSync(join(tmpdir(), 'cml-pages-'))
  })
  afterAll(async () => {
    expect(vendors.flatMap((vendor) => vendor.calls('create'))).toEqual([])
    await Promise.all([...vendors, github].map((emulator) => emulator.close()))
    rmSync(home, { recursive: true })
  })

  /** In a step of a job, where both names are this program and nothing is launched. */
  async function type(shell: string): Promise<{ readonly code: number | null; readonly output: string }> {
    const program = `"${process.execPath}" "${join(dist, 'cli.js')}"`
    const cwd = mkdtempSync(join(home, 'step-'))
    const file = join(cwd, 'step.sh')
    const names = ['cml', 'cml-runner'].map((name) => `${name}() { ${program} "$@"; }`)
    writeFileSync(file, [...names, 'export CML_RUNNER_DRY_RUN=true', shell].join('\n'))
    const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file], {
      cwd,
      env: {
        PATH: process.env.PATH,
        HOME: cwd,
        ...Object.assign({}, ...vendors.map(({ variables }) => variables)),
        ...github.variables,
        CML_RUNNER_DRIVER: 'github',
        repo_token: github.token(),
        your_project_repository_url: `${github.url}/octo-org/octo-repo`,
        personal_access_token: github.token(),
      },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, output }
  }

  // One of them makes a key with a program that a bare machine has not.
  const withKey = ({ shell }: Example): boolean => shell.includes('ssh-keygen')
  const keyless = testWith(['ssh-keygen']) === test ? examples : examples.filter((one) => !withKey(one))

  test.concurrent.each(keyless.map((example): [string, Example] => [example.said, example]))(
    '%s',
    async (_said, { shell, here }) => {
      const { code, output } = await type(shell)
      if ('stands' in here) {
        expect([code, output]).toEqual([2, expect.stringMatching(here.says)])
        return expect(page).toContain(here.stands)
      }
      expect([code, output]).toEqual([0, expect.stringContaining(here.prints[0]!)])
      return here.prints.forEach((part) => expect(output).toContain(part))
    },
  )
})
