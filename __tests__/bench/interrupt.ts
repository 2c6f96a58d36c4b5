import type { AnyScene } from '../emulators/scene.ts'
import type { Pair } from '../sides/sides.ts'
import type { BenchForge, Ended } from './forge-side.ts'
import { benchForge, probeOf } from './forges.ts'
import { launchIn, withScene } from './launcher.ts'
import type { Row } from './row.ts'

/** A moment of a launch at which somebody cancels the job. */
interface Moment {
  readonly name: string
  /** Makes the launch stay there. */
  prepare(scene: AnyScene): void
  /** Resolves when it is there. */
  reached(scene: AnyScene): Promise<unknown>
}

/** So many ms after the start, wherever that is. */
const early = (ms: number): Moment => ({
  name: `${ms} ms after the start`,
  prepare: () => undefined,
  reached: () => new Promise((resolve) => setTimeout(resolve, ms)),
})

const moments: readonly Moment[] = [
  ...[30, 60, 90, 120, 150].map(early),
  {
    name: 'the cloud is silent about what there is',
    prepare: ({ cloud }) => (cloud.fault = ({ verb }) => (verb === 'resolve' ? 'unheard' : undefined)),
    reached: ({ cloud }) => cloud.until(() => cloud.calls('resolve')[0]),
  },
  {
    name: 'the forge is silent about runners',
    prepare: (scene) => probeOf(scene).hush(),
    reached: (scene) => probeOf(scene).asked(),
  },
  {
    name: 'the cloud throttles everything',
    prepare: ({ cloud }) => cloud.throttle(Infinity),
    reached: ({ cloud }) => cloud.until(() => cloud.calls().length > 4),
  },
  {
    name: 'the cloud is silent about the machine it makes',
    prepare: ({ cloud }) => (cloud.fault = ({ verb }) => (verb === 'create' ? 'unheard' : undefined)),
    reached: ({ cloud }) => cloud.until(() => cloud.calls('create')[0]),
  },
  {
    name: 'the machine boots',
    prepare: ({ cloud }) => cloud.bootDelay(60_000),
    async reached({ cloud }) {
      await cloud.until(() => cloud.machines[0])
      const before = cloud.calls().length
      await cloud.until(() => cloud.calls().length > before + 2)
    },
  },
]

/** The signal itself ends a launch that does not listen yet, and a shell around one that does. */
function isCancelled(ended: Ended, { cancel }: BenchForge): boolean {
  return ended.signal === cancel.signal || ended.exitCode === cancel.exitCode
}

/** The slowest end of a launch that is cancelled as the forge's runner does it, with a post step or an after_script following. */
export async function measureInterrupts(pair: Pair, dist: string): Promise<Row> {
  const forge = benchForge(pair.forge)
  const { signal, follower } = forge.cancel
  const ends: { readonly name: string; readonly seconds: number }[] = []
  for (const { name, prepare, reached } of moments) {
    const seconds = await withScene(pair, {}, async (scene) => {
      prepare(scene)
      const cancel = new AbortController()
      void reached(scene).then(() => cancel.abort())
      const { main } = await launchIn(scene, dist, { cancel: cancel.signal })
      if (!isCancelled(main, forge))
        throw new Error(`cancelled while ${name}, the launch ended with ${main.exitCode}:\n${main.log}`)
      return (main.stopMilliseconds ?? NaN) / 1000
    })
    ends.push({ name, seconds })
  }
  const samples = ends.map(({ seconds }) => seconds)
  const value = Math.max(...samples)
  const slowest = ends.find(({ seconds }) => seconds === value)?.name
  return {
    quantity: 'cancel to exit',
    pair,
    value,
    unit: 's',
    budget: 0.5,
    how: `${signal}, ${follower} following, worst of ${ends.length} moments: ${slowest}`,
    samples,
  }
}
