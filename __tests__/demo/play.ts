import { relative, join } from 'node:path'
import type { PreparedAction } from '../emulators/action-runner.ts'
import { startScene, type Scene } from '../emulators/scene.ts'
import { followConsole } from './console.ts'
import { runDeployJob } from './deploy-job.ts'
import { Interrupted, type Interrupt } from './interrupt.ts'
import type { Screen } from './screen.ts'
import { runTrainJob } from './train-job.ts'
import { readWorkflow, type Workflow } from './workflow.ts'

const workflowFile = join(import.meta.dirname, 'workflow.yml')

/** A plain Ubuntu, which lacks Docker and ICU; ms of what takes minutes in earnest. */
const pace = { powerOn: 2500, packages: 2500 } as const

/** Plays the workflow from the launch to the end of the machine. Returns the exit code; nothing is left running. */
export async function play(screen: Screen, interrupt: Interrupt): Promise<number> {
  const workflow = readWorkflow(workflowFile)
  introduce(workflow, screen)
  const machine = { docker: false, libicu: false, aptDelay: pace.packages }
  const scene = await startScene({ machine })
  scene.ec2.dials.bootDelay = pace.powerOn
  let action: PreparedAction | undefined
  let over = false
  const onStart = (started: PreparedAction): void => {
    action = started
    if (over) throw new Error('too late')
  }
  try {
    const life = live(scene, workflow, screen, onStart)
    await Promise.race([life, interrupt.happens])
    return conclude(scene, screen)
  } catch (error) {
    return explain(error, scene, screen)
  } finally {
    over = true
    action?.child()?.kill('SIGKILL')
    await action?.dispose()
    await scene.close()
  }
}

function introduce({ jobs }: Workflow, screen: Screen): void {
  const bold = (text: string): string => screen.style('bold', text)
  screen.plain(bold('A workflow launches a machine, trains on it, and the machine takes itself away.'))
  screen.plain(
    'GitHub, EC2 and the machine are emulators on 127.0.0.1. The action is the one in dist/, the machine',
  )
  screen.plain('boots the very bytes that the action sends, and the training is a real one.')
  screen.plain()
  screen.plain(`${bold('Workflow')}  ${relative(process.cwd(), workflowFile)}`)
  for (const [name, { needs, 'runs-on': runsOn }] of Object.entries(jobs))
    screen.plain(`  ${name.padEnd(8)}runs-on: ${runsOn}${needs ? `, needs: ${needs}` : ''}`)
  screen.plain()
}

async function live(
  scene: Scene,
  workflow: Workflow,
  screen: Screen,
  onStart: (action: PreparedAction) => void,
): Promise<void> {
  const { outputs, instanceId } = await runDeployJob(scene, workflow, screen, onStart)
  screen.say('GitHub', 'Job deploy: success.')
  const machine = scene.boot.machines.find(({ spec }) => spec.instanceId === instanceId)
  if (!machine) throw new Error(`the emulated EC2 has no machine ${instanceId}`)
  const console = followConsole(machine, screen)
  const { train } = await runTrainJob(scene, workflow, { deploy: { outputs } }, screen)
  screen.say('GitHub', `Its metric: accuracy ${train?.accuracy} on rows the model has not seen.`, 'bold')
  screen.say('machine', '(no more jobs: it waits until it has been idle long enough)', 'dim')
  await console
  const { state, reason } = await scene.ec2.until(() => {
    const known = scene.ec2.machine(instanceId)
    return known.ended && known
  })
  screen.say('EC2', `${instanceId} is ${state}: ${reason?.message ?? 'no reason given'}.`)
}

/** Asks the emulators what is left. */
function conclude(scene: Scene, screen: Screen): number {
  const { cloud, forge } = scene.leftovers()
  const refused = scene.refused()
  const changing = scene.ec2.journal.filter(({ action }) => !/^(Describe|Get)/.test(action))
  const clean = cloud === 0 && forge === 0 && refused.length === 0
  screen.plain()
  screen.plain(
    `${screen.seconds.toFixed(1)} s. Calls that changed something at EC2: ${changing.map(({ action }) => action).join(', ')}.`,
  )
  screen.plain(
    screen.style(
      ['bold', clean ? 'green' : 'red'],
      `Left at EC2: ${cloud} machines, disks and network interfaces. Left at GitHub: ${forge} registrations.`,
    ),
  )
  for (const problem of refused) screen.plain(`An emulator did not understand: ${problem}`)
  return clean ? 0 : 1
}

function explain(error: unknown, scene: Scene, screen: Screen): number {
  screen.plain()
  screen.plain(screen.style('red', error instanceof Error ? error.message : String(error)))
  if (error instanceof Interrupted && error.code > 1) return error.code
  for (const machine of scene.boot.machines)
    screen.plain(`\nConsole of ${machine.spec.instanceId}:\n${machine.console()}`)
  for (const problem of scene.refused()) screen.plain(`An emulator did not understand: ${problem}`)
  return 1
}
