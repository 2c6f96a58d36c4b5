import { afterEach, describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'

import type { MachineSpec } from '../machine-port.ts'
import { publishedImage } from '../pod/published.ts'
import { processesIn } from './processes.ts'
import { PodMachine, type SentPod } from './pod.ts'

const image = 'docker.io/gitlab/gitlab-runner:ubuntu-v19.4.0'
const made: PodMachine[] = []
afterEach(async () => {
  await Promise.all(made.splice(0).map((machine) => machine.terminate()))
})

/** A pod of two containers that share one of their volumes. */
function start(script: string, change: Partial<MachineSpec> = {}, name = image): PodMachine {
  const home = { name: 'home', mountPath: '/opt/home' }
  const shell = (text: string) => ['/bin/sh', '-c', text]
  const bring = {
    name: 'bring',
    image: name,
    command: shell('cp "$CML_RUNNER_ROOT/opt/sent/word" "$CML_RUNNER_ROOT/opt/home" && echo brought'),
    volumeMounts: [home, { name: 'sent', mountPath: '/opt/sent' }],
  }
  const sent: SentPod = {
    pod: {
      metadata: { name: 'runner-x', namespace: 'ci', uid: 'u-1' },
      spec: {
        volumes: [
          { name: 'sent', secret: { secretName: 's', items: [{ key: 'file-0', path: 'word' }] } },
          { name: 'home', emptyDir: {} },
        ],
        initContainers: [bring],
        containers: [
          { name: 'runner', image: 'example.com/train:1', command: shell(script), volumeMounts: [home] },
        ],
      },
    },
    secrets: { s: { 'file-0': Buffer.from('hello').toString('base64') } },
  }
  const metadata = { answer: () => undefined, variables: () => ({}), announce: () => undefined }
  const machine = new PodMachine(
    {
      instanceId: 'runner-x',
      userData: Buffer.from(JSON.stringify(sent)),
      carrier: 'mounted',
      metadata,
      bootDelay: 0,
      ...change,
    },
    {},
  )
  made.push(machine)
  return machine
}

describe('a pod as a machine', () => {
  test('ends with its containers, of which each sees what is mounted into it alone, and its log stays', async () => {
    const machine = start('cat "$CML_RUNNER_ROOT/opt/home/word"; ls "$CML_RUNNER_ROOT/opt"; exit 3')
    expect([await machine.ended, machine.exitCode, machine.refused]).toEqual(['powered-off', 3, []])
    expect(machine.printedBy('bring')).toBe('brought\n')
    expect(machine.printedBy('runner')).toBe('hellohome\n')
    expect([machine.console(), existsSync(machine.folder)]).toEqual(['brought\nhellohome\n', false])
  })

  test.each([
    ['before-boot', ''],
    ['in-boot', 'brought\n'],
  ] as const)('dies %s', async (dies, printed) => {
    const machine = start('sleep 600', { dies })
    expect([await machine.ended, machine.console()]).toEqual(['died', printed])
    expect(processesIn(machine.folder)).toEqual([])
  })

  test('hears that it is to end, and is taken away', async () => {
    const machine = start('trap "echo asked; exit 0" TERM; echo up; while :; do sleep 0.05; done')
    await machine.until(() => machine.console().includes('up'))
    machine.pressPowerButton()
    expect([await machine.ended, machine.exitCode]).toEqual(['powered-off', 0])
    expect(machine.console()).toContain('asked')
    const other = start('echo up; sleep 600')
    await other.until(() => other.console().includes('up'))
    await other.terminate()
    expect(await other.ended).toBe('terminated')
    await expect(other.until(() => false)).rejects.toThrow('the pod ended first')
  })

  test.each([
    [`${image}@${publishedImage(image)?.digest}`, []],
    [`${image}@sha256:${'0'.repeat(64)}`, [expect.stringContaining('not found')]],
    ['ghcr.io/actions/actions-runner:latest', [expect.stringContaining('not found')]],
  ])('has images by their own digests alone: %s', async (name, refused) => {
    const machine = start('true', {}, name)
    expect([await machine.ended, machine.refused]).toEqual(['powered-off', refused])
    expect(machine.exitCode).toBe(refused.length === 0 ? 0 : 128)
  })
})
