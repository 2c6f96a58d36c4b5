import {
  appendFileSync,
  mkdirSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

import { describe, expect } from '@jest/globals'

import type { AgentConfig, Registration } from '../../src/machine/agent-config.ts'
import * as machinePaths from '../../src/machine/paths.ts'
import type { PayloadParts } from '../../src/machine/payload.ts'
import type { MachineOptions } from '../emulators/machine/machine.ts'
import { signal } from '../emulators/machine/processes.ts'
import { looked } from '../scenarios/agent-hours.ts'
import { repacked } from './downloads.ts'
import {
  bootOnly,
  handedOver,
  launchTimeout,
  lines,
  live,
  milestones,
  type Scene,
  textOf,
  until,
} from './machine-scene.ts'

/** A job that only SIGKILL ends. */
const deaf = "trap '' TERM INT HUP; echo deaf; while :; do sleep 1; done"
/** Seconds that systemd gives the agent to stop. */
const stopTimeout = 80

describe('a bootstrap that fails says why and ends the machine', () => {
  live('for a download that never comes', async (scene) => {
    const { url } = scene.github.archive()
    const machine = await scene.boot({
      parts: {
        download: { url: url.replace('runner-linux', 'runner-amiga'), sha256: 'a'.repeat(64), version: '1' },
      },
    })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the download of the runner: .*curl: \(22\)/)
    expect(scene.github.journal.filter(({ side }) => side === 'archive')).toHaveLength(5)
    expect(scene.github.takeRefused()).toEqual(Array(5).fill(expect.stringMatching(/amiga.*no such file/)))
  })

  live('for a connection that breaks once, only after more tries', async (scene) => {
    let broken = 0
    scene.github.fault = ({ side }) => (side === 'archive' && broken++ < 2 ? 'reset-before' : undefined)
    const machine = await scene.boot()
    await machine.ended
    expect(milestones(machine)).toContain('listening')
  })

  live('for bytes that are not those the publisher named', async (scene) => {
    const machine = await scene.boot({
      parts: { download: { ...scene.github.archive(), sha256: 'a'.repeat(64), version: '1' } },
    })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the digest of the runner: runner\.tar\.gz: FAILED/)
    expect(existsSync(join(machine.root, machinePaths.tree))).toBe(false)
  })

  live('for an archive that is none', async (scene) => {
    const served = await scene.serve(Buffer.from('<html>a proxy has its say</html>'))
    const machine = await scene.boot({ parts: { download: served.download } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the unpacking of the runner: .*not in gzip format/)
  })

  live('for an archive that brings no Node', async (scene) => {
    const without = repacked(scene.github.archive().bytes, (folder) =>
      rmSync(join(folder, 'externals'), { recursive: true }),
    )
    const { download } = await scene.serve(without)
    const machine = await scene.boot({ parts: { download } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the Node of the runner: ./)
  })

  live('for a Node that does not run here', async (scene) => {
    const broken = repacked(scene.github.archive().bytes, (folder) => {
      for (const version of readdirSync(join(folder, 'externals')))
        writeFileSync(join(folder, 'externals', version, 'bin/node'), 'of another architecture')
    })
    const { download } = await scene.serve(broken)
    const machine = await scene.boot({ parts: { download } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the Node of the runner: ./)
  })

  live('for a user that cannot be made', async (scene) => {
    const machine = await scene.boot()
    appendFileSync(join(machine.root, 'etc/passwd'), 'runner:x:1001:1001::/home/runner:/bin/sh\n')
    writeFileSync(join(machine.root, machinePaths.userHome), 'not a folder')
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the user of the runner: ./)
  })

  for (const [step, file] of [
    ['the start of the bootstrap', 'started/deadline'],
    ['the download of the runner', 'runner.tar.gz'],
  ] as const)
    live(`for a disk that is full at ${step}`, async (scene) => {
      const machine = await scene.boot()
      const path = join(machine.root, machinePaths.home, file)
      mkdirSync(dirname(path), { recursive: true })
      symlinkSync('/dev/full', path)
      expect(await machine.ended).toBe('powered-off')
      expect(textOf(machine, 'failed')).toMatch(new RegExp(`^${step}: .`))
      expect(milestones(machine)).not.toContain('fetched')
    })

  live('for a registration that GitHub refuses', async (scene) => {
    const registration: Registration = { ...(await scene.token()), token: 'wrong' }
    const machine = await scene.boot({ config: { registration } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the registration ended with 1: .*NotFound/)
    expect(machine.console()).not.toContain('wrong')
  })

  live('for a launcher of another version', async (scene) => {
    const machine = await scene.boot({ config: { version: 99 } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toContain('version 99')
  })
})

/** A boot that stays at its download until it is released. */
async function slowBoot(
  scene: Scene,
  parts: Partial<PayloadParts> = {},
  config: Partial<AgentConfig> = {},
  machine: MachineOptions = {},
) {
  const { bytes } = scene.github.archive()
  let release: () => void = () => undefined
  const served = await scene.serve(bytes, (response) => (release = () => void response.end(bytes)))
  const wish = { parts: { ...parts, download: served.download }, config: { idleTimeout: null, ...config } }
  const booting = await scene.boot({ ...wish, machine })
  await served.asked
  return { machine: booting, release: () => release() }
}

/** The machine does not wait for its console, and may be off before it has told why. */
const lastWords = ['the agent has stopped', '']

describe('the fuses', () => {
  live('end the machine at once when the agent is killed', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    signal([machine.agentProcess() ?? -1], 'SIGKILL')
    expect(await machine.ended).toBe('powered-off')
  })

  live('end it at once when the agent is killed before there is a runner', async (scene) => {
    const machine = await scene.boot({ parts: { startupScript: Buffer.from('echo here; /bin/sleep 600') } })
    await machine.until(() => machine.console().includes('| here'))
    signal([machine.agentProcess() ?? -1], 'SIGKILL')
    expect(await machine.ended).toBe('powered-off')
    expect(lastWords).toContain(textOf(machine, 'ending'))
  })

  live('end it 10 minutes after the last sign of an agent that hangs, and not before', async (scene) => {
    const job = scene.job(deaf)
    const machine = await scene.boot({ config: { idleTimeout: null }, machine: { keep: true } })
    await handedOver(machine)
    await scene.github.until(() => job.log.includes('deaf'))
    await machine.hangAgent()
    // Half a minute for the clock on the wall.
    machine.systemd.skip(570)
    expect(machine.systemd.active()).toContain('cml-runner-heartbeat.timer')
    machine.systemd.skip(30)
    await machine.until(() => machine.log.includes('systemd: poweroff') && textOf(machine, 'ending') !== '')
    expect(textOf(machine, 'ending')).toBe('its agent gave no sign of life for 10 minutes')
    machine.systemd.skip(stopTimeout)
    expect(await machine.ended).toBe('powered-off')
    expect(machine.log).toContain('killed what did not stop')
    expect(milestones(machine)).not.toContain('interrupted')
  })

  live('end it when the agent is stopped by a signal, which then still says goodbye', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await handedOver(machine)
    signal([machine.agentProcess() ?? -1], 'SIGSTOP')
    machine.systemd.skip(600)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'interrupted')).toBe('the machine is being shut down')
    expect(scene.github.runners()).toEqual([])
  })

  live('leave it alone for as long as its agent gives signs of life', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await handedOver(machine)
    const armed = () => machine.log.split('systemd: started cml-runner-heartbeat.timer').length
    for (let round = 0; round < 6; round++) {
      const before = armed()
      machine.systemd.skip(540)
      // Again, should the agent not yet be back from the beat before.
      while (armed() === before) {
        machine.passTime(60)
        await looked(machine)
      }
    }
    expect(machine.systemd.active()).toContain('cml-runner-heartbeat.timer')
    expect(milestones(machine)).not.toContain('ending')
  })

  for (const [title, timeout, slow] of [
    ['a download of 12 minutes', 900, 720],
    ['a boot that is slower than its launcher waits', launchTimeout, launchTimeout + 270],
  ] as const)
    live(`leave ${title} alone, and the machine works then`, async (scene) => {
      const { machine, release } = await slowBoot(scene, { launchTimeout: timeout })
      machine.systemd.skip(slow)
      expect(milestones(machine)).toEqual(['timers', 'fetching'])
      release()
      await handedOver(machine)
      // What was left to the boot timer, and more.
      machine.systemd.skip(timeout + 300 - slow + 60)
      const job = scene.job('echo trained')
      await job.completed
      expect(job.conclusion).toBe('success')
      expect(milestones(machine)).not.toContain('ending')
    })

  live('end a boot that takes 5 minutes longer than its launcher waits, and not before', async (scene) => {
    const { machine } = await slowBoot(scene)
    machine.systemd.skip(launchTimeout + 270)
    expect(machine.systemd.active()).toContain('cml-runner-boot.timer')
    machine.systemd.skip(30)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its runner was not online in time')
  })

  live('end it at once when its bootstrap is killed', async (scene) => {
    const { machine } = await slowBoot(scene)
    const bootstrap = machine.systemd.mainProcess('cml-runner-bootstrap.service')
    signal([bootstrap ?? -1], 'SIGKILL')
    expect(await machine.ended).toBe('powered-off')
    expect(['it could not be set up', '']).toContain(textOf(machine, 'ending'))
  })

  live('are armed, and all goes its way, although nothing in /var can be executed', async (scene) => {
    const machine = await scene.boot({ machine: { noexec: true, keep: true } })
    await machine.ended
    expect(machine.log).toContain('fuses.sh: Permission denied')
    expect(milestones(machine).slice(0, 3)).toEqual(bootOnly)
    expect(milestones(machine)).toContain('listening')
  })

  live('end it at its deadline in the middle of its bootstrap', async (scene) => {
    const { machine } = await slowBoot(scene, {}, { expiresAt: Date.now() / 1000 + 600 })
    machine.systemd.skip(600)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its lifetime is over')
  })

  live('end it at its deadline, though the agent hears nothing and the job will not', async (scene) => {
    const job = scene.job(deaf)
    const config = { idleTimeout: null, expiresAt: Date.now() / 1000 + 500 }
    const machine = await scene.boot({ config, machine: { keep: true } })
    await handedOver(machine)
    await scene.github.until(() => job.log.includes('deaf'))
    await machine.hangAgent()
    machine.systemd.skip(500)
    // What it says last is read from its console, which may come a moment later.
    await machine.until(() => machine.log.includes('systemd: poweroff') && textOf(machine, 'ending') !== '')
    expect(textOf(machine, 'ending')).toBe('its lifetime is over')
    expect(machine.agentProcess()).toBeDefined()
    machine.systemd.skip(stopTimeout)
    expect(await machine.ended).toBe('powered-off')
    expect(machine.log).toContain('killed what did not stop')
  })

  live('are armed without a word written to the disk, which may be full', async (scene) => {
    const machine = await scene.boot({ spec: { dies: 'in-boot' }, machine: { keep: true } })
    const disk = () =>
      readdirSync(machine.root, { recursive: true, withFileTypes: true })
        .map((entry) => join(entry.parentPath, entry.name).slice(machine.root.length))
        // cloud-init's own copy of the script is no work of ours.
        .filter((path) => !/^\/(run|dev)\/|^\/var\/lib(\/cloud|$)/.test(path))
        .sort()
    const before = disk()
    expect(await machine.ended).toBe('died')
    expect(milestones(machine)).toEqual(['timers'])
    expect(disk()).toEqual(before)
  })

  live('are not armed again, and end nothing, when cloud-init is called once more', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await handedOver(machine)
    await machine.callCarrier()
    expect(machine.log.split(/fuses\.sh ended with 0\n|bootcmd ended with 0\n/)).toHaveLength(5)
    expect(machine.systemd.active()).not.toContain('cml-runner-boot.timer')
    const job = scene.job('echo trained')
    await job.completed
    expect(job.conclusion).toBe('success')
    expect(milestones(machine)).not.toContain('ending')
  })

  live('end it at its deadline, whatever the agent does', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await handedOver(machine)
    await machine.systemd.command(['stop', 'cml-runner-heartbeat.timer'])
    // A minute is for the boot, which may be slow here.
    machine.systemd.skip(86_340)
    expect(machine.systemd.active()).toContain('cml-runner-deadline.timer')
    machine.systemd.skip(60)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its lifetime is over')
    expect(textOf(machine, 'interrupted')).toBe('the machine is being shut down')
    expect(scene.github.runners()).toEqual([])
  })

  live('end a machine that boots after its deadline', async (scene) => {
    const machine = await scene.boot({ config: { expiresAt: Date.now() / 1000 - 60 } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its lifetime is over')
    expect(milestones(machine)).not.toContain('timers')
  })

  live('are armed again by a reboot, which ends the machine', async (scene) => {
    const expiresAt = Math.floor(Date.now() / 1000) + 5000
    const options = { productUuid: '', keep: true }
    const machine = await scene.boot({ config: { idleTimeout: null, expiresAt }, machine: options })
    await until(machine, 'listening')
    const before = machine.commands.length
    await machine.systemd.command(['reboot'])
    expect(await machine.ended).toBe('powered-off')
    const after = machine.commands.slice(before).map((words) => words.join(' '))
    expect(after).toEqual(
      expect.arrayContaining([
        'systemctl start cml-runner-deadline.timer',
        'systemctl start cml-runner-boot.timer',
      ]),
    )
    expect(lines(machine).at(-1)).toEqual({
      milestone: 'ending',
      text: 'it was rebooted, which no runner outlives',
    })
    expect(milestones(machine).filter((milestone) => milestone === 'listening')).toHaveLength(1)
    const timer = readFileSync(join(machine.root, 'run/systemd/system/cml-runner-deadline.timer'), 'utf8')
    const date = new Date(expiresAt * 1000).toISOString().replace('T', ' ').slice(0, 19)
    expect(timer).toContain(`\nOnCalendar=${date} UTC\n`)
  })

  live('end it also when it is rebooted in the middle of its bootstrap', async (scene) => {
    const { machine } = await slowBoot(scene, {}, {}, { productUuid: '' })
    await machine.systemd.command(['--force', 'reboot'])
    expect(await machine.ended).toBe('powered-off')
    expect(lines(machine).at(-1)?.text).toBe('it was rebooted, which no runner outlives')
  })

  live('hear nothing of what was asked before the power was cut', async (scene) => {
    const machine = await scene.boot({
      config: { idleTimeout: null },
      machine: { diskFillsUp: true, productUuid: '' },
    })
    await until(machine, 'listening')
    const address = /http:[^']*/.exec(readFileSync(join(machine.folder, 'bin/.ask'), 'utf8'))?.[0] ?? ''
    await machine.systemd.command(['--force', 'reboot'])
    await machine.until(() => machine.log.includes('rebooted'))
    const count = machine.commands.length
    await expect(fetch(address, { method: 'POST', body: 'systemctl\0poweroff\0' })).rejects.toThrow(
      'fetch failed',
    )
    expect(machine.commands).toHaveLength(count)
  })
})

describe('a unit on the disk', () => {
  const unit = 'cml-runner-reboot.service'
  const filled = { config: { idleTimeout: null }, machine: { diskFillsUp: true } }

  live('ends a rebooted machine whose disk is too full for cloud-init', async (scene) => {
    const machine = await scene.boot(filled)
    await until(machine, 'listening')
    // What the start of any service does: it pulls in what sysinit.target wants.
    await machine.systemd.command(['start', unit])
    expect(machine.log).toContain(`skipped ${unit}`)
    await machine.systemd.command(['reboot'])
    expect(await machine.ended).toBe('powered-off')
    expect(lines(machine).at(-1)).toEqual({
      milestone: 'ending',
      text: 'it was rebooted, which no runner outlives',
    })
    expect(milestones(machine).filter((milestone) => milestone === 'timers')).toHaveLength(1)
  })

  live('leaves a machine alone that was made from an image of this one', async (scene) => {
    const machine = await scene.boot(filled)
    await until(machine, 'listening')
    writeFileSync(join(machine.root, 'sys/class/dmi/id/product_uuid'), 'ec2another-machine\n')
    // Memory as it is after a boot.
    rmSync(join(machine.root, machinePaths.state, 'first-boot'))
    await machine.systemd.command(['start', unit])
    await machine.until(() => machine.log.includes(`skipped ${unit}`))
    expect(machine.log).toContain(`started ${unit}`)
    expect(milestones(machine)).not.toContain('ending')
    expect(machine.commands.map((words) => words.join(' '))).not.toContain('systemctl --force poweroff')
  })
})
