import { describe, expect } from '@jest/globals'
import type { ActionResult } from '../../../emulators/action-runner.ts'
import { story, type Stage } from './story.ts'

/** The launch failed, in words; nothing was handed over and nothing is left. */
function expectFailed({ main, post, outputs }: ActionResult, parts: readonly string[]): void {
  expect([main.exitCode, post?.exitCode, outputs]).toEqual([1, 0, {}])
  for (const part of [...parts, 'Nothing of this launch is left.']) expect(main.log).toContain(part)
  expect(main.summary).toContain('### ❌ Could not ')
}

function expectOneMachineEnded({ ec2, github }: Stage): void {
  expect(ec2.machines.map(({ state }) => state)).toEqual(['terminated'])
  expect(github.runners()).toEqual([])
}

describe('a machine whose runner never comes online', () => {
  story('and that says nothing is explained with its network', async (stage) => {
    const { ec2 } = stage
    ec2.dials.bootDelay = 3600_000
    const closed = ec2.networks.addSubnet({ zone: 'us-west-1b', publicAddresses: false, exit: 'none' })
    const result = await stage.launch({ 'launch-timeout': '10s', 'cloud-aws-subnet': closed.id })
    expectFailed(result, [
      `##[warning]Subnet ${closed.id} (us-west-1b) has no way out: no route for 0.0.0.0/0 in rtb-`,
      'the machine said nothing that could be read here',
      'Boot log: none could be read.',
    ])
    const [, failure = ''] = result.main.log.split('##[error]')
    expect(failure).toContain('has no way out')
    expectOneMachineEnded(stage)
  })

  story('because somebody ended it is told so', async (stage) => {
    const { ec2 } = stage
    ec2.dials.bootDelay = 3600_000
    const reason = {
      code: 'Client.UserInitiatedShutdown',
      message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    }
    void ec2
      .until(() => ec2.calls('GetConsoleOutput').length > 0)
      .then(() => ec2.end(ec2.machines[0]!.id, reason))
    const result = await stage.launch({ 'launch-timeout': '60m' })
    expectFailed(result, ['Could not start machine', 'Client.UserInitiatedShutdown'])
    expectOneMachineEnded(stage)
  })
})
