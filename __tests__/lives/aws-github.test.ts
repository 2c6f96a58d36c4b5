import { describe, expect } from '@jest/globals'
import { jobOutputs } from '../emulators/action-runner.ts'
import { expectCancelled, milestones, story } from '../scenarios/story.ts'

describe('AWS with GitHub', () => {
  story('inputs become a machine, a job runs on it, and it ends when it is idle', async (stage) => {
    const { github, ec2 } = stage
    const { main, post, outputs, ...result } = await stage.launch({ labels: 'tf,big', 'idle-timeout': '8' })
    expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
    const [id] = ec2.machines.map((machine) => machine.id)
    expect(outputs).toMatchObject({
      instanceId: id,
      instanceType: 'm7i.2xlarge',
      cloud: 'aws',
      region: 'us-west-1b',
      spot: 'false',
      reused: 'false',
      runnerName: outputs.label,
      runnerLabels: expect.stringMatching(
        new RegExp(
          `^tf,big,${outputs.label},cml-at-aws-us-west-1,cml-in-[a-z2-7]{6},cml-run-[a-z2-7]{20}-\\d{10}-[a-z0-9]{18}$`,
        ),
      ),
      runsOn: JSON.stringify(['self-hosted', outputs.label]),
    })
    expect(outputs.label).toMatch(/^cml-[a-z2-7]{20}$/)
    expect(JSON.parse(outputs.runners!)).toEqual([
      expect.objectContaining({ instanceId: id, label: outputs.label }),
    ])
    expect(jobOutputs({ outputs, masks: result.masks })).toEqual(outputs)
    expect(post?.log).toContain('was handed over and stays')

    const job = stage.jobFor(
      outputs,
      'echo "accuracy=0.97" >> "$GITHUB_OUTPUT"; echo trained on "$RUNNER_NAME"',
    )
    await job.completed
    expect(job).toMatchObject({ conclusion: 'success', runnerName: outputs.runnerName })
    expect(job.outputs).toEqual({ __run: { accuracy: '0.97' } })
    expect(job.log).toContain(`trained on ${outputs.runnerName}`)
    expect(await stage.machine().ended).toBe('powered-off')
    expect(ec2.machine(id!).state).toBe('terminated')
    expect(github.runners()).toEqual([])
    expect([...new Set(milestones(stage.machine()))]).toEqual([
      ...['fuses', 'fetching', 'fetched', 'registering', 'registered', 'listening'],
      ...['job-started', 'job-ended', 'ending'],
    ])
  })

  story('a launch that is cancelled right after the machine was made leaves nothing', async (stage) => {
    const result = await stage.launch({}, { cancelWhen: (line) => line.startsWith('Created ') })
    expectCancelled(result)
    expect(stage.ec2.machines).toHaveLength(1)
    expect(result.post?.log).toContain('Removed 1 machine(s)')
  })
})
