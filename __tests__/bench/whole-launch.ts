import { existsSync } from 'node:fs'
import { budgetsOf } from './budgets.ts'
import type { AnyScene } from '../emulators/scene.ts'
import type { Pair } from '../sides/sides.ts'
import { launchIn, succeeded, withScene, type Probe } from './launcher.ts'
import { median, type Row } from './row.ts'

interface Measured {
  readonly probe: Probe
  readonly creatingCalls: number
  readonly payloadBytes: number
  /** Seconds from the start of the agent's unit to a runner that the forge holds for online. */
  readonly ownTime: number
}

async function launchOnce(pair: Pair, dist: string): Promise<Measured> {
  return withScene(pair, {}, async (scene) => {
    const { probe, online } = succeeded(await launchIn(scene, dist))
    const payloadBytes = scene.cloud.machines[0]?.payloadBytes ?? NaN
    return { probe, creatingCalls: creatingCalls(scene), payloadBytes, ownTime: ownTime(scene, online) }
  })
}

function ownTime({ boot }: AnyScene, online: number): number {
  const [, started = ''] =
    /^(\S+) systemd: started cml-runner-agent\.service$/m.exec(boot.machines[0]?.log ?? '') ?? []
  return (performance.timeOrigin + online - Date.parse(started)) / 1000
}

/** Concealing what only the boot needed, and timers, are apart. */
function creatingCalls({ cloud }: AnyScene): number {
  return cloud.calls('create').length
}

/** What a plain launch takes, from its start to the hand-over. */
export async function measureLaunches(pair: Pair, times: number, dist: string): Promise<readonly Row[]> {
  const launches: Measured[] = []
  for (let time = 0; time < times; time++) launches.push(await launchOnce(pair, dist))
  const peaks = launches.map(({ probe }) => probe.peakBytes / 1e6)
  const [{ probe, creatingCalls: calls, payloadBytes }] = launches as [Measured]
  const code = probe.loaded.filter(({ file }) => existsSync(file))
  const bytes = code.reduce((sum, { bytes: size }) => sum + size, 0)
  return [
    {
      quantity: 'creating cloud calls of a launch',
      pair,
      value: calls,
      unit: 'calls',
      budget: pair.cloud.mutationsPerCreate,
      how: `at ${pair.cloud.service}, by its journal`,
    },
    {
      quantity: 'peak memory of the launch',
      pair,
      value: median(peaks),
      unit: 'MB',
      budget: budgetsOf(pair).memory,
      how: `VmHWM, median of ${times}, worst ${Math.max(...peaks).toFixed(1)}`,
      samples: peaks,
    },
    {
      quantity: 'all code loaded by the launch',
      pair,
      value: bytes / 1000,
      unit: 'kB',
      budget: budgetsOf(pair).code,
      how: `${code.length} files that Node had loaded at its end`,
    },
    ...ownTimeRows(pair, launches),
    {
      quantity: 'whole payload of a default launch',
      pair,
      value: payloadBytes,
      unit: 'bytes',
      budget: budgetsOf(pair).payload,
      how: `what ${pair.cloud.service} got for the machine`,
    },
  ]
}

/** Where no system starts, no unit does. */
function ownTimeRows(pair: Pair, launches: readonly Measured[]): readonly Row[] {
  if (pair.cloud.withoutSystem) return []
  const samples = launches.map(({ ownTime }) => ownTime)
  return [
    {
      quantity: "machine's own time",
      pair,
      value: median(samples),
      unit: 's',
      budget: 1,
      how: `agent's unit started → runner online, median of ${samples.length}; nothing is downloaded in it, and the forge answers at once`,
      samples,
    },
  ]
}
