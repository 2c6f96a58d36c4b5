import { describe, expect } from '@jest/globals'
import { sealOf } from '../../src/model/lease.ts'
import { runOfRunner } from '../../src/model/runner.ts'
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
      const argv = ['--cloud', 'aws', '--dry-run', '--idle-timeout', '1h']
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
      'aws',
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
    expect(data.candidates[0]).toMatchObject({ cloud: 'aws', type: 'm7i.2xlarge', spot: false, diskGb: 35 })
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
    const [, lost] = stage.ec2.machines
    // Before it can have come to life, as far as anybody can tell.
    stage.github.hold = ({ side }) => (side === 'api' ? undefined : new Promise<void>(() => undefined))
    const without = await stage.prepare({}, { env: tracking })
    expect(without.state()).toEqual({})
    const post = await without.post()
    await without.dispose()
    stage.github.hold = undefined
    expect(post.exitCode).toBe(0)
    await stage.ec2.until(() => lost?.ended)
    expect(stage.ec2.machines.map(({ billed }) => billed)).toEqual([true, false])
    expect(stage.github.runners().map(({ name }) => name)).toEqual([other.outputs.runnerName])
    await stage.shutDown()
  })
})

describe('everything that is created tells whose it is, from its first moment', () => {
  interface Sent {
    readonly ResourceType: string
    readonly Tags: readonly { readonly Key: string; readonly Value: string }[]
  }

  /** Tags by resource, as the creating call carried them. */
  const sent = ({ ec2 }: Stage): Readonly<Record<string, Record<string, string>>> => {
    const { TagSpecifications = [] } = (ec2.calls('RunInstances')[0]?.input ?? {}) as unknown as {
      TagSpecifications?: readonly Sent[]
    }
    return Object.fromEntries(
      TagSpecifications.map(({ ResourceType, Tags }) => [
        ResourceType,
        Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
      ]),
    )
  }

  const seconds = expect.stringMatching(/^\d{10}$/) as unknown as string
  const tagsOf = (name: string, identity: string, run: string): Record<string, string> => ({
    'managed-by': 'cml-runner',
    'cml-runner-identity': identity,
    'cml-runner-run': run,
    'cml-runner-scope': expect.stringMatching(/\/octo-org\/octo-repo$/) as unknown as string,
    'cml-runner-owner': 'dependabot[bot]',
    'cml-runner-name': name,
    'cml-runner-due-at': seconds,
    'cml-runner-nonce': expect.stringMatching(/^s-[a-z2-7]{20}$/) as unknown as string,
    'cml-runner-expires-at': seconds,
    Name: name,
  })
  /** Run, time and nonce of the run label; the nonce as tags have it. */
  const sealedRun = (labels: readonly string[]): readonly string[] => {
    const { run = '', dueAt = 0, nonce = '' } = runOfRunner({ labels }) ?? {}
    return [run, String(dueAt), sealOf(nonce)]
  }
  const env = { ...tracking, GITHUB_TRIGGERING_ACTOR: 'dependabot[bot]' }

  story(
    'machine, disk, network interface and spot request by tags, a registration by labels',
    async (stage) => {
      const before = Date.now() / 1000
      const { main, outputs } = await stage.launch(
        { name: 'gpu-1', 'cloud-spot': 'true', 'max-lifetime': '2h' },
        { env },
      )
      expect(main.exitCode).toBe(0)
      const { identity, run } = read(outputs.runnerLabels ?? '')
      const tags = sent(stage)
      expect(Object.keys(tags).sort()).toEqual([
        'instance',
        'network-interface',
        'spot-instances-request',
        'volume',
      ])
      for (const [resource, carried] of Object.entries(tags))
        expect([resource, carried]).toEqual([resource, tagsOf('gpu-1', identity, run)])
      const times = tags.instance!
      expect(Number(times['cml-runner-due-at']) - before).toBeLessThanOrEqual(660)
      expect(Number(times['cml-runner-expires-at']) - Number(times['cml-runner-due-at'])).toBe(7200 - 600)
      const labels = stage.github.runners()[0]?.labels ?? []
      expect(labels).toEqual(expect.arrayContaining([`cml-${identity}`, 'cml-at-aws-us-west-1']))
      expect(sealedRun(labels)).toEqual([run, times['cml-runner-due-at'], times['cml-runner-nonce']])
      // The creating call is the only one that changes anything at the cloud.
      const changing = stage.ec2.journal.filter(({ action }) => !/^(Describe|Get)/.test(action))
      expect(changing.map(({ action }) => action)).toEqual(['RunInstances'])
      await stage.shutDown()
    },
  )

  story('a registration that is made in advance by the labels of that very call', async (stage) => {
    const { main, outputs } = await stage.launch({ single: 'true', registration: 'jit' }, { env })
    expect(main.exitCode).toBe(0)
    const { identity, run } = read(outputs.runnerLabels ?? '')
    const [made] = stage.github.journal.filter(({ path }) => path.endsWith('/generate-jitconfig'))
    const { name, labels } = made?.body as { name: string; labels: readonly string[] }
    expect(name).toBe(`cml-${identity}`)
    expect(labels).toEqual(expect.arrayContaining([`cml-${identity}`, 'cml-at-aws-us-west-1']))
    const { instance: tags } = sent(stage)
    expect(sealedRun(labels)).toEqual([run, tags?.['cml-runner-due-at'], tags?.['cml-runner-nonce']])
    await stage.jobFor(outputs, 'echo once').completed
    await stage.machine().ended
  })
})
