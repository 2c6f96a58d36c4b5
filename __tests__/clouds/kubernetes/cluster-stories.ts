import { describe, expect, test } from '@jest/globals'

import { leaseFromText, leaseToText } from '../../../src/model/lease.ts'
import { forges } from '../../../src/forges/registry.ts'
import type { PairStage } from '../../scenarios/pair-stage.ts'
import { stageOpener } from '../../scenarios/pair-story.ts'
import { tellStory } from '../../scenarios/story.ts'
import type { ClusterKind, Hands, Look, Thing } from './cluster-hands.ts'

const conditionOf = (thing: Thing, type: string): Thing =>
  thing?.status?.conditions?.find((one: Thing) => one.type === type && one.status === 'True')

/** As the registry tells it; `image:tag@sha256:…`. */
const byDigest = /[a-z]+\/[a-z-]+runner:[\w.-]+@sha256:[0-9a-f]{64}/

const ended = ({ jobs: [job] }: Look): Thing => conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed')

/** Whole launches in a cluster, told alike of the emulated one and of the real control plane: what both say is what the product is built on. */
export function clusterStories(kind: ClusterKind): void {
  /** Of each forge; what is between product and cluster alone, of one of them. */
  const story = (
    name: string,
    tell: (stage: PairStage, hands: Hands) => Promise<void>,
    told: readonly { readonly name: string }[] = forges,
  ): void => {
    for (const { name: forge } of told)
      test.concurrent(`${name} (${forge})`, () =>
        tellStory(
          () => stageOpener(forge)({ cloud: kind.side }),
          ({ words }) => tell(words, kind.hands(words.cloud)),
          { cloud: 0, forge: 0 },
        ),
      )
  }
  const once = forges.slice(0, 1)

  describe('a launch', () => {
    story(
      'becomes a pod, whose job runs, and which ends when it is idle; then nothing stays',
      async (stage, hands) => {
        const { main, post, outputs } = await stage.launch({ 'idle-timeout': '6' })
        expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
        const { jobs, pods, secrets } = await hands.look()
        const [job] = jobs
        expect([jobs.length, pods.length, job.metadata.name]).toEqual([1, 1, outputs.instanceId])
        // What only the boot needed is gone, and the deadline is that of the lease.
        expect(secrets).toEqual([])
        expect(job.spec.activeDeadlineSeconds).toBeGreaterThan(4 * 86_400)
        expect(job.spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 7200 })
        const { containers, initContainers } = job.spec.template.spec
        for (const { image } of [...initContainers, ...containers]) {
          expect(image).toMatch(byDigest)
          expect(main.log).toContain(image)
        }
        const work = stage.jobFor(outputs, 'echo trained')
        await work.completed
        expect([work.text, work.succeeded, work.runnerName]).toEqual([
          expect.stringContaining('trained'),
          true,
          outputs.runnerName,
        ])
        const end = await hands.until(ended)
        expect([end.type, end.reason]).toEqual(['Complete', 'CompletionsReached'])
        const pod = (await hands.look()).pods[0]
        expect(pod.status.phase).toBe('Succeeded')
        expect(await hands.log(pod.metadata.name, 'bring')).toMatch(/^cml-runner \d+ fetched/m)
        expect(await hands.log(pod.metadata.name, 'runner')).toMatch(/^cml-runner \d+ ending/m)
        expect(stage.runners()).toEqual([])
        await hands.forget(outputs.instanceId!)
        await hands.until((look) => look.jobs.length + look.pods.length + look.secrets.length === 0)
      },
    )

    story('that is only rehearsed names the image by its digest, and makes nothing', async (stage, hands) => {
      const { main } = await stage.launch({ 'dry-run': 'true' })
      expect([main.exitCode, main.log]).toEqual([0, expect.stringMatching(byDigest)])
      const { jobs, secrets } = await hands.look()
      expect([...jobs, ...secrets]).toEqual([])
    })

    story(
      'that no node takes is given up in the words of the scheduler, and taken back',
      async (stage, hands) => {
        await hands.fill()
        const { main } = await stage.launch({ 'cloud-kubernetes-pending': '2s' })
        expect(main.exitCode).toBe(1)
        expect(main.log).toMatch(/0\/\d+ nodes are available/)
        await hands.until((look) => ended(look) && look.pods.length === 0 && look.secrets.length === 0)
      },
      once,
    )

    story(
      'that a quota refuses says so in the words of the API, and is taken back',
      async (stage, hands) => {
        await hands.exhaust()
        const { main } = await stage.launch()
        expect(main.exitCode).toBe(1)
        expect(main.log).toMatch(/pods "cml-[^"]+" is forbidden: exceeded quota: compute/)
        await hands.until((look) => ended(look) && look.pods.length === 0 && look.secrets.length === 0)
      },
      once,
    )

    story(
      'whose image is nowhere to be had says which, and is taken back',
      async (stage, hands) => {
        await hands.lose('nobody/has:it')
        const { main } = await stage.launch({ 'cloud-image': 'nobody/has:it' })
        expect(main.exitCode).toBe(1)
        expect(main.log).toContain('nobody/has:it')
        expect(main.log).toContain('its image cannot be had')
        await hands.until((look) => ended(look) && look.secrets.length === 0)
        expect(stage.runners()).toEqual([])
      },
      once,
    )
  })

  describe('a runner in a pod', () => {
    story(
      'that is evicted ends its work as failed and takes its registration along',
      async (stage, hands) => {
        const { outputs } = await stage.launch()
        const work = stage.jobFor(outputs, 'echo working; sleep 300')
        await stage.until(() => work.text.includes('working'))
        const [pod] = (await hands.look()).pods
        await hands.evict(pod.metadata.name)
        await work.completed
        expect(work.succeeded).toBe(false)
        // Where its agent ended in good order within the pod's grace, so has its Job: only the pod said then that it was evicted.
        expect(['Complete', 'Failed']).toContain((await hands.until(ended)).type)
        await stage.until(() => stage.runners().length === 0)
      },
    )

    story('is ended by stop, busy or not, and leaves nothing that runs', async (stage, hands) => {
      const { outputs } = await stage.launch()
      const work = stage.jobFor(outputs, 'echo working; sleep 300')
      await stage.until(() => work.text.includes('working'))
      const stop = await stage.run('stop')
      expect(stop.exitCode).toBe(0)
      expect(stop.log).toContain('Stopped 1 launch')
      const end = await hands.until(ended)
      expect([end.type, end.reason]).toEqual(['Failed', 'DeadlineExceeded'])
      await hands.until(({ pods }) =>
        pods.every(({ status }: Thing) => /Succeeded|Failed/.test(status.phase)),
      )
      await stage.until(() => stage.runners().length === 0)
    })

    story('whose lease is over is ended by a sweep', async (stage, hands) => {
      const { outputs } = await stage.launch()
      const [job] = (await hands.look()).jobs
      const { lease } = leaseFromText(job.metadata.annotations['cml-runner-lease'])
      const past = Math.floor(Date.now() / 1000) - 3600
      const over = leaseToText({ ...lease!, dueAt: past - 3600, expiresAt: past })
      await hands.annotate(outputs.instanceId!, { 'cml-runner-lease': over })
      const sweep = await stage.run('sweep')
      expect([sweep.exitCode, sweep.log]).toEqual([0, expect.stringContaining(outputs.instanceId!)])
      expect((await hands.until(ended)).reason).toBe('DeadlineExceeded')
      await stage.until(() => stage.runners().length === 0)
    })
  })
}
