import type { Clock } from '../lib/clock.ts'

/** What a cloud announces to its machine. */
export interface Notice {
  /** For people: `the spot market takes the machine (terminate at …)`. */
  readonly text: string
  /** The machine is taken whatever it does: its job is ended, so that the forge sees it. Else that one may finish, and no other is taken. */
  readonly urgent: boolean
}

export interface HalfWorld {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The agent's environment: SDKs' own variables name other addresses of the metadata service. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** The half of a cloud that lives on the machine, beside that of a forge (runner-program.ts). Node's built-in modules alone. */
export interface CloudHalf {
  /** The cloud's, as in the agent's configuration. */
  readonly name: string
  /** Everything that is announced, each once. Ends where nothing more can come, and with the signal's reason when that aborts. */
  notices(world: HalfWorld): AsyncIterable<Notice>
  /** Where the machine keeps what it was sent on its disk: removes all of it. The runner is not started before (`holds` in the clouds' registry). Never throws. */
  conceal?(world: HalfWorld): Promise<void>
}
