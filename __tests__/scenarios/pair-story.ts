import { test } from '@jest/globals'
import { outputVariable, standardPrefix } from '../../src/hosts/dotenv.ts'
import { outputs as outputTable } from '../../src/options/outputs.ts'
import type { AnyScene, Leftovers, SceneOptions } from '../emulators/scene.ts'
import { pairsOf, sideOf, type ForgeName, type Pair } from '../sides/sides.ts'
import { openGitlabStage } from './gitlab-story.ts'
import { openStage, tellStory, type Stage } from './story.ts'
import type { GitlabStage } from './gitlab-story.ts'
import type { Machine } from '../emulators/machine/machine.ts'

type Inputs = Readonly<Record<string, string>>

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
  prepare(inputs?: Inputs, onLine?: (line: string) => void): Promise<PreparedPair>
  /** A job for the machine of a launch. */
  jobFor(outputs: Readonly<Record<string, string>>, script: string): PairJob
  /** Names of registrations. */
  runners(): readonly string[]
  /** Its machines register, and their runners never come online. */
  muteRunners(): void
  until<T>(find: () => T | undefined | false): Promise<T>
  /** Requests of the launcher that make registrations. */
  registrations(): number
  machine(index?: number): Machine
  shutDown(): Promise<void>
}

export interface PairStoryOptions extends SceneOptions {
  readonly left?: Leftovers
}

/** One story, told of every cloud with every forge that the product knows. */
export function pairStory(
  name: string,
  tell: (stage: PairStage, pair: Pair) => Promise<void>,
  { left, ...scene }: PairStoryOptions = {},
): void {
  for (const pair of pairsOf())
    test.concurrent(`${name} (${pair.name})`, () =>
      tellStory(
        () => openPair({ ...scene, cloud: pair.cloud }, pair.forge),
        (stage) => tell(stage.words, pair),
        left,
      ),
    )
}

type OpenedPair = Pick<AnyScene, 'refused' | 'leftovers' | 'close'> & { readonly words: PairStage }

/** A stage of a forge, and what each of its words is there. */
const openers: Readonly<Record<ForgeName, (options: SceneOptions) => Promise<OpenedPair>>> = {
  github: async (options) => withWords(await openStage(options), githubWords),
  gitlab: async (options) => withWords(await openGitlabStage(options), gitlabWords),
}

function openPair(options: SceneOptions, forge: ForgeName): Promise<OpenedPair> {
  return sideOf('forge', forge, openers)(options)
}

type Opened = AnyScene & Pick<Stage, 'machine' | 'shutDown'>
type ForgeWords = Omit<PairStage, 'scene' | 'cloud' | 'machine' | 'shutDown'>

function withWords<S extends Opened>(stage: S, words: (stage: S) => ForgeWords): OpenedPair {
  const { refused, leftovers, close, machine, shutDown, cloud } = stage
  return { refused, leftovers, close, words: { scene: stage, cloud, machine, shutDown, ...words(stage) } }
}

function githubWords(stage: Stage): ForgeWords {
  const { github } = stage
  return {
    async launch(inputs, events) {
      const { main, post, outputs } = await stage.launch(inputs, events)
      const cancelled = main.exitCode === 130 && main.log.includes('Interrupted by SIGINT')
      return { main, ...(post ? { post } : {}), outputs, cancelled }
    },
    async prepare(inputs, onLine) {
      const step = await stage.prepare(inputs, onLine ? { onLine } : {})
      return { ...step, kill: () => void step.child()?.kill('SIGKILL') }
    },
    jobFor(outputs, script) {
      const job = stage.jobFor(outputs, script)
      return {
        completed: job.completed,
        get succeeded() {
          return job.conclusion === 'success'
        },
        get waits() {
          return job.status === 'queued'
        },
        get runnerName() {
          return job.runnerName
        },
        get text() {
          return job.log
        },
      }
    },
    runners: () => github.runners().map(({ name }) => name),
    muteRunners: () =>
      void (github.fault = ({ method, path }) =>
        method === 'POST' && path.endsWith('/sessions') ? 'silent' : undefined),
    until: (find) => github.until(find),
    registrations: () =>
      github.journal.filter(({ path }) => /\/(registration-token|generate-jitconfig)$/.test(path)).length,
  }
}

function gitlabWords(stage: GitlabStage): ForgeWords {
  const { gitlab } = stage
  return {
    async launch(inputs, events) {
      const { script, afterScript, outputs, status } = await stage.launch(inputs, events)
      const cancelled = status === 'canceled' && /Interrupted by SIG(TERM|INT)/.test(script.log)
      return {
        main: script,
        ...(afterScript ? { post: afterScript } : {}),
        outputs: outputsOf(outputs),
        cancelled,
      }
    },
    prepare(inputs, onLine) {
      const job = stage.prepare(inputs, onLine ? { onLine } : {})
      const { script, afterScript, kill, dispose } = job
      return Promise.resolve({ main: script, post: afterScript, kill, dispose })
    },
    jobFor({ label = '' }, script) {
      const job = stage.jobFor({ label }, script)
      return {
        completed: job.completed,
        get succeeded() {
          return job.status === 'success'
        },
        get waits() {
          return job.status === 'pending'
        },
        get runnerName() {
          return job.runnerName
        },
        get text() {
          return job.output
        },
      }
    },
    runners: () => gitlab.runners().map(({ name }) => name),
    muteRunners: () =>
      void (gitlab.fault = ({ path }) => (path.endsWith('/jobs/request') ? 'silent' : undefined)),
    until: (find) => gitlab.until(find),
    registrations: () =>
      gitlab.journal.filter(({ method, path }) => method === 'POST' && path.endsWith('/user/runners')).length,
  }
}

/** `CML_INSTANCE_ID` → `instanceId`. */
function outputsOf(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(outputTable).flatMap((name) => {
      const value = variables[standardPrefix + outputVariable(name)]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}
