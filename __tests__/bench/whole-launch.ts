import { existsSync } from 'node:fs'
import type { AnyScene } from '../emulators/scene.ts'
import { suffixOf, type ForgeName } from './forge-side.ts'
import { launchIn, succeeded, withScene, type Probe } from './launcher.ts'
import { median, type Row } from './row.ts'

interface Measured {
  readonly probe: Probe
  readonly mutatingCalls: number
  readonly payloadBytes: number
  /** Seconds from the start of the agent's unit to a runner that the forge holds for online. */
  readonly ownTime: number
}

async function launchOnce(forge: ForgeName, dist: string): Promise<Measured> {
  return withScene(forge, {}, async (scene) => {
    const { probe, online } = succeeded(await launchIn(scene, dist))
    const payloadBytes = scene.ec2.machines[0]?.order.userData.length ?? NaN
    return { probe, mutatingCalls: mutatingCalls(scene), payloadBytes, ownTime: ownTime(scene, online) }
  })
}

function ownTime({ boot }: AnyScene, online: number): number {
  const [, started = ''] =
    /^(\S+) systemd: started cml-runner-agent\.service$/m.exec(boot.machines[0]?.log ?? '') ?? []
  return (performance.timeOrigin + online - Date.parse(started)) / 1000
}

function mutatingCalls({ ec2 }: AnyScene): number {
  return ec2.journal.filter(({ action }) => !/^(Describe|Get)/.test(action)).length
}

/** What a plain launch takes, from its start to the hand-over. */
export async function measureLaunches(
  forge: ForgeName,
  times: number,
  dist: string,
): Promise<readonly Row[]> {
  const launches: Measured[] = []
  for (let time = 0; time < times; time++) launches.push(await launchOnce(forge, dist))
  const peaks = launches.map(({ probe }) => probe.peakBytes / 1e6)
  const ownTimes = launches.map((launch) => launch.ownTime)
  const [{ probe, mutatingCalls: calls, payloadBytes }] = launches as [Measured]
  const code = probe.loaded.filter(({ file }) => existsSync(file))
  const bytes = code.reduce((sum, { bytes: size }) => sum + size, 0)
  return [
    {
      quantity: `mutating cloud calls of a launch${suffixOf(forge)}`,
      value: calls,
      unit: 'calls',
      budget: 1,
      how: 'at EC2, by its journal',
    },
    {
      quantity: `peak memory of the launch${suffixOf(forge)}`,
      value: median(peaks),
      unit: 'MB',
      budget: 80,
      how: `VmHWM, median of ${times}, worst ${Math.max(...peaks).toFixed(1)}`,
      samples: peaks,
    },
    {
      quantity: `all code loaded by the launch${suffixOf(forge)}`,
      value: bytes / 1000,
      unit: 'kB',
      budget: 600,
      how: `${code.length} files that Node had loaded at its end`,
    },
    {
      quantity: `machine's own time${suffixOf(forge)}`,
      value: median(ownTimes),
      unit: 's',
      budget: 1,
      how: `agent's unit started → runner online, median of ${times}; nothing is downloaded in it, and the forge answers at once`,
      samples: ownTimes,
    },
    {
      quantity: `whole payload of a default launch${suffixOf(forge)}`,
      value: payloadBytes,
      unit: 'bytes',
      budget: 14_336,
      how: 'user data that EC2 got',
    },
  ]
}
