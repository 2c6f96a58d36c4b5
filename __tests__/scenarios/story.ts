import { expect, test } from '@jest/globals'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { placeLabel } from '../../src/model/runner.ts'
import { variableOf } from '../../src/options/spelling.ts'
import {
  prepareAction,
  runAction,
  type ActionOptions,
  type ActionResult,
  type PreparedAction,
} from '../emulators/action-runner.ts'
import type { Job, JobSpec } from '../emulators/github/github.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import {
  startScene,
  type AnyScene,
  type Leftovers,
  type Scene,
  type SceneOptions,
} from '../emulators/scene.ts'
import { usualCloud } from '../sides/sides.ts'
import { paste, runCommand, type CommandOptions, type CommandResult } from './command-line.ts'

/** The committed doors, or those of a build of one's own (`scripts/build.ts --into`). */
export const dist = process.env.CML_RUNNER_DIST ?? join(dirname(fileURLToPath(import.meta.url)), '../../dist')

/** Machines do not end by idleness unless a story is about that: how fast a host is must not matter. */
const defaults: Inputs = { 'idle-timeout': '1h' }

type Inputs = Readonly<Record<string, string>>
type Rest = Partial<Omit<ActionOptions, 'dist' | 'inputs'>>

/** A scene with somebody in it who uses the product as its users do: through the committed doors. */
export interface Stage extends Scene {
  /** One step `uses: …` with main and post. The token is a secret of the job, as it would be. */
  launch(inputs?: Inputs, rest?: Rest): Promise<ActionResult>
  /** The same, stage by stage. */
  prepare(inputs?: Inputs, rest?: Rest): Promise<PreparedAction>
  /** `cml-runner …` in a terminal, with the scene's cloud credentials and what a launch is given there. */
  command(argv: readonly string[], options?: Partial<CommandOptions>): Promise<CommandResult>
  /** A line that the product told a person to run, pasted into that terminal. */
  paste(line: string, options?: Partial<CommandOptions>): Promise<CommandResult>
  /** A job that asks for the machine of a launch, as `runs-on: ${{ fromJSON(needs.x.outputs.runsOn) }}` does. */
  jobFor(outputs: Readonly<Record<string, string>>, run: string, more?: Partial<JobSpec>): Job
  machine(index?: number): Machine
  /** Somebody presses the power buttons of all machines, which take their registrations away and end. */
  shutDown(): Promise<void>
}

export interface StoryOptions extends SceneOptions {
  /** What is left at its end; nothing unless it says so. */
  readonly left?: Leftovers
}

/**
 * A test with a world of its own. Stories wait for machines and for deadlines of the product most of the time, so those of one
 * file run side by side. Each ends with the emulators having understood everything and with nothing left, or what the story says.
 */
export function story(
  name: string,
  tell: (stage: Stage) => Promise<void>,
  options: StoryOptions | Promise<StoryOptions> = {},
): void {
  test.concurrent(name, async () => {
    const { left, ...scene } = await options
    await tellStory(() => openStage(scene), tell, left)
  })
}

type Teller<R extends unknown[]> = (name: string, ...rest: R) => void

/** A way to tell stories, where the usual cloud has what they are about. Elsewhere they are left out, and a line says why. */
export function tellIf<R extends unknown[]>(has: boolean, why: string, tell: Teller<R>): Teller<R> {
  if (has) return tell
  const file = basename(expect.getState().testPath ?? '')
  process.stderr.write(`Some of ${file} is left out: ${why}.\n`)
  return (...[name]) => test.skip(name, () => undefined)
}

const usual = usualCloud()

/** … those of what only a machine has that boots a system of its own. */
export const tellOfSystem = <R extends unknown[]>(tell: Teller<R>): Teller<R> =>
  tellIf(!usual.withoutSystem, `no system of its own starts in what ${usual.name} makes`, tell)

/** … of a file that the machine fetches. */
export const tellOfDownload = <R extends unknown[]>(tell: Teller<R>): Teller<R> =>
  tellIf(!usual.withoutDownload, `the runner comes in an image to what ${usual.name} makes`, tell)

/** Where else than by default there are machines that nobody has to name a region for. */
export const elsewhere = usual.oneRegion ? usual.words.home : usual.words.other

type World = Pick<AnyScene, 'refused' | 'leftovers' | 'close'>

/** One story on any stage, and what holds after each. */
export async function tellStory<S extends World>(
  open: () => Promise<S>,
  tell: (stage: S) => Promise<void>,
  left: Leftovers = { cloud: 0, forge: 0 },
): Promise<void> {
  const stage = await open()
  const deadline = failAfter(patience)
  try {
    await Promise.race([tell(stage), deadline.passed])
    expect(stage.refused()).toEqual([])
    expect(stage.leftovers()).toEqual(left)
  } finally {
    deadline.clear()
    await stage.close()
  }
}

/** Milliseconds. Jest gives a test up without taking its world down, and emulated machines would outlive it. */
const patience = 110_000

function failAfter(milliseconds: number): { readonly passed: Promise<never>; clear(): void } {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the story did not come to its end')), milliseconds)
  })
  return { passed, clear: () => clearTimeout(timer) }
}

export async function openStage(options: SceneOptions): Promise<Stage> {
  const scene = await startScene(options)
  const action = (inputs: Inputs = {}, { env, ...rest }: Rest = {}): ActionOptions => {
    const given = { ...scene.inputs, ...defaults, ...inputs }
    const secrets = [given.token ?? '']
    return { dist, secrets, ...rest, inputs: given, env: { ...scene.variables, ...env } }
  }
  const terminal = ({ env, ...rest }: Partial<CommandOptions> = {}): CommandOptions => ({
    dist,
    home: scene.folder,
    ...rest,
    env: { ...scene.cloud.variables, ...asVariables(scene.cloud.side.inputs), ...env },
  })
  return {
    ...scene,
    launch: (inputs, rest) => runAction(action(inputs, rest)),
    prepare: (inputs, rest) => prepareAction(action(inputs, rest)),
    command: (argv, options) => runCommand(argv, terminal(options)),
    paste: (line, options) => paste(line, terminal(options)),
    jobFor: ({ runsOn = '[]' }, run, more = {}) =>
      scene.github.queueJob({
        name: 'train',
        labels: JSON.parse(runsOn) as string[],
        steps: [{ run }],
        ...more,
      }),
    machine: (index = 0) => machineOf(scene, index),
    shutDown: () => shutDown(scene),
  }
}

/** What a launch is given by options, as its environment gives it. */
export const asVariables = (inputs: Inputs): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [variableOf(name), value]))

export function machineOf({ boot }: AnyScene, index: number): Machine {
  const machine = boot.machines[index]
  if (!machine) throw new Error(`machine ${index} was never booted`)
  return machine
}

/** The label of a runner whose machine is where launches go by default. */
export const homeLabel = ({ cloud: { side } }: Pick<AnyScene, 'cloud'>): string =>
  placeLabel(side.name, side.words.home)

export async function shutDown({ boot, cloud }: AnyScene): Promise<void> {
  for (const machine of boot.machines) machine.pressPowerButton()
  await Promise.all(boot.machines.map((machine) => machine.ended))
  await cloud.until(() => cloud.machines.every(({ ended }) => ended))
}

/** Milestones of a machine's console, in order: `listening`, `job-ended`, … */
export function milestones(machine: Machine): string[] {
  return [...machine.console().matchAll(/^cml-runner \d{10} ([a-z-]+)/gm)].map(([, name = '']) => name)
}

/** Main ended by itself, on the first signal; the post step then removed what there was. */
export function expectCancelled({ main, post, outputs }: ActionResult): void {
  expect([main.exitCode, main.signal, outputs]).toEqual([130, null, {}])
  expect(main.log).toContain('Interrupted by SIGINT')
  expect(post?.exitCode).toBe(0)
}
