import { noRetryMark } from '../../src/model/run.ts'
import type { JobEnd, RunBooks } from '../conformance/runs-suite.ts'
import type { GithubEmulator, Run } from '../emulators/github/github.ts'

/** How GitHub words, beside a job, that it ended so. */
const notes: Readonly<Record<Exclude<JobEnd, 'going'>, readonly string[]>> = {
  well: [],
  lost: ['The self-hosted runner lost communication with the server. Verify the machine is running.'],
  red: ['Process completed with exit code 1.'],
}

/** Runs of the emulator's first repository. */
export function githubRunBooks(github: GithubEmulator): RunBooks {
  const runs = new Map<string, Run>()
  const endJobs = (run: Run, endOf: (name: string) => JobEnd): void => {
    for (const job of run.jobs) {
      const end = endOf(job.name)
      if (job.status === 'completed' || end === 'going') continue
      const result = end === 'well' ? 'Succeeded' : 'Failed'
      const runner = job.name === 'launch' ? 'hosted' : 'cml-abcdefghijklmnop2345'
      github.endJob(job, { result, runner, notes: notes[end] })
    }
  }
  return {
    stage(ends, { declines } = {}) {
      const names = ['launch', ...ends.map((_, index) => `leg ${index + 1}`)]
      const run = github.queueRun(
        'train',
        names.map((name) => ({ name, labels: ['cml-x'], steps: [] })),
      )
      const all = ['well' as const, ...ends]
      endJobs(run, (name) => all[names.indexOf(name)]!)
      if (declines) run.jobs[0]!.annotations.push(noRetryMark)
      runs.set(String(run.id), run)
      return String(run.id)
    },
    end: (id, end) => endJobs(runs.get(id)!, (name) => (name === 'launch' ? 'well' : end)),
    cancel(id) {
      for (const job of runs.get(id)!.jobs) if (job.status !== 'completed') github.cancelJob(job)
    },
    forget: (id) => github.deleteRun(runs.get(id)!),
    tries(id) {
      const { earlier, jobs } = runs.get(id)!
      const counts: Record<string, number> = {}
      for (const { name } of [...earlier, ...jobs]) counts[name] = (counts[name] ?? 0) + 1
      return counts
    },
    pass: (ms) => github.advance(ms),
    now: () => github.now(),
  }
}
