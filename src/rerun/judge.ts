import type { Instance } from '../model/instance.ts'
import { isOfRunner } from '../model/ownership.ts'
import type { Run, RunJob } from '../model/run.ts'

/** A run is started again so often at most, whoever started it: its own attempts tell. */
export const mostAgain = 3

/** What is to become of a run, and why: a sentence's end. */
export type Verdict =
  | { readonly again: true; readonly why: string; readonly lost: readonly RunJob[] }
  | { readonly again: false; readonly why: string }

/** `ended`: machines of the run that their cloud remembers to have ended. */
export function judge(run: Run, ended: readonly Instance[]): Verdict {
  if (!run.completed) return leave('still goes on')
  if (run.cancelled) return leave('was cancelled by somebody')
  const lost = run.jobs.flatMap((job) => lossOf(job, endOf(job, ended)))
  if (lost.length === 0) return leave('lost no job with its machine')
  const why = lost.map(({ name, lost: words }) => `${name}: ${words}`).join('; ')
  if (run.declined) return leave(`lost its machine (${why}), and its launch has said \`no-retry\``)
  if (run.attempt > mostAgain)
    return leave(`lost its machine (${why}), and has been run again ${run.attempt - 1} times already`)
  return { again: true, why, lost }
}

const leave = (why: string): Verdict => ({ again: false, why })

/**
 * The cloud's word counts first, where it remembers: what somebody ended was not taken away. A machine that powered itself off may have been told to, so there, and
 * wherever the cloud says nothing, it is the forge's words; and never what failed by itself.
 */
function lossOf(job: RunJob, end: Instance['ended']): readonly RunJob[] {
  if (!job.failed || end?.kind === 'cancelled') return []
  if (job.lost !== undefined) return [job]
  const taken = end?.kind === 'capacity-unavailable' || end?.kind === 'failed-precondition'
  return taken && !job.red ? [{ ...job, lost: end.text }] : []
}

/** Of the machine that had the job: the last of its runner's name that was there before the job's end. */
function endOf({ runner, endedAt = Infinity }: RunJob, ended: readonly Instance[]): Instance['ended'] {
  return ended
    .filter((machine) => isOfRunner(machine, runner) && machine.launchedAt * 1000 <= endedAt)
    .toSorted((one, other) => one.launchedAt - other.launchedAt)
    .at(-1)?.ended
}
