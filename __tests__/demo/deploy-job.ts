import { join } from 'node:path'
import { jobOutputs, prepareAction, type StageResult } from '../emulators/action-runner.ts'
import type { Scene } from '../emulators/scene.ts'
import type { Deployed, Running } from './piece.ts'
import type { Screen } from './screen.ts'
import { StepLog } from './step-log.ts'
import { evaluateAll, inputsOf, type Step, type Workflow } from './workflow.ts'

const dist = process.env.CML_RUNNER_DIST ?? join(import.meta.dirname, '../../dist')

/** The job that launches: its steps, then the post steps, as a hosted runner would run them. */
export async function runDeployJob(
  scene: Scene,
  { name, jobs: { deploy } }: Workflow,
  screen: Screen,
  onStart: (running: Running) => void,
): Promise<Deployed> {
  const log = new StepLog(screen, 'deploy')
  const token = scene.github.token()
  const step = deploy.steps.find(({ uses }) => uses?.includes('cml-runner'))
  if (!step?.id) throw new Error('the workflow has no step that launches a machine')
  for (const other of deploy.steps) if (other !== step) playLogin(other, scene, log)
  const inputs = inputsOf(step, { secrets: { RUNNER_TOKEN: token } })
  showStep(step, inputs, token, log)
  const env = { ...scene.variables, GITHUB_WORKFLOW: name, GITHUB_JOB: 'deploy' }
  const action = await prepareAction({ dist, inputs, env, secrets: [token], onLine: log.line })
  try {
    onStart({ kill: () => void action.child()?.kill('SIGKILL'), dispose: () => action.dispose() })
    const main = await succeed(action.main(), 'the step that launches')
    showOutputs(main.outputs, log)
    log.line(`##[group]Post Run ${step.uses}`)
    await succeed(action.post(), 'its post step')
    log.line('##[endgroup]')
    const outputs = evaluateAll(deploy.outputs ?? {}, { steps: { [step.id]: { outputs: jobOutputs(main) } } })
    return { outputs, instanceId: main.outputs.instanceId ?? '' }
  } finally {
    await action.dispose()
  }
}

async function succeed(stage: Promise<StageResult>, what: string): Promise<StageResult> {
  const result = await stage
  if (result.exitCode !== 0) throw new Error(`${what} ended with ${result.exitCode ?? result.signal}`)
  return result
}

/** The emulated cloud has credentials of its own, which are in the environment already. */
function playLogin({ uses = '' }: Step, { cloud }: Scene, log: StepLog): void {
  const played = cloud.side.words.logins[uses.split('@')[0] ?? '']
  if (played === undefined) throw new Error(`the demo does not know the action ${uses}`)
  log.line(`##[group]Run ${uses}`)
  log.line(`(played: ${played})`)
  log.line('##[endgroup]')
}

/** What the runner prints before it starts an action. */
function showStep(
  { uses }: Step,
  inputs: Readonly<Record<string, string>>,
  token: string,
  log: StepLog,
): void {
  log.line(`##[group]Run ${uses}`)
  log.line('with:')
  for (const [name, value] of Object.entries(inputs)) {
    const [first = '', ...others] = value.replaceAll(token, '***').split('\n')
    log.line(`  ${name}: ${first}`)
    for (const line of others) log.line(`    ${line}`)
  }
  log.line('##[endgroup]')
}

function showOutputs(outputs: Readonly<Record<string, string>>, log: StepLog): void {
  log.line('##[group]Outputs of the step')
  const width = Math.max(...Object.keys(outputs).map((name) => name.length))
  // `runners` repeats the others as JSON.
  for (const [name, value] of Object.entries(outputs))
    if (name !== 'runners') log.line(`${name.padEnd(width)}  ${value}`)
  log.line('##[endgroup]')
}
