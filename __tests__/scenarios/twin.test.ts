import { describe, expect } from '@jest/globals'
import { story, type Stage } from './story.ts'

/** Two tries of one step of one job have these in common: the worker's GUID of the job, and the step's own id. */
const sameStep = { env: { RUNNER_TRACKING_ID: 'github_6f1c3f3e-2f0b-4a52-9a6c-0c8f2f5f2a11' } }

const tokensSent = ({ ec2 }: Stage): (string | undefined)[] =>
  ec2.calls('RunInstances').map(({ parameters }) => parameters.find(([name]) => name === 'ClientToken')?.[1])

/** A first try whose host dies as soon as its machine was ordered. */
async function dieAfterCreating(stage: Stage, inputs: Record<string, string> = {}): Promise<void> {
  const { main } = await stage.launch(inputs, {
    ...sameStep,
    killWhen: (line) => line.startsWith('Created '),
  })
  expect(main.signal).toBe('SIGKILL')
}

describe('a machine that an earlier try has made', () => {
  story('and whose answer was lost is the machine of the same request, sent again', async (stage) => {
    const { ec2 } = stage
    let lost = false
    ec2.fault = ({ action }) => {
      if (lost || action !== 'RunInstances') return undefined
      lost = true
      return 'reset-after'
    }
    const { main, outputs } = await stage.launch()
    expect([main.exitCode, ec2.machines.length]).toEqual([0, 1])
    expect(outputs.instanceId).toBe(ec2.machines[0]!.id)
    expect(tokensSent(stage)).toHaveLength(2)
    expect(new Set(tokensSent(stage)).size).toBe(1)
    await stage.shutDown()
  })

  story('is taken when the step is tried again in the same job', async (stage) => {
    const { ec2 } = stage
    await dieAfterCreating(stage)
    const { main, post, outputs } = await stage.launch({}, sameStep)
    expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
    expect(main.log).toContain(
      `Machine ${ec2.machines[0]!.id} of an earlier try of this step is there; taking it.`,
    )
    expect(outputs.instanceId).toBe(ec2.machines[0]!.id)
    expect(ec2.calls('RunInstances')).toHaveLength(1)
    const job = stage.jobFor(outputs, 'echo ran')
    await job.completed
    expect(job.conclusion).toBe('success')
    await stage.shutDown()
  })

  story(
    'is taken also where it can not be seen at first, and EC2 says that the token is used',
    async (stage) => {
      const { ec2 } = stage
      await dieAfterCreating(stage)
      ec2.dials.lag = { looks: ec2.machines[0]!.looksSinceCreation + 2 }
      const { main, outputs } = await stage.launch({}, sameStep)
      expect(main.exitCode).toBe(0)
      expect(ec2.calls('RunInstances').map(({ code }) => code)).toEqual([
        undefined,
        'IdempotentParameterMismatch',
      ])
      expect(main.log).toContain(
        `An earlier try of this very launch has made ${ec2.machines[0]!.id}: taking it over.`,
      )
      expect([outputs.instanceId, ec2.machines.length]).toEqual([ec2.machines[0]!.id, 1])
      await stage.shutDown()
    },
  )

  story('and that has ended spends its token, and the next one is of a new generation', async (stage) => {
    const { ec2 } = stage
    await dieAfterCreating(stage)
    ec2.end(ec2.machines[0]!.id, { code: 'Client.UserInitiatedShutdown', message: 'somebody ended it' })
    await ec2.until(() => ec2.machines[0]!.ended)
    const { main, outputs } = await stage.launch({}, sameStep)
    expect(main.exitCode).toBe(0)
    expect(ec2.calls('RunInstances').map(({ code }) => code)).toEqual([
      undefined,
      'IdempotentInstanceTerminated',
      undefined,
    ])
    expect(new Set(tokensSent(stage)).size).toBe(2)
    expect(outputs.instanceId).toBe(ec2.machines[1]!.id)
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
    expect(stage.ec2.machines).toHaveLength(4)
    const runs = stage.ec2.machines.map(({ order }) => order.tags['cml-runner-run'])
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
