import type { RunnerSnapshot } from './emulator.ts'
import type { Registration } from './registrations.ts'
import type { World } from './world.ts'

/** The truth about a runner, for tests. */
export function snapshotOf(world: World, runner: Registration): RunnerSnapshot {
  const { id, scope, tags, paused, locked, runUntagged, accessLevel, managers } = runner
  return {
    id,
    scope,
    name: runner.description,
    tags,
    online: world.isOnline(runner),
    busy: world.isBusy(runner),
    connected: runner.seenAt !== undefined,
    paused,
    locked,
    runUntagged,
    accessLevel,
    maximumTimeout: runner.maximumTimeout ?? null,
    maintenanceNote: runner.maintenanceNote ?? null,
    systems: managers.map(({ systemId }) => systemId),
    version: managers.at(-1)?.version ?? null,
  }
}
