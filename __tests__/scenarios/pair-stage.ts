import type { Machine } from '../emulators/machine/machine.ts'
import type { AnyScene } from '../emulators/scene.ts'
import type { Stage } from './story.ts'

export type Inputs = Readonly<Record<string, string>>

/** What can be done to a launching job from outside. */
export interface Events {
  readonly cancel?: AbortSignal
  readonly cancelWhen?: (line: string) => boolean
  /** Its host dies, and nothing follows. */
  readonly killWhen?: (line: string) => boolean
}

/** A process of a job: main step or script, post step or after_script. */
export interface StageEnd {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly log: string
}

export interface PairResult {
  readonly main: StageEnd
  readonly post?: StageEnd
  /** By the names of the action's outputs, whatever the forge calls them. */
  readonly outputs: Readonly<Record<string, string>>
  /** The job was ended by its forge before it was done, as that forge's people see it. */
  readonly cancelled: boolean
}

export interface PairJob {
  readonly completed: Promise<unknown>
  readonly succeeded: boolean
  /** It has not begun. */
  readonly waits: boolean
  readonly runnerName: string | undefined
  readonly text: string
}

/** A launch in two steps, whose launcher can be killed between them. */
export interface PreparedPair {
  main(): Promise<StageEnd>
  post(): Promise<StageEnd>
  kill(): void
  dispose(): Promise<void>
}

/** Somebody who uses the product on a pair: only what every forge has, in words of none. */
export interface PairStage {
  readonly scene: AnyScene
  readonly cloud: AnyScene['cloud']
  launch(inputs?: Inputs, events?: Events): Promise<PairResult>
  /** Another command, in a job of its own. */
  run(command: 'stop' | 'sweep'): Promise<StageEnd>
  prepare(inputs?: Inputs, onLine?: (line: string) => void): Promise<PreparedPair>
  /** A job for the machine of a launch. */
  jobFor(outputs: Readonly<Record<string, string>>, script: string): PairJob
  /** Names of registrations. */
  runners(): readonly string[]
  /** Somebody's runner, with no machine of the cloud behind it. */
  stageRunner(
    name: string,
    labels: readonly string[],
    state: { readonly online: boolean; readonly busy: boolean },
  ): void
  /** Its machines register, and their runners never come online. */
  muteRunners(): void
  until<T>(find: () => T | undefined | false): Promise<T>
  /** Requests of the launcher that make registrations. */
  registrations(): number
  machine(index?: number): Machine
  shutDown(): Promise<void>
}

export type OpenedPair = Pick<AnyScene, 'refused' | 'leftovers' | 'close'> & { readonly words: PairStage }

type Opened = AnyScene & Pick<Stage, 'machine' | 'shutDown'>
/** What each forge has its own words for. */
export type ForgeWords = Omit<PairStage, 'scene' | 'cloud' | 'machine' | 'shutDown'>

/** A stage of a forge, in words of none. */
export function withWords<S extends Opened>(stage: S, words: (stage: S) => ForgeWords): OpenedPair {
  const { refused, leftovers, close, machine, shutDown, cloud } = stage
  return { refused, leftovers, close, words: { scene: stage, cloud, machine, shutDown, ...words(stage) } }
}
