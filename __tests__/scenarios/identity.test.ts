import { describe, expect } from '@jest/globals'
import type { ActionOptions } from '../emulators/action-runner.ts'
import { story, type Stage } from './story.ts'

const tracking = { RUNNER_TRACKING_ID: 'github_6f1c3f3e-2f0b-4a52-9a6c-0c8f2f5f2a11' }
const blank = { RUNNER_TRACKING_ID: '' }

interface Told {
  readonly identity: string
  readonly run: string
}

/** A dry run tells the labels that the launch would give, and makes nothing. */
async function told(
  { launch }: Stage,
  env: Readonly<Record<string, string>>,
  { inputs = {}, contexts = {} }: Pick<ActionOptions, 'inputs' | 'contexts'> = {},
): Promise<Told> {
  const { main } = await launch({ 'dry-run': 'true', ...inputs }, { env, contexts })
  expect(main.exitCode).toBe(0)
  return read(main.log)
}

function read(log: string): Told {
  const [, identity = ''] = /\bcml-([a-z2-7]{20})\b/.exec(log) ?? []
  const [, run = ''] = /\bcml-run-([a-z2-7]{20})-\d{10}\b/.exec(log) ?? []
  expect([identity.length, run.length]).toEqual([20, 20])
  return { identity, run }
}

const different = (all: readonly Told[]): [identities: number, runs: number] => [
  new Set(all.map(({ identity }) => identity)).size,
  new Set(all.map(({ run }) => run)).size,
]

describe('launches of one run differ, each in its own way, and have one run', () => {
  story(
    'legs of a matrix, jobs of one key in two calls of a reusable workflow: each has its own worker',
    async (stage) => {
      const all = [
        await told(stage, tracking),
        await told(stage, { RUNNER_TRACKING_ID: 'github_0d9cfd8a-4b5e-4a5c-8f0e-3f9d0b1c2a33' }),
      ]
      expect(different(all)).toEqual([2, 1])
      expect(await told(stage, tracking)).toEqual(all[0])
    },
  )

  story(
    'legs of a matrix and such jobs where the worker tells nothing: the internal input does',
    async (stage) => {
      const legs = [
        { 'strategy.job-index': '0' },
        { 'strategy.job-index': '1' },
        { 'job.check_run_id': '501', 'strategy.job-index': '0' },
        { 'job.check_run_id': '502', 'strategy.job-index': '0' },
      ]
      const all: Told[] = []
      for (const contexts of legs) all.push(await told(stage, blank, { contexts }))
      expect(different(all)).toEqual([4, 1])
      expect(await told(stage, blank, { contexts: legs[2]! })).toEqual(all[2])
    },
  )

  story('steps of one job, one step with different names, and an attempt that follows', async (stage) => {
    const all = [
      await told(stage, tracking),
      await told(stage, { ...tracking, GITHUB_ACTION: '__self_2' }),
      await told(stage, tracking, { inputs: { name: 'one' } }),
      await told(stage, tracking, { inputs: { name: 'two' } }),
      // All jobs again, or the failed ones alone: the attempt counts up, and every job that runs gets a worker of its own.
      await told(stage, { ...tracking, GITHUB_RUN_ATTEMPT: '2' }),
      await told(stage, { RUNNER_TRACKING_ID: 'github_another', GITHUB_RUN_ATTEMPT: '2' }),
    ]
    expect(different(all)).toEqual([6, 1])
    expect((await told(stage, { ...tracking, GITHUB_RUN_ID: '7100000002' })).run).not.toBe(all[0]?.run)
  })

  story(
    'the same step tried again is the same launch, in the action and on a command line',
    async (stage) => {
      const argv = ['--cloud', stage.cloud.side.name, '--dry-run', '--idle-timeout', '1h']
      const job = {
        ...stage.variables,
        CML_RUNNER_TOKEN: stage.github.token(),
        GITHUB_ACTIONS: 'true',
        GITHUB_RUN_ID: '7100000001',
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_JOB: 'deploy',
        GITHUB_ACTION: '__self',
        ...tracking,
      }
      const call = async (
        env: Readonly<Record<string, string>>,
        more: readonly string[] = [],
      ): Promise<Told> => {
        const { code, stdout } = await stage.command([...argv, ...more], { env })
        expect(code).toBe(0)
        return read(stdout)
      }
      const first = await call(job)
      expect([await call(job), await told(stage, tracking)]).toEqual([first, first])
      expect(
        different([
          first,
          await call(job, ['--name', 'one']),
          await call({ ...job, GITHUB_ACTION: '__run' }),
        ]),
      ).toEqual([3, 1])
    },
  )

  story('calls at home are all of themselves', async (stage) => {
    const argv = [
      '--cloud',
      stage.cloud.side.name,
      '--dry-run',
      '--repo',
      `${stage.github.url}/octo-org/octo-repo`,
      '--driver',
      'github',
    ]
    const env = { ...stage.variables, CML_RUNNER_TOKEN: stage.github.token(), USER: 'me' }
    const calls = [await stage.command(argv, { env }), await stage.command(argv, { env })]
    expect(calls.map(({ code }) => code)).toEqual([0, 0])
    const json = await stage.command([...argv, '--json', '--log', 'error'], { env })
    const data = JSON.parse(json.stdout) as { candidates: readonly { type: string }[] }
    expect(data.candidates[0]).toMatchObject({
      cloud: stage.cloud.side.name,
      type: stage.cloud.side.words.type,
      spot: false,
      diskGb: 35,
    })
    expect(different(calls.map(({ stdout }) => read(stdout)))).toEqual([2, 2])
  })
})

describe('the post step', () => {
  story('finds what its launch left behind by nothing but where it runs', async (stage) => {
    const other = await stage.launch({}, { env: { ...tracking, GITHUB_ACTION: '__self_2' } })
    const { main } = await stage.launch(
      {},
      { env: tracking, killWhen: (line) => line.startsWith('Created ') },
    )
    expect(main.signal).toBe('SIGKILL')
    const [, lost] = stage.cloud.machines
    // Before it can have come to life, as far as anybody can tell.
    stage.github.hold = ({ side }) => (side === 'api' ? undefined : new Promise<void>(() => undefined))
    const without = await stage.prepare({}, { env: tracking })
    expect(without.state()).toEqual({})
    const post = await without.post()
    await without.dispose()
    stage.github.hold = undefined
    expect(post.exitCode).toBe(0)
    await stage.cloud.until(() => lost?.ended)
    expect(stage.cloud.machines.map(({ billed }) => billed)).toEqual([true, false])
    expect(stage.github.runners().map(({ name }) => name)).toEqual([other.outputs.runnerName])
    await stage.shutDown()
  })
})
