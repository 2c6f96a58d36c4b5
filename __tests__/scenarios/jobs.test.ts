import { describe, expect } from '@jest/globals'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { milestones, said, story, type Stage } from './story.ts'

/** Jobs are queued before the machine is there, so that a slow host can not make them late. */
const early = { runsOn: '["cml"]' }

async function launched(
  stage: Stage,
  inputs: Record<string, string>,
): Promise<Readonly<Record<string, string>>> {
  const { main, outputs } = await stage.launch(inputs)
  expect(main.exitCode).toBe(0)
  return outputs
}

const lives = (stage: Stage): boolean => stage.machine().agentProcess() !== undefined

describe('the idle time', () => {
  story('never ends a job, however long it takes, and starts again after it', async (stage) => {
    const first = stage.jobFor(early, 'sleep 7')
    await launched(stage, { 'idle-timeout': '3' })
    await first.completed
    const second = stage.jobFor(early, 'echo again')
    await second.completed
    expect([first.conclusion, second.conclusion]).toEqual(['success', 'success'])
    expect(first.runnerName).toBe(second.runnerName)
    expect(await stage.machine().ended).toBe('powered-off')
    expect(milestones(stage.machine()).filter((milestone) => milestone === 'job-ended')).toHaveLength(2)
    expect(stage.machine().console()).toMatch(/ending: idle for \d+ s/)
  })

  story(
    'does not run while a job downloads its actions: another machine ends by it meanwhile',
    async (stage) => {
      const held = stage.jobFor({ runsOn: '["held"]' }, 'echo ran', {
        actions: ['actions/checkout@v4'],
        holdDownloads: true,
      })
      const env = { RUNNER_TRACKING_ID: 'github_other' }
      await launched(stage, { labels: 'held', 'idle-timeout': '4' })
      await held.started
      const { main } = await stage.launch({ labels: 'free', 'idle-timeout': '4' }, { env })
      expect(main.exitCode).toBe(0)
      expect(await stage.machine(1).ended).toBe('powered-off')
      expect(stage.machine(1).console()).toContain('ending: idle for')
      expect([lives(stage), held.status]).toEqual([true, 'in_progress'])
      expect(milestones(stage.machine(0))).not.toContain('ending')
      held.releaseDownloads()
      await held.completed
      expect(held.conclusion).toBe('success')
      expect(await stage.machine(0).ended).toBe('powered-off')
    },
  )

  story('is believed more than GitHub, which may call a working runner idle and offline', async (stage) => {
    stage.github.dials.busy = () => false
    const job = stage.jobFor(early, 'sleep 6; echo finished')
    await launched(stage, { 'idle-timeout': '3' })
    await job.completed
    expect([job.conclusion, job.log.includes('finished')]).toEqual(['success', true])
    expect(await stage.machine().ended).toBe('powered-off')
  })
})

describe('output of the runner', () => {
  for (const chunks of ['split', 'merged'] as const) {
    story(`that comes in ${chunks} pieces is understood`, async (stage) => {
      stage.github.dials.chunks = chunks
      const jobs = [stage.jobFor(early, 'sleep 5'), stage.jobFor(early, 'echo two')]
      await launched(stage, { 'idle-timeout': '3' })
      await Promise.all(jobs.map((job) => job.completed))
      expect(jobs.map(({ conclusion }) => conclusion)).toEqual(['success', 'success'])
      expect(await stage.machine().ended).toBe('powered-off')
      const told = milestones(stage.machine())
      expect(told.filter((milestone) => milestone.startsWith('job-'))).toEqual([
        'job-started',
        'job-ended',
        'job-started',
        'job-ended',
      ])
    })
  }

  story('in which a job imitates its own end is not believed', async (stage) => {
    const name = '2026-01-02 03:04:05Z: Job train completed with result: Succeeded'
    const job = stage.jobFor(early, `echo '${name}'; sleep 6; echo finished`, { name })
    await launched(stage, { 'idle-timeout': '3' })
    await job.completed
    expect(job.log).toContain('finished')
    expect(job.conclusion).toBe('success')
    expect(await stage.machine().ended).toBe('powered-off')
  })
})

describe('a worker', () => {
  story('that is killed leaves a machine that takes other jobs, and then is idle', async (stage) => {
    const broken = stage.jobFor(early, 'echo first', { trouble: 'worker-killed' })
    await launched(stage, { 'idle-timeout': '5' })
    await broken.completed
    expect(broken.conclusion).toBe('failure')
    const next = stage.jobFor(early, 'echo next')
    await next.completed
    expect(next.conclusion).toBe('success')
    expect(await stage.machine().ended).toBe('powered-off')
  })

  story(
    'that does not leave after its job keeps its machine for now: minutes decide, not seconds',
    async (stage) => {
      const hung = stage.jobFor({ runsOn: '["hung"]' }, 'echo done', { trouble: 'worker-hangs' })
      await launched(stage, { labels: 'hung', 'idle-timeout': '3' })
      await hung.completed
      const env = { RUNNER_TRACKING_ID: 'github_other' }
      await stage.launch({ labels: 'free', 'idle-timeout': '3' }, { env })
      expect(await stage.machine(1).ended).toBe('powered-off')
      expect(lives(stage)).toBe(true)
      await stage.machine(0).terminate()
      stage.github.deleteRunner(stage.github.runners()[0]!.name)
    },
  )
})

describe('a runner that updates itself', () => {
  story('replaces its whole package under the agent, which goes on', async (stage) => {
    const { github } = stage
    const outputs = await launched(stage, { 'idle-timeout': '8' })
    const externals = join(stage.machine().root, 'opt/actions-runner/externals')
    expect(existsSync(externals)).toBe(true)
    github.offerUpdate('2.337.0')
    await github.until(() => github.runner(outputs.runnerName!)?.version === '2.337.0')
    const job = stage.jobFor(outputs, 'echo "on $(cat "$HOME/../../opt/actions-runner/bin/about.json")"')
    await job.completed
    expect(job.conclusion).toBe('success')
    expect(job.log).toContain('2.337.0')
    expect(await stage.machine().ended).toBe('powered-off')
    expect(stage.machine().console()).toContain('ending: idle for')
  })
})

describe('a spot machine that is wanted back', () => {
  story('ends its job so that the forge sees it, takes its registration away, and ends', async (stage) => {
    const { ec2 } = stage
    const job = stage.jobFor(early, 'echo begun; sleep 600')
    const outputs = await launched(stage, { 'cloud-spot': 'true', 'idle-timeout': 'never' })
    expect(outputs.spot).toBe('true')
    await job.started
    await said(stage.machine(), 'job-started')
    ec2.interrupt(outputs.instanceId!)
    await job.completed
    expect(job.conclusion).not.toBe('success')
    expect(job.log).toContain('The runner has received a shutdown signal')
    expect(await stage.machine().ended).toBe('powered-off')
    expect(milestones(stage.machine())).toContain('interrupted')
  })
})

describe('a deadline', () => {
  story('ends even a busy machine', async (stage) => {
    const job = stage.jobFor(early, 'sleep 600')
    await launched(stage, { 'max-lifetime': '10m', 'idle-timeout': 'never' })
    await job.started
    stage.machine().systemd.skip(601)
    expect(await stage.machine().ended).toBe('powered-off')
    await job.completed
    expect(job.conclusion).not.toBe('success')
    expect(stage.machine().console()).toContain('ending: its lifetime is over')
  })
})
