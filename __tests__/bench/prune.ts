import type { AnyScene } from '../emulators/scene.ts'
import type { Pair } from '../sides/sides.ts'
import type { Launch } from './forge-side.ts'
import { probeOf } from './forges.ts'
import { withLaunch, withScene } from './launcher.ts'
import type { Row } from './row.ts'

/** The post step of a launch that was handed over, with 1,000 offline runners of launches whose machines are gone. */
export function measurePruning(pair: Pair, dist: string): Promise<Row> {
  return withScene(pair, {}, async (scene) => {
    probeOf(scene).seed(1000, 'ours')
    const { pages, others, removals } = await withLaunch(scene, dist, {}, (launch) =>
      countCalls(launch, scene),
    )
    return {
      quantity: 'pages read to prune',
      pair,
      value: pages,
      unit: 'pages',
      budget: 12,
      how: `after the hand-over, 1,000 stale runners, ${removals} removed${others > 0 ? `, ${others} looked at one by one` : ''}`,
    }
  })
}

async function countCalls(launch: Launch, scene: AnyScene) {
  const side = probeOf(scene)
  const main = await launch.main()
  const before = side.calls().length
  const post = await launch.post()
  if (main.exitCode !== 0 || post.exitCode !== 0) throw new Error(`pruning failed:\n${main.log}\n${post.log}`)
  const calls = side.calls().slice(before)
  const reads = calls.filter(({ method }) => method === 'GET')
  const pages = reads.filter(({ path }) => path.endsWith('/runners')).length
  const removals = calls.filter(({ method }) => method === 'DELETE').length
  return { pages, others: reads.length - pages, removals }
}
