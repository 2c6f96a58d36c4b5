import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'

import { renderFuses } from '../../src/machine/scripts.ts'
import type { Ground } from '../../src/model/instance.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { signal } from '../emulators/machine/processes.ts'
import { startCloudApi, type CloudApi } from './cloud-api.ts'
import {
  handedOver,
  lines,
  live,
  milestones,
  plainConfig,
  type Scene,
  textOf,
  until,
  type Wish,
} from './machine-scene.ts'

const told = 'DELETE /machines/self Bearer of-the-machine'

interface Stage {
  readonly scene: Scene
  readonly api: CloudApi
  boot(powerOff: Ground['powerOff'], wish?: Wish): Promise<Machine>
}

/** `answer`: as that of the API; the cloud takes the machine with its first 200. */
const story = (title: string, answer: (count: number) => number, tell: (stage: Stage) => Promise<void>) =>
  live(title, async (scene) => {
    const api = await startCloudApi((count) => {
      const status = answer(count)
      if (status === 200 && taken) setImmediate(taken)
      return status
    })
    let taken: (() => void) | undefined
    try {
      await tell({
        scene,
        api,
        boot: async (powerOff, { parts, machine: options, ...wish } = {}) => {
          const machine = await scene.boot({
            ...wish,
            parts: { ground: api.ground(powerOff), ...parts },
            machine: { keep: true, ...options },
          })
          if (powerOff === 'useless') taken = () => void machine.terminate()
          return machine
        },
      })
    } finally {
      api.close()
    }
  })

const poweredOff = (machine: Machine) => machine.log.includes('systemd: poweroff')

describe('a machine that powering off only stops', () => {
  story(
    'tells its cloud, once, and powers off',
    () => 200,
    async ({ scene, api, boot }) => {
      const machine = await boot('stops')
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([told])
      expect(lines(machine).at(-1)).toEqual({ milestone: 'ending', text: 'the agent has stopped' })
      expect(scene.github.runners()).toEqual([])
    },
  )

  story(
    'tells it again after an answer that may pass',
    (count) => (count < 2 ? 503 : 200),
    async ({ api, boot }) => {
      const machine = await boot('stops')
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toHaveLength(3)
      expect(machine.console()).toContain(' ending: the cloud does not take it (1): HTTP 503')
    },
  )

  story(
    'powers off when it is never heard, after some tries',
    () => 500,
    async ({ api, boot }) => {
      const machine = await boot('stops')
      await machine.until(() => api.asked.length === 5)
      // The pause before the last try is a real one.
      expect(poweredOff(machine)).toBe(false)
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toHaveLength(6)
    },
  )

  story(
    'powers off at once when it is not allowed to end itself',
    () => 403,
    async ({ api, boot }) => {
      const machine = await boot('stops')
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([told])
      expect(machine.console()).toContain(' ending: the cloud does not take it (77): HTTP 403')
    },
  )

  story(
    'tells it also when its agent is killed',
    () => 200,
    async ({ api, boot }) => {
      const machine = await boot('stops', { config: { idleTimeout: null } })
      await until(machine, 'listening')
      signal([machine.agentProcess() ?? -1], 'SIGKILL')
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([told])
    },
  )

  story(
    'tells it at its deadline, before it powers off',
    () => 200,
    async ({ scene, api, boot }) => {
      const machine = await boot('stops', { config: { idleTimeout: null } })
      await handedOver(machine)
      await machine.systemd.command(['stop', 'cml-runner-heartbeat.timer'])
      machine.systemd.skip(86_400)
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked[0]).toBe(told)
      expect(textOf(machine, 'ending')).toBe('its lifetime is over')
      expect(scene.github.runners()).toEqual([])
    },
  )

  story(
    'tells it when its bootstrap fails',
    () => 200,
    async ({ scene, api, boot }) => {
      const download = { ...scene.github.archive(), sha256: 'a'.repeat(64), version: '1' }
      const machine = await boot('stops', { parts: { download } })
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([told])
      expect(textOf(machine, 'failed')).toMatch(/^the digest of the runner/)
    },
  )

  story(
    'tells it while there is a network when somebody else powers it off',
    () => 200,
    async ({ api, boot }) => {
      const machine = await boot('stops', { config: { idleTimeout: null } })
      await until(machine, 'listening')
      machine.pressPowerButton()
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toContain(told)
    },
  )

  story(
    'tells it after a reboot by its disk alone, as where nothing is sent again',
    () => 200,
    async ({ api, boot }) => {
      const machine = await boot('stops', { config: { idleTimeout: null }, machine: { diskFillsUp: true } })
      await until(machine, 'listening')
      await machine.systemd.command(['--force', 'reboot'])
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([told])
      expect(lines(machine).at(-1)?.text).toBe('it was rebooted, which no runner outlives')
      expect(milestones(machine).filter((milestone) => milestone === 'timers')).toHaveLength(1)
    },
  )
})

describe('the last words of a machine that its cloud takes at once', () => {
  /** What the end of such a machine calls, in order. `booting`: its boot timer still runs. */
  const callsAtItsEnd = (booting: boolean, reason: string): readonly string[] => {
    const root = mkdtempSync(join(tmpdir(), 'grounds-'))
    const bin = join(root, 'bin')
    for (const path of [bin, join(root, 'dev')]) mkdirSync(path, { recursive: true })
    const put = (name: string, text: string): void =>
      writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>${root}/calls\n${text}\n`, {
        mode: 0o755,
      })
    const env = { PATH: `${bin}:${process.env['PATH']}`, CML_RUNNER_ROOT: root }
    const run = (...words: string[]) => spawnSync('sh', words, { env, encoding: 'utf8', timeout: 100_000 })
    try {
      for (const name of ['sysctl', 'sleep']) put(name, '')
      put('systemctl', '[ "$2" != is-active ]')
      const registration = { forge: 'github', kind: 'jit', config: '' } as const
      const config = { ...plainConfig, startupScript: false, expiresAt: 4_000_000_000, registration }
      const download = { url: '', sha256: '', version: '' }
      const ground = { powerOff: 'stops', farewell: `echo told >>${root}/calls` } as const
      writeFileSync(
        join(root, 'fuses.sh'),
        renderFuses({ config, launchTimeout: 600, ground, download, assets: assetsFromSource() }),
      )
      expect(run(join(root, 'fuses.sh'))).toMatchObject({ status: 0, stderr: '' })
      put('systemctl', `[ "$2" != is-active ] || ${booting}`)
      writeFileSync(join(root, 'calls'), '')
      expect(run(join(root, 'run/cml-runner/end.sh'), reason)).toMatchObject({ status: 0, stderr: '' })
      return readFileSync(join(root, 'calls'), 'utf8').split('\n')
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  }

  it.each(['agent', 'boot', 'bootstrap', 'deadline'])('have time while a launch waits: %s', (reason) => {
    const calls = callsAtItsEnd(true, reason)
    expect(calls).toContain('systemctl -q is-active cml-runner-boot.timer')
    expect(calls.indexOf('sleep 5')).toBeGreaterThanOrEqual(0)
    expect(calls.indexOf('sleep 5')).toBeLessThan(calls.indexOf('told'))
  })

  it.each(['agent', 'heartbeat', 'deadline'])('cost no time when nobody waits any more: %s', (reason) => {
    const calls = callsAtItsEnd(false, reason)
    expect(calls).toContain('told')
    expect(calls).not.toContain('sleep 5')
  })

  it.each(['boot', 'heartbeat', 'deadline'])('are those of its agent, which ends before: %s', (reason) => {
    const calls = callsAtItsEnd(false, reason)
    const stop = calls.indexOf('systemctl stop cml-runner-agent.service')
    expect(stop).toBeGreaterThanOrEqual(0)
    expect(stop).toBeLessThan(calls.indexOf('told'))
  })
})

describe('whether a machine may end itself', () => {
  const word = (machine: Machine) => textOf(machine, 'self-deletion')

  for (const [may, said] of [
    [[0, ''], 'allowed'],
    [[77, 'its account lacks it'], 'not allowed: its account lacks it'],
    [[1, 'no answer'], 'unknown: no answer'],
  ] as const)
    story(
      `is asked for once, and told before its runner listens: ${said}`,
      () => 200,
      async ({ api, boot }) => {
        const machine = await boot('stops', { parts: { ground: api.ground('stops', may) } })
        await until(machine, 'listening')
        expect(word(machine)).toBe(said)
        const order = milestones(machine).filter((milestone) => milestone !== 'packages')
        expect(order.indexOf('self-deletion')).toBeLessThan(order.indexOf('registering'))
        expect(order.filter((milestone) => milestone === 'self-deletion')).toHaveLength(1)
        expect(await machine.ended).toBe('powered-off')
      },
    )

  story(
    'is no question where powering off is the end',
    () => 200,
    async ({ boot }) => {
      const machine = await boot('ends')
      await until(machine, 'listening')
      expect(milestones(machine)).not.toContain('self-deletion')
    },
  )
})

describe('a machine that is paid for whether it is on or off', () => {
  story(
    'stays on until its cloud takes it',
    (count) => (count < 3 ? 500 : 200),
    async ({ scene, api, boot }) => {
      const machine = await boot('useless')
      expect(await machine.ended).toBe('terminated')
      // And perhaps once more until it is taken.
      expect(api.asked.length).toBeGreaterThanOrEqual(4)
      expect(poweredOff(machine)).toBe(false)
      expect(scene.github.runners()).toEqual([])
    },
  )

  story(
    'tells it again when nothing comes of its word',
    (count) => (count === 0 ? 404 : 200),
    async ({ api, boot }) => {
      const machine = await boot('useless')
      expect(await machine.ended).toBe('terminated')
      expect(api.asked.length).toBeGreaterThanOrEqual(2)
      expect(poweredOff(machine)).toBe(false)
    },
  )

  story(
    'powers off only when it is not allowed to end itself',
    () => 403,
    async ({ api, boot }) => {
      const machine = await boot('useless')
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([told])
    },
  )
})

describe('a machine that powering off ends', () => {
  story(
    'tells nobody',
    () => 200,
    async ({ api, boot }) => {
      const machine = await boot('ends')
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([])
    },
  )

  story(
    'is what one is that has no word for its cloud',
    () => 200,
    async ({ boot }) => {
      const machine = await boot('useless', { parts: { ground: { powerOff: 'useless', farewell: '' } } })
      expect(await machine.ended).toBe('powered-off')
    },
  )
})
