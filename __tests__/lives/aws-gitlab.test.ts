import { describe, expect } from '@jest/globals'
import { expectCancelled, gitlabStory, runnerTokenOf } from '../scenarios/gitlab-story.ts'
import { milestones } from '../scenarios/story.ts'

describe('AWS with GitLab', () => {
  gitlabStory(
    'a job launches, another runs on the machine by its tag, and the machine ends idle',
    async (stage) => {
      const { gitlab, ec2 } = stage
      const { script, afterScript, outputs, status } = await stage.launch({
        labels: 'tf,cr-$CI_PIPELINE_ID',
        'idle-timeout': '8',
      })
      expect([status, script.exitCode, afterScript?.exitCode]).toEqual(['success', 0, 0])
      const [id] = ec2.machines.map((machine) => machine.id)
      expect(outputs).toMatchObject({
        CML_INSTANCE_ID: id,
        CML_INSTANCE_TYPE: 'm7i.2xlarge',
        CML_CLOUD: 'aws',
        CML_REGION: 'us-west-1b',
        CML_SPOT: 'false',
        CML_REUSED: 'false',
        CML_NAME: outputs.CML_LABEL,
        CML_LABELS: expect.stringMatching(
          new RegExp(
            `^tf,cr-9000,${outputs.CML_LABEL},cml-at-aws-us-west-1,cml-in-[a-z2-7]{6},cml-run-[a-z2-7]{20}-\\d{10}-[a-z0-9]{18}$`,
          ),
        ),
        CML_RUNS_ON: JSON.stringify([outputs.CML_LABEL]),
      })
      expect(outputs.CML_LABEL).toMatch(/^cml-[a-z2-7]{20}$/)
      expect(JSON.parse(script.stdout)).toMatchObject({ instanceId: id, label: outputs.CML_LABEL })
      expect(afterScript?.log).toContain('was handed over and stays')
      expect(gitlab.runner(outputs.CML_NAME!)).toMatchObject({
        scope: 'projects/octo-group/octo-project',
        locked: true,
        runUntagged: false,
        paused: false,
        connected: true,
      })

      // As the other job of the same pipeline, whose tag was known before anything was launched.
      const job = gitlab.queueJob({
        name: 'train',
        tags: ['cr-9000'],
        script: ['echo trained on "$CI_RUNNER_DESCRIPTION"'],
      })
      const untagged = gitlab.queueJob({ name: 'lint', tags: [], script: ['true'] })
      await job.completed
      expect([job.status, job.runnerName]).toEqual(['success', outputs.CML_NAME])
      expect(job.output).toContain(`trained on ${outputs.CML_NAME}\n`)
      expect(job.output).toContain('Using Docker executor with image ubuntu:24.04')
      expect(job.checksumMatches).toBe(true)
      expect(await stage.machine().ended).toBe('powered-off')
      expect(untagged.status).toBe('pending')
      expect(ec2.machine(id!).state).toBe('terminated')
      expect(gitlab.runners()).toEqual([])
      // It took its registration away itself, with its own token, and unregistered no mere manager.
      const removals = gitlab.journal.filter(({ method }) => method === 'DELETE')
      expect(removals.map(({ path, body }) => [path, body])).toEqual([
        ['/api/v4/runners', { token: runnerTokenOf(stage) }],
      ])
      expect([...new Set(milestones(stage.machine()))]).toEqual([
        ...['fuses', 'fetching', 'fetched', 'registering', 'registered', 'listening'],
        ...['job-started', 'job-ended', 'ending'],
      ])
    },
  )

  gitlabStory('a launch that is cancelled right after the machine was made leaves nothing', async (stage) => {
    const { ec2 } = stage
    const result = await stage.launch({}, { cancelWhen: (line) => line.startsWith('Created ') })
    expectCancelled(result)
    expect(ec2.machines).toHaveLength(1)
    expect(result.afterScript?.log).toMatch(/^Removed 1 machine\(s\) and [01] registration\(s\)/m)
  })
})
