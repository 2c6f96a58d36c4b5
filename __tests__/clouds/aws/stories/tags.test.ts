import { describe, expect } from '@jest/globals'
import { sealOf } from '../../../../src/model/lease.ts'
import { runOfRunner } from '../../../../src/model/runner.ts'
import { story, type Stage } from './story.ts'

const tracking = { RUNNER_TRACKING_ID: 'github_6f1c3f3e-2f0b-4a52-9a6c-0c8f2f5f2a11' }

interface Told {
  readonly identity: string
  readonly run: string
}

function read(log: string): Told {
  const [, identity = ''] = /\bcml-([a-z2-7]{20})\b/.exec(log) ?? []
  const [, run = ''] = /\bcml-run-([a-z2-7]{20})-\d{10}\b/.exec(log) ?? []
  expect([identity.length, run.length]).toEqual([20, 20])
  return { identity, run }
}

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
