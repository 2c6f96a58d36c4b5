import { describe, expect } from '@jest/globals'
import { homeLabel, story } from './story.ts'

describe('a name', () => {
  story('that an offline registration has is made free first', async (stage) => {
    const { github } = stage
    github.stageRunner({ name: 'gpu-1', labels: ['cml'] })
    const before = github.runner('gpu-1')!.id
    const { main, outputs } = await stage.launch({ name: 'gpu-1' })
    expect([main.exitCode, outputs.runnerName]).toEqual([0, 'gpu-1'])
    expect(main.log).toContain('Deleted the offline registration of runner gpu-1.')
    expect(github.runner('gpu-1')).toMatchObject({ online: true })
    expect(github.runner('gpu-1')!.id).not.toBe(before)
    const [machine] = stage.cloud.machines
    const shown = stage.cloud.side.namesMachines ? 'gpu-1' : machine?.name
    expect([machine?.name, machine?.lease?.name]).toEqual([shown, 'gpu-1'])
    const job = stage.jobFor(outputs, 'echo "$RUNNER_NAME"')
    await job.completed
    expect(job.runnerName).toBe('gpu-1')
    await stage.shutDown()
  })

  story(
    'that an online runner has is an error, and that runner is left alone',
    async (stage) => {
      stage.github.stageRunner({ name: 'gpu-1', online: true })
      const { main, outputs } = await stage.launch({ name: 'gpu-1' })
      expect([main.exitCode, outputs]).toEqual([1, {}])
      for (const part of ['a runner of that name is online at', 'give another `name`'])
        expect(main.log).toContain(part)
      expect(stage.cloud.machines).toEqual([])
      expect(stage.github.runner('gpu-1')).toMatchObject({ online: true })
    },
    { left: { cloud: 0, forge: 1 } },
  )

  story(
    'that an offline runner has which still counts as busy cannot be taken',
    async (stage) => {
      stage.github.stageRunner({ name: 'gpu-1', busy: true })
      const { main } = await stage.launch({ name: 'gpu-1' })
      expect(main.exitCode).toBe(1)
      expect(main.log).toContain('still counts as busy')
      expect(stage.cloud.machines).toEqual([])
    },
    { left: { cloud: 0, forge: 1 } },
  )
})

describe('a runner for one job, made by a just-in-time configuration', () => {
  const inputs = { single: 'true', registration: 'jit' }

  story('is asked for as late as can be: after everything else was read', async (stage) => {
    await stage.launch(inputs)
    const calls = stage.github.journal
      .filter(({ side }) => side === 'api')
      .map(({ path }) => path.split('/').at(-1))
    const made = calls.indexOf('generate-jitconfig')
    expect(made).toBeGreaterThan(0)
    const reads = stage.cloud.calls().findIndex(({ verb }) => verb === 'create')
    expect(reads).toBeGreaterThan(0)
    await stage.shutDown()
    stage.github.deleteRunner(stage.github.runners()[0]?.name ?? '')
  })

  story('is recognised as its own when the answer was lost', async (stage) => {
    const { github } = stage
    let lost = false
    github.fault = ({ path }) => {
      if (lost || !path.endsWith('/generate-jitconfig')) return undefined
      lost = true
      return 'reset-after'
    }
    const { main, outputs } = await stage.launch(inputs)
    expect(main.exitCode).toBe(0)
    const asked = github.journal.filter(({ path }) => path.endsWith('/generate-jitconfig'))
    expect(asked.map(({ status }) => status)).toEqual([0, 409, 201])
    expect(github.runners()).toMatchObject([
      { name: outputs.runnerName, jit: true, ephemeral: true, online: true },
    ])
    expect(github.runners()[0]?.labels).toEqual(
      expect.arrayContaining(['self-hosted', 'Linux', 'X64', 'cml', outputs.label, homeLabel(stage)]),
    )
    expect(github.journal.filter(({ path }) => path.endsWith('/registration-token'))).toEqual([])
    const job = stage.jobFor(outputs, 'echo once')
    await job.completed
    expect(job.conclusion).toBe('success')
    await stage.machine().ended
  })

  story('is not left behind by a launch that finds no machine', async (stage) => {
    stage.cloud.dry()
    const { main } = await stage.launch(inputs)
    expect(main.exitCode).toBe(1)
    expect(
      stage.github.journal.filter(({ path }) => path.endsWith('/generate-jitconfig')).length,
    ).toBeGreaterThan(0)
    expect(stage.github.runners()).toEqual([])
  })

  story('keeps its configuration out of every log', async (stage) => {
    const { main, post, masks } = await stage.launch(inputs)
    const long = masks.filter((mask) => mask.length > 1000)
    expect(long.length).toBeGreaterThan(0)
    const written = [main.raw, post?.raw, main.rawSummary].join('\n').replace(/^::add-mask::.*$/gm, '')
    for (const mask of long) expect(written.includes(mask)).toBe(false)
    const arguments_ = stage.machine().log
    for (const mask of long) expect(arguments_.includes(mask)).toBe(false)
    const job = stage.jobFor(main.outputs, 'env; ps -ef')
    await job.completed
    for (const mask of long) expect(job.log.includes(mask)).toBe(false)
    await stage.machine().ended
  })
})
