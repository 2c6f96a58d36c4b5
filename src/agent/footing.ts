import type { SpawnOptions } from 'node:child_process'

import type { Milestone } from '../machine/agent-config.ts'
import type { Command, Surroundings, WebRequest } from '../machine/runner-program.ts'

/** What the agent says, to whoever looks. */
export interface Words {
  say(milestone: Milestone, text?: string): void
  /** A line of another program's output, which cannot pass for one of ours. */
  quote(line: string): void
}

/**
 * Where the agent stands: what differs between root on a machine that was made for it, and a user on a machine that was there before. Life's rules
 * (life.ts) and the forge's program know nothing of it.
 */
export interface Footing {
  /** What is ended when the agent is told to stop, as people call it. */
  readonly name: 'machine' | 'pod'
  readonly words: Words
  /** Everything that the forge's program says, for whoever looks closer. */
  readonly journal: (line: string) => void
  /** All that comes before the registration. Throws an Error with the reason, for people. */
  prepare(): Promise<void>
  /** The runner is registered: what only that needed is thrown away. Resolves with what the place turned out to be. */
  registered(): Promise<Surroundings>
  /** A command as it is to be started, as the user that runs jobs. */
  asJobUser(command: Command): { readonly line: readonly string[]; readonly options: SpawnOptions }
  /** The runner waits for jobs, for the first time. */
  online(): void
  /** Messages that hooks left since the last call, oldest first. */
  hooks(): readonly ('started' | 'completed')[]
  /** Living processes below another that carry jobs, by the name of their program, each under a name of its own. */
  workers(root: number, name: string): readonly string[]
  /** A job is over: what it left in the work folder is made the job user's again, before the next one can begin. */
  giveBack(): void
  /** Takes the registration away by the means that the forge's program has. What went wrong, in a few words; undefined = nothing. */
  unregister(means: Command | WebRequest | undefined): Promise<string | undefined>
}
