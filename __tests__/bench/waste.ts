import { setTimeout } from 'node:timers/promises'
import type { Pair } from '../sides/sides.ts'
import { probeOf } from './forges.ts'
import { launchIn, succeeded, withScene } from './launcher.ts'
import { median, type Row } from './row.ts'

export type Console = 'live' | 'absent'

/** One launch with a boot of so many seconds. */
export interface Boot {
  readonly seconds: number
  readonly console: Console
  readonly pair: Pair
}

export interface Waste extends Boot {
  /** Seconds from the creating call to the runner being online, as it turned out. */
  readonly boot: number
  /** Seconds from there to the end of the launching process. */
  readonly waste: number
  /** Requests of the launch to the forge's API. */
  readonly forgeCalls: number
}

/** Seconds that what is emulated takes at most from its first instruction to a runner that asks for jobs: a machine, and what has no system to start. */
const setUp = { machine: 2.2, bare: 1 }

/** Seconds of a boot until the kernel is heard on a live console; of a short boot the first tenth. */
const firmware = (boot: number): number => Math.min(3, boot / 10)

/** Seconds of a boot until a machine first speaks for us: boothooks run some seconds after the kernel. */
const early = (boot: number): number => Math.min(9, boot * 0.15)

const budgets: Readonly<Record<Console, { readonly waste: number; readonly calls: number }>> = {
  live: { waste: 0.8, calls: 12 },
  absent: { waste: 2.2, calls: 30 },
}

/** Launches with 1,000 stale runners at the forge, which a launch must not mind. */
export async function measureBoot({ seconds, console, pair }: Boot, dist: string): Promise<Waste> {
  const { withoutSystem = false } = pair.cloud
  const waits = withoutSystem ? Math.max(0, seconds - setUp.bare) : early(seconds)
  const settling = Math.max(0, seconds - setUp.machine - waits) * 1000
  const machine = { firmware: firmware(seconds) * 1000, settling }
  return withScene(pair, { machine }, async (scene) => {
    probeOf(scene).seed(1000, 'others')
    scene.cloud.console(console)
    scene.cloud.bootDelay(waits * 1000)
    const created = scene.cloud.until(() => scene.cloud.machines[0]).then(() => performance.now())
    // What the machine has left of its time it spends here, so that no boot depends on how quick this computer is.
    probeOf(scene).holdRunners(
      created.then((at) => setTimeout(Math.max(0, at + seconds * 1000 - performance.now()))),
    )
    const { online, ended } = succeeded(await launchIn(scene, dist))
    return {
      seconds,
      console,
      pair,
      boot: (online - (await created)) / 1000,
      waste: (ended - online) / 1000,
      forgeCalls: probeOf(scene).calls().length,
    }
  })
}

/** Several launches at once, started a little apart so that their starts do not meet; the longest first, so that few start while a short one ends. */
export async function measureSideBySide(boots: readonly Boot[], dist: string): Promise<readonly Waste[]> {
  return Promise.all(
    boots
      .toSorted((a, b) => b.seconds - a.seconds)
      .map(async (boot, index) => {
        await setTimeout(index * 700)
        return measureBoot(boot, dist)
      }),
  )
}

export function wasteRows(wastes: readonly Waste[]): readonly Row[] {
  return wastes.map(({ seconds, console, pair, boot, waste }) => ({
    quantity: `waste over boot time, boot of ${seconds} s, console ${console}`,
    pair,
    value: waste,
    unit: 's',
    budget: budgets[console].waste,
    how: `online after ${boot.toFixed(1)} s; with others side by side`,
  }))
}

/** Seconds by which boots of about 2 s differ: a launch looks at intervals, and chance decides how long before a look it comes online. */
const phases = [0, 0.45, 0.9, 1.35, 1.8]

/** Short boots one by one: shows what chance does, and what running side by side costs. */
export async function measureAlone(pair: Pair, console: Console, dist: string): Promise<Row> {
  const samples: number[] = []
  for (const phase of phases)
    samples.push((await measureBoot({ seconds: 2 + phase, console, pair }, dist)).waste)
  return {
    quantity: `waste over boot time, boots of 2 to 3.8 s, console ${console}`,
    pair,
    value: Math.max(...samples),
    unit: 's',
    budget: budgets[console].waste,
    how: `worst of ${samples.length} one by one, median ${median(samples).toFixed(2)}`,
    samples,
  }
}

/** Of the 58 s boot, which is what a plain image takes to be online. */
export function callRows(wastes: readonly Waste[]): readonly Row[] {
  return wastes
    .filter(({ seconds }) => seconds === 58)
    .map(({ seconds, console, pair, forgeCalls: value }) => ({
      quantity: `forge calls, boot of ${seconds} s, console ${console}`,
      pair,
      value,
      unit: 'calls',
      budget: budgets[console].calls,
      how: 'until the hand-over, 1,000 stale runners at the forge',
    }))
}
