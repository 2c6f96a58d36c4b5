import { identityOf } from '../../src/model/identity.ts'
import { noRetryMark } from '../../src/model/run.ts'
import { uniqueLabel } from '../../src/model/runner.ts'
import type { JobEnd, RunBooks } from '../conformance/runs-suite.ts'
import type { GitlabEmulator, Pipeline } from '../emulators/gitlab/gitlab.ts'

/** The reasons with which GitLab fails a job. */
const reasons = { lost: 'runner_interrupted', red: 'script_failure' } as const

/** The first lines of every job's log. */
export const logHeader = (runner: string): string =>
  `2026-11-21T19:23:07.053938Z 00O \u001b[0KRunning with gitlab-runner 19.4.0 (HEAD)\n2026-11-21T19:23:07.053938Z 00O \u001b[0;m\u001b[0K  on ${runner} t1_AbCdEf, system ID: r_AbCdEf123456\u001b[0;m\n`

/** The name that the runner of a launch in this job has, `scope` being where it was launched for. */
export function runnerOfLaunch(scope: string, pipeline: number, job: number): string {
  const origin = {
    host: 'gitlab',
    run: String(pipeline),
    attempt: '1',
    job: String(job),
    step: '',
    owner: '',
  }
  return uniqueLabel(identityOf(origin, scope, undefined))
}

/** Pipelines of the emulator's first project, which is `scope`. */
export function gitlabRunBooks(gitlab: GitlabEmulator, scope: string): RunBooks {
  const pipelines = new Map<string, Pipeline>()
  const endJobs = (pipeline: Pipeline, endOf: (name: string) => JobEnd, log = ''): void => {
    const launch = pipeline.jobs.find(({ name }) => name === 'launch')!
    const header = logHeader(runnerOfLaunch(scope, pipeline.id, launch.id))
    for (const job of pipeline.jobs) {
      const end = endOf(job.name)
      if (job.isComplete || end === 'going') continue
      const failureReason = end === 'well' ? {} : { failureReason: reasons[end] }
      const trace = job === launch ? log : header
      gitlab.endJob(job, { status: end === 'well' ? 'success' : 'failed', ...failureReason, trace })
    }
  }
  return {
    stage(ends, { declines } = {}) {
      const names = ['launch', ...ends.map((_, index) => `leg ${index + 1}`)]
      const pipeline = gitlab.queuePipeline(names.map((name) => ({ name, tags: ['cr-1'] })))
      const all = ['well' as const, ...ends]
      endJobs(pipeline, (name) => all[names.indexOf(name)]!, declines ? `${noRetryMark}\n` : '')
      pipelines.set(String(pipeline.id), pipeline)
      return String(pipeline.id)
    },
    end: (id, end) => endJobs(pipelines.get(id)!, (name) => (name === 'launch' ? 'well' : end)),
    cancel(id) {
      for (const job of pipelines.get(id)!.jobs) if (!job.isComplete) gitlab.cancelJob(job)
    },
    forget: (id) => gitlab.deletePipeline(pipelines.get(id)!),
    tries(id) {
      const counts: Record<string, number> = {}
      for (const { name } of pipelines.get(id)!.all) counts[name] = (counts[name] ?? 0) + 1
      return counts
    },
    pass: (ms) => gitlab.advance(ms),
    now: () => gitlab.now(),
  }
}
