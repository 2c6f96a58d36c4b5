import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execFileSync } from 'node:child_process'

import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { carryByStartupScript } from '../../src/machine/carriers/startup-script.ts'
import { carryByCloudInit } from '../../src/machine/carriers/cloud-init.ts'
import type { Delivery } from '../../src/machine/delivery.ts'
import { deliveryOf, renderPayload, type PayloadParts } from '../../src/machine/payload.ts'
import { fileInScript } from '../emulators/gcp/guest-agent.ts'
import { GceMetadata } from '../emulators/gcp/metadata.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import {
  handedOver,
  lines,
  live,
  milestones,
  plainConfig,
  type Scene,
  textOf,
  until,
} from './machine-scene.ts'

const folder = mkdtempSync(join(tmpdir(), 'startup-script-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const expiresAt = 1_800_000_000
const key = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ cml-runner'
const parts = (change: Partial<PayloadParts> = {}): PayloadParts => ({
  config: {
    ...plainConfig,
    expiresAt,
    startupScript: false,
    registration: {
      forge: 'github',
      kind: 'token',
      url: 'https://github.com/o/r',
      token: 'secret',
      expiresAt,
    },
  },
  download: { url: 'https://example.com/runner.tar.gz', sha256: '0'.repeat(64), version: '1' },
  launchTimeout: 600,
  ground: { powerOff: 'stops', farewell: 'true' },
  carrier: 'startup-script',
  assets: assetsFromSource(),
  ...change,
})

const plain: Delivery = { files: [], fuses: '#!/bin/sh\n', start: '', keys: [], authorities: [] }

/** Where a script writes to. */
function executed(delivery: Partial<Delivery>, before = ''): string {
  const root = mkdtempSync(join(folder, 'root-'))
  const script = carryByStartupScript({ ...plain, fuses: `#!/bin/sh\nset -u\n${before}`, ...delivery })
  execFileSync('/bin/sh', [], { input: script, env: { PATH: '/usr/bin:/bin', CML_RUNNER_ROOT: root } })
  return root
}

describe('what goes by a startup script', () => {
  it('is the same for the same input, byte for byte', () => {
    expect(renderPayload(parts())).toEqual(renderPayload(parts()))
  })

  it('arms the fuses in its first lines, and begins the work in its last', () => {
    const { fuses, start } = deliveryOf(parts())
    const text = renderPayload(parts()).toString('latin1')
    expect(text.startsWith(fuses)).toBe(true)
    expect(text.endsWith(`\n${start}`)).toBe(true)
    expect(text.startsWith(`#!/bin/sh\nDEADLINE=${expiresAt}\nLAUNCH_TIMEOUT=600\n`)).toBe(true)
  })

  it('needs less than 64 KB', () => {
    for (const forge of ['github', 'gitlab'])
      expect(renderPayload(parts({ assets: assetsFromSource(forge) })).length).toBeLessThan(64_000)
  })

  it('holds the files that cloud-init would be sent, byte for byte', () => {
    const given = parts({ startupScript: Buffer.from([0, 255, 10, 13]) })
    const script = renderPayload(given).toString('latin1')
    for (const { path, content } of deliveryOf(given).files)
      expect(fileInScript(script, path)).toEqual(content)
    expect(carryByCloudInit(deliveryOf(given)).length).toBeGreaterThan(0)
  })

  it('writes any file as it was, with its mode, whatever it holds', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/)
    const content = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc
        .array(fc.constantFrom('END-', "'", '$(touch /pwned)', '`', '\\', '\n', 'EOF', 'é'))
        .map((words) => Buffer.from(words.join(''))),
      fc.string().map((text) => Buffer.from(`${text}\n`)),
    )
    const file = fc.record({
      path: name.map((word) => `/opt/${word}/file`),
      permissions: fc.constantFrom('0600', '0644', '0755', '0440'),
      content,
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(file, { minLength: 1, maxLength: 4, selector: ({ path }) => path }),
        (files) => {
          const root = executed({ files })
          for (const { path, permissions, content: sent } of files) {
            expect(readFileSync(root + path)).toEqual(sent)
            expect((statSync(root + path).mode & 0o777).toString(8)).toBe(permissions.slice(1))
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  it('leaves what others may read or a link points to as it is', () => {
    const secret = { path: '/opt/x/agent.json', permissions: '0600', content: Buffer.from('secret\n') }
    const root = executed(
      { files: [secret] },
      'mkdir -p "$CML_RUNNER_ROOT/opt/x"\necho old >"$CML_RUNNER_ROOT/old"\nln -s "$CML_RUNNER_ROOT/old" "$CML_RUNNER_ROOT/opt/x/agent.json"\n',
    )
    expect(readFileSync(join(root, 'old'), 'utf8')).toBe('old\n')
    expect(readFileSync(join(root, 'opt/x/agent.json'), 'utf8')).toBe('secret\n')
  })

  it('refuses what a shell could misread', () => {
    const file = { path: '/opt/$(reboot)', permissions: '0600', content: Buffer.from('') }
    expect(() => carryByStartupScript({ ...plain, files: [file] })).toThrow(
      'a path that a shell could misread',
    )
    expect(() => carryByStartupScript({ ...plain, start: 'é\n' })).toThrow('not plain ASCII')
  })
})

/** A machine whose image has a guest agent, and what its metadata holds. */
async function boot(
  scene: Scene,
  change: { readonly idleTimeout?: number | null; readonly parts?: Partial<PayloadParts> } = {},
) {
  const attributes: Record<string, string> = {}
  const machine = await scene.boot({
    config: { idleTimeout: change.idleTimeout === undefined ? 3 : change.idleTimeout },
    parts: { carrier: 'startup-script', ...change.parts },
    machine: { keep: true },
    spec: (userData) => {
      attributes['startup-script'] = userData.toString('utf8')
      return {
        carrier: 'startup-script',
        metadata: new GceMetadata({
          project: 'p',
          projectNumber: '1',
          zone: 'z',
          name: 'n',
          id: '2',
          attributes: () => attributes,
        }),
      }
    },
  })
  return { machine, attributes }
}

const poweredOn = (machine: Machine) => lines(machine).filter(({ milestone }) => milestone === 'timers')

describe('a machine that is sent a startup script', () => {
  live('lives and ends as any other', async (scene) => {
    const { machine } = await boot(scene, { parts: { sshPublicKey: key } })
    await until(machine, 'listening')
    expect(
      milestones(machine)
        .filter((milestone) => milestone !== 'packages')
        .slice(0, 6),
    ).toEqual(['timers', 'fetching', 'fetched', 'registering', 'registered', 'listening'])
    expect(machine.console()).toContain('startup-script exit status 0')
    expect(readFileSync(join(machine.root, 'home/ubuntu/.ssh/authorized_keys'), 'utf8')).toBe(`${key}\n`)
    expect(readFileSync(join(machine.root, 'etc/sudoers.d/90-cml-runner-login'), 'utf8')).toBe(
      'ubuntu ALL=(ALL) NOPASSWD:ALL\n',
    )
    expect(await machine.ended).toBe('powered-off')
    expect(scene.github.runners()).toEqual([])
  })

  live('is not disturbed when the script is run again while it works', async (scene) => {
    const { machine } = await boot(scene, { idleTimeout: null })
    await handedOver(machine)
    const [agent, asked] = [machine.agentProcess(), machine.commands.length]
    await machine.runCarrierAgain()
    expect(machine.agentProcess()).toBe(agent)
    expect(machine.commands.slice(asked).map((words) => words.join(' '))).toEqual([
      'systemctl -q is-active cml-runner-deadline.timer cml-runner-agent.service',
    ])
  })

  live('ends after a reboot, with the script that is still there', async (scene) => {
    const { machine } = await boot(scene, { idleTimeout: null })
    await until(machine, 'listening')
    // The disk's own unit stands aside.
    rmSync(join(machine.root, 'etc/systemd/system/sysinit.target.wants'), { recursive: true })
    await machine.systemd.command(['--force', 'reboot'])
    expect(await machine.ended).toBe('powered-off')
    expect(poweredOn(machine)).toHaveLength(1)
    expect(textOf(machine, 'ending')).toBe('it was rebooted, which no runner outlives')
  })

  live('ends after a reboot, when the script was taken away', async (scene) => {
    const { machine, attributes } = await boot(scene, { idleTimeout: null })
    await until(machine, 'listening')
    delete attributes['startup-script']
    await machine.systemd.command(['--force', 'reboot'])
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('it was rebooted, which no runner outlives')
  })

  live('runs nothing where nothing in /tmp may be executed', async (scene) => {
    const attributes: Record<string, string> = {}
    const machine = await scene.boot({
      parts: { carrier: 'startup-script' },
      machine: { noexec: true, keep: true },
      spec: (userData) => {
        attributes['startup-script'] = userData.toString('utf8')
        return {
          carrier: 'startup-script',
          metadata: new GceMetadata({
            project: 'p',
            projectNumber: '1',
            zone: 'z',
            name: 'n',
            id: '2',
            attributes: () => attributes,
          }),
        }
      },
    })
    await machine.until(() => machine.console().includes('Finished running startup scripts'))
    expect(milestones(machine)).toEqual([])
  })
})
