import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect } from '@jest/globals'

import * as machinePaths from '../../src/machine/paths.ts'
import {
  bootOnly,
  cloudVariables,
  handedOver,
  lines,
  live,
  milestones,
  name,
  textOf,
  until,
} from './machine-scene.ts'

describe('a life without a job', () => {
  live('leaves a registration whose hour is over to others', async (scene) => {
    const machine = await scene.boot({ config: { registration: await scene.token(1) } })
    expect(await machine.ended).toBe('powered-off')
    expect(scene.github.runner(name)).toMatchObject({ online: false })
  })

  live(
    'starts its services with the fuses, hands them over, and keeps no secret on the disk',
    async (scene) => {
      const machine = await scene.boot({ config: { idleTimeout: null } })
      await until(machine, 'timers')
      expect(machine.systemd.active()).toEqual(
        expect.arrayContaining(['cml-runner-deadline.timer', 'cml-runner-boot.timer']),
      )
      await handedOver(machine)
      expect(machine.systemd.active()).toEqual(
        expect.arrayContaining([
          'cml-runner-deadline.timer',
          'cml-runner-heartbeat.timer',
          'cml-runner-agent.service',
        ]),
      )
      expect(existsSync(join(machine.root, machinePaths.config))).toBe(false)
      // What no emulation obeys must at least be asked of the real one.
      const unit = readFileSync(join(machine.root, 'run/systemd/system/cml-runner-agent.service'), 'utf8')
      for (const line of ['SuccessAction', 'FailureAction'].map((action) => `${action}=poweroff`))
        expect(unit).toContain(`\n${line}\n`)
      for (const line of ['OOMScoreAdjust=-1000', 'OOMPolicy=continue', 'Restart=no'])
        expect(unit).toContain(`\n${line}\n`)
      expect(machine.groups).toEqual(['docker'])
    },
  )

  live(
    "needs nothing of the runner's own files once it runs, so that an update may replace them",
    async (scene) => {
      const machine = await scene.boot({ config: { idleTimeout: 3 } })
      await until(machine, 'listening')
      rmSync(join(machine.root, machinePaths.tree, 'externals/node24'), { recursive: true })
      expect(await machine.ended).toBe('powered-off')
      expect(textOf(machine, 'ending')).toMatch(/^idle/)
    },
  )

  live('goes beside others on one host', async (scene) => {
    const both = [await scene.boot(), await scene.boot({ config: { name: 'cml-other' } })]
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual(['powered-off', 'powered-off'])
    for (const machine of both) expect(milestones(machine)).toContain('listening')
  })
})

describe('a startup script', () => {
  live(
    'runs under its own first line, before the registration, and its output cannot pass for ours',
    async (scene) => {
      // This interpreter prints the script: no shell has seen it.
      const script = '#!/usr/bin/tail -n +2\ncml-runner 1234567890 listening\n$HOME\n'
      const machine = await scene.boot({ parts: { startupScript: Buffer.from(script) } })
      await until(machine, 'registering')
      expect(milestones(machine)).toEqual([...bootOnly, 'startup-script', 'registering'])
      expect(machine.console()).toContain('  | cml-runner 1234567890 listening\n  | $HOME\n')
    },
  )
})

describe('a registration that fails by half', () => {
  live('is made whole by the next try, which replaces what the first has left', async (scene) => {
    scene.github.dials.halfRegistrations = 1
    const machine = await scene.boot()
    await machine.until(() => machine.console().includes('503 (Service Unavailable)'))
    machine.passTime(15)
    await machine.ended
    expect(milestones(machine)).toContain('listening')
    expect(milestones(machine)).not.toContain('failed')
  })
})

describe('what the image lacks', () => {
  live('is installed while the runner downloads: the registration waits for ICU', async (scene) => {
    scene.github.dials.needsLibicu = true
    const machine = await scene.boot({ machine: { docker: false, libicu: false, aptDelay: 400 } })
    await machine.ended
    expect(machine.packages.calls.slice(0, 2)).toEqual(['update', 'install'])
    const order = milestones(machine).filter((milestone) => ['packages', 'registering'].includes(milestone))
    expect(order.slice(0, 2)).toEqual(['packages', 'registering'])
    expect(textOf(machine, 'packages')).toMatch(/^installed in \d s: libicu74$/)
    expect(milestones(machine)).toContain('listening')
  })

  live(
    'is waited for piece by piece: Docker comes later than ICU and delays no registration',
    async (scene) => {
      scene.github.dials.needsLibicu = true
      const aptUntil = (name: string) => (name === 'docker.io' ? new Promise(() => undefined) : undefined)
      const machine = await scene.boot({ machine: { docker: false, libicu: false, aptUntil } })
      await machine.ended
      expect(lines(machine).filter(({ milestone }) => milestone === 'packages')).toHaveLength(1)
      expect(milestones(machine)).toContain('listening')
    },
  )

  for (const manager of ['dnf', 'yum', 'microdnf'] as const)
    live(`is installed by ${manager} where that is what there is`, async (scene) => {
      scene.github.dials.needsLibicu = true
      const machine = await scene.boot({ machine: { manager, docker: false, libicu: false } })
      await machine.ended
      expect(textOf(machine, 'packages')).toMatch(/^installed in \d s: libicu$/)
      expect(milestones(machine)).toContain('listening')
    })

  live('is named where nothing can install it, and the machine ends with the reason', async (scene) => {
    scene.github.dials.needsLibicu = true
    const machine = await scene.boot({ machine: { manager: 'none', docker: false, libicu: false } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'packages')).toBe('not installed, for want of apt-get, dnf or yum: libicu docker')
    expect(textOf(machine, 'failed')).toMatch(/^the registration ended with 1: .*icu/i)
  })

  live('is not waited for when it is only Docker', async (scene) => {
    const machine = await scene.boot({ machine: { docker: false, aptDelay: 60_000 } })
    await machine.ended
    expect(milestones(machine)).toContain('listening')
    expect(milestones(machine)).not.toContain('packages')
  })

  live('is nothing when all is there, and then apt is not touched', async (scene) => {
    const machine = await scene.boot()
    await until(machine, 'listening')
    expect(machine.systemd.isMasked('unattended-upgrades.service')).toBe(true)
    await machine.ended
    expect(machine.packages.calls).toEqual([])
  })

  for (const aptFails of ['update', 'install'] as const) {
    live(`costs nobody the machine when apt-get ${aptFails} fails`, async (scene) => {
      const machine = await scene.boot({ machine: { docker: false, aptFails } })
      await machine.ended
      expect(textOf(machine, 'packages')).toMatch(/^could not be installed: docker\.io.*: E: /)
      expect(milestones(machine)).toContain('listening')
    })
  }
})

describe('a machine that is taken away', () => {
  live('in its first second ends without a word', async (scene) => {
    const machine = await scene.boot({ spec: { dies: 'before-boot' } })
    expect(await machine.ended).toBe('died')
    expect(milestones(machine)).toEqual([])
  })

  live('in its boot ends after the fuses', async (scene) => {
    const machine = await scene.boot({ spec: { dies: 'in-boot' } })
    expect(await machine.ended).toBe('died')
    expect(milestones(machine)).toEqual(['timers'])
  })

  live('with a warning long before takes no job any more, and leaves', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    machine.spec.metadata.announce('risk')
    machine.passTime(10)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'interrupted')).toBe('the spot market may soon take the machine')
    expect(textOf(machine, 'ending')).toBe(textOf(machine, 'interrupted'))
    expect(scene.github.runners()).toEqual([])
  })

  live('by the cloud leaves no process', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    expect(machine.processes().length).toBeGreaterThan(3)
    await machine.terminate()
    expect(await machine.ended).toBe('terminated')
    expect(existsSync(machine.folder)).toBe(false)
  })
})

describe('a life with jobs', () => {
  live(
    "runs them as the runner's user, with a login environment and nothing of the agent's",
    async (scene) => {
      const done = scene.job('env | sort; command -v docker').completed
      const machine = await scene.boot({ machine: { jobPath: `/usr/bin:/bin` } })
      const { conclusion, log } = await done
      expect(conclusion).toBe('success')
      for (const line of ['LANG=C.UTF-8', 'USER=runner', `HOME=${machine.root}/home/runner`])
        expect(log).toContain(` ${line}\n`)
      for (const word of ['CML_RUNNER_ROOT', ...cloudVariables(machine), 'ACTIONS_RUNNER_INPUT'])
        expect(log).not.toContain(word)
      expect(log).toContain('/bin/docker')
      expect(await machine.ended).toBe('powered-off')
      expect(lines(machine).map(({ milestone, text }) => `${milestone} ${text}`)).toEqual(
        expect.arrayContaining(['job-started train', 'job-ended train: Succeeded']),
      )
      expect(scene.github.runners()).toEqual([])
    },
  )

  live('makes the first job wait for Docker, and the registration not', async (scene) => {
    const done = scene.job('command -v docker').completed
    let installed: () => void = () => undefined
    const aptUntil = new Promise<void>((resolve) => (installed = resolve))
    const machine = await scene.boot({ config: { idleTimeout: null }, machine: { docker: false, aptUntil } })
    await until(machine, 'job-started')
    installed()
    expect((await done).conclusion).toBe('success')
    expect(milestones(machine).indexOf('listening')).toBeLessThan(milestones(machine).indexOf('packages'))
  })
})
