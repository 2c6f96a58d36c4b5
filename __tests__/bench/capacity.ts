import type { Pair } from '../sides/sides.ts'
import { launchIn, withScene } from './launcher.ts'
import { median, type Row } from './row.ts'

/** Every place is asked and has none left. Where an autoscaler may bring some, what is left of a quota is asked for, which nobody waits for. */
export async function measureEmptyPlaces(pair: Pair, times: number, dist: string): Promise<Row> {
  const samples: number[] = []
  for (let time = 0; time < times; time++) samples.push(await emptyPlaces(pair, dist))
  return {
    quantity: 'capacity list of 8 places, all empty',
    pair,
    value: median(samples),
    unit: 's',
    budget: 1,
    how: `start to exit of the launch, median of ${times}${pair.cloud.emptyByQuota ? '; all quotas used up' : ''}`,
    samples,
  }
}

function emptyPlaces(pair: Pair, dist: string): Promise<number> {
  return withScene(pair, { boots: false }, async (scene) => {
    if (pair.cloud.emptyByQuota) scene.cloud.exhaust()
    else scene.cloud.dry()
    const { eightPlaces, type } = pair.cloud.words
    const inputs = { 'cloud-region': eightPlaces.join(','), 'cloud-type': type }
    const { main, began, ended } = await launchIn(scene, dist, { inputs })
    const asked = scene.cloud.calls('create').length
    if (main.exitCode !== 1 || asked !== eightPlaces.length)
      throw new Error(`${asked} places were asked:\n${main.log}`)
    return (ended - began) / 1000
  })
}
