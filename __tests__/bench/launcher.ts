import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startScene, type AnyScene, type SceneOptions } from '../emulators/scene.ts'
import type { Pair } from '../sides/sides.ts'
import type { Ended, Launch } from './forge-side.ts'
import { benchForge, probeOf } from './forges.ts'

/** What the probe saw in one process. */
export interface Probe {
  readonly peakBytes: number
  /** Every file that Node loaded as code. */
  readonly loaded: readonly { readonly file: string; readonly bytes: number }[]
}

export interface Launched {
  readonly main: Ended
  readonly probe: Probe | undefined
  /** ms of `performance.now()`. */
  readonly began: number
  readonly ended: number
  /** When the forge first held the runner for online; undefined when it never did. */
  readonly online: number | undefined
}

export interface LaunchOptions {
  readonly inputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly cancel?: AbortSignal
}

/** Launches that this process must not outlive: with their emulators gone they would wait for minutes. */
const running = new Set<Launch>()
process.on('exit', () => running.forEach((launch) => launch.kill()))

/** Prepares a launch in a scene and takes care of its end. */
export async function withLaunch<T>(
  scene: AnyScene,
  dist: string,
  options: LaunchOptions,
  use: (launch: Launch) => Promise<T>,
): Promise<T> {
  const { inputs, env, ...rest } = options
  const launch = await benchForge(scene.forge).prepare(scene, {
    dist,
    inputs: { ...scene.inputs, ...inputs },
    env: { ...scene.variables, ...env },
    ...rest,
  })
  running.add(launch)
  try {
    return await use(launch)
  } finally {
    running.delete(launch)
    await launch.dispose()
  }
}

/** A scene in which anything that an emulator does not understand is a failure of the benchmark. */
export async function withScene<T>(
  { cloud, forge }: Pair,
  options: SceneOptions,
  use: (scene: AnyScene) => Promise<T>,
): Promise<T> {
  const scene = await startScene({ ...options, cloud, forge })
  try {
    const result = await use(scene)
    if (scene.refused().length > 0)
      throw new Error(`an emulator did not understand: ${scene.refused().join('; ')}`)
    return result
  } finally {
    await scene.close()
  }
}

/** Runs a launch up to its hand-over, as its users would, with the probe in it. */
export async function launchIn(
  scene: AnyScene,
  dist: string,
  { env, ...options }: LaunchOptions = {},
): Promise<Launched> {
  const report = join(scene.folder, 'probe.json')
  let online: number | undefined
  void probeOf(scene)
    .online()
    .then(() => (online = performance.now()))
  return withLaunch(scene, dist, { ...options, env: { ...probed(report), ...env } }, async (launch) => {
    const began = performance.now()
    const main = await launch.main()
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
