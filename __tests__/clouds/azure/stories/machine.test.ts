import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { describe, expect } from '@jest/globals'

import { groundAt } from '../../../../src/clouds/azure/farewell.ts'
import { Imds } from '../../../emulators/azure/metadata.ts'
import { assetsFromSource } from '../../../emulators/machine/assets.ts'
import type { Machine } from '../../../emulators/machine/machine.ts'
import { live, textOf, until, type Scene, type Wish } from '../../../machine/machine-scene.ts'

const name = 'cml-abcdef-x'
const copy = '/var/lib/waagent/ovf-env.xml'

interface Stage {
  readonly scene: Scene
  readonly metadata: Imds
  /** What the machine was sent. */
  readonly sent: () => Buffer
  boot(wish?: Wish): Promise<Machine>
}

/** In a group of its own, without an identity: being off is all that it can do. */
const story = (title: string, tell: (stage: Stage) => Promise<void>) =>
  live(title, async (scene) => {
    const metadata = new Imds({
      resourceId: `/subscriptions/s/resourceGroups/${name}/providers/Microsoft.Compute/virtualMachines/${name}`,
      name,
      location: 'westus2',
      identities: [],
      token: 'eyJ.of-the-machine',
    })
    let sent = Buffer.alloc(0)
    const boot = ({ parts, machine, ...wish }: Wish = {}) =>
      scene.boot({
        ...wish,
        parts: {
          ground: groundAt('https://management.azure.com', undefined),
          assets: assetsFromSource('github', 'azure'),
          ...parts,
        },
        machine: { keep: true, ...machine },
        spec: (userData) => {
          sent = Buffer.from(userData)
          return { instanceId: name, metadata, copies: [copy] }
        },
      })
    await tell({ scene, metadata, sent: () => sent, boot })
  })

/** Of a small file; none where it is removed at this moment. */
function bytesOf(path: string): Buffer {
  try {
    return lstatSync(path).size > 2 ** 24 ? Buffer.alloc(0) : readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Files below a folder that hold one of these texts, as they are or packed, as root would find them. */
function holding(folder: string, texts: readonly Buffer[]): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile()) return []
    const bytes = bytesOf(path)
    const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
    return texts.some((text) => plain.includes(text)) ? [path.slice(folder.length)] : []
  })
}

describe('a machine of Azure', () => {
  story('has no registration token left in any file or in its metadata when a job comes', async (stage) => {
    const { scene, metadata, sent, boot } = stage
    const registration = await scene.token()
    const flag = join(scene.folder, 'enough')
    const script = Buffer.from(`#!/bin/sh\nuntil [ -e ${flag} ]; do sleep 0.1; done\n`)
    const machine = await boot({ config: { registration }, parts: { startupScript: script } })
    const secrets = [registration.token, sent().toString('base64'), sent()].map((text) => Buffer.from(text))
    await until(machine, 'startup-script')
    // It has not registered yet, and needs it; cloud-init and Azure's own agent have done what they do.
    expect(holding(machine.root, secrets)).toContain('/opt/cml-runner/agent.json')
    writeFileSync(flag, '')
    await until(machine, 'registering')
    await until(machine, 'listening')
    const job = scene.job('sudo -n true 2>/dev/null; echo looked')
    await until(machine, 'job-started')
    expect(holding(machine.root, secrets)).toEqual([])
    expect((await job.completed).conclusion).toBe('success')
    const server = createServer((request, response) => metadata.answer(request, response)).listen(0)
    await once(server, 'listening')
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metadata`
    for (const path of ['instance/compute/customData', 'instance/compute/userData', 'instance']) {
      const answer = await fetch(`${base}/${path}?api-version=2021-02-01`, { headers: { metadata: 'true' } })
      expect([answer.status, await answer.text()]).toEqual([404, expect.any(String)])
    }
    server.close()
  })

  story('keeps what its own setup needs until that is over, and no longer', async ({ boot }) => {
    const machine = await boot({ config: { idleTimeout: null } })
    const cache = join(machine.root, 'var/lib/cloud/instance/obj.pkl')
    await until(machine, 'fetching')
    expect(
      [copy, '/var/lib/cloud/instance/user-data.txt'].map((path) => existsSync(machine.root + path)),
    ).toEqual([true, true])
    expect(existsSync(cache)).toBe(true)
    await until(machine, 'listening')
    expect(existsSync(cache)).toBe(false)
  })

  story('has no token left when its runner listens and cloud-init goes on, nor after', async (stage) => {
    const { scene, sent, boot } = stage
    const registration = await scene.token()
    const machine = await boot({ config: { registration }, machine: { lingers: true } })
    const secrets = [registration.token, sent().toString('base64'), sent()].map((text) => Buffer.from(text))
    await until(machine, 'listening')
    expect(holding(machine.root, secrets)).toEqual([])
    const late = ['/var/lib/cloud/instance/obj.pkl', '/var/lib/cloud/instance/user-data.txt']
    for (const path of late) writeFileSync(machine.root + path, sent())
    await machine.runCarrierAgain()
    await machine.until(() => late.every((path) => !existsSync(machine.root + path)))
  })

  story('ends after a reboot, when nothing tells cloud-init any more what was sent', async ({ boot }) => {
    const machine = await boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    await machine.systemd.command(['--force', 'reboot'])
    expect(await machine.ended).toBe('powered-off')
    expect(machine.console()).toContain('it was rebooted, which no runner outlives')
  })

  story('ends its job when it is evicted, and says so', async ({ scene, metadata, boot }) => {
    const machine = await boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    const job = scene.job('sleep 600')
    await until(machine, 'job-started')
    metadata.announce('end')
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'interrupted')).toMatch(/^Azure takes the spot machine back \(.* GMT\)$/)
    expect((await job.completed).conclusion).not.toBe('success')
    expect(scene.github.runners()).toEqual([])
  })

  story('finishes its job before it is moved to another host, and takes no other', async (stage) => {
    const { scene, metadata, boot } = stage
    const machine = await boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    const flag = join(scene.folder, 'enough')
    const job = scene.job(`until [ -e ${flag} ]; do sleep 0.1; done`)
    await until(machine, 'job-started')
    metadata.announce('risk')
    await until(machine, 'interrupted')
    writeFileSync(flag, '')
    expect((await job.completed).conclusion).toBe('success')
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'interrupted')).toContain('Azure will move the machine to another host')
  })
})
