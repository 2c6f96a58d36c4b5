import { setInterval } from 'node:timers/promises'
import type { Scene } from '../emulators/scene.ts'
import { actionsOf, orderOf } from './played-actions.ts'
import type { Screen } from './screen.ts'
import { StepLog } from './step-log.ts'
import { labelsOf, type Contexts, type Workflow } from './workflow.ts'

/** The job that asks for the machine, run there for real. Gives the outputs of its steps. */
export async function runTrainJob(
  { github }: Scene,
  { name, jobs: { train } }: Workflow,
  needs: Contexts,
  screen: Screen,
): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  const labels = labelsOf(train, { needs })
  screen.say('GitHub', `Job train waits for a runner with the labels ${labels.join(', ')}.`)
  const [job] = github.queueRun(name, [
    { name: 'train', labels, steps: train.steps.map(orderOf), actions: actionsOf(train.steps) },
  ]).jobs
  if (!job) throw new Error('the emulated GitHub made no job')
  const log = new StepLog(screen, 'train')
  let shown = 0
  for await (const _ of setInterval(50)) {
    const whole = job.log.slice(shown).split('\n').slice(0, -1)
    // Each line starts with its time, which the screen has already.
    for (const line of whole) log.line(line.replace(/^\S+ /, ''))
    shown += whole.join('\n').length + (whole.length > 0 ? 1 : 0)
    if (job.status === 'completed') break
  }
  screen.say('GitHub', `Job train: ${job.conclusion}.`)
  if (job.conclusion !== 'success') throw new Error(`job train ended with ${job.conclusion}`)
  return job.outputs
}
