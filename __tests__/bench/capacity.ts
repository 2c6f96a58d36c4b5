import { launchIn, withScene } from './launcher.ts'
import { median, type Row } from './row.ts'

const zones = [
  'us-east-1a',
  'us-east-1b',
  'us-east-1c',
  'us-east-1d',
  'us-west-2a',
  'us-west-2b',
  'us-west-2c',
  'us-west-2d',
]

/** Every zone is asked and has none left. */
export async function measureEmptyPlaces(times: number, dist: string): Promise<Row> {
  const samples: number[] = []
  for (let time = 0; time < times; time++) samples.push(await emptyPlaces(dist))
  return {
    quantity: 'capacity list of 8 places, all empty',
    value: median(samples),
    unit: 's',
    budget: 1,
    how: `start to exit of the launch, median of ${times}`,
    samples,
  }
}

function emptyPlaces(dist: string): Promise<number> {
  return withScene('github', { boots: false }, async (scene) => {
    scene.ec2.dials.dry.add('*|*|*')
    const inputs = { 'cloud-region': zones.join(','), 'cloud-type': 'm7i.2xlarge' }
    const { main, began, ended } = await launchIn(scene, dist, { inputs })
    const asked = scene.ec2.calls('RunInstances').length
    if (main.exitCode !== 1 || asked !== zones.length)
      throw new Error(`${asked} places were asked:\n${main.log}`)
    return (ended - began) / 1000
  })
}
