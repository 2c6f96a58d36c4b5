import type { Milestone } from '../machine/agent-config.ts'
import type { ProgramEvent } from '../machine/runner-program.ts'

/** install: nothing registered yet · idle: waits for a job · busy · draining: told to stop, not gone · gone: nothing is left to do. */
export type State = 'install' | 'idle' | 'busy' | 'draining' | 'gone'

/** All times in ms. */
export interface Rules {
  /** Infinity = never. */
  readonly idleTimeout: number
  readonly single: boolean
  /** The forge takes the registration of a single runner away with its job. */
  readonly ephemeral: boolean
  /** The forge's program, told to stop gently, finishes its job. */
  readonly finishes: boolean
  /** ms after which a job is ended here, so that it fails and says why: a little later the forge would call it off. */
  readonly longestJob?: number | undefined
}

/** What the world tells; `at` is when. */
export type LifeEvent = { readonly at: number } & (
  | { readonly kind: 'registered' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'said'; readonly event: ProgramEvent }
  /** A look around: living processes that carry jobs, and the messages that hooks left since the last look. */
  | {
      readonly kind: 'looked'
      readonly workers: readonly string[]
      readonly hooks: readonly ('started' | 'completed')[]
    }
  /** The forge's program has ended. */
  | { readonly kind: 'exited' }
  /** The machine will be taken away, or somebody stops us; not urgent = the job that runs may finish. */
  | { readonly kind: 'interrupted'; readonly why: string; readonly urgent: boolean }
)

/** What is to be done about it, in order. */
export type Effect =
  | { readonly kind: 'start'; readonly after: number; readonly first: boolean }
  /** Look again, now: time to stop, unless a job has just come. */
  | { readonly kind: 'look' }
  /** Tell the forge's program to end: after the job that it may just have got, or now. */
  | { readonly kind: 'stop'; readonly now: boolean }
  | { readonly kind: 'give-back' }
  | { readonly kind: 'say'; readonly milestone: Milestone; readonly text?: string }
  /** Take the registration away where there still is one, and end the machine. */
  | { readonly kind: 'leave'; readonly registered: boolean }

export interface Job {
  readonly name?: string
  /** For people, where there is a better one. */
  readonly title?: string
  readonly since: number
  /** The program itself said that it runs. */
  readonly announced: boolean
  readonly workerSeen: boolean
  /** The look before this one found no worker any more. */
  readonly workerGone: boolean
  /** Its own started hook left a message; before that, a completed message is a late one of the job before. */
  readonly startedHook: boolean
  readonly completedHookAt?: number
  /** It has run for as long as a job may, and the program was told to end it. */
  readonly overdue?: true
  /** The forge called it off: its end may go untold. */
  readonly cancelledAt?: number
}

export interface Life {
  readonly state: State
  /** Start of the present wait for a job. Infinity until the runner has been online: a runner that never comes online is the boot fuse's. */
  readonly idleSince: number
  /** The idle time is over, and one more look is on its way. */
  readonly checking: boolean
  readonly job?: Job
  readonly jobs: number
  /** Workers at the last look, and those of them whose job is over. */
  readonly workers: readonly string[]
  readonly spent: readonly string[]
  readonly updatingSince?: number
  /** First refusal since the runner was last online. */
  readonly refusedSince?: number
  readonly refused?: string
  /** When the registration was made, and when the program last said that it is gone and was not believed. */
  readonly registeredAt?: number
  readonly disownedAt?: number
  /** The last trouble that was told: it comes with every try. */
  readonly trouble?: string
  readonly registered: boolean
  /** Why no other job is wanted. */
  readonly parting?: string
  readonly drain?: { readonly since: number; readonly forced: boolean }
  /** When the last job ended by its own line: a worker needs a moment to leave. */
  readonly endedAt?: number
}

export const birth: Life = {
  state: 'install',
  idleSince: Infinity,
  checking: false,
  jobs: 0,
  workers: [],
  spent: [],
  registered: false,
}
