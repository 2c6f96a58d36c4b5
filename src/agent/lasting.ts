import type { Life, LifeEvent, Rules } from './life-state.ts'
import { step } from './life.ts'

type Step = ReturnType<typeof step>

/** Why a life ended: it was `over`; its registration was `lost`; it `failed` by itself. */
export type Ending = { readonly kind: 'over' | 'lost' } | { readonly kind: 'failed'; readonly why: string }

/** ms: the pause before the program is started again doubles from the first to the last, and so many endings within a while are too many. */
const firstPause = 1000
const longestPause = 60_000
const mostCrashes = 8
const whileOf = 600_000

/**
 * A life on a machine that stays. Where a launched machine would end with its program, here the program is started again; and whoever asked for
 * it is told why it ended, to make a registration anew that was lost.
 */
export class LastingLife {
  ending: Ending = { kind: 'over' }
  /** A job runs. */
  busy = false
  #crashes: readonly number[] = []

  /** As `step` of life.ts. */
  readonly step = (rules: Rules, life: Life, event: LifeEvent): Step => {
    const [next, effects] = this.#next(rules, life, event)
    this.busy = next.state === 'busy'
    if (next.state === 'gone' && life.state !== 'gone' && this.ending.kind !== 'failed')
      this.ending = endingOf(rules, life, next, event)
    return [next, effects]
  }

  #next(rules: Rules, life: Life, event: LifeEvent): Step {
    if (event.kind === 'exited' && isCrash(rules, life)) return this.#startAgain(life, event.at)
    return step(
      rules,
      life,
      event.kind === 'interrupted' && !mayWork(life) ? { ...event, urgent: true } : event,
    )
  }

  #startAgain(life: Life, at: number): Step {
    this.#crashes = [...this.#crashes.filter((then) => at - then < whileOf), at]
    const { job, ...rest } = life
    if (this.#crashes.length > mostCrashes) {
      const why = `the runner's program has ended ${mostCrashes + 1} times within ${whileOf / 60_000} minutes`
      this.ending = { kind: 'failed', why }
      const text = { kind: 'say', milestone: 'failed', text: why } as const
      return [{ ...life, state: 'gone' }, [text, { kind: 'leave', registered: life.registered }]]
    }
    const after = Math.min(longestPause, firstPause * 2 ** (this.#crashes.length - 1))
    const idle: Life = {
      ...rest,
      state: 'idle',
      checking: false,
      ...(job ? { jobs: life.jobs + 1, idleSince: at } : {}),
    }
    return [
      idle,
      [
        ...(job ? [jobEnded(job.title ?? job.name)] : []),
        {
          kind: 'say',
          milestone: 'registering',
          text: `the runner's program has ended unexpectedly; starting it again in ${after / 1000} s`,
        },
        { kind: 'start', after, first: false },
      ],
    ]
  }
}

const jobEnded = (name = 'a job') =>
  ({ kind: 'say', milestone: 'job-ended', text: `${name}: the runner's program ended` }) as const

/** One that was never online has no job that could finish, and may never be: the forge is away, or refuses it. */
function mayWork({ state, idleSince }: Life): boolean {
  return state !== 'idle' || idleSince !== Infinity
}

/** Nobody has told it to end, and it was not done. */
function isCrash({ single }: Rules, life: Life): boolean {
  const done = life.jobs + (life.job ? 1 : 0)
  return (
    (life.state === 'idle' || life.state === 'busy') &&
    life.registered &&
    life.parting === undefined &&
    life.refusedSince === undefined &&
    !(single && done > 0)
  )
}

function endingOf({ single }: Rules, before: Life, life: Life, event: LifeEvent): Ending {
  if (event.kind === 'failed') return { kind: 'failed', why: event.why }
  if (life.parting !== undefined || life.drain?.forced || (single && life.jobs > 0)) return { kind: 'over' }
  // It was idle for as long as it may be, whatever the forge says of it.
  if (before.state === 'draining' && before.registered) return { kind: 'over' }
  if (event.kind === 'exited' && life.refusedSince !== undefined)
    return { kind: 'failed', why: life.refused ?? 'this runner is refused' }
  const deaf = event.kind === 'said' && event.event.kind === 'deaf'
  return { kind: deaf || !life.registered ? 'lost' : 'over' }
}
