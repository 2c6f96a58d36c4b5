import { describe, expect } from '@jest/globals'
import type { Lease } from '../../src/model/lease.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'
import { sameStep } from './same-step.ts'
import { usualCloud } from '../sides/sides.ts'
import { homeLabel, story, type Stage } from './story.ts'

const scopeOf = ({ github }: Stage): string => `${new URL(github.url).host}/octo-org/octo-repo`

/** What a launch of the same step will be, as somebody may guess it who knows all that is public of it. */
async function guess(stage: Stage): Promise<Lease> {
  const { main } = await stage.launch({ 'dry-run': 'true' }, sameStep)
  const [, identity = ''] = /\bcml-([a-z2-7]{20})\b/.exec(main.log) ?? []
  const [, run = ''] = /\bcml-run-([a-z2-7]{20})-/.exec(main.log) ?? []
  const dueAt = Math.floor(Date.now() / 1000) + 600
  const name = `cml-${identity}`
  return {
    identity,
    run,
    scope: scopeOf(stage),
    owner: 'mallory',
    name,
    dueAt,
    nonce: 'forged',
    expiresAt: dueAt + 86_400,
  }
}

describe('a machine that somebody has tagged', () => {
  story(
    'as that of a launch, in another scope or of another name, is neither taken nor ended',
    async (stage) => {
      const { cloud } = stage
      const lease = await guess(stage)
      const forged = [
        { ...lease, scope: 'github.com/evil/repo' },
        { ...lease, name: 'mallory' },
      ].map((one) => cloud.seed(cloud.side.words.home, one))
      const { main, outputs } = await stage.launch({}, sameStep)
      expect(main.exitCode).toBe(0)
      expect(forged.map(({ id }) => id)).not.toContain(outputs.instanceId)
      for (const { id } of forged)
        expect(main.log).toContain(`Machine ${id} in ${cloud.side.words.home} is left alone`)
      await stage.launch({ command: 'stop', name: outputs.runnerName!, 'idle-timeout': '' })
      expect(cloud.machines.find(({ id }) => id === outputs.instanceId)?.billed).toBe(false)
      expect(forged.map(({ billed }) => billed)).toEqual([true, true])
    },
    { left: { cloud: 2 * usualCloud().leftoversPerMachine, forge: 0 } },
  )
})

describe('a registration that somebody has forged', () => {
  story(
    'ends no machine of another scope, and no machine of another launch of the run',
    async (stage) => {
      const { cloud, github } = stage
      const lease = await guess(stage)
      const victims = [
        { ...lease, identity: 'victim'.padEnd(20, '2'), scope: 'github.com/victim/other-repo' },
        { ...lease, identity: 'colleague'.padEnd(20, '2'), name: 'colleague' },
      ]
      const machines = victims.map((one) => cloud.seed(cloud.side.words.home, one))
      for (const [index, { identity }] of victims.entries()) {
        const labels = [uniqueLabel(identity), homeLabel(stage), runLabel(lease)]
        github.stageRunner({ name: `train-${index}`, labels })
      }
      for (const name of ['train-0', 'train-1']) {
        const { main } = await stage.launch({ command: 'stop', name, 'idle-timeout': '' })
        expect(main.exitCode).toBe(0)
      }
      expect(machines.map(({ billed }) => billed)).toEqual([true, true])
      expect(github.runners()).toEqual([])
    },
    { boots: false, left: { cloud: 2 * usualCloud().leftoversPerMachine, forge: 0 } },
  )

  story('with a place that is none hangs no stop, and is nobody’s defect in a launch', async (stage) => {
    const { github } = stage
    const lease = await guess(stage)
    const labels = [
      uniqueLabel(lease.identity),
      placeLabel(stage.cloud.side.name, 'nowhere/x'),
      runLabel(lease),
    ]
    github.stageRunner({ name: 'gpu', labels })
    const { main } = await stage.launch({ command: 'stop', 'idle-timeout': '' })
    expect([main.exitCode, main.log.includes('Nothing to stop of this run')]).toEqual([0, true])
    const launched = await stage.launch({ name: 'gpu' })
    expect([launched.main.exitCode, launched.main.log.includes('a defect')]).toEqual([0, false])
    await stage.shutDown()
  })
})

describe('the account of a machine', () => {
  story('is a label of its runner, asked for once and beside everything else', async (stage) => {
    const { cloud, github } = stage
    const { outputs } = await stage.launch()
    expect(outputs.runnerLabels).toContain(accountLabel(cloud.account))
    expect(github.runners()[0]?.labels).toContain(accountLabel(cloud.account))
    expect(outputs.runnerLabels).not.toContain(cloud.account)
    // Some credentials tell it themselves.
    expect(cloud.calls('account').length).toBeLessThanOrEqual(1)
    await stage.shutDown()
  })
})
