import { describe, expect } from '@jest/globals'
import { lstatSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import * as machinePaths from '../../src/machine/paths.ts'
import { podPaths } from '../../src/model/pod.ts'
import type { Job } from '../emulators/github/github.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { signal } from '../emulators/machine/processes.ts'
import { endsIdle, heldJob, idle, looked, minute, outlives, tenMinutes } from './agent-hours.ts'
import { milestones, story, type Stage } from './story.ts'

/** A launched machine whose agent waits for a job. */
async function launched(stage: Stage, inputs: Readonly<Record<string, string>> = {}) {
  const { main, outputs } = await stage.launch({ ...tenMinutes, ...inputs })
  expect([main.exitCode, main.log.includes('Could not')]).toEqual([0, false])
  const machine = stage.machine()
  await idle(machine)
  return { outputs, machine, name: outputs.runnerName! }
}

/** A job that stays at the download of its actions; resolves when its worker is there. */
async function downloading(stage: Stage, outputs: Readonly<Record<string, string>>): Promise<Job> {
  const { github } = stage
  const job = stage.jobFor(outputs, 'echo trained', { actions: ['actions/checkout@v4'], holdDownloads: true })
  await github.until(() => github.journal.some(({ path }) => path.endsWith(`/jobs/${job.id}/downloads`)))
  return job
}

async function expectSuccess(job: Job, name: string): Promise<void> {
  await job.completed
  expect(job).toMatchObject({ conclusion: 'success', runnerName: name })
}

const ending = (machine: Machine): string | undefined =>
  /^cml-runner \d+ ending: (.*)$/m.exec(machine.console())?.[1]

describe('the idle time', () => {
  story('does not run while a job downloads its actions, before any hook', async (stage) => {
    const { outputs, machine, name } = await launched(stage)
    const job = await downloading(stage, outputs)
    await outlives(machine, 20 * minute)
    expect(job.log).not.toContain('hook')
    job.releaseDownloads()
    await expectSuccess(job, name)
    await endsIdle(machine, 1)
  })

  story('ends no machine whose job came while the agent was about to decide', async (stage) => {
    const { outputs, machine, name } = await launched(stage)
    const agent = [machine.agentProcess()!]
    signal(agent, 'SIGSTOP')
    const job = await downloading(stage, outputs)
    // The first thing that the agent meets when it goes on is a look that is overdue, with the idle time over.
    machine.passTime(20 * minute)
    signal(agent, 'SIGCONT')
    await machine.until(() => milestones(machine).includes('job-started'))
    await outlives(machine, 20 * minute)
    job.releaseDownloads()
    await expectSuccess(job, name)
    await endsIdle(machine, 1)
  })

  story('ends no job that is longer, and starts anew after each', async (stage) => {
    const { outputs, machine, name } = await launched(stage)
    const first = heldJob(stage, outputs, machine)
    await first.running
    await outlives(machine, 20 * minute)
    first.release()
    await expectSuccess(first.job, name)
    await idle(machine, 1)
    await outlives(machine, 8 * minute)
    const second = stage.jobFor(outputs, 'echo again')
    await expectSuccess(second, name)
    await idle(machine, 2)
    await outlives(machine, 8 * minute)
    await endsIdle(machine, 2)
    expect(milestones(machine).filter((milestone) => milestone.startsWith('job-'))).toEqual([
      ...['job-started', 'job-ended'],
      ...['job-started', 'job-ended'],
    ])
  })
})

describe('between two jobs', () => {
  story('the work folder stays, and what the first left to others is given back', async (stage) => {
    const { outputs, machine, name } = await launched(stage)
    const { withoutSystem } = stage.cloud.side
    // Only root can leave files to others, and the emulated machine has no other root than its host's. In a pod there are no others.
    const give = withoutSystem ? '' : '/bin/chown 4321:4321 left 2>/dev/null || true'
    await expectSuccess(stage.jobFor(outputs, `cd "$RUNNER_WORKSPACE"; echo 1 >left; ${give}`), name)
    const { tree } = withoutSystem ? podPaths : machinePaths
    const left = join(machine.root, tree, '_work/octo-repo/left')
    await new Promise<void>((resolve) => {
      const ours = (): boolean => statSync(left).uid === process.getuid?.()
      const watcher = watch(left, () => ours() && resolve())
      if (ours()) resolve()
      void machine.ended.then(() => watcher.close())
    })
    const second = stage.jobFor(outputs, 'echo 2 >>"$RUNNER_WORKSPACE/left"; cat "$RUNNER_WORKSPACE/left"')
    await expectSuccess(second, name)
    expect(second.log).toMatch(/ 1\n.* 2\n/)
    await endsIdle(machine, 2)
  })

  story('the runner may replace itself, and all that its archive brought with it', async (stage) => {
    const { github } = stage
    const { outputs, machine, name } = await launched(stage)
    const agent = machine.agentProcess()
    const first = heldJob(stage, outputs, machine)
    await first.running
    github.offerUpdate('2.337.0')
    await github.until(() => github.journal.some(({ path }) => path.includes('/download/v2.337.0/')))
    first.release()
    await expectSuccess(first.job, name)
    await github.until(() => github.runner(name)?.version === '2.337.0' && github.runner(name)?.online)
    if (!stage.cloud.side.withoutSystem)
      expect(lstatSync(join(machine.root, machinePaths.tree, 'externals')).isSymbolicLink()).toBe(true)
    await expectSuccess(stage.jobFor(outputs, 'echo updated'), name)
    expect(machine.agentProcess()).toBe(agent)
    await endsIdle(machine, 2)
  })
})

describe('a worker', () => {
  story('that is killed loses its job, and its machine waits for the next', async (stage) => {
    const { outputs, machine, name } = await launched(stage)
    const steps = [{ run: 'echo one' }, { run: 'echo two' }]
    const job = stage.jobFor(outputs, '', { trouble: 'worker-killed', steps })
    await job.completed
    expect(job).toMatchObject({ conclusion: 'failure', runnerName: name })
    expect(job.log).not.toContain('two')
    await idle(machine, 1)
    await outlives(machine, 8 * minute)
    await expectSuccess(stage.jobFor(outputs, 'echo next'), name)
    await endsIdle(machine, 2)
  })

  story('that hangs after its job counts for 15 minutes more, and then its machine ends', async (stage) => {
    const { outputs, machine, name } = await launched(stage)
    const job = stage.jobFor(outputs, 'echo trained', { trouble: 'worker-hangs' })
    await expectSuccess(job, name)
    await looked(machine)
    await outlives(machine, 14 * minute)
    expect(milestones(machine).at(-1)).toBe('job-started')
    machine.passTime(minute)
    await idle(machine, 1)
    expect(machine.console()).toMatch(/ job-ended: train: its worker hangs$/m)
    machine.passTime(10 * minute)
    await machine.until(() => ending(machine))
    // Neither the runner nor the machine waits for that worker.
    await looked(machine)
    machine.passTime(minute)
    // A pod is over with its agent.
    if (!stage.cloud.side.withoutSystem) {
      await machine.until(() => machine.log.includes('cml-runner-agent.service ended with 0'))
      machine.systemd.skip(minute)
    }
    expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
  })
})

describe('a machine ends', () => {
  story('when its registration is deleted at the server', async (stage) => {
    const { machine, name } = await launched(stage, { 'idle-timeout': 'never' })
    stage.github.deleteRunner(name)
    expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
    expect(ending(machine)).toBe('its registration is gone')
  })

  story('when the spot market wants it back, after its job has failed for all to see', async (stage) => {
    const { cloud, github } = stage
    const { outputs, machine } = await launched(stage, { 'cloud-spot': 'true' })
    const { job, running } = heldJob(stage, outputs, machine)
    const waiting = stage.jobFor(outputs, 'echo never')
    await running
    cloud.interrupt(outputs.instanceId!)
    machine.passTime(5)
    await job.completed
    expect(job.conclusion).not.toBe('success')
    expect(job.log).toContain('The runner has received a shutdown signal')
    expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
    expect(machine.console()).toContain(` interrupted: ${stage.cloud.side.words.takenBack}`)
    expect([waiting.status, github.runners()]).toEqual(['queued', []])
  })

  story(
    'at once when its agent is killed, job or not; only the registration stays',
    async (stage) => {
      const { github } = stage
      const { outputs, machine, name } = await launched(stage)
      const { job, running } = heldJob(stage, outputs, machine)
      await running
      signal([machine.agentProcess()!], 'SIGKILL')
      expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
      await github.until(() => !github.runner(name)?.online)
      // GitHub waits for a lost runner before it gives up its job.
      github.advance(11 * minute * 1000)
      await job.completed
      expect(job.conclusion).not.toBe('success')
      expect(github.runner(name)).toMatchObject({ online: false, busy: false })
    },
    { left: { cloud: 0, forge: 1 } },
  )
})

describe('a runner version that GitHub refuses', () => {
  /** The machine of a launch that is under way, once its runner was refused. */
  async function refused({ cloud, boot }: Stage): Promise<Machine> {
    await cloud.until(() => boot.machines.length)
    const machine = boot.machines[0]!
    await machine.until(() => /registering: .*deprecated.*; trying again$/m.test(machine.console()))
    await looked(machine)
    return machine
  }

  story('is tried again, since GitHub has refused the newest one too', async (stage) => {
    stage.github.dials.deprecated = 'session'
    const launching = stage.launch(tenMinutes)
    const machine = await refused(stage)
    stage.github.dials.deprecated = 'no'
    machine.passTime(30)
    const { main, outputs } = await launching
    expect(main.exitCode).toBe(0)
    await expectSuccess(stage.jobFor(outputs, 'echo ran'), outputs.runnerName!)
    await endsIdle(machine, 1)
  })

  story('for 20 minutes ends machine and launch, with its words', async (stage) => {
    stage.github.dials.deprecated = 'session'
    const launching = stage.launch(tenMinutes)
    const machine = await refused(stage)
    machine.passTime(20 * minute)
    const { main } = await launching
    expect(main.exitCode).toBe(1)
    expect(main.log).toContain('Runner version v2.336.0 is deprecated and cannot receive messages')
    expect(await machine.ended).not.toBe('died')
  })
})

describe('the runner’s output', () => {
  story('is understood in halves', async (stage) => {
    stage.github.dials.chunks = 'split'
    const { outputs, machine, name } = await launched(stage)
    const { job, running, release } = heldJob(stage, outputs, machine)
    await running
    await outlives(machine, 20 * minute)
    release()
    await expectSuccess(job, name)
    await endsIdle(machine, 1)
    expect(machine.console()).toMatch(/ job-started: train\n[^]* job-ended: train: Succeeded\n/)
  })

  story('may announce a job only when it is over: its worker tells before', async (stage) => {
    stage.github.dials.chunks = 'merged'
    const { outputs, machine, name } = await launched(stage)
    const { job, running, release } = heldJob(stage, outputs, machine)
    await running
    // Twice: what a hook alone has told of is forgotten after a minute.
    await outlives(machine, 20 * minute)
    await outlives(machine, 20 * minute)
    expect(milestones(machine)).not.toContain('job-started')
    release()
    await expectSuccess(job, name)
    await endsIdle(machine, 1)
    expect(machine.console()).toMatch(/ job-started: train\n[^]* job-ended: train: Succeeded\n/)
  })
})

describe('a single runner', () => {
  story('from a just-in-time configuration has one job, and leaves nothing', async (stage) => {
    const { github } = stage
    const inputs = { single: 'true', registration: 'jit', 'idle-timeout': 'never' }
    const { outputs, machine, name } = await launched(stage, inputs)
    expect(github.runner(name)).toMatchObject({ jit: true, ephemeral: true, online: true })
    const [first, second] = ['echo one', 'echo two'].map((run) => stage.jobFor(outputs, run))
    await expectSuccess(first!, name)
    expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
    expect(ending(machine)).toBe('its job is done')
    expect([second!.status, github.runners()]).toEqual(['queued', []])
    expect(github.journal.filter(({ path }) => path.endsWith('/actions/runner-registration'))).toEqual([])
  })

  story('that no job comes for ends when it is idle, and takes its registration along', async (stage) => {
    const { machine } = await launched(stage, { single: 'true' })
    await endsIdle(machine)
  })
})
