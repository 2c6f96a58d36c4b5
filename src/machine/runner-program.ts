import type { AgentConfig, Registration } from './agent-config.ts'

/** A program to run as the runner's user, in the folder of the forge's program. */
export interface Command {
  /** Program first, relative to that folder. */
  readonly line: readonly string[]
  /** Added to the user's environment. Secrets travel here: arguments can be seen by every process. */
  readonly environment: Readonly<Record<string, string>>
}

/** What a line of the forge's program says. */
export type ProgramEvent =
  | { readonly kind: 'listening' }
  | { readonly kind: 'job-started'; readonly name: string }
  | { readonly kind: 'job-ended'; readonly name: string; readonly result: string }
  /** It replaces itself: it will end and start again by itself. */
  | { readonly kind: 'updating' }
  /** The forge does not know this registration any more: no job can come. */
  | { readonly kind: 'unregistered' }
  /** The forge refuses for now (a session left over, a version called too old): worth another try. */
  | { readonly kind: 'refused'; readonly text: string }

/** The half of a forge that lives on the machine. */
export interface RunnerProgram {
  readonly hooks: (paths: {
    readonly started: string
    readonly completed: string
  }) => Readonly<Record<string, string>>
  /** Name of the processes that carry jobs. */
  readonly worker: string
  /** Makes the registration. Undefined when starting does it. `again`: after a try that may have made it by half. */
  register(config: AgentConfig, again: boolean): Command | undefined
  /** Is a failed registration worth another try? */
  transient(output: string): boolean
  /** Starts the program that waits for jobs; `first` is false for a start after one that the forge refused. */
  start(config: AgentConfig, first: boolean): Command
  /** Takes the registration away, called when no program runs; undefined when the machine has no means to. */
  remove(registration: Registration, now: number): Command | undefined
  /** Undefined for lines that change nothing. */
  read(line: string): ProgramEvent | undefined
}
