import type { AgentConfig, Milestone } from '../../src/machine/agent-config.ts'
import { accountLabel, placeLabel } from '../../src/model/runner.ts'
import type { Joined } from '../chaos/rig.ts'
import type { AnyScene } from '../emulators/scene.ts'
import type { EmulatedCloud } from '../sides/cloud-side.ts'

/** The end of a main step and of a script, or of what follows them. */
export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly log: string
  readonly stopMilliseconds?: number
}

/** A launch as users of a forge have it: a step of the action with its post step, or a job of the component with its after_script. */
export interface Launch {
  main(): Promise<Ended>
  post(): Promise<Ended>
  kill(): void
  dispose(): Promise<void>
}

/** What every forge's way to start a launch takes. */
export interface Prepared {
  readonly dist: string
  readonly inputs: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly cancel?: AbortSignal
}

/** What the benchmark does with the forge of a scene, and asks of it. */
export interface ForgeProbe {
  /** Offline registrations of earlier lives; ours, of machines that are gone, or strangers'. */
  seed(count: number, whose: 'ours' | 'others'): void
  /** No machine's runner is heard before. */
  holdRunners(until: Promise<void>): void
  /** Resolves when a machine's runner waits for jobs. */
  online(): Promise<unknown>
  /** Requests of the launcher so far; machines' own carry no token of ours. */
  calls(): readonly { readonly method: string; readonly path: string }[]
  /** Makes the forge silent about its runners. */
  hush(): void
  /** Resolves when it was asked for them. */
  asked(): Promise<unknown>
  readonly token: string
}

/** A forge for a crowd of launches, without a scene: its vendor's documented limits hold. */
export interface ScaleForge {
  readonly variables: Readonly<Record<string, string>>
  readonly token: string
  readonly join: (config: AgentConfig) => Promise<Joined>
  /** The milestone with which the forge first hears of a machine. */
  readonly joinsWith: Milestone
  /** Options that tell the forge apart, in a process that no job of it started. */
  readonly inputs: Readonly<Record<string, string>>
  /** Names of registrations. */
  registered(): readonly string[]
  /** Requests of the launcher and what became of them. */
  calls(): readonly { readonly name: string; readonly throttled: boolean }[]
  /** Registrations that others have left. */
  seed(count: number): void
  readonly refused: readonly string[]
  close(): Promise<void>
}

/** A forge as the benchmark needs it. One file for each line of the registry, and its line in `forges.ts`. */
export interface BenchForge<S extends AnyScene = AnyScene> {
  /** How a row says that it is about this forge; nothing is said of the usual one. */
  readonly title: string | undefined
  probe(scene: S): ForgeProbe
  prepare(scene: S, options: Prepared): Promise<Launch>
  /** How its runner starts a bare Node that executes this program, and how a row says so. */
  bare(program: string): readonly [command: string, args: readonly string[]]
  readonly bareFrom: string
  /** What its runner sends first when a job is cancelled, what a process that listens to it ends with, and what follows. */
  readonly cancel: { readonly signal: NodeJS.Signals; readonly exitCode: number; readonly follower: string }
  /** Environment of another process in one job. */
  readonly job: Readonly<Record<string, string>>
  crowd(): Promise<ScaleForge>
}

/** Labels of a runner of ours in the default region: which launch's it is, and where its machine was. */
export const oursIn = ({ account, side }: EmulatedCloud): string[] => [
  ...['cml', 'cml-aaaaaaaaaaaaaaaaaaaa', placeLabel(side.name, side.words.home)],
  accountLabel(account),
]

/** What tells them apart from the stale runners, which nothing speaks for. */
export const isWaiting = (runner: { readonly online: boolean; readonly connected: boolean }): boolean =>
  runner.online && runner.connected

export const isAboutRunners = ({ path }: { readonly path: string }): boolean => path.endsWith('/runners')

interface Request {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
}

/** One name for all requests of a kind: no numbers, no page. `root`: what every path begins with. */
export function requestName({ method, path, query }: Request, root: RegExp): string {
  const short = path.replace(root, '').replaceAll(/\/\d+(?=\/|$)/g, '/{id}')
  const by = ['name', 'tag_list', 'page'].find((name) => query[name] !== undefined)
  return `${method} ${short}${by ? `?${by}` : ''}`
}
