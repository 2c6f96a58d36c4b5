import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, jest } from '@jest/globals'

import {
  agentConfigVersion,
  milestonePattern,
  type AgentConfig,
  type Registration,
} from '../../src/machine/agent-config.ts'
import { machinePaths } from '../../src/machine/paths.ts'
import { renderPayload, type PayloadParts } from '../../src/machine/payload.ts'
import { startGithub, type Github, type Job } from '../emulators/github/github.ts'
import type { MachineSpec } from '../emulators/machine-port.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import { createMachineBoot, type Machine, type MachineOptions } from '../emulators/machine/machine.ts'
import { commandsOf, environmentOf, processesIn, signal } from '../emulators/machine/processes.ts'

const repository = 'octo-org/octo-repo'
const name = 'cml-life'
const launchTimeout = 600

jest.setTimeout(120_000)

interface Wish {
  readonly config?: Partial<AgentConfig>
  readonly parts?: Partial<PayloadParts>
  readonly machine?: MachineOptions
  readonly spec?: Partial<MachineSpec>
}

/** A GitHub and machines of one test: many tests run at once, because most of a machine's life is waiting. */
class Scene {
  readonly github: Github
  readonly folder = mkdtempSync(join(tmpdir(), 'life-'))
  readonly machines: Machine[] = []

  constructor(github: Github) {
    this.github = github
  }

  async #api(path: string, body?: unknown): Promise<Record<string, unknown>> {
    const headers = {
      authorization: `Bearer ${this.github.token()}`,
      'user-agent': 'test',
      accept: 'application/vnd.github+json',
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
    }
    const url = `${this.github.apiUrl}/repos/${repository}/actions/runners/${path}`
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    expect(answer.status).toBe(201)
    return (await answer.json()) as Record<string, unknown>
  }

  async token(seconds = 3600): Promise<Extract<Registration, { kind: 'token' }>> {
    const { token } = await this.#api('registration-token')
    const expiresAt = Date.now() / 1000 + seconds
    return {
      forge: 'github',
      kind: 'token',
      url: `https://github.com/${repository}`,
      token: String(token),
      expiresAt,
    }
  }

  async jit(): Promise<Registration> {
    const labels = ['self-hosted', 'Linux', 'X64', 'cml']
    const { encoded_jit_config: config } = await this.#api('generate-jitconfig', {
      name,
      runner_group_id: 1,
      labels,
    })
    return { forge: 'github', kind: 'jit', config: String(config) }
  }

  job(run: string, more: object = {}): Job {
    return this.github.queueJob({ name: 'train', labels: ['cml'], steps: [{ run }], ...more })
  }

  async boot({ config = {}, parts = {}, machine: options = {}, spec = {} }: Wish = {}): Promise<Machine> {
    const registration = config.registration ?? (await this.token())
    const userData = renderPayload({
      config: {
        ...plainConfig,
        expiresAt: Date.now() / 1000 + 86_400,
        startupScript: parts.startupScript !== undefined,
        ...config,
        registration,
      },
      download: { ...this.github.archive(), version: '2.336.0' },
      launchTimeout,
      assets: assetsFromSource(),
      ...parts,
    })
    const start = createMachineBoot({ folder: this.folder, hurry: true, docker: true, ...options })
    const machine = start({
      instanceId: 'i-1',
      region: 'us-west-1',
      spot: false,
      userData,
      bootDelay: 0,
      ...spec,
    })
    this.machines.push(machine)
    return machine
  }

  /** Whatever a test was about, this must hold after it. */
  async close(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.terminate()))
    await this.github.close()
    const left = processesIn(this.folder)
    rmSync(this.folder, { recursive: true, force: true })
    expect(this.machines.flatMap(({ refused }) => refused)).toEqual([])
    expect(left).toEqual([])
    expect(this.github.refused.filter((path) => !path.includes('amiga'))).toEqual([])
  }
}

const plainConfig = {
  version: agentConfigVersion,
  identity: 'abcdefghijklmnopqrst',
  cloud: 'aws',
  name,
  labels: ['cml'],
  single: false,
  idleTimeout: 1,
  proxy: {},
}

const live = (title: string, story: (scene: Scene) => Promise<void>): void =>
  it.concurrent(title, async () => {
    const scene = new Scene(await startGithub())
    try {
      await story(scene)
    } finally {
      await scene.close()
    }
  })

/** Resolves once the console has a line of that milestone. */
const until = (machine: Machine, milestone: string) =>
  machine.until(() => milestones(machine).includes(milestone))

/** The heartbeat has taken over from the boot timer. */
const handedOver = (machine: Machine) =>
  machine.until(
    () =>
      milestones(machine).includes('listening') &&
      !machine.systemd.active().includes('cml-runner-boot.timer'),
  )

function lines(machine: Machine): { milestone: string; text: string }[] {
  return machine
    .console()
    .split('\n')
    .flatMap((line) => {
      const [, , milestone = '', text = ''] = milestonePattern.exec(line) ?? []
      return milestone ? [{ milestone, text }] : []
    })
}

const milestones = (machine: Machine) => lines(machine).map(({ milestone }) => milestone)
const textOf = (machine: Machine, milestone: string) =>
  lines(machine).find((line) => line.milestone === milestone)?.text ?? ''
const bootOnly = ['fuses', 'fetching', 'fetched']

describe('a life without a job', () => {
  live(
    'boots, comes online, is idle for its time, takes its registration away and powers off',
    async (scene) => {
      const machine = await scene.boot()
      expect(await machine.ended).toBe('powered-off')
      expect(milestones(machine).slice(0, 7)).toEqual([
        ...bootOnly,
        'registering',
        'registered',
        'listening',
        'ending',
      ])
      expect(textOf(machine, 'ending')).toMatch(/^idle for \d+ s$/)
      expect(scene.github.runners()).toEqual([])
    },
  )

  live('leaves a registration whose hour is over to others', async (scene) => {
    const machine = await scene.boot({ config: { registration: await scene.token(1) } })
    expect(await machine.ended).toBe('powered-off')
    expect(scene.github.runner(name)).toMatchObject({ online: false })
  })

  live(
    'starts its services with the fuses, hands them over, and keeps no secret on the disk',
    async (scene) => {
      const machine = await scene.boot({ config: { idleTimeout: null } })
      await until(machine, 'fuses')
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

  live('never shows its token in an argument or in an environment that a job could see', async (scene) => {
    const registration = await scene.token()
    const machine = await scene.boot({ config: { idleTimeout: null, registration } })
    await until(machine, 'listening')
    const { token } = registration
    const seen = machine
      .processes()
      .flatMap((pid) => [...commandsOf([pid]).flat(), ...Object.values(environmentOf(pid))])
    expect(seen.length).toBeGreaterThan(10)
    expect(seen.filter((text) => text.includes(token))).toEqual([])
    expect(machine.commands.flat().filter((word) => word.includes(token))).toEqual([])
    expect(machine.console() + machine.journal).not.toContain(token)
  })

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

  live('runs under bash without one, and its failure ends the machine with its last words', async (scene) => {
    const script = 'array=(one two); echo "${array[1]}"; echo "disk is missing" >&2; exit 7'
    const machine = await scene.boot({ parts: { startupScript: Buffer.from(script) } })
    expect(await machine.ended).toBe('powered-off')
    expect(milestones(machine)).toEqual(expect.arrayContaining([...bootOnly, 'startup-script', 'failed']))
    expect(textOf(machine, 'failed')).toBe('the startup script ended with 7: two / disk is missing')
    expect(machine.console()).toContain('  | two\n  | disk is missing\n')
    expect(scene.github.journal.some(({ path }) => path.endsWith('/runner-registration'))).toBe(false)
  })
})

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

describe('the fuses', () => {
  live('end the machine at once when the agent is killed', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    signal([machine.agentProcess() ?? -1], 'SIGKILL')
    expect(await machine.ended).toBe('powered-off')
  })

  live('do not wait then for a job that ignores what it is told', async (scene) => {
    const job = scene.job("trap '' TERM INT HUP; echo deaf; while :; do sleep 1; done")
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await machine.until(() => job.log.includes('deaf'))
    signal([machine.agentProcess() ?? -1], 'SIGKILL')
    // Time stands still for systemd, but for the clock on the wall: nothing of it is spent on waiting for the job.
    expect(await machine.ended).toBe('powered-off')
    expect(machine.log).not.toContain('killed what did not stop')
  })

  live('end it 10 minutes after the last sign of an agent that hangs, and not before', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await handedOver(machine)
    signal([machine.agentProcess() ?? -1], 'SIGSTOP')
    machine.systemd.skip(590)
    expect(machine.systemd.active()).toContain('cml-runner-heartbeat.timer')
    machine.systemd.skip(10)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its agent gave no sign of life for 10 minutes')
  })

  live('let a slow boot be slow until the launcher has given up, and then end it', async (scene) => {
    const held = createServer(() => undefined)
    await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(held.address() as AddressInfo).port}/runner.tar.gz`
    const asked = new Promise((resolve) => held.once('request', resolve))
    const machine = await scene.boot({ parts: { download: { url, sha256: 'a'.repeat(64), version: '1' } } })
    await asked
    machine.systemd.skip(12 * 60)
    machine.systemd.skip(launchTimeout + 300 - 12 * 60 - 5)
    expect(machine.systemd.active()).toContain('cml-runner-boot.timer')
    machine.systemd.skip(5)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its runner was not online in time')
    held.closeAllConnections()
    held.close()
  })

  live('end it at its deadline, whatever the agent does', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await handedOver(machine)
    await machine.systemd.command(['stop', 'cml-runner-heartbeat.timer'])
    machine.systemd.skip(86_390)
    expect(machine.systemd.active()).toContain('cml-runner-deadline.timer')
    machine.systemd.skip(10)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its lifetime is over')
    expect(textOf(machine, 'interrupted')).toBe('the machine is being shut down')
    expect(scene.github.runners()).toEqual([])
  })

  live('end a machine that boots after its deadline', async (scene) => {
    const machine = await scene.boot({ config: { expiresAt: Date.now() / 1000 - 60 } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its lifetime is over')
    expect(milestones(machine)).not.toContain('fuses')
  })

  live('are armed again by a reboot, which ends the machine', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null }, machine: { productUuid: '' } })
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
      text: 'it was rebooted, and a runner does not outlive a reboot',
    })
    expect(milestones(machine).filter((milestone) => milestone === 'listening')).toHaveLength(1)
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
      text: 'it was rebooted, and a runner does not outlive a reboot',
    })
    expect(milestones(machine).filter((milestone) => milestone === 'fuses')).toHaveLength(1)
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
    expect(machine.packages.calls).toEqual(['update', 'install'])
    const order = milestones(machine).filter((milestone) => ['packages', 'registering'].includes(milestone))
    expect(order).toEqual(['packages', 'registering'])
    expect(textOf(machine, 'packages')).toMatch(/^installed in \d s: docker\.io docker-buildx libicu74$/)
    expect(milestones(machine)).toContain('listening')
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
    expect(milestones(machine)).toEqual(['fuses'])
  })

  live("with two minutes' notice stops taking jobs and says why", async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null }, spec: { spot: true } })
    machine.announceInterruption()
    await until(machine, 'interrupted')
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'interrupted')).toMatch(
      /^the spot market takes the machine \(terminate at 20.*Z\)$/,
    )
  })

  live('by its power button takes its registration away', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    machine.pressPowerButton()
    expect(await machine.ended).toBe('powered-off')
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
      for (const word of ['CML_RUNNER_ROOT', 'AWS_EC2', 'ACTIONS_RUNNER_INPUT'])
        expect(log).not.toContain(word)
      expect(log).toContain('/bin/docker')
      expect(await machine.ended).toBe('powered-off')
      expect(lines(machine).map(({ milestone, text }) => `${milestone} ${text}`)).toEqual(
        expect.arrayContaining(['job-started train', 'job-ended train: Succeeded']),
      )
      expect(scene.github.runners()).toEqual([])
    },
  )

  live('lasts while they last and for the idle time after each', async (scene) => {
    const first = scene.job('sleep 3')
    const machine = await scene.boot()
    await first.completed
    const second = scene.job('echo again')
    await second.completed
    expect(await machine.ended).toBe('powered-off')
    expect([first.conclusion, second.conclusion]).toEqual(['success', 'success'])
    expect(milestones(machine).filter((milestone) => milestone === 'job-ended')).toHaveLength(2)
  })

  for (const chunks of ['split', 'merged'] as const) {
    live(`is told from output in ${chunks} chunks as well`, async (scene) => {
      scene.github.dials.chunks = chunks
      const done = scene.job('sleep 2').completed
      const machine = await scene.boot()
      expect((await done).conclusion).toBe('success')
      expect(await machine.ended).toBe('powered-off')
      expect(milestones(machine)).toEqual(expect.arrayContaining(['listening', 'job-started', 'job-ended']))
    })
  }

  live('does not end for idleness while a job downloads its actions', async (scene) => {
    const held = scene.job('echo hi', {
      labels: ['held'],
      actions: ['actions/checkout@v4'],
      holdDownloads: true,
    })
    const machine = await scene.boot({ config: { labels: ['held'] } })
    await until(machine, 'job-started')
    // A twin without a job tells when the idle time is over.
    const twin = await scene.boot({ config: { name: 'cml-twin' } })
    expect(await twin.ended).toBe('powered-off')
    expect(machine.agentProcess()).toBeDefined()
    held.releaseDownloads()
    expect((await held.completed).conclusion).toBe('success')
    expect(await machine.ended).toBe('powered-off')
  })

  live('makes the first job wait for Docker, and the registration not', async (scene) => {
    const done = scene.job('command -v docker').completed
    const machine = await scene.boot({ machine: { docker: false, aptDelay: 2500 } })
    expect((await done).conclusion).toBe('success')
    expect(milestones(machine).indexOf('listening')).toBeLessThan(milestones(machine).indexOf('packages'))
    await machine.ended
  })

  for (const kind of ['token', 'jit'] as const) {
    live(`of a single runner ends with its job (${kind})`, async (scene) => {
      const done = scene.job('echo once').completed
      const registration = kind === 'jit' ? await scene.jit() : await scene.token()
      const machine = await scene.boot({ config: { single: true, idleTimeout: null, registration } })
      expect((await done).conclusion).toBe('success')
      expect(await machine.ended).toBe('powered-off')
      expect(textOf(machine, 'ending')).toBe('its job is done')
      expect(scene.github.runners()).toEqual([])
    })
  }

  live('ends the running job, visibly, when the spot market takes the machine', async (scene) => {
    const lost = scene.job('sleep 60')
    const machine = await scene.boot({ spec: { spot: true } })
    await until(machine, 'job-started')
    machine.announceInterruption()
    expect(await machine.ended).toBe('powered-off')
    expect((await lost.completed).conclusion).not.toBe('success')
    expect(lost.log).toContain('The runner has received a shutdown signal')
    expect(milestones(machine)).toContain('interrupted')
  })

  live('survives a worker that is killed', async (scene) => {
    const broken = scene.job('echo hi', {
      trouble: 'worker-killed',
      steps: [{ run: 'echo hi' }, { run: 'echo never' }],
    })
    const machine = await scene.boot()
    expect((await broken.completed).conclusion).toBe('failure')
    const next = scene.job('echo next')
    expect((await next.completed).conclusion).toBe('success')
    expect(await machine.ended).toBe('powered-off')
  })

  live('goes on through an update of the runner', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: 4 } })
    await until(machine, 'listening')
    scene.github.offerUpdate('2.337.0')
    await scene.github.until(() => scene.github.runner(name)?.version === '2.337.0')
    const done = scene.job('echo updated').completed
    expect((await done).conclusion).toBe('success')
    expect(await machine.ended).toBe('powered-off')
  })

  live('ends when its registration is deleted behind its back', async (scene) => {
    const machine = await scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    scene.github.deleteRunner(name)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its registration is gone')
  })
})
