import { describe, expect } from '@jest/globals'
import type { PairResult, PairStage } from './pair-stage.ts'
import { pairStory } from './pair-story.ts'

const nothingLeft = 'nothing of this launch is left.'

/** Main ended by itself, on the first signal; what follows it removed what there was. */
function expectCancelled({ post, outputs, cancelled }: PairResult): void {
  expect([cancelled, outputs, post?.exitCode]).toEqual([true, {}, 0])
}

/** Everything was taken back by the launch itself. */
async function expectUndone(
  { launch, scene }: PairStage,
  inputs: Readonly<Record<string, string>>,
  ...parts: readonly (string | RegExp)[]
): Promise<void> {
  const { main, post, outputs } = await launch(inputs)
  expect([main.exitCode, post?.exitCode, outputs]).toEqual([1, 0, {}])
  for (const part of parts) expect(main.log).toMatch(part)
  expect(scene.leftovers()).toEqual({ cloud: 0, forge: 0 })
}

describe('a launch that is cancelled', () => {
  pairStory('while nothing was made leaves nothing to remove', async (stage) => {
    const { cloud } = stage
    const cancel = new AbortController()
    cloud.fault = ({ verb }) => {
      if (verb !== 'resolve') return undefined
      cancel.abort()
      return 'unheard'
    }
    const result = await stage.launch({}, { cancel: cancel.signal })
    expectCancelled(result)
    expect(result.post?.log).toContain('The launch ended before it created anything.')
    expect([cloud.calls('create'), stage.registrations()]).toEqual([[], 0])
  })

  pairStory(
    'while the cloud is asked for the machine, which it makes and whose answer nobody hears',
    async (stage) => {
      const { cloud } = stage
      const cancel = new AbortController()
      cloud.fault = ({ verb }) => {
        if (verb !== 'create') return undefined
        cancel.abort()
        return 'unheard'
      }
      cloud.lag(2)
      cloud.bootDelay(60_000)
      const result = await stage.launch({}, { cancel: cancel.signal })
      expectCancelled(result)
      expect(cloud.machines).toHaveLength(1)
      const [{ id, region }] = cloud.machines as [(typeof cloud.machines)[number]]
      expect(result.post?.log).toMatch(new RegExp(`^Removing .*${id} in ${region}`, 'm'))
      expect(result.post?.log.toLowerCase()).toContain(nothingLeft)
    },
  )

  pairStory('right after the machine was made', async (stage) => {
    const result = await stage.launch({}, { cancelWhen: (line) => line.startsWith('Created ') })
    expectCancelled(result)
    expect(stage.cloud.machines).toHaveLength(1)
    expect(result.post?.log).toContain('1 machine and ')
  })

  pairStory('while the machine has registered and is not online yet', async (stage) => {
    stage.muteRunners()
    const cancel = new AbortController()
    void stage
      .until(() => stage.scene.boot.machines[0]?.console().includes(' registered'))
      .then(() => cancel.abort())
    const result = await stage.launch({}, { cancel: cancel.signal })
    expectCancelled(result)
    expect(result.post?.log).toContain('1 machine and 1 registration removed')
  })

  pairStory('while a place that turned out empty is given up', async (stage) => {
    const { cloud } = stage
    const { twoPlaces, type } = cloud.side.words
    cloud.startsEmpty()
    const result = await stage.launch(
      { 'cloud-region': twoPlaces.join(','), 'cloud-type': type },
      { cancelWhen: (line) => line.startsWith(`No ${type} `) },
    )
    expectCancelled(result)
    expect(cloud.calls('create')).toHaveLength(1)
    expect(result.post?.log.toLowerCase()).toContain(nothingLeft)
  })
})

describe('a launcher that is killed', () => {
  pairStory('alone is cleaned up after by what follows in its job', async (stage) => {
    const job = await stage.prepare({}, (line) => line.startsWith('Created ') && job.kill())
    const main = await job.main()
    const post = await job.post()
    await job.dispose()
    expect([main.signal, post.exitCode, stage.cloud.machines.length]).toEqual(['SIGKILL', 0, 1])
    expect(post.log).toContain('1 machine and ')
  })

  pairStory('with its host leaves a machine that ends by itself, and no registration', async (stage) => {
    const result = await stage.launch(
      { 'idle-timeout': '3' },
      { killWhen: (line) => line.startsWith('Created ') },
    )
    expect([result.main.signal, result.post]).toEqual(['SIGKILL', undefined])
    expect(await stage.machine().ended).toBe(stage.cloud.side.ownEnd)
    expect([stage.cloud.machines.length, stage.runners()]).toEqual([1, []])
  })
})

describe('a launch that fails', () => {
  pairStory(
    'because its startup script fails shows that script’s words and leaves nothing',
    async (stage) => {
      const script = Buffer.from('echo no disk for data; exit 7\n').toString('base64')
      const inputs = { 'cloud-startup-script': script }
      await expectUndone(stage, inputs, 'no disk for data', 'the startup script ended with 7')
    },
  )

  pairStory('because no place has a machine leaves no runner', async (stage) => {
    const { cloud } = stage
    cloud.dry()
    await expectUndone(stage, {}, cloud.side.words.empty, /all \d+ choices were refused/)
    expect(stage.registrations()).toBe(1)
  })

  pairStory('because its machine dies in its boot leaves nothing', async (stage) => {
    stage.cloud.diesInBoot()
    await expectUndone(
      stage,
      {},
      new RegExp(`^(?:##\\[error\\])?No ${stage.cloud.side.words.type} .* in `, 'm'),
    )
  })
})

describe('a single runner', () => {
  pairStory('has one job, and then neither machine nor registration is left', async (stage) => {
    const { outputs } = await stage.launch({ single: 'true', 'idle-timeout': 'never' })
    const [first, second] = ['echo one', 'echo two'].map((script) => stage.jobFor(outputs, script))
    await first?.completed
    expect(await stage.machine().ended).toBe(stage.cloud.side.ownEnd)
    expect([first?.succeeded, second?.waits]).toEqual([true, true])
  })
})
