import { describe, expect } from '@jest/globals'
import { sameStep } from '../../../scenarios/same-step.ts'
import { story, type Stage } from './story.ts'

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

describe('a client token', () => {
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

  story(
    'is taken also where it cannot be seen at first, and EC2 says that the token is used',
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

  story('that has ended leads to a new one, also where EC2 compares the request first', async (stage) => {
    const { ec2 } = stage
    ec2.dials.mismatchFirst = true
    await dieAfterCreating(stage)
    ec2.end(ec2.machines[0]!.id, { code: 'Client.UserInitiatedShutdown', message: 'somebody ended it' })
    await ec2.until(() => ec2.machines[0]!.ended)
    const again = await stage.launch({}, sameStep)
    expect(ec2.calls('RunInstances').map(({ code }) => code)).toEqual([
      undefined,
      'IdempotentParameterMismatch',
      undefined,
    ])
    expect([again.main.exitCode, again.outputs.instanceId]).toEqual([0, ec2.machines[1]!.id])
    await stage.shutDown()
  })
})
