import { describe, expect } from '@jest/globals'
import { endsIdle, tenMinutes } from '../../../scenarios/agent-hours.ts'
import { story, type Stage } from './story.ts'

function expectLaunched({ main, post }: Awaited<ReturnType<Stage['launch']>>): void {
  expect([main.exitCode, post?.exitCode, main.log.includes('##[error]')]).toEqual([0, 0, false])
}

describe('with the permissions of the least-privilege policy alone', () => {
  const allowed = ['RunInstances', 'DescribeInstances', 'DescribeImages', 'TerminateInstances']
  const optional = [
    'DescribeInstanceTypeOfferings',
    'DescribeInstanceTypes',
    'DescribeSubnets',
    'DescribeRouteTables',
    'DescribeVpcs',
    'DescribeSecurityGroups',
    'DescribeRegions',
    'GetConsoleOutput',
  ]
  const deny = ({ ec2 }: Stage): void => optional.forEach((action) => ec2.dials.denied.add(action))
  const succeeded = ({ ec2 }: Stage): string[] => [
    ...new Set(ec2.journal.filter(({ status }) => status === 200).map(({ action }) => action)),
  ]

  story('a launch goes on, and says what could not be checked', async (stage) => {
    deny(stage)
    const inputs = { ...tenMinutes, 'cloud-aws-security-group': 'default', 'cloud-type': 'm7i.2xlarge' }
    const launch = await stage.launch(inputs)
    expectLaunched(launch)
    for (const part of [
      'It could not be read which zones of us-west-1 sell what (ec2:DescribeInstanceTypeOfferings: UnauthorizedOperation',
      'EC2 chooses the zone, and no other zone is tried',
      'It could not be checked that security group "default" exists in us-west-1',
      'The boot log cannot be shown: these credentials lack ec2:GetConsoleOutput',
    ])
      expect(launch.main.log).toContain(part)
    expect(succeeded(stage).filter((action) => !allowed.includes(action))).toEqual([])
    await endsIdle(stage.machine())
  })

  story('so does one into a subnet', async (stage) => {
    deny(stage)
    const subnet = stage.ec2.networks.subnets.find(({ zone }) => zone === 'us-west-1b')!
    const group = stage.ec2.networks.groups.find(({ vpc }) => vpc === subnet.vpc)!
    const inputs = { ...tenMinutes, 'cloud-aws-subnet': subnet.id, 'cloud-aws-security-group': group.id }
    const launch = await stage.launch(inputs)
    expectLaunched(launch)
    expect(launch.main.log).toContain('It could not be checked that the subnets exist and let machines out')
    expect(launch.outputs.region).toBe('us-west-1b')
    expect(succeeded(stage).filter((action) => !allowed.includes(action))).toEqual([])
    await endsIdle(stage.machine())
  })
})
