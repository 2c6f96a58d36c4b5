import type { Emulator } from '../http/emulator.ts'
import type { ServerOptions } from '../http/server.ts'
import type { TokenKind } from './credentials.ts'
import type { Dials } from './dials.ts'
import type { Job, JobSpec, Run } from './jobs.ts'
import type { Scope } from './registrations.ts'
import type { JournalEntry } from './wire.ts'

export interface GithubOptions extends ServerOptions {
  /** `root` as api.github.com; `/api/v3` as a GHES. */
  readonly api?: 'root' | '/api/v3'
  /** Repositories (`org/repo`) and organisations that exist. */
  readonly repositories?: readonly string[]
  readonly organisations?: readonly string[]
  /** Version of the runner package. */
  readonly version?: string
  /** Unix ms; `advance` adds to it. */
  readonly now?: () => number
}

/** A runner as a snapshot: JSON, the truth. */
export interface RunnerSnapshot {
  readonly id: number
  readonly scope: Scope
  readonly name: string
  readonly online: boolean
  readonly busy: boolean
  readonly connected: boolean
  readonly ephemeral: boolean
  readonly jit: boolean
  readonly version: string | null
  readonly labels: readonly string[]
}

/** A registration that a test wants to find, without any program behind it. */
export interface StagedRunner {
  readonly name: string
  readonly labels?: readonly string[]
  readonly scope?: string
  readonly online?: boolean
  readonly busy?: boolean
  /** False: it was registered and never seen. */
  readonly connected?: boolean
}

/** How a job came to its end: on one of GitHub's own machines or on a runner of that name, with what was noted beside it. */
export interface StagedEnd {
  readonly result: 'Succeeded' | 'Failed' | 'Canceled'
  readonly runner: 'hosted' | (string & {})
  readonly notes?: readonly string[]
}

/**
 * An emulated GitHub. Everything in `dials` may be changed at any time. `url` is also its web pages' address; `variables` are what a job has in
 * its environment: server, API and the first repository.
 */
export interface GithubEmulator extends Emulator<JournalEntry> {
  readonly apiUrl: string
  readonly dials: Dials
  token(kind?: TokenKind): string
  /** Every registration token and just-in-time configuration that was ever given out here. */
  secrets(): readonly string[]
  /** A fresh registration token, as the API would give it; for the first repository unless a scope is named. */
  issueToken(scope?: string): string
  runners(): readonly RunnerSnapshot[]
  runner(name: string): RunnerSnapshot | undefined
  /** Offline registrations of earlier lives, in one go. */
  seedRunners(
    count: number,
    options?: { readonly scope?: string; readonly prefix?: string; readonly labels?: readonly string[] },
  ): void
  /** Puts one there, or changes the one of that name. */
  stageRunner(runner: StagedRunner): void
  /** One job in a run of its own, in the first repository unless one is named. */
  queueJob(spec: JobSpec & { readonly repository?: string }): Job
  queueRun(name: string, specs: readonly JobSpec[], repository?: string): Run
  cancelJob(job: Job): void
  /** A job that waits has run and ended so, without any program. */
  endJob(job: Job, end: StagedEnd): void
  /** Somebody deletes a run. */
  deleteRun(run: Run): void
  /** Tells every connected runner that may update to do so. */
  offerUpdate(version: string): void
  /** Deletes a registration behind its runner's back. */
  deleteRunner(name: string): void
  /** What is there now. Empty is what a clean end looks like. */
  leftovers(): { readonly registrations: readonly RunnerSnapshot[] }
  /** The package that the downloads point at. */
  archive(
    architecture?: 'x64' | 'arm64',
    version?: string,
  ): { readonly url: string; readonly sha256: string; readonly bytes: Buffer }
}
