import { runCommandLine } from '../chaos/processes.ts'
import type { Pair } from '../sides/sides.ts'
import { benchForge, probeOf } from './forges.ts'
import { launchIn, succeeded, withScene } from './launcher.ts'
import type { Row } from './row.ts'

/** Registrations of others in the scope. */
const others = 3_000

/** `stop` of a run's one launch, by another step of its job: what it asks the forge. */
export function measureStop(pair: Pair, dist: string): Promise<Row> {
  return withScene(pair, {}, async (scene) => {
    probeOf(scene).seed(others, 'others')
    const { job: env } = benchForge(pair.forge)
    succeeded(await launchIn(scene, dist, { env, inputs: { 'idle-timeout': 'never' } }))
    const before = probeOf(scene).calls().length
    const { exitCode, log } = await runCommandLine({
      dist,
      argv: ['stop', `--cloud=${pair.cloud.name}`, '--cloud-region=us-west'],
      home: scene.folder,
      variables: { ...scene.variables, ...env, CI: 'true', CML_RUNNER_TOKEN: probeOf(scene).token },
      onSpawn: () => undefined,
    })
    if (exitCode !== 0 || scene.leftovers().cloud > 0) throw new Error(`stop failed:\n${log}`)
    return {
      quantity: 'forge calls of stop',
      pair,
      value: probeOf(scene).calls().length - before,
      unit: 'calls',
      budget: 32,
      how: `one launch, ${others.toLocaleString('en')} registrations of others in the scope`,
    }
  })
}
