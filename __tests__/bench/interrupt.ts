import type { Scene } from '../emulators/scene.ts'
import { launchIn, withScene } from './launcher.ts'
import type { Row } from './row.ts'

/** A moment of a launch at which somebody cancels the job. */
interface Moment {
  readonly name: string
  /** Makes the launch stay there. */
  prepare(scene: Scene): void
  /** Resolves when it is there. */
  reached(scene: Scene): Promise<unknown>
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
    name: 'EC2 is silent about images',
    prepare: ({ ec2 }) =>
      (ec2.dials.fault = ({ action }) => (action === 'DescribeImages' ? 'silent' : undefined)),
    reached: ({ ec2 }) => ec2.until(() => ec2.calls('DescribeImages')[0]),
  },
  {
    name: 'GitHub is silent about runners',
    prepare: ({ github }) =>
      (github.fault = ({ path }) => (path.endsWith('/actions/runners') ? 'silent' : undefined)),
    reached: ({ github }) =>
      github.until(() => github.journal.find(({ path }) => path.endsWith('/actions/runners'))),
  },
  {
    name: 'EC2 throttles everything',
    prepare: ({ ec2 }) => (ec2.dials.throttle = Infinity),
    reached: ({ ec2 }) => ec2.until(() => ec2.journal.length > 4),
  },
  {
    name: 'EC2 is silent about the machine it makes',
    prepare: ({ ec2 }) =>
      (ec2.dials.fault = ({ action }) => (action === 'RunInstances' ? 'silent' : undefined)),
    reached: ({ ec2 }) => ec2.until(() => ec2.calls('RunInstances')[0]),
  },
  {
    name: 'the machine boots',
    prepare: ({ ec2 }) => (ec2.dials.bootDelay = 60_000),
    reached: ({ ec2 }) => ec2.until(() => ec2.calls('GetConsoleOutput')[1]),
  },
]

/** The slowest end of a main step that is cancelled as the runner does it: SIGINT, and the post step follows. */
export async function measureInterrupts(dist: string): Promise<Row> {
  const ends: { readonly name: string; readonly seconds: number }[] = []
  for (const { name, prepare, reached } of moments) {
    const seconds = await withScene({}, async (scene) => {
      prepare(scene)
      const cancel = new AbortController()
      void reached(scene).then(() => cancel.abort())
      const { main } = await launchIn(scene, dist, { cancel: cancel.signal })
      // Before it listens for signals, they end it by themselves.
      if (main.exitCode !== 130 && main.signal !== 'SIGINT')
        throw new Error(`cancelled while ${name}, the launch ended with ${main.exitCode}:\n${main.log}`)
      return (main.stopMilliseconds ?? NaN) / 1000
    })
    ends.push({ name, seconds })
  }
  const samples = ends.map(({ seconds }) => seconds)
  const value = Math.max(...samples)
  const slowest = ends.find(({ seconds }) => seconds === value)?.name
  return {
    quantity: 'SIGINT to exit, post step following',
    value,
    unit: 's',
    budget: 2,
    how: `worst of ${ends.length} moments: ${slowest}`,
    samples,
  }
}
