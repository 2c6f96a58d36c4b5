import { describe, expect } from '@jest/globals'
import type { ActionResult } from '../emulators/action-runner.ts'
import { story, type Stage } from './story.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** The launch failed, in words; nothing was handed over and nothing is left. */
function expectFailed({ main, post, outputs }: ActionResult, parts: readonly string[]): void {
  expect([main.exitCode, post?.exitCode, outputs]).toEqual([1, 0, {}])
  for (const part of parts) expect(main.log).toContain(part)
  expect(main.summary).toContain('### Launch failed')
}

function expectOneMachineEnded({ ec2, github }: Stage): void {
  expect(ec2.machines.map(({ state }) => state)).toEqual(['terminated'])
  expect(github.runners()).toEqual([])
}

describe('a machine whose runner never comes online', () => {
  story('because it hangs is given up when the time is over, with its boot log', async (stage) => {
    stage.github.fault = ({ side }) => (side === 'archive' ? 'silent' : undefined)
    const result = await stage.launch({ 'launch-timeout': '10s' })
    expectFailed(result, [
      'online within 10 s',
      'the machine\'s last word was "fetching"',
      'give `launch-timeout` more time',
      'Boot log (end):',
      '│ cml-runner ',
      ' fetching',
    ])
    expectOneMachineEnded(stage)
  })

  story('and that says nothing is explained with its network', async (stage) => {
    const { ec2 } = stage
    ec2.dials.bootDelay = 3600_000
    const closed = ec2.networks.addSubnet({ zone: 'us-west-1b', publicAddresses: false, exit: 'none' })
    const result = await stage.launch({ 'launch-timeout': '10s', 'cloud-aws-subnet': closed.id })
    expectFailed(result, [
      `##[warning]Subnet ${closed.id} (us-west-1b) assigns no public address and has no route out`,
      'the machine said nothing that could be read here',
      'Boot log: none could be read.',
    ])
    const [, failure = ''] = result.main.log.split('##[error]')
    expect(failure).toContain('has no route out')
    expectOneMachineEnded(stage)
  })

  story('because GitHub refuses its registration ends the wait at once', async (stage) => {
    stage.github.fault = ({ path }) =>
      path.endsWith('/actions/runner-registration')
        ? { status: 404, body: { message: 'Not Found' } }
        : undefined
    const result = await stage.launch({ 'launch-timeout': '60m' })
    expectFailed(result, ['the registration ended with 1', 'Boot log (end):', 'Http response code: NotFound'])
    expectOneMachineEnded(stage)
  })

  story('because its download is not what GitHub promised never runs it', async (stage) => {
    stage.github.fault = ({ side }) =>
      side === 'archive' ? { status: 200, body: Buffer.from('something else') } : undefined
    const result = await stage.launch({ 'launch-timeout': '60m' })
    expectFailed(result, ['the digest of the runner', 'Boot log (end):'])
    expectOneMachineEnded(stage)
  })

  story('because its startup script fails shows what that said', async (stage) => {
    const script = base64('#!/bin/bash\necho "looking for the driver"\necho "no driver here" >&2\nexit 3\n')
    const result = await stage.launch({ 'launch-timeout': '60m', 'cloud-startup-script': script })
    expectFailed(result, [
      'the startup script ended with 3',
      'A failing `cloud-startup-script` shows its own output there.',
      '│   | looking for the driver',
      '│   | no driver here',
    ])
    expect(stage.github.journal.filter(({ path }) => path.endsWith('/actions/runner-registration'))).toEqual(
      [],
    )
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
    expectFailed(result, ['Could not boot machine', 'Client.UserInitiatedShutdown'])
    expectOneMachineEnded(stage)
  })
})
