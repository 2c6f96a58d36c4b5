import { describe, expect } from '@jest/globals'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noRetryMark } from '../../src/model/run.ts'
import type { Run } from '../emulators/github/github.ts'
import { heldJob, outlives } from './agent-hours.ts'
import { story, type Stage } from './story.ts'

const lost = 'The self-hosted runner lost communication with the server. Verify the machine is running.'
const shutDown =
  'The runner has received a shutdown signal. This can happen when the runner service is stopped.'
const red = 'Process completed with exit code 1.'

/** What GitHub was asked since, in order; ids in words. */
function calls({ github }: Stage, from: number, run: Run): string[] {
  const names = new Map<string, string>([[String(run.id), 'RUN']])
  for (const job of [...run.earlier, ...run.jobs])
    if (!names.has(String(job.id))) names.set(String(job.id), job.name)
  return github.journal
    .slice(from)
    .filter(({ side }) => side === 'api')
    .map(({ method, path }) =>
      `${method} ${path.replace(/^\/repos\/octo-org\/octo-repo/, '')}`.replace(
        /\d+/g,
        (id) => names.get(id) ?? id,
      ),
    )
}

/** The job of docs/examples/rerun.yml, as GitHub starts it when that run has ended. */
async function rerun(stage: Stage, run?: Run, inputs: Readonly<Record<string, string>> = {}) {
  const { github, folder } = stage
  const event = join(mkdtempSync(join(folder, 'event-')), 'event.json')
  writeFileSync(event, JSON.stringify({ workflow_run: run ? { id: run.id } : {} }))
  const from = github.journal.length
  const given = { cloud: '', 'idle-timeout': '', command: 'rerun', token: github.token('job'), ...inputs }
  const env = run
    ? { GITHUB_EVENT_NAME: 'workflow_run', GITHUB_EVENT_PATH: event }
    : { GITHUB_EVENT_NAME: 'schedule' }
  const { main } = await stage.launch(given, { env: { ...env, GITHUB_RUN_ID: '7100000099' } })
  return { main, from }
}

/** A run whose launching job did well on a machine of GitHub's, and whose others ended so. */
function ended({ github }: Stage, notes: readonly string[], count = 1): Run {
  const legs = Array.from({ length: count }, (_, index) => `train (${index + 1})`)
  const specs = ['deploy', ...legs].map((name) => ({ name, labels: ['cml-x'], steps: [] }))
  const run = github.queueRun('train', specs)
  for (const job of run.jobs)
    github.endJob(
      job,
      job.name === 'deploy'
        ? { result: 'Succeeded', runner: 'hosted' }
        : { result: 'Failed', runner: 'trainer', notes },
    )
  return run
}

const hour = 3600

const judged = ['GET /actions/runs/RUN', 'GET /actions/runs/RUN/jobs']
const notesOf = (job: string): string => `GET /check-runs/${job}/annotations`
const again = 'POST /actions/runs/RUN/rerun'

describe('rerun at GitHub, with the token of its own job', () => {
  story(
    'starts a run again whose spot machine was taken in the middle of a job',
    async (stage) => {
      const { github, cloud } = stage
      const { outputs, main: launched } = await stage.launch({ 'cloud-spot': 'true', 'idle-timeout': '10m' })
      expect(launched.log).toContain("with: { command: rerun, token: '${{ github.token }}' }")
      const { job, running } = heldJob(stage, outputs, stage.machine())
      await running
      cloud.end(outputs.instanceId!)
      await stage.machine().ended
      await github.until(() => !github.runner(outputs.runnerName!)?.online)
      github.advance(11 * 60_000)
      await job.completed
      const { run } = job
      const { main, from } = await rerun(stage, run)
      expect([main.exitCode, run.attempt]).toEqual([0, 2])
      expect(main.log).toContain('runs again, all of it, as attempt 2')
      expect(calls(stage, from, run)).toEqual([...judged, notesOf(job.name), again])
      expect(main.summary).toContain('attempt 2')
    },
    { left: { cloud: 0, forge: 1 } },
  )

  story(
    'starts a run again whose job its machine ended shortly before GitHub would have cancelled it',
    async (stage) => {
      const { github } = stage
      const { outputs } = await stage.launch({ 'idle-timeout': 'never', 'max-lifetime': '10d' })
      const machine = stage.machine()
      const { job, running } = heldJob(stage, outputs, machine)
      await running
      await outlives(machine, 119 * hour)
      machine.passTime(hour)
      await job.completed
      expect([job.conclusion, job.log]).toEqual([
        'cancelled',
        expect.stringContaining('The runner has received a shutdown signal'),
      ])
      expect(await machine.ended).toBe(stage.cloud.side.ownEnd)
      expect(machine.console()).toMatch(/ interrupted: its job has run as long as a job may$/m)
      expect(github.runner(outputs.runnerName!)?.online ?? false).toBe(false)
      const { main } = await rerun(stage, job.run)
      expect([main.exitCode, job.run.attempt]).toEqual([0, 2])
    },
    { left: { cloud: 0, forge: 1 } },
  )

  for (const cutShort of ['Canceled', 'Failed'] as const)
    story(
      `starts a run again whose spot machine was taken with notice, though its runner left the job as ${cutShort}`,
      async (stage) => {
        const { github, cloud } = stage
        github.dials.cutShort = cutShort
        const { outputs } = await stage.launch({ 'cloud-spot': 'true', 'idle-timeout': '10m' })
        const { job, running } = heldJob(stage, outputs, stage.machine())
        await running
        cloud.interrupt(outputs.instanceId!)
        stage.machine().passTime(5)
        await job.completed
        expect(job.run.conclusion).toBe(cutShort === 'Failed' ? 'failure' : 'cancelled')
        await stage.machine().ended
        const { main } = await rerun(stage)
        expect([main.exitCode, job.run.attempt]).toEqual([0, 2])
      },
    )

  story('leaves a job that somebody cancels while its machine is taken', async (stage) => {
    const { github } = stage
    const run = github.queueRun('train', [{ name: 'train', labels: ['x'], steps: [] }])
    github.endJob(run.jobs[0]!, {
      result: 'Canceled',
      runner: 'trainer',
      notes: [shutDown, 'The run was canceled by @octocat.'],
    })
    const { main } = await rerun(stage, run)
    expect([main.exitCode, run.attempt]).toEqual([0, 1])
    expect(main.log).toContain('was cancelled by somebody')
  })

  story('leaves what failed by itself: a test, and a launch', async (stage) => {
    const { github } = stage
    const tested = ended(stage, [red])
    const first = await rerun(stage, tested)
    expect([first.main.exitCode, tested.attempt]).toEqual([0, 1])
    expect(calls(stage, first.from, tested)).toEqual([...judged, notesOf('train (1)')])

    const launching = github.queueRun('train', [{ name: 'deploy', labels: ['x'], steps: [] }])
    github.endJob(launching.jobs[0]!, { result: 'Failed', runner: 'hosted', notes: [red] })
    const second = await rerun(stage, launching)
    expect([second.main.exitCode, launching.attempt]).toEqual([0, 1])
    expect(calls(stage, second.from, launching)).toEqual(judged)
    expect(second.main.log).toContain('lost no job with its machine')
  })

  story('starts a matrix of which two legs were taken again once', async (stage) => {
    const run = ended(stage, [shutDown], 2)
    const { main, from } = await rerun(stage, run)
    expect([main.exitCode, run.attempt]).toEqual([0, 2])
    expect(calls(stage, from, run)).toEqual([
      ...judged,
      ...['train (1)', 'train (2)', 'deploy'].map(notesOf),
      again,
    ])
  })

  story('starts a run again three times, and no more', async (stage) => {
    const { github } = stage
    const run = ended(stage, [lost])
    const attempts: number[] = []
    for (let time = 0; time < 5; time++) {
      const { main } = await rerun(stage, run)
      expect(main.exitCode).toBe(0)
      attempts.push(run.attempt)
      for (const job of run.jobs)
        if (job.status === 'queued')
          github.endJob(
            job,
            job.name === 'deploy'
              ? { result: 'Succeeded', runner: 'hosted' }
              : { result: 'Failed', runner: 'trainer', notes: [lost] },
          )
    }
    expect(attempts).toEqual([2, 3, 4, 4, 4])
  })

  story(
    'leaves a run that somebody has cancelled, or a part of it, or whose launch says no-retry',
    async (stage) => {
      const { github } = stage
      const specs = ['train', 'eval'].map((name) => ({ name, labels: ['x'], steps: [] }))
      const run = github.queueRun('train', specs)
      github.endJob(run.jobs[0]!, { result: 'Failed', runner: 'trainer', notes: [lost] })
      github.cancelJob(run.jobs[1]!)
      const { main, from } = await rerun(stage, run)
      expect([main.exitCode, run.attempt]).toEqual([0, 1])
      expect(calls(stage, from, run)).toEqual([...judged, ...['train', 'eval'].map(notesOf)])
      expect(main.log).toContain('was cancelled by somebody')

      const whole = github.queueRun('train', specs)
      for (const job of whole.jobs) github.cancelJob(job)
      const second = await rerun(stage, whole)
      expect(calls(stage, second.from, whole)).toEqual(judged)

      const declined = ended(stage, [lost])
      declined.jobs[0]!.annotations.push(noRetryMark)
      const third = await rerun(stage, declined)
      expect([third.main.exitCode, declined.attempt]).toEqual([0, 1])
      expect(third.main.log).toContain('`no-retry`')
    },
  )

  story(
    'takes a run that was deleted for done, and a number that somebody wrote for a mistake',
    async (stage) => {
      const run = ended(stage, [lost])
      stage.github.deleteRun(run)
      const { main, from } = await rerun(stage, run)
      expect(main.exitCode).toBe(0)
      expect(calls(stage, from, run)).toEqual(judged.slice(0, 1))
      const typed = await rerun(stage, run, { 'run-id': '4711' })
      expect([typed.main.exitCode, typed.main.log]).toEqual([
        1,
        expect.stringContaining('there is none of that id'),
      ])
    },
  )

  story('asks again while GitHub is away, and orders nothing twice', async (stage) => {
    const { github } = stage
    const run = ended(stage, [lost])
    let away = 2
    github.fault = ({ side }) => (side === 'api' && away-- > 0 ? '5xx' : undefined)
    const { main, from } = await rerun(stage, run)
    expect([main.exitCode, run.attempt]).toEqual([0, 2])
    expect(calls(stage, from, run).slice(0, 3)).toEqual(Array(3).fill(judged[0]))
    github.fault = undefined
    // An answer that is lost: what was ordered is not ordered again.
    const other = ended(stage, [lost])
    let cut = 1
    github.fault = ({ path }) => (path.endsWith('/rerun') && cut-- > 0 ? 'reset-after' : undefined)
    const second = await rerun(stage, other)
    expect([second.main.exitCode, other.attempt]).toEqual([0, 2])
    expect(calls(stage, second.from, other).slice(-2)).toEqual([again, again])
  })

  story('looks by a schedule at what failed within a day', async (stage) => {
    const { github } = stage
    const [taken, tested] = [ended(stage, [lost]), ended(stage, [red])]
    const { main, from } = await rerun(stage)
    expect([main.exitCode, taken.attempt, tested.attempt]).toEqual([0, 2, 1])
    expect(github.journal[from]).toMatchObject({ path: '/repos/octo-org/octo-repo/actions/runs' })
    expect(main.log).toContain('Runs that failed within a day: 2. Started again: 1.')
  })

  story('says which permissions a token lacks', async (stage) => {
    const run = ended(stage, [lost])
    const token = stage.github.token('fine-grained-without-permission')
    const { main } = await rerun(stage, run, { token })
    expect([main.exitCode, main.log]).toEqual([1, expect.stringContaining('actions: write, checks: read')])
  })
})
