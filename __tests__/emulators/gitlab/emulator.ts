import type { Emulator } from '../http/emulator.ts'
import type { ServerOptions } from '../http/server.ts'
import type { TokenKind } from './credentials.ts'
import type { Dials } from './dials.ts'
import type { Job, JobSpec, Pipeline } from './jobs.ts'
import type { Scope } from './registrations.ts'
import type { JournalEntry } from './wire.ts'

export interface GitlabOptions extends ServerOptions {
  /** Where GitLab is installed on its host: empty, or `/git/lab`. */
  readonly path?: string
  /** Projects (`group/sub/project`) that exist, and with them the groups above them. */
  readonly projects?: readonly string[]
  /** Groups that exist without a project. */
  readonly groups?: readonly string[]
  /** Of GitLab itself. */
  readonly version?: string
  /** Unix ms; `advance` adds to it. */
  readonly now?: () => number
}

/** A registration as a snapshot: JSON, the truth, whatever the dials say. */
export interface RunnerSnapshot {
  readonly id: number
  readonly scope: Scope
  /** GitLab's `description`. */
  readonly name: string
  readonly tags: readonly string[]
  /** Something spoke with its token within the last 15 s of the emulator's clock, or works on a job. */
  readonly online: boolean
  readonly busy: boolean
  /** Whether anything ever spoke with its token. */
  readonly connected: boolean
  readonly paused: boolean
  readonly locked: boolean
  readonly runUntagged: boolean
  readonly accessLevel: 'not_protected' | 'ref_protected'
  /** Seconds; null = none. */
  readonly maximumTimeout: number | null
  readonly maintenanceNote: string | null
  /** `system_id` of every machine that used its token. */
  readonly systems: readonly string[]
  /** Of the program, as it told; null before it spoke. */
  readonly version: string | null
}

export interface NewRunner {
  readonly name?: string
  readonly tags?: readonly string[]
  /** `projects/group/project` or `groups/group`; the first project when absent. */
  readonly scope?: string
  /** Further projects that somebody enabled it for. */
  readonly alsoIn?: readonly string[]
  /** False: a registration token made it, or its user is gone. */
  readonly hasCreator?: boolean
  readonly runUntagged?: boolean
  readonly locked?: boolean
  readonly paused?: boolean
  readonly accessLevel?: 'not_protected' | 'ref_protected'
  readonly maximumTimeout?: number
}

/** A registration that a test wants to find, without any program behind it. */
export interface StagedRunner extends NewRunner {
  readonly name: string
  /** Of the one that is meant, where several have its name. */
  readonly id?: number
  readonly online?: boolean
  readonly busy?: boolean
  /** False: it was registered and nothing ever spoke with its token. */
  readonly connected?: boolean
  /** When its token was used last, unix ms; now when absent. */
  readonly contactedAt?: number
}

/** What a publisher has for one version. Bytes by architecture, as the publisher spells it. */
export type Publication = Readonly<Record<string, string | Uint8Array>>

/** How a job came to its end. Its runner is gone by then; its log may name it. */
export interface StagedEnd {
  readonly status: 'success' | 'failed' | 'canceled'
  readonly failureReason?: string
  readonly trace?: string
  /** False: no runner ever took it. */
  readonly runner?: boolean
}

/**
 * An emulated GitLab and, on the same server, the two sites that programs are fetched from. Everything in `dials` may be changed at any time. `url`
 * has the path of a sub-path installation and is what `gitlab-runner --url` is given; `variables` are what a job has in its environment: server,
 * API, the first project, and no token.
 */
export interface GitlabEmulator extends Emulator<JournalEntry> {
  /** `<url>/api/v4`. */
  readonly apiUrl: string
  readonly dials: Dials
  /** A token of a person, a project, or a job. */
  token(kind?: TokenKind): string
  /** Every token that was ever given out here, so that a test can look for them where none belongs. */
  secrets(): readonly string[]
  runners(): readonly RunnerSnapshot[]
  runner(name: string): RunnerSnapshot | undefined
  /** A registration as `POST /user/runners` makes it, and its token. */
  createRunner(runner?: NewRunner): { readonly id: number; readonly token: string }
  /** Offline registrations of earlier lives, in one go. */
  seedRunners(
    count: number,
    options?: { readonly scope?: string; readonly prefix?: string; readonly tags?: readonly string[] },
  ): void
  /** Puts one there, or changes the one of that name. */
  stageRunner(runner: StagedRunner): void
  /** Deletes registrations of that name behind their programs' backs. */
  deleteRunner(name: string): void
  /** One job in a pipeline of its own, in the first project unless one is named. */
  queueJob(spec: JobSpec & { readonly project?: string }): Job
  queuePipeline(specs: readonly JobSpec[], project?: string): Pipeline
  cancelJob(job: Job): void
  /** A job that waits has run and ended so, without any program. */
  endJob(job: Job, end: StagedEnd): void
  /** Somebody deletes a pipeline. */
  deletePipeline(pipeline: Pipeline): void
  /** What is there now. Empty is what a clean end looks like. */
  leftovers(): { readonly registrations: readonly RunnerSnapshot[] }
  /** Where gitlab-runner's publisher is: `<base>/<version|latest>/release.sha256`, `…/binaries/gitlab-runner-linux-amd64`. */
  readonly runnerDownloads: string
  /** Where Node's publisher is: `<base>/v24.0.0/SHASUMS256.txt`, `…/node-v24.0.0-linux-x64.tar.gz`. */
  readonly nodeDownloads: string
  /** Publishes a version (`v19.4.0` or `latest`): `{ amd64: bytes, arm64: bytes }`, its digests computed. */
  publishRunner(version: string, binaries: Publication): void
  /** Publishes a version (`v24.11.0`): `{ 'linux-x64.tar.gz': bytes }`, its digests computed. */
  publishNode(version: string, archives: Publication): void
  /** Any file of the publishers' side, under its exact path: wrong digests, missing lines. */
  serveFile(path: string, bytes: string | Uint8Array): void
}
