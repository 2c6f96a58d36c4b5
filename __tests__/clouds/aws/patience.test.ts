import { describe, expect, test } from '@jest/globals'
import { withEnd } from '../../../src/lib/deadline.ts'
import { documentedLimit } from '../../emulators/ec2/ec2.ts'
import { ask, lease, orderOf, startAwsWorld, type AwsWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld

inEachTest(startAwsWorld, (made) => (world = made))

describe('an EC2 that throttles', () => {
  test('gives sixty launches of one matrix their machines under its documented limit, none of them twice', async () => {
    const request = ask({})
    const { candidates } = await world.open().resolve(request)
    world.ec2.dials.limit = documentedLimit
    const end = world.clock.now() + 600_000
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const identity = `aaaaaaaaaaaaaaaaaa${String.fromCharCode(97 + Math.floor(index / 26))}${String.fromCharCode(97 + (index % 26))}`
        const order = orderOf(request, { lease: { ...lease, identity, name: `cml-${identity}` } })
        return world.open().create(candidates[0]!, order, withEnd(undefined, end))
      }),
    )
    expect(new Set(made.map(({ id }) => id)).size).toBe(60)
    expect(world.ec2.machines).toHaveLength(60)
    expect(world.ec2.calls('RunInstances').some(({ code }) => code === 'RequestLimitExceeded')).toBe(true)
    expect(world.clock.now()).toBeLessThan(end)
  })

  test.each(['throttle', '5xx', 'reset-before'] as const)(
    'is waited out as long as there is time (%s), and no longer',
    async (fault) => {
      const request = ask({})
      const cloud = world.open()
      const { candidates } = await cloud.resolve(request)
      const began = world.clock.now()
      world.clock.at(300_000, () => (world.ec2.fault = undefined))
      world.ec2.fault = () => fault
      await cloud.create(candidates[0]!, orderOf(request), withEnd(undefined, began + 600_000))
      expect(world.clock.now() - began).toBeGreaterThanOrEqual(300_000)
      world.ec2.fault = () => fault
      const end = world.clock.now() + 120_000
      const { unreadable } = await cloud.list({ run: lease.run }, ['us-east-1'], withEnd(undefined, end))
      const { failure } = unreadable[0]!
      expect(['rate-limited', 'unavailable']).toContain(failure.kind)
      expect(world.clock.now()).toBe(end)
    },
  )

  test('keeps nobody who is told to end', async () => {
    world.ec2.fault = () => 'throttle'
    const stop = new AbortController()
    world.clock.at(1_000, () => stop.abort(new Error('told to end')))
    const began = world.clock.now()
    const signal = withEnd(stop.signal, began + 600_000)
    await expect(world.open().list({ run: lease.run }, ['us-east-1'], signal)).rejects.toThrow('told to end')
    expect(world.clock.now() - began).toBeLessThan(9_000)
  })
})
