import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { launchAndPrune } from '../../src/launch/launch-and-prune.ts'
import type { LaunchOrder } from '../../src/launch/order.ts'
import { uniqueLabel } from '../../src/model/runner.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { placesIn, RecordingHost, World } from '../emulators/ports.ts'
import { hostileText, seed } from './hostile.ts'

const identity = 'm'.repeat(20)

const order = {
  lease: {
    identity,
    run: 'r'.repeat(20),
    scope: 'smithy.example/team/repo',
    owner: 'someone',
    name: uniqueLabel(identity),
    dueAt: 1_790_000_600,
    nonce: 'a1b2c3',
    expiresAt: 1_790_400_000,
  },
  labels: ['tf'],
  reuse: 'online',
  launchTimeout: 600,
  request: { regions: ['north-1'] },
} as unknown as LaunchOrder

/** Whoever may register a runner chooses its name and its labels. */
test('whatever a runner is called that is used, it stays one line of the log, one row of the summary and one value', async () => {
  await fc.assert(
    fc.asyncProperty(hostileText, fc.array(hostileText, { maxLength: 4 }), async (name, labels) => {
      const clock = new FakeClock()
      const world = new World(clock)
      const host = new RecordingHost()
      world.addRunner({ name, labels: ['tf', ...labels] })
      const ports = { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal }
      await launchAndPrune(order, placesIn('north-1'), ports)
      expect(host.outputs).toMatchObject([{ reused: true, runnerName: name, runsOn: '["tf"]' }])
      expect(host.lines.filter((line) => /[\r\n\p{Cc}]/u.test(line))).toEqual([])
      expect(host.lines.filter((line) => line.startsWith('::'))).toEqual([])
      expect(host.summaries.join().split('\n')).toHaveLength(10)
      expect(world.journal.filter((call) => /create|register|destroy/.test(call))).toEqual([])
    }),
    { seed, numRuns: 200 },
  )
})
