import type { ProgramEvent } from '../machine/runner-program.ts'
import type { Effect, Job, Life, LifeEvent } from './life-state.ts'

export type Look = Extract<LifeEvent, { kind: 'looked' }>

export type Known = Pick<Extract<ProgramEvent, { kind: 'job-started' }>, 'name' | 'title'>

export function cancelled(life: Life, name: string, at: number): Life {
  if (life.state !== 'busy' || life.job?.name !== name) return life
  return { ...life, job: { ...life.job, cancelledAt: life.job.cancelledAt ?? at } }
}

/** A job of which nothing is known yet. */
export function unknown(at: number): Job {
  return { since: at, announced: false, workerSeen: false, workerGone: false, startedHook: false }
}

/**
 * What hooks say of a job. They are read every other second, its line at once: the message that ended the job before may come
 * when this one runs already, and must not make its worker one that hangs.
 */
export function withHooks(job: Job, hooks: Look['hooks'], at: number): Job {
  return hooks.reduce<Job>((now, hook) => {
    if (hook === 'completed') return now.startedHook ? { ...now, completedHookAt: at } : now
    const { completedHookAt: _stale, ...rest } = now
    return { ...rest, startedHook: true }
  }, job)
}

export function announce(known?: Known): readonly Effect[] {
  return known ? [{ kind: 'say', milestone: 'job-started', text: known.title ?? known.name }] : []
}
