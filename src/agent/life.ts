import type { ProgramEvent } from '../machine/runner-program.ts'
import { announce, cancelled, unknown, withHooks, type Known, type Look } from './life-job.ts'
import { type Effect, type Job, type Life, type LifeEvent, type Rules } from './life-state.ts'
import * as limits from './limits.ts'

type Step = readonly [Life, readonly Effect[]]

/** The whole behaviour of the agent: what is, what happens → what is then, and what to do. Reads no clock, touches nothing. */
export function step(rules: Rules, life: Life, event: LifeEvent): Step {
  if (life.state === 'gone') return [life, []]
  switch (event.kind) {
    case 'registered':
      return [
        { ...life, state: 'idle', registered: true, registeredAt: event.at },
        [{ kind: 'start', after: 0, first: true }],
      ]
    case 'failed':
      return leave(life, { kind: 'say', milestone: 'failed', text: event.why })
    case 'said':
      return said(life, event.event, event.at)
    case 'looked':
      return looked(rules, life, event)
    case 'exited':
      return exited(rules, life, event.at)
    case 'interrupted':
      return interrupted(rules, life, event)
  }
}

function said(life: Life, event: ProgramEvent, at: number): Step {
  switch (event.kind) {
    case 'listening':
      return online(life, at)
    case 'job-started':
      return begin(life, at, event)
    case 'job-cancelled':
      return [cancelled(life, event.name, at), []]
    case 'job-ended':
      // A display name may imitate this line; only the running job's own name ends it.
      if (life.state === 'busy' && (life.job?.name ?? event.name) !== event.name) return [life, []]
      return life.state === 'busy' ? end({ ...life, endedAt: at }, at, event.result) : [life, []]
    case 'updating':
      return [{ ...life, updatingSince: at }, []]
    case 'unregistered':
      return (event.final ? undefined : doubt(life, at, 'its registration is gone')) ?? forgotten(life, at)
    case 'trouble':
      if (life.trouble === event.text) return [life, []]
      return [
        { ...life, trouble: event.text },
        [{ kind: 'say', milestone: 'registering', text: `${event.text}; trying again` }],
      ]
    case 'deaf':
      // No job can run any more, and the program has nothing to end: there is nothing to wait for.
      return (
        (event.final ? undefined : doubt(life, at, event.text)) ??
        leave(life, { kind: 'say', milestone: 'ending', text: event.text })
      )
    case 'refused':
      return [{ ...life, refusedSince: life.refusedSince ?? at, refused: event.text }, []]
  }
}

/**
 * A registration that was made just now has been refused one session and was there all the same (actions/runner issue 2507), and so
 * may be a token that one of a server's databases has not heard of yet. So the program is started again, and must say it again.
 * Undefined = believed.
 */
function doubt(life: Life, at: number, text: string): Step | undefined {
  const { registeredAt = at, disownedAt = -Infinity, refusedSince = at } = life
  const old = at - registeredAt >= limits.youngRegistration
  if (life.state !== 'idle' || (old && at - disownedAt < limits.disowning)) return undefined
  return [{ ...life, disownedAt: at, refusedSince, refused: text }, [{ kind: 'stop', now: true }]]
}

function forgotten({ refusedSince: _since, refused: _text, ...life }: Life, at: number): Step {
  return [{ ...life, registered: false, idleSince: Math.min(life.idleSince, at) }, []]
}

function online(life: Life, at: number): Step {
  const { updatingSince: _update, refusedSince: _since, refused: _text, ...rest } = life
  if (life.state !== 'idle' || life.idleSince !== Infinity) return [rest, []]
  return [{ ...rest, idleSince: at }, [{ kind: 'say', milestone: 'listening' }]]
}

/** A job began: from its line, its worker or its hook, whichever came first. */
function begin(life: Life, at: number, known?: Known, hooks: Look['hooks'] = []): Step {
  if (life.state === 'install' || life.drain?.forced) return [life, []]
  const { name, title } = known ?? {}
  const told = known === undefined ? {} : { name, announced: true, ...(title === undefined ? {} : { title }) }
  const job: Job = withHooks({ ...unknown(at), ...told }, hooks, at)
  if (life.state === 'busy' && life.job) {
    if (name === undefined || life.job.name === name) return [life, []]
    if (life.job.name === undefined) return [{ ...life, job: { ...life.job, ...told } }, announce(known)]
  }
  const { drain: _drain, ...rest } = life
  return [{ ...rest, state: 'busy', job, checking: false }, announce(known)]
}

function end(life: Life, at: number, result?: string): Step {
  const { job, ...rest } = life
  const text = [job?.title ?? job?.name, result].filter(Boolean).join(': ')
  return [
    { ...rest, state: 'idle', idleSince: at, jobs: life.jobs + 1, spent: life.workers },
    [
      { kind: 'say', milestone: 'job-ended', ...(text ? { text } : {}) },
      { kind: 'give-back' },
      ...(life.parting !== undefined ? [{ kind: 'look' } as const] : []),
    ],
  ]
}

function looked(rules: Rules, before: Life, { at, workers, hooks }: Look): Step {
  const spent = before.spent.filter((worker) => workers.includes(worker))
  const life: Life = { ...before, workers, spent }
  const active = workers.length > spent.length
  const begun = active ? !leaving(life, at) : hooks.at(-1) === 'started'
  switch (life.state) {
    case 'install':
    case 'gone':
      return [life, []]
    case 'busy':
      return lookedBusy(rules, life, { at, active, hooks })
    case 'idle':
      if (begun) return begin(life, at, undefined, hooks)
      return lookedIdle(rules, life, at)
    case 'draining':
      if (begun && !life.drain?.forced) return begin(life, at, undefined, hooks)
      return at - (life.drain?.since ?? at) < (life.drain?.forced ? limits.forcedStop : limits.stop)
        ? [life, []]
        : leave(life)
  }
}

function leaving(life: Life, at: number): boolean {
  return life.endedAt !== undefined && at - life.endedAt < limits.leavingWorker
}

interface Seen extends Pick<Look, 'at' | 'hooks'> {
  /** A worker that is not done. */
  readonly active: boolean
}

function lookedBusy({ longestJob = Infinity }: Rules, life: Life, { at, active, hooks }: Seen): Step {
  const job = withHooks(life.job ?? unknown(at), hooks, at)
  if (at - job.since >= longestJob && !job.overdue)
    return [
      { ...life, job: { ...job, overdue: true } },
      [
        { kind: 'say', milestone: 'interrupted', text: 'its job has run as long as a job may' },
        { kind: 'stop', now: true },
      ],
    ]
  if (!active) return lookedWorkerless(life, job, at)
  const { completedHookAt } = job
  const now: Life = { ...life, job: { ...job, workerSeen: true, workerGone: false } }
  const hung = completedHookAt !== undefined && at - completedHookAt >= limits.hungWorker
  return hung ? end(now, at, 'its worker hangs') : [now, []]
}

/** An announced job without a worker is left to the program's own word: it may be that we cannot see its worker. */
function lookedWorkerless(life: Life, job: Job, at: number): Step {
  const over = job.workerSeen ? job.workerGone : !job.announced && at - job.since >= limits.missingWorker
  const forgotten = job.cancelledAt !== undefined && at - job.cancelledAt >= limits.cancelled
  return over || forgotten ? end(life, at) : [{ ...life, job: { ...job, workerGone: true } }, []]
}

function lookedIdle(rules: Rules, life: Life, at: number): Step {
  if (at - life.idleSince < patience(rules, life, at)) return [{ ...life, checking: false }, []]
  if (!life.checking) return [{ ...life, checking: true }, [{ kind: 'look' }]]
  const text =
    life.parting ??
    (life.registered
      ? `idle for ${Math.round((at - life.idleSince) / limits.seconds)} s`
      : 'its registration is gone')
  return [
    { ...life, state: 'draining', checking: false, drain: { since: at, forced: false } },
    [
      { kind: 'say', milestone: 'ending', text },
      { kind: 'stop', now: false },
    ],
  ]
}

/** How long the present wait for a job may be. */
function patience({ idleTimeout, single }: Rules, life: Life, at: number): number {
  if (life.parting !== undefined) return 0
  if (!life.registered) return Math.min(idleTimeout, limits.stop)
  if (life.updatingSince !== undefined && at - life.updatingSince < limits.update) return Infinity
  return single && life.jobs > 0 ? Math.min(idleTimeout, limits.afterSingle) : idleTimeout
}

function exited({ single, ephemeral }: Rules, life: Life, at: number): Step {
  if (life.state === 'draining') return leave(life)
  const done = life.job ? life.jobs + 1 : life.jobs
  if (life.refusedSince !== undefined && life.registered && at - life.refusedSince < limits.refusals) {
    const { job: _job, refused, ...rest } = life
    const text = `${refused ?? 'refused'}; trying again`
    return [
      { ...rest, state: 'idle' },
      [
        { kind: 'say', milestone: 'registering', text },
        { kind: 'start', after: limits.refusalPause, first: false },
      ],
    ]
  }
  if (life.refusedSince !== undefined)
    return leave(life, { kind: 'say', milestone: 'failed', text: life.refused ?? 'refused' })
  const registered = life.registered && !(single && ephemeral && done > 0)
  const text = !life.registered
    ? 'its registration is gone'
    : single && done > 0
      ? 'its job is done'
      : 'the runner has stopped'
  return leave({ ...life, jobs: done, registered }, { kind: 'say', milestone: 'ending', text })
}

function interrupted(
  { finishes }: Rules,
  life: Life,
  { why, urgent, at }: Extract<LifeEvent, { kind: 'interrupted' }>,
): Step {
  const say: Effect = { kind: 'say', milestone: 'interrupted', text: why }
  if (life.state === 'install') return leave(life, say)
  if (life.drain?.forced) return [life, []]
  if (!urgent) {
    const next: Effect = life.state === 'busy' && finishes ? { kind: 'stop', now: false } : { kind: 'look' }
    return [{ ...life, parting: why }, [say, next]]
  }
  const drain = { since: at, forced: true }
  return [{ ...life, state: 'draining', drain }, [say, { kind: 'stop', now: true }]]
}

function leave(life: Life, say?: Effect): Step {
  return [{ ...life, state: 'gone' }, [...(say ? [say] : []), { kind: 'leave', registered: life.registered }]]
}
