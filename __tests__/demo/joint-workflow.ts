import { catalogue } from '../../src/entry/catalogue.ts'
import type { Step, Workflow } from './workflow.ts'

type Inputs = NonNullable<Step['with']>

interface Part {
  /** As in the registry. */
  readonly cloud: string
  readonly workflow: Workflow
}

/** What somebody with all of these clouds would write: the first one's workflow, with the logins of all and a launch that names all. */
export function joinWorkflows(parts: readonly [Part, ...Part[]]): Workflow {
  const [{ workflow: first }] = parts
  const steps = parts.flatMap(({ workflow }) => workflow.jobs.deploy.steps.filter((step) => !isLaunch(step)))
  const launch = first.jobs.deploy.steps.find(isLaunch)!
  const deploy = { ...first.jobs.deploy, steps: [...steps, { ...launch, with: joinInputs(parts) }] }
  return { ...first, jobs: { ...first.jobs, deploy } }
}

function isLaunch({ uses }: Step): boolean {
  return uses?.includes('cml-runner') ?? false
}

function joinInputs(parts: readonly Part[]): Inputs {
  const inputs: Record<string, string> = {}
  for (const { cloud, workflow } of parts) {
    const step = workflow.jobs.deploy.steps.find(isLaunch)
    for (const [name, value] of Object.entries(step?.with ?? {}))
      inputs[name] = joined(name, inputs[name], { cloud, value: String(value) })
  }
  return inputs
}

/** Lists of words that are a cloud's own are joined, other words are the first one's. */
function joined(
  name: string,
  before: string | undefined,
  { cloud, value }: { readonly cloud: string; readonly value: string },
): string {
  const row = catalogue.table[name] as { readonly linePerCloud?: true }
  if (row.linePerCloud) return [before, `${cloud}: ${value}`].filter(Boolean).join('\n')
  if (before === undefined || before === value) return value
  return /^cloud(-region)?$/.test(name) ? `${before},${value}` : before
}
