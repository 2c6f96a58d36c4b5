import { describe, expect } from '@jest/globals'
import { parse } from 'yaml'
import { noRetryMark } from '../../src/model/run.ts'
import type { Pipeline } from '../emulators/gitlab/gitlab.ts'
import { logHeader, runnerOfLaunch } from '../forges/gitlab-runs.ts'
import { gitlabStory, heldGitlabJob, type GitlabStage } from './gitlab-story.ts'

const project = '/git'

/** What GitLab was asked since, in order; ids in words. */
function calls({ gitlab }: GitlabStage, from: number, pipeline: Pipeline): string[] {
  const names = new Map<string, string>([[String(pipeline.id), 'PIPELINE']])
  for (const job of pipeline.all) names.set(String(job.id), `${job.name}`)
  return gitlab.journal
    .slice(from)
    .filter(({ side }) => side === 'api')
    .map(({ method, path }) =>
      `${method} ${path.replace(/^\/api\/v4\/projects\/\d+/, '').replace(project, '')}`.replace(
        /\d+/g,
        (id) => names.get(id) ?? id,
      ),
    )
}

async function rerun(stage: GitlabStage, pipeline?: Pipeline, inputs: Readonly<Record<string, string>> = {}) {
  const { gitlab } = stage
  const from = gitlab.journal.length
  const id = pipeline ? { 'run-id': String(pipeline.id) } : {}
  const result = await stage.run(
    'rerun',
    { cloud: '-', ...id, ...inputs },
    { secrets: { GITLAB_TOKEN: gitlab.token('maintainer') } },
  )
  return { ...result, from }
}

/** The name that the runner of a launch in this job has. */
function runnerOf({ gitlab }: GitlabStage, pipeline: Pipeline, job: number): string {
  const scope = `${new URL(gitlab.url).host}/octo-group/octo-project`
  return runnerOfLaunch(scope, pipeline.id, job)
}

interface Ended {
  readonly reason?: string
  readonly legs?: number
  readonly log?: string
  /** Given to the launch. */
  readonly name?: string
}

/** A pipeline whose launch did well, and whose other jobs failed so. */
function ended(
  stage: GitlabStage,
  { reason = 'runner_interrupted', legs = 1, log = '', name }: Ended = {},
): Pipeline {
  const { gitlab } = stage
  const names = ['launch-runner', ...Array.from({ length: legs }, (_, index) => `train ${index + 1}`)]
  const pipeline = gitlab.queuePipeline(names.map((one) => ({ name: one, tags: ['cr-1'] })))
  endAll(stage, pipeline, { reason, log, ...(name === undefined ? {} : { name }) })
  return pipeline
}

function endAll(stage: GitlabStage, pipeline: Pipeline, { reason = '', log = '', name }: Ended): void {
  const launch = pipeline.jobs.find((job) => job.name === 'launch-runner')!
  const runner = name ?? runnerOf(stage, pipeline, launch.id)
  for (const job of pipeline.jobs) {
    if (job.isComplete) continue
    stage.gitlab.endJob(
      job,
      job === launch
        ? { status: 'success', trace: `${log}{"runnerName":${JSON.stringify(runner)}}\n` }
        : { status: 'failed', failureReason: reason, trace: logHeader(runner) },
    )
  }
}

/** As `.gitlab-ci.yml` has it. */
interface Pasted {
  readonly rules: readonly object[]
  readonly variables: Readonly<Record<string, string>>
  readonly script: readonly string[]
}

const looked = ['GET /pipelines/PIPELINE', 'GET /pipelines/PIPELINE/jobs']
const logOf = (job: string): string => `GET /jobs/${job}/trace`
const retry = (job: string): string => `POST /jobs/${job}/retry`

describe('rerun at GitLab', () => {
  gitlabStory(
    'runs the launch and the job again whose spot machine was taken',
    async (stage) => {
      const { gitlab, cloud } = stage
      const launched = await stage.launch({ 'cloud-spot': 'true', 'idle-timeout': '10m' })
      const { job, running } = heldGitlabJob(stage, launched.outputs, stage.machine())
      await running
      cloud.end(launched.outputs.CML_INSTANCE_ID!)
      await stage.machine().ended
      gitlab.advance(61 * 60_000)
      await job.completed
      // The launch was no job of the emulated pipeline: nobody can start it again.
      const { status, log } = await rerun(stage, job.pipeline)
      expect([status, job.retriedBy]).toEqual(['success', undefined])
      expect(log).toContain('no job of it has launched the machine of train')
      expect(job.output).toMatch(/^ {2}on cml-[a-z2-7]{20} /m)
    },
    { left: { cloud: 0, forge: 1 } },
  )

  gitlabStory('is a job that a launch prints, which does what it says when it is pasted', async (stage) => {
    const launched = await stage.launch()
    const [, text = ''] =
      /^.*this starts the pipeline again.*\n((?:.*\n)*?)Its token needs/m.exec(launched.log) ?? []
    const { rerun: job } = parse(text) as { readonly rerun: Pasted }
    expect(job.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "schedule"' }])
    const [script = ''] = job.script
    expect(script).toMatch(/cli\.js rerun$/)
    const pipeline = ended(stage)
    const { code } = await stage.command(script.split(' ').slice(2), {
      env: { ...job.variables, GITLAB_TOKEN: stage.gitlab.token('developer') },
    })
    expect([code, pipeline.all.map(({ name }) => name)]).toEqual([
      0,
      ['launch-runner', 'train 1', 'launch-runner', 'train 1'],
    ])
    await stage.shutDown()
  })

  gitlabStory('knows the launch by the name of the runner, and keeps the order', async (stage) => {
    const pipeline = ended(stage)
    const { status, from, log } = await rerun(stage, pipeline)
    expect([status, log]).toEqual([
      'success',
      expect.stringContaining('runs again: launch-runner, then train 1'),
    ])
    expect(calls(stage, from, pipeline)).toEqual([
      ...looked,
      logOf('train 1'),
      logOf('launch-runner'),
      looked[1],
      retry('launch-runner'),
      retry('train 1'),
    ])
  })

  gitlabStory('knows a launch that was given a name by what it printed', async (stage) => {
    const pipeline = ended(stage, { name: 'trainer', legs: 2 })
    const { status, from } = await rerun(stage, pipeline)
    expect(status).toBe('success')
    expect(calls(stage, from, pipeline).slice(-3)).toEqual(['launch-runner', 'train 1', 'train 2'].map(retry))
  })

  gitlabStory(
    'leaves what a script has failed, a launch that failed, and what somebody has cancelled',
    async (stage) => {
      const { gitlab } = stage
      const tested = ended(stage, { reason: 'script_failure' })
      const first = await rerun(stage, tested)
      expect([first.status, calls(stage, first.from, tested)]).toEqual(['success', looked])

      const launching = gitlab.queuePipeline([{ name: 'launch-runner', tags: [] }])
      gitlab.endJob(launching.jobs[0]!, { status: 'failed', failureReason: 'script_failure' })
      const second = await rerun(stage, launching)
      expect([second.status, calls(stage, second.from, launching)]).toEqual(['success', looked])

      const cancelled = gitlab.queuePipeline(['train', 'eval'].map((name) => ({ name, tags: ['cr-1'] })))
      gitlab.endJob(cancelled.jobs[0]!, {
        status: 'failed',
        failureReason: 'runner_interrupted',
        trace: logHeader('x'),
      })
      gitlab.cancelJob(cancelled.jobs[1]!)
      const third = await rerun(stage, cancelled)
      expect([third.status, calls(stage, third.from, cancelled)]).toEqual([
        'success',
        [...looked, logOf('train')],
      ])
      expect(third.log).toContain('was cancelled by somebody')

      const declined = ended(stage, { log: `${noRetryMark}\n` })
      const fourth = await rerun(stage, declined)
      expect([fourth.status, fourth.log]).toEqual(['success', expect.stringContaining('`no-retry`')])
    },
  )

  gitlabStory(
    'starts again three times and no more, whatever reason old and new servers give',
    async (stage) => {
      const pipeline = ended(stage, { reason: 'no_updates_running' })
      const tries: number[] = []
      for (const reason of [
        'runner_system_failure',
        'stuck_or_timeout_failure',
        'unknown_failure',
        'runner_interrupted',
      ]) {
        expect((await rerun(stage, pipeline)).status).toBe('success')
        tries.push(pipeline.all.filter(({ name }) => name === 'train 1').length)
        endAll(stage, pipeline, { reason })
      }
      expect(tries).toEqual([2, 3, 4, 4])
    },
  )

  gitlabStory(
    'takes a pipeline that was deleted for a mistake of who wrote it; and looks by schedule at what failed lately',
    async (stage) => {
      const { gitlab } = stage
      const gone = ended(stage)
      gitlab.deletePipeline(gone)
      const first = await rerun(stage, gone)
      expect([first.status, calls(stage, first.from, gone)]).toEqual(['failed', looked.slice(0, 1)])
      const [taken, tested] = [ended(stage), ended(stage, { reason: 'script_failure' })]
      const second = await rerun(stage)
      expect([second.status, taken.all.length, tested.all.length]).toEqual(['success', 4, 2])
      expect(calls(stage, second.from, taken)[0]).toBe('GET /pipelines')
    },
  )

  gitlabStory('asks again while GitLab is away', async (stage) => {
    const { gitlab } = stage
    const pipeline = ended(stage)
    let away = 2
    gitlab.fault = ({ side }) => (side === 'api' && away-- > 0 ? '5xx' : undefined)
    const { status, from } = await rerun(stage, pipeline)
    expect([status, pipeline.all.length]).toEqual(['success', 4])
    expect(calls(stage, from, pipeline).slice(0, 3)).toEqual(Array(3).fill(looked[0]))
  })

  gitlabStory('says which scope a token lacks', async (stage) => {
    const secrets = { GITLAB_TOKEN: stage.gitlab.token('runners') }
    const pipeline = ended(stage)
    const { status, log } = await stage.run(
      'rerun',
      { cloud: '-', 'run-id': String(pipeline.id) },
      { secrets },
    )
    expect([status, log]).toEqual(['failed', expect.stringContaining('scope `api`')])
  })
})
