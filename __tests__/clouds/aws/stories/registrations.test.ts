import { describe, expect } from '@jest/globals'
import { story } from './story.ts'

describe('a just-in-time registration', () => {
  const inputs = { single: 'true', registration: 'jit' }

  story('is a new one for each region that is tried, also where a region comes again', async (stage) => {
    for (const region of ['us-west-1', 'us-west-2']) stage.ec2.dials.exhausted.add(`g4dn|${region}|on-demand`)
    const { main, outputs } = await stage.launch({
      ...inputs,
      'cloud-region': 'us-west-1,us-west-2',
      'cloud-type': 'g4dn.xlarge,m7i.xlarge',
      'launch-timeout': '60s',
    })
    expect([main.exitCode, outputs.instanceType, outputs.region]).toEqual([0, 'm7i.xlarge', 'us-west-1b'])
    expect(stage.github.runners()).toMatchObject([{ name: outputs.runnerName, online: true }])
    const job = stage.jobFor(outputs, 'echo once')
    await job.completed
    await stage.machine().ended
  })

  story('tells the region that was taken in the end', async (stage) => {
    stage.ec2.dials.exhausted.add('*|us-west-1|*')
    const { main, outputs } = await stage.launch({ ...inputs, 'cloud-region': 'us-west-1,us-west-2' })
    expect([main.exitCode, outputs.region]).toEqual([0, 'us-west-2a'])
    const labels = stage.github.runner(outputs.runnerName!)?.labels ?? []
    expect(labels.filter((label) => label.startsWith('cml-at-'))).toEqual(['cml-at-aws-us-west-2'])
    const job = stage.jobFor(outputs, 'echo once')
    await job.completed
    await stage.machine().ended
  })

  story('is a new one after a machine that was given up', async (stage) => {
    const { ec2 } = stage
    ec2.dials.dies = 'before-boot'
    ec2.dials.death = { code: 'Server.InsufficientInstanceCapacity', message: 'no capacity' }
    void ec2.until(() => ec2.machines.length === 1).then(() => (ec2.dials.dies = undefined))
    const { main, outputs } = await stage.launch({
      ...inputs,
      'cloud-region': 'us-west-1b,us-west-1c',
      'cloud-type': 'm7i.2xlarge',
      'launch-timeout': '40s',
    })
    expect([main.exitCode, outputs.region]).toEqual([0, 'us-west-1c'])
    const job = stage.jobFor(outputs, 'echo once')
    await job.completed
    await stage.machine(1).ended
  })
})
