import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withAction, withScene } from './launcher.ts'
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

/** Milliseconds from the start of a bare Node to its request at the server. */
async function floor(bell: Bell): Promise<number> {
  const rung = bell.rings()
  const began = performance.now()
  const child = spawn(process.execPath, ['-e', `require('node:http').get(${JSON.stringify(bell.url)})`])
  const at = await rung
  child.kill('SIGKILL')
  await once(child, 'close')
  return at - began
}

/** Milliseconds from the start of the action's main step to its first request at EC2, which is never answered. */
function firstRequest(bell: Bell, dist: string): Promise<number> {
  return withScene({ boots: false }, ({ variables, inputs }) =>
    withAction({ dist, inputs, env: { ...variables, AWS_ENDPOINT_URL_EC2: bell.url } }, async (action) => {
      const rung = bell.rings()
      const began = performance.now()
      const main = action.main()
      const at = await rung
      action.child()?.kill('SIGKILL')
      await main
      return at - began
    }),
  )
}

/** Both in turn, so that what the computer does besides falls on both. */
export async function measureStartup(times: number, dist: string): Promise<readonly Row[]> {
  const bell = await hangBell()
  const floors: number[] = []
  const firsts: number[] = []
  for (let time = 0; time <= times; time++) {
    const [bare, ours] = [await floor(bell), await firstRequest(bell, dist)]
    // The first pair warms the disk's cache.
    if (time === 0) continue
    floors.push(bare / 1000)
    firsts.push(ours / 1000)
  }
  bell.close()
  const how = `median of ${times}, in turn with the floor`
  return [
    {
      quantity: 'floor: bare Node and one HTTP request',
      value: median(floors),
      unit: 's',
      how,
      samples: floors,
    },
    {
      quantity: 'first request to EC2, over the floor',
      value: median(firsts) - median(floors),
      unit: 's',
      budget: 0.15,
      how: `${median(firsts).toFixed(3)} s from the start, ${how}`,
      samples: firsts,
    },
  ]
}
