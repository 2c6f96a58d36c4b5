import { runCommandLine } from '../chaos/processes.ts'
import type { AnyScene } from '../emulators/scene.ts'
import type { Pair } from '../sides/sides.ts'
import { sideOf, suffixOf } from './forge-side.ts'
import { launchIn, succeeded, withScene } from './launcher.ts'
import type { Row } from './row.ts'

/** Registrations of others in the scope. */
const others = 3_000

/** `stop` of a run's one launch, by another step of its job: what it asks the forge. */
export function measureStop(pair: Pair, dist: string): Promise<Row> {
  return withScene(pair, {}, async (scene) => {
    sideOf(scene).seed(others, 'others')
    const env = runOf(scene)
    succeeded(await launchIn(scene, dist, { env, inputs: { 'idle-timeout': 'never' } }))
    const before = sideOf(scene).calls().length
    const { exitCode, log } = await runCommandLine({
      dist,
      argv: ['stop', `--cloud=${pair.cloud.name}`, '--cloud-region=us-west'],
      home: scene.folder,
      variables: { ...scene.variables, ...env, CI: 'true', CML_RUNNER_TOKEN: tokenOf(scene) },
      onSpawn: () => undefined,
    })
    if (exitCode !== 0 || scene.leftovers().cloud > 0) throw new Error(`stop failed:\n${log}`)
    return {
      quantity: `forge calls of stop${suffixOf(pair)}`,
      value: sideOf(scene).calls().length - before,
      unit: 'calls',
      budget: 32,
      how: `one launch, ${others.toLocaleString('en')} registrations of others in the scope`,
    }
  })
}

function runOf({ forge }: AnyScene): Readonly<Record<string, string>> {
  return forge === 'github'
    ? { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '7100000001', GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'deploy' }
    : { GITLAB_CI: 'true', CI_PIPELINE_ID: '7200000001', CI_JOB_ID: '881' }
}

function tokenOf(scene: AnyScene): string {
  return scene.forge === 'github' ? scene.github.token() : scene.gitlab.token()
}
