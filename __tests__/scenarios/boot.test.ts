import { describe, expect } from '@jest/globals'
import { milestones, story, type Stage } from './story.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** What a person sees of the machine in the step's log. */
const shown = (log: string): string[] => log.split('\n').filter((line) => line.startsWith('│ '))

async function expectOnline(stage: Stage, inputs: Record<string, string> = {}): Promise<string> {
  const { main, post, outputs } = await stage.launch(inputs)
  expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
  expect(stage.github.runner(outputs.runnerName!)).toMatchObject({ online: true })
  return main.log
}

describe('a startup script', () => {
  story('runs as root before the runner is registered, under its own first line', async (stage) => {
    const script = [
      '#!/bin/sh -eu',
      'echo "$0" | grep -q startup-script',
      'echo "I am $USER in $HOME"',
      'test ! -e opt/actions-runner/.runner && echo "nothing is registered"',
      'echo made >"$HOME/made"',
    ].join('\n')
    const log = await expectOnline(stage, { 'cloud-startup-script': base64(script), log: 'debug' })
    const machine = stage.machine()
    const lines = machine.console().split('\n')
    const said = lines.indexOf('  | nothing is registered')
    expect(said).toBeGreaterThan(lines.indexOf(`  | I am root in ${machine.root}/root`))
    expect(lines.findIndex((line) => / registering: /.test(line))).toBeGreaterThan(said)
    expect(shown(log)).toEqual(expect.arrayContaining(['│ startup-script', '│   | nothing is registered']))
    await stage.shutDown()
  })

  story('without a first line runs under bash, and whatever is in it stays text', async (stage) => {
    const text = `"';$(touch /pwned)` + '`'
    const script = `words=(one two)\ncat <<'TEXT'\n${text} é\nTEXT\necho "\${words[1]}"\n`
    await expectOnline(stage, { 'cloud-startup-script': base64(script) })
    const console = stage.machine().console()
    expect(console).toContain(`  | ${text} é\n  | two\n`)
    await stage.shutDown()
  })
})

describe('what an image lacks', () => {
  story(
    'is installed while the runner is fetched: registration does not wait for Docker, the first job does',
    async (stage) => {
      const job = stage.jobFor({ runsOn: '["cml"]' }, 'command -v docker && docker version')
      const { main } = await stage.launch()
      expect(main.exitCode).toBe(0)
      const machine = stage.machine()
      await job.completed
      expect(job.conclusion).toBe('success')
      expect(job.log).toContain('Waiting for the installation of Docker')
      const told = milestones(machine)
      expect(told.indexOf('packages')).toBeGreaterThan(told.indexOf('listening'))
      expect(machine.packages.calls).toEqual(['update', 'install'])
      expect(machine.groups).toContain('docker')
      const commands = machine.commands.map((words) => words.join(' '))
      const index = (pattern: RegExp) => commands.findIndex((command) => pattern.test(command))
      expect(index(/^systemctl mask .*apt-daily/)).toBeLessThan(index(/^apt-get .*update/))
      expect(index(/^usermod .*docker runner/)).toBeLessThan(index(/^apt-get .*update/))
      await stage.shutDown()
    },
    { machine: { docker: false, aptDelay: 6000 } },
  )

  story(
    'is waited for where the runner itself needs it',
    async (stage) => {
      stage.github.dials.needsLibicu = true
      await expectOnline(stage)
      const machine = stage.machine()
      const told = milestones(machine)
      expect(told.indexOf('packages')).toBeLessThan(told.indexOf('registering'))
      expect(machine.packages.calls).toEqual(['update', 'install'])
      await stage.shutDown()
    },
    { machine: { libicu: false } },
  )

  story(
    'does not keep a runner from coming online when it can not be had',
    async (stage) => {
      const log = await expectOnline(stage)
      expect(log).toBeDefined()
      expect(stage.machine().packages.calls.filter((verb) => verb === 'install')).toHaveLength(1)
      await stage.shutDown()
    },
    { machine: { docker: false, aptFails: 'install' } },
  )
})

describe('a console', () => {
  story('that is live shows the phases of the boot', async (stage) => {
    const log = await expectOnline(stage)
    expect(shown(log)[0]).toMatch(/^│ fuses: this machine ends on /)
    await stage.shutDown()
  })

  story('that lags is not what the launch waits for', async (stage) => {
    stage.ec2.dials.console = { lag: 600_000 }
    expect(shown(await expectOnline(stage))).toEqual([])
    await stage.shutDown()
  })

  story('that is absent neither', async (stage) => {
    stage.ec2.dials.console = 'absent'
    expect(shown(await expectOnline(stage))).toEqual([])
    await stage.shutDown()
  })

  story('that is denied costs one call, and one line', async (stage) => {
    stage.ec2.dials.denied.add('GetConsoleOutput')
    stage.ec2.dials.bootDelay = 4000
    const log = await expectOnline(stage)
    expect(stage.ec2.calls('GetConsoleOutput')).toHaveLength(1)
    expect(log).toContain('The boot log can not be shown: these credentials lack ec2:GetConsoleOutput.')
    await stage.shutDown()
  })
})

describe('reads that are denied', () => {
  const optional = [
    'DescribeInstanceTypeOfferings',
    'DescribeSubnets',
    'DescribeRouteTables',
    'DescribeVpcs',
    'DescribeSecurityGroups',
    'GetConsoleOutput',
  ]

  story(
    'beyond the least privilege do not stop a launch, which says what it could not check',
    async (stage) => {
      for (const action of optional) stage.ec2.dials.denied.add(action)
      stage.ec2.networks.addGroup('ci', 'us-west-1')
      const log = await expectOnline(stage, { 'cloud-aws-security-group': 'ci' })
      for (const part of [
        'It could not be read which zones of us-west-1 sell what (ec2:DescribeInstanceTypeOfferings: UnauthorizedOperation',
        'It could not be checked that security group "ci" exists in us-west-1',
      ])
        expect(log).toContain(part)
      expect(stage.ec2.machines[0]?.order.groups.map(({ name }) => name)).toEqual(['ci'])
      await stage.shutDown()
    },
  )

  story('of a subnet neither', async (stage) => {
    for (const action of optional) stage.ec2.dials.denied.add(action)
    const subnet = stage.ec2.networks.addSubnet({ zone: 'us-west-1c' })
    const log = await expectOnline(stage, { 'cloud-aws-subnet': subnet.id })
    expect(log).toContain('It could not be checked that the subnets exist and let machines out')
    expect(stage.ec2.machines[0]?.order).toMatchObject({ subnet: subnet.id, zone: 'us-west-1c' })
    await stage.shutDown()
  })

  story('but needed are named with the action that is missing', async (stage) => {
    stage.ec2.dials.denied.add('RunInstances')
    const { main } = await stage.launch()
    expect(main.exitCode).toBe(1)
    for (const part of ['UnauthorizedOperation', 'lack ec2:RunInstances', 'decode-authorization-message'])
      expect(main.log).toContain(part)
  })
})

describe('a forge', () => {
  story('that stumbles while the machine boots is no reason to give the machine up', async (stage) => {
    const { github, ec2 } = stage
    let stumbles = 3
    github.fault = ({ path, query }) =>
      ec2.machines.length > 0 &&
      query.name !== undefined &&
      path.endsWith('/actions/runners') &&
      stumbles-- > 0
        ? '5xx'
        : undefined
    await expectOnline(stage)
    expect(stumbles).toBeLessThanOrEqual(0)
    await stage.shutDown()
  })

  story('that asks for a pause gets it', async (stage) => {
    let asked = false
    stage.github.fault = ({ path }) => {
      if (asked || !path.endsWith('/registration-token')) return undefined
      asked = true
      return 'throttle'
    }
    const log = await expectOnline(stage)
    expect(log).toContain('GitHub asks to wait 2 s before the next request.')
    await stage.shutDown()
  })

  story('that shows new runners late is asked again', async (stage) => {
    stage.github.dials.visibleAfterLooks = 2
    await expectOnline(stage)
    await stage.shutDown()
  })
})
