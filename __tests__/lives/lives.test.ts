import { describe, expect } from '@jest/globals'
import { placeLabel } from '../../src/model/runner.ts'
import { idle, minute, tenMinutes } from '../scenarios/agent-hours.ts'
import { pairStory } from '../scenarios/pair-story.ts'
import { milestones } from '../scenarios/story.ts'

describe('a whole life', () => {
  pairStory(
    'inputs become a machine, a job runs on it, and it ends when it is idle',
    async (stage, { cloud: { name, ownEnd, words } }) => {
      const { cloud } = stage
      const { main, post, outputs } = await stage.launch({ labels: 'tf,big', ...tenMinutes })
      expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
      const [id] = cloud.machines.map((machine) => machine.id)
      expect(outputs).toMatchObject({
        instanceId: id,
        instanceType: words.type,
        cloud: name,
        region: words.homePlace,
        spot: 'false',
        reused: 'false',
        runnerName: outputs.label,
        runnerLabels: expect.stringMatching(
          new RegExp(
            `^tf,big,${outputs.label},${placeLabel(name, words.home)},cml-in-[a-z2-7]{6},cml-run-[a-z2-7]{20}-\\d{10}-[a-z0-9]{18}$`,
          ),
        ),
      })
      expect(outputs.label).toMatch(/^cml-[a-z2-7]{20}$/)
      expect(JSON.parse(outputs.runsOn ?? '')).toContain(outputs.label)
      expect(JSON.parse(outputs.runners ?? '')).toEqual([
        expect.objectContaining({ instanceId: id, label: outputs.label }),
      ])
      expect(post?.log).toContain('came online and stays')

      const job = stage.jobFor(outputs, 'echo trained')
      await job.completed
      expect([job.succeeded, job.runnerName]).toEqual([true, outputs.runnerName])
      expect(job.text).toContain('trained')
      await idle(stage.machine(), 1)
      stage.machine().passTime(10 * minute)
      expect(await stage.machine().ended).toBe(ownEnd)
      await cloud.until(() => cloud.machines.every(({ ended }) => ended))
      expect([cloud.machines.length, stage.runners()]).toEqual([1, []])
      // Packages are awaited where the host has no git to lend, and not every cloud has a way to speak before what it was sent.
      const said = milestones(stage.machine()).filter((milestone) => !/^(packages|booting)$/.test(milestone))
      // One that can end itself at its cloud says whether it may: while it fetches, and before it registers.
      const asks = said
        .slice(0, said.indexOf('registering'))
        .filter((milestone) => milestone === 'self-deletion')
      expect(asks).toEqual(ownEnd === 'terminated' ? ['self-deletion'] : [])
      expect([...new Set(said)].filter((milestone) => milestone !== 'self-deletion')).toEqual([
        ...['timers', 'fetching', 'fetched', 'registering', 'registered', 'listening'],
        ...['job-started', 'job-ended', 'ending'],
      ])
    },
    { everywhere: true },
  )
})
