import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
}

interface Job {
  readonly permissions?: unknown
  readonly steps: readonly { readonly uses?: string; readonly with?: Readonly<Record<string, unknown>> }[]
}

interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

describe('what this project is built from', () => {
  test('is locked by its contents, each package, from the public registry alone', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, Locked>>
    }
    const others = Object.entries(packages).filter(([path]) => path !== '')
    expect(others.length).toBeGreaterThan(500)
    const loose = others.filter(
      ([, { integrity, resolved, link }]) =>
        link === true ||
        !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '') ||
        (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
    )
    expect(loose.map(([path]) => path)).toEqual([])
  })

  test('is wished for in exact versions', () => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(read('package.json')) as Readonly<
      Record<string, Readonly<Record<string, string>> | undefined>
    >
    const all = Object.entries({ ...dependencies, ...devDependencies })
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})

/** What a job may write, and why, stands here as well: a workflow that asks for more is looked at twice. */
const writers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'codeql.yml/analyze': { contents: 'read', 'security-events': 'write' },
  'release.yml/npm': { contents: 'read', 'id-token': 'write' },
  'release.yml/release': { contents: 'write', 'id-token': 'write', attestations: 'write' },
}

test.each(readdirSync(join(root, '.github/workflows')))(
  'the workflow %s takes actions by commit, may only read where nothing else is said, and leaves its token nowhere',
  (name) => {
    const { permissions, jobs } = parse(read(`.github/workflows/${name}`)) as Workflow
    expect(permissions).toEqual({ contents: 'read' })
    for (const [id, job] of Object.entries(jobs)) {
      expect(job.permissions).toEqual(writers[`${name}/${id}`])
      for (const { uses, with: inputs } of job.steps.filter((step) => step.uses !== undefined)) {
        expect(uses).toMatch(/^[\w./-]+@[0-9a-f]{40}$/)
        if (uses?.startsWith('actions/checkout@')) expect(inputs?.['persist-credentials']).toBe(false)
      }
    }
  },
)

test('what tells the jobs of a matrix apart holds numbers alone, so that no name of a job or branch gets into it', () => {
  const { inputs } = parse(read('action.yml')) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  }
  expect(inputs['job-instance']?.default).toBe('${{ job.check_run_id }}/${{ strategy.job-index }}')
  const others = Object.entries(inputs).filter(([name]) => name !== 'job-instance')
  expect(others.filter(([, row]) => /\$\{\{/.test(row.default ?? ''))).toEqual([])
})
