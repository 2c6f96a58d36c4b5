import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'

import { groundAt } from '../../../../src/clouds/gcp/farewell.ts'
import { cloudInitKey, firstWord } from '../../../../src/clouds/gcp/first-word.ts'
import { Failure } from '../../../../src/model/failure.ts'
import { GceMetadata, type ServiceAccount } from '../../../emulators/gcp/metadata.ts'
import { assetsFromSource } from '../../../emulators/machine/assets.ts'
import type { Machine } from '../../../emulators/machine/machine.ts'
import { lines, live, type Scene, textOf, until, type Wish } from '../../../machine/machine-scene.ts'
import { startProxy } from '../../../scenarios/proxy.ts'
import { startComputeApi, type Answers, type ComputeApi } from './compute-api.ts'

const place = '/projects/octo-project/zones/us-west1-b/instances/cml-abcdef-x'
const asks = `POST ${place}/testIamPermissions Bearer ya29.of-the-machine...`
const deletes = `DELETE ${place} Bearer ya29.of-the-machine...`

const account: ServiceAccount = {
  email: 'machine@octo-project.iam.gserviceaccount.com',
  scopes: ['https://www.googleapis.com/auth/compute'],
  token: 'ya29.of-the-machine...',
}

interface Stage {
  readonly scene: Scene
  readonly api: ComputeApi
  readonly metadata: () => GceMetadata
  readonly attributes: Record<string, string>
  boot(wish?: Wish): Promise<Machine>
}

interface Given extends Answers {
  readonly account?: ServiceAccount | null
}

const story = (
  title: string,
  { account: given = account, ...answers }: Given,
  tell: (stage: Stage) => Promise<void>,
) =>
  live(title, async (scene) => {
    const api = await startComputeApi(answers)
    const attributes: Record<string, string> = {}
    const metadata = new GceMetadata({
      project: 'octo-project',
      projectNumber: '123456789012',
      zone: 'us-west1-b',
      name: 'cml-abcdef-x',
      id: '4567890123456789012',
      attributes: () => attributes,
      ...(given ? { serviceAccount: given } : {}),
    })
    const boot = ({ parts, machine, ...wish }: Wish = {}) =>
      scene.boot({
        ...wish,
        parts: {
          carrier: 'startup-script',
          ground: groundAt(api.base),
          assets: assetsFromSource('github', 'gcp'),
          ...parts,
        },
        machine: { keep: true, ...machine },
        spec: (userData) => {
          attributes['startup-script'] = userData.toString('utf8')
          return { instanceId: 'cml-abcdef-x', carrier: 'startup-script', metadata }
        },
      })
    try {
      await tell({ scene, api, attributes, metadata: () => metadata, boot })
    } finally {
      api.close()
    }
  })

describe('a machine of Compute Engine', () => {
  story('deletes itself, for which it has asked at boot', { may: true }, async ({ scene, api, boot }) => {
    const machine = await boot()
    expect(await machine.ended).toBe('powered-off')
    expect(api.asked).toEqual([asks, deletes])
    expect(textOf(machine, 'self-deletion')).toBe('allowed')
    expect(lines(machine).at(-1)).toEqual({ milestone: 'ending', text: 'the agent has stopped' })
    expect(scene.github.runners()).toEqual([])
  })

  for (const [title, given, said, calls] of [
    [
      'whose account lacks the permission',
      { may: false, deletion: () => 403 },
      'its service account lacks compute.instances.delete',
      [asks, deletes],
    ],
    [
      'whose token has other scopes',
      {
        may: true,
        account: {
          ...account,
          scopes: [
            'https://www.googleapis.com/auth/compute.readonly',
            'https://www.googleapis.com/auth/devstorage.read_only',
          ],
        },
        deletion: () => 403,
      },
      'its access scopes do not cover compute',
      [deletes],
    ],
    ['without a service account', { may: true, account: null }, 'it has no service account', []],
  ] as const)
    story(`${title} says so, and powers off`, given, async ({ api, boot }) => {
      const machine = await boot()
      expect(await machine.ended).toBe('powered-off')
      expect(textOf(machine, 'self-deletion')).toBe(`not allowed: ${said}`)
      expect(api.asked).toEqual(calls)
      expect(machine.console()).toContain('the cloud does not take it (77)')
    })

  for (const [status, tries] of [
    [429, 2],
    [503, 2],
    [404, 1],
    [400, 1],
  ] as const)
    story(
      `asks ${tries === 1 ? 'once' : 'again'} where the answer is ${status}`,
      { may: true, deletion: (count) => (count === 0 ? status : 200) },
      async ({ api, boot }) => {
        const machine = await boot()
        expect(await machine.ended).toBe('powered-off')
        expect(api.asked.filter((line) => line === deletes)).toHaveLength(tries)
      },
    )

  story('shows no token, whatever is refused', { may: true, deletion: () => 403 }, async ({ boot }) => {
    const machine = await boot()
    expect(await machine.ended).toBe('powered-off')
    expect(machine.console()).toContain("(77): HTTP 403: Required 'compute.instances.delete' permission")
    for (const text of [machine.console(), machine.journal, machine.log]) expect(text).not.toContain('ya29')
  })

  story(
    'ends its job when it is preempted, and is deleted',
    { may: true },
    async ({ scene, api, metadata, boot }) => {
      const machine = await boot({ config: { idleTimeout: null } })
      await until(machine, 'listening')
      const job = scene.job('sleep 600')
      await until(machine, 'job-started')
      metadata().announce('end')
      expect(await machine.ended).toBe('powered-off')
      expect(textOf(machine, 'interrupted')).toBe('Google Cloud takes the machine (preempted)')
      expect((await job.completed).conclusion).not.toBe('success')
      expect(api.asked.at(-1)).toBe(deletes)
    },
  )

  story(
    'finishes its job before a maintenance that would end it, and takes no other',
    { may: true },
    async ({ scene, metadata, boot }) => {
      const machine = await boot({ config: { idleTimeout: null } })
      await until(machine, 'listening')
      const flag = join(scene.folder, 'enough')
      const job = scene.job(`until [ -e ${flag} ]; do sleep 0.1; done`)
      await until(machine, 'job-started')
      metadata().announce('risk')
      await until(machine, 'interrupted')
      writeFileSync(flag, '')
      expect((await job.completed).conclusion).toBe('success')
      expect(await machine.ended).toBe('powered-off')
      expect(textOf(machine, 'interrupted')).toContain('for maintenance')
    },
  )

  story(
    'deletes itself after a reboot, when what was sent is gone from its metadata',
    { may: true },
    async ({ api, attributes, boot }) => {
      const machine = await boot({ config: { idleTimeout: null } })
      await until(machine, 'listening')
      delete attributes['startup-script']
      await machine.systemd.command(['--force', 'reboot'])
      expect(await machine.ended).toBe('powered-off')
      expect(api.asked).toEqual([asks, deletes])
    },
  )

  story(
    'says that it boots long before its startup script is run, where its image has cloud-init',
    { may: true },
    async ({ attributes, boot }) => {
      attributes[cloudInitKey] = firstWord
      const machine = await boot({ config: { idleTimeout: null }, machine: { noexec: true } })
      await machine.until(() => machine.console().includes('Starting startup scripts'))
      expect(lines(machine)).toEqual([{ milestone: 'booting', text: '' }])
    },
  )

  for (const [status, deletions] of [
    ['STOPPING', []],
    ['RUNNING', [deletes]],
  ] as const)
    story(
      `is ${status === 'RUNNING' ? 'deleted when its own root powers it off' : 'left to whoever stops it from outside'}`,
      { may: true, status: () => status },
      async ({ scene, api, boot }) => {
        const machine = await boot({ config: { idleTimeout: null } })
        await until(machine, 'listening')
        machine.pressPowerButton()
        expect(await machine.ended).toBe('powered-off')
        expect([...new Set(api.asked)]).toEqual([asks, ...deletions])
        expect(machine.console()).not.toContain('the cloud does not take it')
        expect(scene.github.runners()).toEqual([])
      },
    )

  story(
    'reaches the API by its proxy, and its metadata without',
    { may: true },
    async ({ scene, api, boot }) => {
      const proxy = await startProxy()
      try {
        const machine = await boot({ config: { proxy: { http: proxy.url, no: 'localhost' } } })
        expect(await machine.ended).toBe('powered-off')
        expect(api.asked).toEqual([asks, deletes])
        expect(textOf(machine, 'self-deletion')).toBe('allowed')
        const { host } = new URL(api.base)
        const root = proxy.journal.filter(({ agent }) => agent.startsWith('curl'))
        const download = new URL(scene.github.archive().url).host
        expect(root.map(({ method, host: asked }) => `${method} ${asked}`).sort()).toEqual(
          [`DELETE ${host}`, `GET ${download}`, `GET ${host}`, `POST ${host}`].sort(),
        )
      } finally {
        await proxy.close()
      }
    },
  )
})

describe('the address of the Compute API', () => {
  it('may be another one, and holds nothing that a shell could misread', () => {
    expect(groundAt('https://compute-x.p.googleapis.com/compute/v1/').farewell).toMatch(
      /^api='https:\/\/compute-x\.p\.googleapis\.com\/compute\/v1'\n/,
    )
    for (const text of [
      "https://x/'; reboot '",
      'https://x/\nreboot',
      'x',
      'https://x/$(id)',
      'https://u:p@x/',
    ])
      expect(() => groundAt(text)).toThrow(Failure)
  })
})
