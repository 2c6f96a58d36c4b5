import { describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'

import { processesIn } from '../machine/processes.ts'
import { plainImage, type Images } from './image.ts'
import type { Manifest, PodSpec } from './manifest.ts'
import { Pod, type PodOptions } from './pod.ts'

const images: Images = (name) =>
  name === 'debian:13'
    ? plainImage('1', { '/usr/games/fortune': '#!/bin/sh\necho good\n' })
    : { reason: 'ErrImagePull', message: `${name}: not found` }

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const shell = (script: string, more: object = {}) => ({
  name: 'main',
  image: 'debian:13',
  command: ['/bin/sh', '-c', script],
  ...more,
})

/** A pod, and how its status changed. */
function start(spec: PodSpec, options: Partial<PodOptions> = {}) {
  const waiting = new Set<() => void>()
  const manifest: Manifest = { metadata: { name: 'runner-x', namespace: 'ci', uid: 'u-1' }, spec }
  const pod = new Pod(manifest, {
    images,
    source: {
      secret: async () => ({ a: base64('first'), b: base64('second') }),
      projected: async () => [{ path: 'token', bytes: Buffer.from('a token'), mode: 0o644 }],
    },
    changed: () => [...waiting].forEach((look) => look()),
    ...options,
  })
  const until = (holds: () => unknown): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!holds()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return { pod, until, log: (name = 'main') => pod.container(name)?.log.text }
}

describe('a pod in the sandbox', () => {
  test('runs its init containers and then its own, each with its volumes, and nothing of the others', async () => {
    const volumes = [
      { name: 'sent', secret: { secretName: 's', items: [{ key: 'b', path: 'deep/b.txt', mode: 0o555 }] } },
      { name: 'home', emptyDir: {} },
      { name: 'account', projected: {} },
    ]
    const home = { name: 'home', mountPath: '/opt/home' }
    const { pod, log } = start({
      volumes,
      initContainers: [
        {
          ...shell(
            'cp -RL "$CML_RUNNER_ROOT"/opt/sent/* "$CML_RUNNER_ROOT/opt/home" && touch "$CML_RUNNER_ROOT/own"',
          ),
          name: 'bring',
          volumeMounts: [home, { name: 'sent', mountPath: '/opt/sent' }],
        },
      ],
      containers: [
        shell(
          'cd "$CML_RUNNER_ROOT"; cat opt/home/deep/b.txt; echo; stat -Lc %a opt/home/deep/b.txt; ls opt; ls -d own; cat var/account/token; echo " $NAMES"; id -u; usr/games/fortune',
          {
            env: [{ name: 'NAMES', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
            volumeMounts: [home, { name: 'account', mountPath: '/var/account' }],
          },
        ),
      ],
    })
    expect(await pod.ended).toBe('Succeeded')
    expect(
      log()
        ?.split('\n')
        .filter((line) => !line.includes('own')),
    ).toEqual([...['second', '555', 'home', 'a token ci', '0', 'good', '']])
    const { phase, initContainerStatuses = [], containerStatuses } = pod.status()
    expect(phase).toBe('Succeeded')
    for (const { state } of [...initContainerStatuses, ...containerStatuses])
      expect(state).toMatchObject({ terminated: { exitCode: 0, reason: 'Completed' } })
    pod.remove()
    expect(existsSync(pod.folder)).toBe(false)
  })

  test('fails with its init container, and never starts what comes after it', async () => {
    const { pod } = start({
      initContainers: [{ ...shell('exit 3'), name: 'bring' }],
      containers: [shell('true')],
    })
    expect(await pod.ended).toBe('Failed')
    expect(pod.status()).toMatchObject({
      initContainerStatuses: [{ state: { terminated: { exitCode: 3, reason: 'Error' } } }],
      containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    })
    pod.remove()
  })

  test('takes everything that a container has left running along', async () => {
    const { pod } = start({ containers: [shell('setsid sleep 600 & echo done')] })
    expect(await pod.ended).toBe('Succeeded')
    expect(processesIn(pod.folder)).toEqual([])
    pod.remove()
  })

  test('is asked to end, and killed when its time is over', async () => {
    const script = 'trap "echo asked" TERM; echo up; while :; do sleep 0.05; done'
    const { pod, until, log } = start({ containers: [shell(script)] })
    await until(() => pod.container('main'))
    await pod.container('main')?.log.until('up')
    await pod.stop(0.3, { reason: 'Evicted', message: 'The node was low on resource: memory.' })
    expect(log()).toBe('up\nasked\n')
    expect(pod.status()).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      containerStatuses: [{ ready: false, state: { terminated: { exitCode: 137, reason: 'Error' } } }],
    })
    pod.remove()
  })

  test('waits for what is not there, and can be stopped while it does', async () => {
    const secret = { name: 'sent', secret: { secretName: 's' } }
    const never = { secret: () => new Promise<never>(() => undefined), projected: async () => [] }
    const { pod } = start({ volumes: [secret], containers: [shell('true')] }, { source: never })
    expect(pod.status().containerStatuses[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } })
    await pod.stop(0)
    expect(pod.phase).toBe('Failed')
    pod.remove()
  })

  test('says what is wrong with an image, a volume, a command and a field', async () => {
    const unknown = start({ containers: [{ name: 'main', image: 'nobody/has:it' }] })
    await unknown.until(() => JSON.stringify(unknown.pod.status()).includes('ErrImagePull'))
    await unknown.pod.stop(0)
    expect(unknown.pod.status().containerStatuses[0]?.state).toEqual({
      waiting: { reason: 'ErrImagePull', message: 'nobody/has:it: not found' },
    })
    const secret = { secretName: 's', items: [{ key: 'c', path: 'c' }] }
    const keyless = start({ volumes: [{ name: 'sent', secret }], containers: [shell('true')] })
    await keyless.until(() => keyless.pod.trouble)
    expect(keyless.pod.trouble?.message).toContain('references non-existent secret key: c')
    await keyless.pod.stop(0)
    const broken = start({
      containers: [{ ...shell(''), command: ['/no/such/program'], lifecycle: {} } as never],
    })
    expect(await broken.pod.ended).toBe('Failed')
    expect(broken.pod.status().containerStatuses[0]?.state).toMatchObject({
      terminated: { exitCode: 128, reason: 'StartError' },
    })
    expect(broken.pod.refused).toEqual(['pod runner-x: container main.lifecycle'])
    for (const { pod } of [unknown, keyless, broken]) pod.remove()
  })
})
