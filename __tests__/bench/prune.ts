import type { PreparedAction } from '../emulators/action-runner.ts'
import type { Scene } from '../emulators/scene.ts'
import { withAction, withScene } from './launcher.ts'
import type { Row } from './row.ts'

/** Labels of a runner of ours in the default region: which launch's it is, and where its machine was. */
const labels = ['cml', 'cml-aaaaaaaaaaaaaaaaaaaa', 'cml-at-aws-us-west-1']

/** The post step of a launch that was handed over, with 1,000 offline runners of launches whose machines are gone. */
export function measurePruning(dist: string): Promise<Row> {
  return withScene({}, async (scene) => {
    scene.github.seedRunners(1000, { labels })
    const options = { dist, inputs: scene.inputs, env: scene.variables }
    const { pages, removals } = await withAction(options, (action) => countCalls(action, scene))
    return {
      quantity: 'pages read to prune',
      value: pages,
      unit: 'pages',
      budget: 12,
      how: `after the hand-over, 1,000 stale runners, ${removals} removed`,
    }
  })
}

async function countCalls(action: PreparedAction, { github }: Scene) {
  const main = await action.main()
  const before = github.journal.length
  const post = await action.post()
  if (main.exitCode !== 0 || post.exitCode !== 0) throw new Error(`pruning failed:\n${main.log}\n${post.log}`)
  const calls = github.journal.slice(before).filter(({ side }) => side === 'api')
  const pages = calls.filter(({ method }) => method === 'GET').length
  return { pages, removals: calls.filter(({ method }) => method === 'DELETE').length }
}
