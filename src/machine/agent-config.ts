import type { Identity } from '../model/identity.ts'

/** Raised when launcher and agent would misread each other; both ends check it. */
export const agentConfigVersion = 1

/** A file the machine fetches: verified by its digest, so the transport need not be trusted. */
export interface Download {
  readonly url: string
  /** Lowercase hex SHA-256, read by the launcher from the publisher. */
  readonly sha256: string
  readonly version: string
  /** Short-lived token that the server wants in `Authorization: Bearer`, where it serves the file itself (GitHub Enterprise Server). */
  readonly bearer?: string
  /** The agent's Node, where the forge's own program brings none: taken when the machine's image has none that is new enough. */
  readonly node?: NodeDownload
  /** The same program as its publisher's container image; absent where there is none of that version. */
  readonly image?: RunnerImage
}

/** The forge's own program in a container image. */
export interface RunnerImage {
  /** With registry and tag: `ghcr.io/actions/actions-runner:2.336.0`. */
  readonly name: string
  /** Where the program is in it: a folder with its whole tree, or one file. Absolute. */
  readonly path: string
}

/** Node.js from nodejs.org: a `.tar.gz` whose one folder holds `bin/node`. */
export interface NodeDownload {
  readonly url: string
  /** Lowercase hex SHA-256, read by the launcher from the publisher. */
  readonly sha256: string
  /** Without a `v`: `24.11.1`. */
  readonly version: string
}

/** What lets one machine register itself; the member `forge` tells whose it is. The only secret that travels. */
export type Registration =
  | {
      readonly forge: 'github'
      readonly kind: 'token'
      /** Repository or organisation page, as `config.sh --url` takes it. */
      readonly url: string
      readonly token: string
      /** Unix seconds after which the token can neither register nor remove. */
      readonly expiresAt: number
      readonly group?: string
    }
  | { readonly forge: 'github'; readonly kind: 'jit'; readonly config: string }
  | {
      readonly forge: 'gitlab'
      /** The runner exists already; the machine only uses it, and takes it away at its end. */
      readonly kind: 'runner'
      /** Base of the server, a sub-path included, without a slash at the end: `https://gitlab.example.com/tools`. */
      readonly url: string
      /** `glrt-…`: takes jobs, and removes the registration (`DELETE /runners`). */
      readonly token: string
      /** Unix seconds from which on the server refuses the token; absent = it has no end of its own. */
      readonly tokenEndsAt?: number
      /** The runner's number. */
      readonly id: string
      /** What the machine's program is told besides; the server knows none of it. */
      readonly executor: 'docker' | 'shell'
      /** Image of jobs that name none. */
      readonly dockerImage: string
      readonly dockerVolumes: readonly string[]
    }

/** Proxy settings for everything on the machine, without credentials. */
export interface ProxySettings {
  readonly http?: string
  readonly https?: string
  readonly no?: string
}

/** All the agent is told. Written by cloud-init to a root-only file, which the agent deletes once it has registered. */
export interface AgentConfig {
  readonly version: number
  readonly identity: Identity
  readonly cloud: string
  readonly name: string
  /** In the order shown; the unique and the place label included. */
  readonly labels: readonly string[]
  readonly single: boolean
  /** Seconds without a job after which the machine ends; null = never. */
  readonly idleTimeout: number | null
  /** Unix seconds. */
  readonly expiresAt: number
  readonly workdir?: string
  readonly startupScript: boolean
  readonly registration: Registration
  readonly proxy: ProxySettings
  /** One line for the log of each job, where no hook has it. */
  readonly card?: string
}

/** One line the machine says on its console: `cml-runner 1763756233 listening: text`. Seconds let the reader measure the console's lag. */
export const milestonePattern = /^cml-runner (\d{10}) ([a-z-]+)(?:: (.*))?$/

/**
 * In the order of a boot, `booting` where a cloud has a way to say it so early, `packages` and `self-deletion` anywhere in it; then those of the life after it. `failed` carries the reason and is
 * followed by the end of the machine.
 */
export const milestones = [
  'booting',
  'timers',
  'fetching',
  'packages',
  'self-deletion',
  'fetched',
  'startup-script',
  'registering',
  'registered',
  'listening',
  'job-started',
  'job-ended',
  'interrupted',
  'failed',
  'ending',
] as const

export type Milestone = (typeof milestones)[number]

export function renderMilestone(seconds: number, milestone: string, text?: string): string {
  return `cml-runner ${Math.floor(seconds)} ${milestone}${text ? `: ${text}` : ''}`
}
