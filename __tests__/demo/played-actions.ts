import { join } from 'node:path'
import type { JobSpec } from '../emulators/github/github.ts'
import type { Step } from './workflow.ts'

/** Where `actions/checkout` finds the repository. */
const repository = import.meta.dirname

type Order = JobSpec['steps'][number]

/** The actions of others are not here, and there is no network to fetch them from: what they would do, as commands. */
const played: Readonly<Record<string, string>> = {
  'actions/checkout': 'cp -R "$DEMO_REPOSITORY"/train.mjs "$DEMO_REPOSITORY"/data .',
  // The Node that came with the runner's archive.
  'actions/setup-node': [
    'echo "$RUNNER_WORKSPACE/../../externals/node24/bin" >>"$GITHUB_PATH"',
    'echo "node: $("$RUNNER_WORKSPACE/../../externals/node24/bin/node" --version)"',
  ].join('\n'),
}

/** A step of a job on the machine, as the emulated runner takes it. */
export function orderOf(step: Step): Order {
  const { id, name, uses, run } = step
  if (run !== undefined) return { ...(id ? { id } : {}), name: run.split('\n')[0] ?? name ?? '', run }
  const script = played[uses?.split('@')[0] ?? '']
  if (!uses || script === undefined) throw new Error(`the demo does not know the action ${uses}`)
  return { name: uses, run: script, env: { DEMO_REPOSITORY: join(repository) } }
}

export function actionsOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ uses }) => uses ?? [])
}
