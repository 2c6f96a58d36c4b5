import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  prepareAction,
  type ActionOptions,
  type PreparedAction,
  type StageResult,
} from '../emulators/action-runner.ts'
import { startScene, type Scene, type SceneOptions } from '../emulators/scene.ts'

/** What the probe saw in one process. */
export interface Probe {
  readonly peakBytes: number
  /** Every file that Node loaded as code. */
  readonly loaded: readonly { readonly file: string; readonly bytes: number }[]
}

export interface Launched {
  readonly main: StageResult
  readonly probe: Probe | undefined
  /** ms of `performance.now()`. */
  readonly began: number
  readonly ended: number
  /** When the forge first held the runner for online; undefined when it never did. */
  readonly online: number | undefined
}

/** Launches that this process must not outlive: with their emulators gone they would wait for minutes. */
const running = new Set<PreparedAction>()
process.on('exit', () => running.forEach((action) => action.child()?.kill('SIGKILL')))

/** Prepares an action and takes care of its end. */
export async function withAction<T>(
  options: ActionOptions,
  use: (action: PreparedAction) => Promise<T>,
): Promise<T> {
  const action = await prepareAction(options)
  running.add(action)
  try {
    return await use(action)
  } finally {
    running.delete(action)
    await action.dispose()
  }
}

/** A scene in which anything that an emulator does not understand is a failure of the benchmark. */
export async function withScene<T>(options: SceneOptions, use: (scene: Scene) => Promise<T>): Promise<T> {
  const scene = await startScene(options)
  try {
    const result = await use(scene)
    if (scene.refused().length > 0)
      throw new Error(`an emulator did not understand: ${scene.refused().join('; ')}`)
    return result
  } finally {
    await scene.close()
  }
}

/** Runs the action's main step in a scene, as the runner would, with the probe in it. */
export async function launchIn(
  scene: Scene,
  dist: string,
  { inputs, env, ...options }: Partial<ActionOptions> = {},
): Promise<Launched> {
  const report = join(scene.folder, 'probe.json')
  const prepared = {
    dist,
    inputs: { ...scene.inputs, ...inputs },
    env: { ...scene.variables, ...probed(report), ...env },
    ...options,
  }
  let online: number | undefined
  void scene.github
    .until(() => scene.github.runners().some((runner) => runner.online && runner.connected))
    .then(() => (online = performance.now()))
  return withAction(prepared, async (action) => {
    const began = performance.now()
    const main = await action.main()
    return { main, probe: readProbe(report), began, ended: performance.now(), online }
  })
}

function probed(report: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--require "${join(import.meta.dirname, 'probe.cjs')}"`, PROBE_REPORT: report }
}

function readProbe(report: string): Probe | undefined {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Probe
  } catch {
    // Killed, or cancelled before it could write.
    return undefined
  }
}

/** Throws with the log of a launch that should have succeeded. */
export function succeeded(launched: Launched): Launched & { readonly online: number; readonly probe: Probe } {
  const { main, online, probe } = launched
  if (main.exitCode !== 0 || online === undefined || !probe)
    throw new Error(`a measured launch ended with ${main.exitCode ?? main.signal}:\n${main.log}`)
  return { ...launched, online, probe }
}
