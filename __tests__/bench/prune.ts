import { prepareAction } from '../emulators/action-runner.ts'
import { withScene } from './launcher.ts'
import type { Row } from './row.ts'

/** The post step of a launch that was handed over, with 1,000 offline runners of launches whose machines are gone. */
export function measurePruning(dist: string): Promise<Row> {
  return withScene({}, async (scene) => {
    // Labels of a runner of ours in the default region: its identity, and where its machine was.
    scene.github.seedRunners(1000, { labels: ['cml', 'cml-aaaaaaaaaaaaaaaaaaaa', 'cml-at-aws-us-west-1'] })
    const action = await prepareAction({ dist, inputs: scene.inputs, env: scene.variables })
    try {
      const main = await action.main()
      const before = scene.github.journal.length
      const post = await action.post()
      if (main.exitCode !== 0 || post.exitCode !== 0)
        throw new Error(`pruning failed:\n${main.log}\n${post.log}`)
      const calls = scene.github.journal.slice(before).filter(({ side }) => side === 'api')
      const pages = calls.filter(({ method }) => method === 'GET').length
      const removals = calls.filter(({ method }) => method === 'DELETE').length
      return {
        quantity: 'pages read to prune',
        value: pages,
        unit: 'pages',
        budget: 12,
        how: `after the hand-over, 1,000 stale runners, ${removals} removed`,
      }
    } finally {
      await action.dispose()
    }
  })
}
