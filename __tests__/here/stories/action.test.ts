import { expect } from '@jest/globals'
import { prepareAction, type ActionOptions, type PreparedAction } from '../../emulators/action-runner.ts'
import { dist, jobOf, type Box } from '../box.ts'
import { hereStory } from '../story.ts'

/** A step `uses: cml-runner` with `cloud: none`, in a job of this box. */
function stepIn(box: Box, options: Partial<ActionOptions> & { readonly inputs: ActionOptions['inputs'] }) {
  const { token, repo, variables, home } = box
  return prepareAction({
    dist,
    ...options,
    inputs: { repo, token, labels: 'tf', cloud: 'none', ...options.inputs },
    env: { ...variables, HOME: home, GITHUB_REPOSITORY: 'octo-org/octo-repo', ...options.env },
    secrets: [token],
  })
}

async function within<T>(
  step: Promise<PreparedAction>,
  tell: (step: PreparedAction) => Promise<T>,
): Promise<T> {
  const action = await step
  try {
    return await tell(action)
  } finally {
    await action.dispose()
  }
}

hereStory(
  'a step with `cloud: none` is the runner itself until it is idle, and its post step looks for no machine',
  async (box) => {
    await within(stepIn(box, { inputs: { 'idle-timeout': '3' } }), async (step) => {
      const job = jobOf(box, 'tf', 'true')
      const main = await step.main()
      expect([job.succeeded, main.exitCode, main.outputs.cloud]).toEqual([true, 0, 'none'])
      const before = box.emulator.journal.length
      const post = await step.post()
      expect([post.exitCode, box.emulator.journal.length - before]).toEqual([0, 0])
      expect(post.log).toContain('This machine itself was the runner')
      expect(`${main.log}${post.log}`).not.toContain(box.token)
    })
  },
  ['github'],
)

hereStory(
  'cancelled, it ends its job at once and leaves nothing; killed, its post step takes the registration away',
  async (box) => {
    for (const how of ['cancelWhen', 'killWhen'] as const)
      await within(
        stepIn(box, {
          inputs: { 'idle-timeout': 'never' },
          [how]: (line: string) => / job-started/.test(line),
        }),
        async (step) => {
          const job = jobOf(box, 'tf', 'sleep 60')
          const main = await step.main()
          if (how === 'killWhen') expect([main.signal, box.runners().length]).toEqual(['SIGKILL', 1])
          else expect([main.exitCode, box.runners()]).toEqual([130, []])
          const post = await step.post()
          await job.completed
          expect([job.succeeded, post.exitCode, box.runners()]).toEqual([false, 0, []])
        },
      )
  },
  ['github'],
)

hereStory(
  'a step that finds a runner removes nothing of it',
  async (box) => {
    const there = box.start(['--labels=tf', '--idle-timeout=never'])
    await there.said(/ listening/)
    await within(stepIn(box, { inputs: { reuse: 'true' } }), async (step) => {
      const main = await step.main()
      const post = await step.post()
      expect([main.exitCode, main.outputs.reused, post.exitCode]).toEqual([0, 'true', 0])
      expect(post.log).toMatch(/nothing was started, and nothing is removed/)
      expect(box.runners().length).toBe(1)
    })
    there.signal('SIGTERM')
    expect(await there.ended).toBe(143)
  },
  ['github'],
)

hereStory(
  'a step whose `cloud` came out empty makes no runner of its machine, and its post step has nothing to do',
  async (box) => {
    await within(stepIn(box, { inputs: { cloud: '' } }), async (step) => {
      const main = await step.main()
      expect([main.exitCode, main.log]).toEqual([2, expect.stringContaining('`cloud` is missing')])
      expect((await step.post()).exitCode).toBe(0)
      expect(box.emulator.journal.length).toBe(0)
    })
  },
  ['github'],
)
