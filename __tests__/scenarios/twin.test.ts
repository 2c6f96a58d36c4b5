import { describe, expect } from '@jest/globals'
import { sameStep } from './same-step.ts'
import { story, type Stage } from './story.ts'

/** A first try whose host dies as soon as its machine was ordered. */
async function dieAfterCreating(stage: Stage, inputs: Record<string, string> = {}): Promise<void> {
  const { main } = await stage.launch(inputs, {
    ...sameStep,
    killWhen: (line) => line.startsWith('Created '),
  })
  expect(main.signal).toBe('SIGKILL')
}

describe('a machine that an earlier try has made', () => {
  story('is taken when the step is tried again in the same job', async (stage) => {
    const { cloud } = stage
    await dieAfterCreating(stage)
    const { main, post, outputs } = await stage.launch({}, sameStep)
    expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
    expect(main.log).toContain(
      `Machine ${cloud.machines[0]!.id} of an earlier try of this step is there; taking it.`,
    )
    expect(outputs.instanceId).toBe(cloud.machines[0]!.id)
    expect(cloud.calls('create')).toHaveLength(1)
    const job = stage.jobFor(outputs, 'echo ran')
    await job.completed
    expect(job.conclusion).toBe('success')
    await stage.shutDown()
  })

  story('is of another launch when the job, the step or the attempt is another', async (stage) => {
    const other = [
      { RUNNER_TRACKING_ID: 'github_another-job' },
      { ...sameStep.env, GITHUB_ACTION: '__self_2' },
      { ...sameStep.env, GITHUB_RUN_ATTEMPT: '2' },
    ]
    const results = [await stage.launch({}, sameStep)]
    for (const env of other) results.push(await stage.launch({}, { env }))
    expect(results.map(({ main }) => main.exitCode)).toEqual([0, 0, 0, 0])
    expect(new Set(results.map(({ outputs }) => outputs.label)).size).toBe(4)
    expect(stage.cloud.machines).toHaveLength(4)
    const runs = stage.cloud.machines.map(({ lease }) => lease?.run)
    expect(new Set(runs).size).toBe(1)
    await stage.shutDown()
  })

  story('and whose step is tried again while its runner works is handed over as it is', async (stage) => {
    const first = await stage.launch({}, sameStep)
    const job = stage.jobFor(first.outputs, 'echo begun; read -r _ <"$GITHUB_WORKSPACE/../gate"', {
      actions: ['actions/checkout@v4'],
      holdDownloads: true,
    })
    await job.started
    const second = await stage.launch({}, sameStep)
    expect([second.main.exitCode, second.post?.exitCode]).toEqual([0, 0])
    expect(second.outputs).toMatchObject({ instanceId: first.outputs.instanceId, label: first.outputs.label })
    expect(job.status).toBe('in_progress')
    stage.github.cancelJob(job)
    job.releaseDownloads()
    await job.completed
    await stage.shutDown()
  })
})
