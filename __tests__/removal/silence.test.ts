import { expect, test } from '@jest/globals'
import type { Ports } from '../../src/ports.ts'
import { inTime, verbTimes } from '../../src/removal/time-limit.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { RecordingHost, World } from '../emulators/ports.ts'

/** A verb that waits for others, within a group and outside of any, and says nothing by itself. */
async function waitFor(clock: FakeClock, ports: Ports): Promise<void> {
  await clock.sleep(20_000)
  await ports.host.group('Looking', () => clock.sleep(50_000))
  await clock.sleep(40_000)
}

test.each(Object.keys(verbTimes) as (keyof typeof verbTimes)[])(
  'the log of %s is never silent for 15 s, and is left alone afterwards',
  async (verb) => {
    const clock = new FakeClock()
    const world = new World(clock)
    const host = new RecordingHost()
    const told = [clock.now()]
    const { log, group } = host
    const { info } = log
    log.info = (text) => (told.push(clock.now()), info(text))
    host.group = (title, body) => (told.push(clock.now()), group(title, body))
    const ports = { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal }
    // Of the shortest, what is over is over.
    const patient = { ...verbTimes[verb], patience: 300_000 }
    await inTime(ports, patient, (timed) => waitFor(clock, timed))
    const end = clock.now()
    await clock.sleep(60_000)
    const gaps = [...told, end].slice(1).map((at, index) => at - told[index]!)
    expect(Math.max(...gaps)).toBeLessThan(15_000)
    expect(told.filter((at) => at > end)).toEqual([])
    expect(host.lines).toContainEqual(expect.stringMatching(/^Still at it for \d+ s: Looking\.$/))
    expect(host.lines).toContainEqual(`Still at it for 14 s: ${patient.tried}.`)
  },
)
