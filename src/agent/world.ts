import type { Clock } from '../lib/clock.ts'
import type { AgentConfig } from '../machine/agent-config.ts'
import type { Notice } from '../machine/cloud-half.ts'
import type { RunnerProgram, Surroundings, WebRequest } from '../machine/runner-program.ts'
import type { Footing, Words } from './footing.ts'

/** What every agent has: given by the entry, so that nothing below it reads an environment. */
interface Given {
  readonly clock: Clock
  readonly program: RunnerProgram
  readonly config: AgentConfig
  /** Aborts when the agent is told to stop (SIGTERM). */
  readonly stop: AbortSignal
}

/** What the life of a runner needs. */
export interface World extends Given {
  readonly footing: Footing
  /** What the cloud announces to its machine. */
  notices(signal: AbortSignal): AsyncIterable<Notice>
}

/** What root has on a machine that was made for one runner (machine.ts). */
export interface Machine extends Given {
  /** Folder that stands for `/`; empty on a real machine. */
  readonly root: string
  /** Environment of root's own helpers: PATH, and nothing a job should see. */
  readonly environment: Readonly<Record<string, string>>
  readonly console: Words
  /** The system's journal: everything that the forge's program says. */
  readonly journal: (line: string) => void
  readonly user: RunnerUser
  readonly abilities: Abilities
}

/** What an agent carries along only where its forge's program asks for it: user data has little room. */
export interface Abilities {
  /** What went wrong, in a few words; undefined = nothing. */
  readonly request?: (machine: Machine, request: WebRequest) => Promise<string | undefined>
  /** What containers have to count on here. Without it there is nothing. The runner is registered by then, and starts when it is known. */
  readonly lookForDocker?: (machine: Machine) => Promise<Pick<Surroundings, 'docker' | 'gpus'>>
}

/** The user that jobs run as. */
export interface RunnerUser {
  readonly uid: number
  readonly gid: number
  readonly home: string
  /** PATH before the login shell's own files have their say. */
  readonly path: string
}
