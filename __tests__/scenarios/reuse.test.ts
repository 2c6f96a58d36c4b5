import { describe, expect } from '@jest/globals'
import { forgeSides } from '../sides/sides.ts'
import { pairStory } from './pair-story.ts'
import type { PairResult, PairStage } from './pair-stage.ts'

const inputs = { labels: 'training,big', reuse: 'true' }

/** Changes that were asked for, at the cloud and at the forge. */
const changes = ({ cloud, registrations, runners }: PairStage): readonly unknown[] => [
  cloud.calls().filter((call) => call.changes).length,
  registrations(),
  runners(),
]

function expectReused({ main, post, outputs }: PairResult, runnerName: string | undefined): void {
  expect([main.exitCode, post?.exitCode, outputs.reused, outputs.runnerName]).toEqual([
    ...[0, 0, 'true', runnerName],
  ])
  expect(JSON.parse(outputs.runsOn ?? '')).toEqual(['training', 'big'])
  expect(post?.log).toContain('nothing is removed')
}

describe('a second launch with `reuse`', () => {
  pairStory('uses the machine of the first, whose job runs on it', async (stage) => {
    const first = await stage.launch({ ...inputs, name: 'first' })
    expect([first.main.exitCode, first.outputs.reused]).toEqual([0, 'false'])
    const before = changes(stage)
    const second = await stage.launch({ ...inputs, 'reuse-idle': 'false' })
    expectReused(second, 'first')
    const { instanceId, instanceType, cloud, region, expiresAt, label } = first.outputs
    expect(second.outputs).toMatchObject({ instanceId, instanceType, cloud, region, expiresAt, label })
    expect(changes(stage)).toEqual(before)
    const job = stage.jobFor(second.outputs, 'echo trained')
    await job.completed
    expect([job.succeeded, job.runnerName]).toEqual([true, 'first'])
    await stage.shutDown()
  })

  pairStory(
    'uses what somebody else has registered, and knows nothing of its machine',
    async (stage) => {
      stage.stageRunner('lathe', ['training', 'big', 'own'], { online: true, busy: true })
      const result = await stage.launch(inputs)
      expectReused(result, 'lathe')
      expect(result.outputs).toMatchObject({ instanceId: '', cloud: '', label: '' })
      expect(changes(stage)).toEqual([0, 0, ['lathe']])
    },
    { boots: false, left: { cloud: 0, forge: 1 } },
  )

  pairStory(
    'launches where the machine of the runner has been pulled away',
    async (stage) => {
      const first = await stage.launch({ ...inputs, name: 'first' })
      const [machine] = stage.cloud.machines
      stage.cloud.end(machine!.id)
      await stage.machine().ended
      const second = await stage.launch(inputs)
      expect([second.main.exitCode, second.outputs.reused]).toEqual([0, 'false'])
      expect(second.outputs.instanceId).not.toBe(first.outputs.instanceId)
      await stage.shutDown()
    },
    // Where the cloud has forgotten the machine and the forge has not noticed, nobody can know yet that the registration is of nobody.
    {
      left: ({ cloud, forge }) => ({
        cloud: 0,
        forge: cloud.forgets && forgeSides[forge].noticesLate ? 1 : 0,
      }),
    },
  )
})
