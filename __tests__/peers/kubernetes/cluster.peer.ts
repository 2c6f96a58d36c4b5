import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'

import { plainImage, type Images } from '../../emulators/pod/image.ts'
import type { Api, Thing } from './api.ts'
import { ControlPlane } from './control-plane.ts'
import { Kubelet } from './kubelet.ts'
import { findPrograms } from './programs.ts'

const programs = findPrograms()
const withPrograms = programs === undefined ? describe.skip : describe

const images: Images = (name) =>
  name === 'debian:13' ? plainImage('1') : { reason: 'ErrImagePull', message: `${name}: not found` }

withPrograms('the tests’ own node in a real cluster', () => {
  let plane: ControlPlane
  let node: Kubelet
  let admin: Api

  beforeAll(async () => {
    plane = await ControlPlane.start(programs ?? '')
    admin = plane.admin
    node = await Kubelet.start(admin, { name: 'node-1', images, capacity: { 'nvidia.com/gpu': '1' } })
  })

  afterAll(async () => {
    const { folder } = plane
    await node.stop()
    await plane.stop()
    expect(existsSync(folder)).toBe(false)
    expect(node.refused).toEqual([])
  })

  const jobs = '/apis/batch/v1/namespaces/default/jobs'
  const pods = (job: string) =>
    `/api/v1/namespaces/default/pods?labelSelector=batch.kubernetes.io/job-name%3D${job}`

  const order = (name: string, spec: object, job: object = {}): Promise<Thing> =>
    admin.post(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name },
      spec: { backoffLimit: 0, ...job, template: { spec: { restartPolicy: 'Never', ...spec } } },
    })

  const shell = (script: string, more: object = {}) => ({
    name: 'main',
    image: 'debian:13',
    command: ['/bin/sh', '-c', script],
    ...more,
  })

  const condition = (things: readonly Thing[], type: string): Thing =>
    things[0]?.status?.conditions?.find((one: Thing) => one.type === type && one.status === 'True')

  test('is ready, and has what was said of it', async () => {
    const { status } = await admin.get('/api/v1/nodes/node-1')
    expect(status.allocatable).toMatchObject({ cpu: '16', 'nvidia.com/gpu': '1' })
    expect(status.conditions).toEqual([expect.objectContaining({ type: 'Ready', status: 'True' })])
  })

  test('runs a plain Job to its end, serves its log, and the time to live takes it away', async () => {
    await order(
      'plain',
      { containers: [shell('echo "hello from $HOSTNAME"; echo again')] },
      { ttlSecondsAfterFinished: 3 },
    )
    const done = await admin.until(`${jobs}?fieldSelector=metadata.name%3Dplain`, (things) =>
      condition(things, 'Complete'),
    )
    expect(done.reason).toBe('CompletionsReached')
    const { items } = await admin.get(pods('plain'))
    const [pod] = items
    expect(pod.status).toMatchObject({ phase: 'Succeeded', hostIP: '127.0.0.1', qosClass: 'BestEffort' })
    expect(pod.status.containerStatuses[0].state.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
    })
    const log = `/api/v1/namespaces/default/pods/${pod.metadata.name}/log`
    expect(await admin.get(log)).toBe(`hello from ${pod.metadata.name}\nagain\n`)
    expect(await admin.get(`${log}?tailLines=1&timestamps=true`)).toMatch(/^\d{4}-\S+Z again\n$/)
    await admin.until(pods('plain'), (things) => things.length === 0)
    await admin.until(`${jobs}?fieldSelector=metadata.name%3Dplain`, (things) => things.length === 0)
  })

  test('gives containers their volumes once they are there, one container after the other', async () => {
    const volumes = [
      { name: 'sent', secret: { secretName: 'late', items: [{ key: 'a', path: 'folder/a.txt' }] } },
      { name: 'shared', emptyDir: { medium: 'Memory' } },
    ]
    const mounts = [
      { name: 'sent', mountPath: '/opt/sent' },
      { name: 'shared', mountPath: '/run/shared' },
    ]
    const job = await order('volumes', {
      volumes,
      initContainers: [
        {
          ...shell('cp -RL "$CML_RUNNER_ROOT"/opt/sent/* "$CML_RUNNER_ROOT/run/shared"'),
          name: 'bring',
          volumeMounts: mounts,
        },
      ],
      containers: [
        shell('cat "$CML_RUNNER_ROOT/run/shared/folder/a.txt"; ls "$CML_RUNNER_ROOT/opt"', {
          volumeMounts: mounts.slice(1),
        }),
      ],
    })
    const [name] = await admin.until(
      pods('volumes'),
      ([pod]) =>
        pod?.status.containerStatuses?.[0].state.waiting?.reason === 'PodInitializing' && [pod.metadata.name],
    )
    const log = `/api/v1/namespaces/default/pods/${name}/log?follow=true`
    expect(await admin.ask('GET', log)).toMatchObject({
      status: 400,
      body: { message: `container "main" in pod "${name}" is waiting to start: PodInitializing` },
    })
    await admin.post('/api/v1/namespaces/default/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'late',
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'volumes', uid: job.metadata.uid }],
      },
      stringData: { a: 'a secret' },
    })
    await admin.until(pods('volumes'), ([pod]) => pod?.status.phase === 'Succeeded')
    expect(await admin.get(log)).toBe('a secret\n')
    await admin.delete(`${jobs}/volumes`, { propagationPolicy: 'Background' })
    await admin.until('/api/v1/namespaces/default/secrets', (things) => things.length === 0)
    await admin.until(pods('volumes'), (things) => things.length === 0)
  })

  test('tells a pod that is deleted, waits for it as long as it may take, and kills it then', async () => {
    const polite = 'trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.05; done'
    const stubborn = 'trap "echo no" TERM; echo up; while :; do sleep 0.05; done'
    await order('polite', { containers: [shell(polite)] })
    await order('stubborn', { containers: [shell(stubborn)], terminationGracePeriodSeconds: 1 })
    for (const [job, exitCode] of [
      ['polite', 7],
      ['stubborn', 137],
    ] as const) {
      const name = await admin.until(
        pods(job),
        ([pod]) => pod?.status.phase === 'Running' && pod.metadata.name,
      )
      await node.pod(name)!.container('main')!.log.until('up')
      const path = `/api/v1/namespaces/default/pods/${name}`
      await admin.post(`${path}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } })
      const [ended] = await admin.until(pods(job), ([pod]) => pod?.status.phase === 'Failed' && [pod])
      expect(ended.status.containerStatuses[0].state.terminated).toMatchObject({ exitCode, reason: 'Error' })
      expect(condition([ended], 'DisruptionTarget').reason).toBe('EvictionByEvictionAPI')
      await admin.until(`${jobs}?fieldSelector=metadata.name%3D${job}`, (things) =>
        condition(things, 'Failed'),
      )
      await admin.until(pods(job), (things) => things.length === 0)
    }
  })

  test('tells of an image that cannot be pulled, and the scheduler of what no node has', async () => {
    await order('no-image', { containers: [{ name: 'main', image: 'nobody/has:it' }] })
    const waiting = await admin.until(pods('no-image'), ([pod]) => {
      const state = pod?.status.containerStatuses?.[0].state
      return state?.waiting?.reason !== 'ContainerCreating' && state?.waiting
    })
    expect(waiting).toEqual({ reason: 'ErrImagePull', message: 'nobody/has:it: not found' })
    const gpus = { limits: { 'nvidia.com/gpu': 2 } }
    await order('no-node', { containers: [shell('true', { resources: gpus })] })
    const unscheduled = await admin.until(pods('no-node'), ([pod]) =>
      pod?.status.conditions?.find((one: Thing) => one.type === 'PodScheduled'),
    )
    expect(unscheduled).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: expect.stringContaining('0/1 nodes are available: 1 Insufficient nvidia.com/gpu.'),
    })
    for (const job of ['no-image', 'no-node']) {
      await admin.delete(`${jobs}/${job}`, { propagationPolicy: 'Background' })
      await admin.until(pods(job), (things) => things.length === 0)
    }
  })
})
