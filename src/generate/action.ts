import { stringify } from 'yaml'
import type { Catalogue } from '../options/catalogue.ts'
import { describe } from './describe.ts'

/** Inputs of the action that no option stands for. */
export interface ExtraInput {
  readonly description: string
  readonly default?: string
}

export interface ActionFacts {
  readonly catalogue: Catalogue
  readonly outputs: Readonly<Record<string, string>>
  readonly extraInputs: Readonly<Record<string, ExtraInput>>
}

const notice = '# Generated from src/options by `npm run generate`; edit there.\n'

/**
 * The action's metadata file. Defaults are told and not set: GitHub passes a set default like an input that was given, and it
 * would then win over `CML_RUNNER_*` variables.
 */
export function renderAction({ catalogue, outputs, extraInputs }: ActionFacts): string {
  const inputs = mapValues(catalogue.table, (row) => ({ description: describe(row), required: false }))
  const metadata = {
    name: 'cml-runner',
    description:
      'A cloud GPU or CPU machine as a self-hosted runner for a job, removed when idle. Drop-in for CML (cml runner).',
    author: 'The cml-runner authors',
    inputs: { ...extraInputs, ...inputs },
    outputs: mapValues(outputs, (description) => ({ description })),
    runs: { using: 'node24', main: 'dist/main.js', post: 'dist/post.js' },
    branding: { icon: 'cpu', color: 'purple' },
  }
  return notice + stringify(metadata, { lineWidth: 110 })
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
