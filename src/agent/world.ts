import type { Clock } from '../lib/clock.ts'
import type { AgentConfig } from '../machine/agent-config.ts'
import type { RunnerProgram } from '../machine/runner-program.ts'
import type { Console } from './console.ts'

/** What the agent stands on: given by the entry, so that nothing below it reads an environment. */
export interface World {
  /** Folder that stands for `/`; empty on a real machine. */
  readonly root: string
  readonly clock: Clock
  /** Environment of root's own helpers: PATH, and nothing a job should see. */
  readonly environment: Readonly<Record<string, string>>
  readonly console: Console
  /** The system's journal: everything that the forge's program says. */
  readonly journal: (line: string) => void
  readonly program: RunnerProgram
  readonly config: AgentConfig
  readonly user: RunnerUser
  /** Aborts when the agent is told to stop (SIGTERM). */
  readonly stop: AbortSignal
  /** Resolves with what is going to happen when the cloud announces that it takes the machine; never where it announces nothing. */
  interruption(signal: AbortSignal): Promise<string>
}

/** The user that jobs run as. */
export interface RunnerUser {
  readonly uid: number
  readonly gid: number
  readonly home: string
  /** PATH before the login shell's own files have their say. */
  readonly path: string
}
