import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ForgeName, Pair } from '../sides/sides.ts'
import { budgetsOf } from './budgets.ts'
import { benchForge } from './forges.ts'
import { withLaunch, withScene } from './launcher.ts'
import { median, type Row } from './row.ts'

/** A server that only tells when it is first asked. */
interface Bell {
  readonly url: string
  /** `performance.now()` of the next request. */
  rings(): Promise<number>
  close(): void
}

async function hangBell(): Promise<Bell> {
  let ring: (at: number) => void = () => undefined
  const server = createServer(() => ring(performance.now()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rings: () => new Promise((resolve) => (ring = resolve)),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Milliseconds from the start of a bare Node to its request at the server, as a job's runner starts it. */
async function floor(forge: ForgeName, bell: Bell): Promise<number> {
  const rung = bell.rings()
  const program = `require('node:http').get(${JSON.stringify(bell.url)})`
  const began = performance.now()
  const [command, args] = benchForge(forge).bare(program)
  const child = spawn(command, args)
  const at = await rung
  child.kill('SIGKILL')
  await once(child, 'close')
  return at - began
}

/** Milliseconds from the start of the action's main step, or of the job's script, to its first request at the cloud, which is never answered. */
function firstRequest(pair: Pair, dist: string): Promise<number> {
  return withScene(pair, { boots: false }, (scene) =>
    withLaunch(scene, dist, {}, async (launch) => {
      const asked = new Promise<number>((resolve) => {
        scene.cloud.hold = () => {
          resolve(performance.now())
          return new Promise(() => undefined)
        }
      })
      const began = performance.now()
      const main = launch.main()
      const at = await Promise.race([asked, main.then(({ log }) => log)])
      if (typeof at === 'string')
        throw new Error(`a launch for ${pair.name} ended before it asked its cloud for anything:\n${at}`)
      launch.kill()
      await main
      return at - began
    }),
  )
}

interface Times {
  readonly pair: Pair
  readonly floors: number[]
  readonly firsts: number[]
}

/** All in turn, so that what the computer does besides falls on all. */
export async function measureStartup(
  pairs: readonly Pair[],
  times: number,
  dist: string,
): Promise<readonly Row[]> {
  const bell = await hangBell()
  const all = pairs.map((pair): Times => ({ pair, floors: [], firsts: [] }))
  for (let time = 0; time <= times; time++) {
    for (const { pair, floors, firsts } of all) {
      const [bare, ours] = [await floor(pair.forge, bell), await firstRequest(pair, dist)]
      // The first round warms the disk's cache.
      if (time === 0) continue
      floors.push(bare / 1000)
      firsts.push(ours / 1000)
    }
  }
  bell.close()
  const how = `median of ${times}, in turn with the floor`
  return all.flatMap((times_) => rowsOf(times_, how))
}

function rowsOf({ pair, floors, firsts }: Times, how: string): readonly Row[] {
  return [
    {
      quantity: 'floor: bare Node and one HTTP request',
      pair,
      value: median(floors),
      unit: 's',
      how: `${benchForge(pair.forge).bareFrom}${how}`,
      samples: floors,
    },
    {
      quantity: 'first request to the cloud, over the floor',
      pair,
      value: median(firsts) - median(floors),
      unit: 's',
      budget: budgetsOf(pair).startup,
      how: `${median(firsts).toFixed(3)} s from the start, ${how}`,
      samples: firsts,
    },
  ]
}
