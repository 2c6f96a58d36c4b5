import { beforeEach, describe, expect, it } from '@jest/globals'
import { Crowd } from '../../src/launch/crowd.ts'
import { Failure, type FailureKind } from '../../src/model/failure.ts'
import type { Owned } from '../../src/model/ownership.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { placesIn, RecordingHost, World } from '../emulators/ports.ts'

const scope = 'smithy.example/team/repo'
const run = 'r'.repeat(20)
const places = placesIn('north-1')

const leaseOf = (index: number) => ({
  identity: `abcdefghijklmnopqrs${'abcdefghijklmnopqrstuvwxyz'[index]}`,
  run,
  scope,
  owner: 'someone',
  name: `machine-${index}`,
  dueAt: 1_790_000_600,
  nonce: `nonce${index}`,
  expiresAt: 1_790_400_000,
})

let world: World
let crowd: Crowd
let own: Owned
const { signal } = new AbortController()

const machine = (index: number, launchedAt: number): Owned => ({
  cloud: 'nimbus',
  id: `m-${index}`,
  region: 'north-1',
  type: 'small',
  market: 'on-demand',
  state: 'running',
  launchedAt,
  lease: leaseOf(index),
})

function refuse(kind: FailureKind): void {
  world.failing.on = (call) =>
    call.startsWith('cloud.list ') ? new Failure(kind, { tried: 'list', said: 'not now' }) : undefined
}

beforeEach(() => {
  const clock = new FakeClock()
  world = new World(clock)
  const host = new RecordingHost()
  const ports = { clouds: world.clouds, forge: world.forge, host, clock, signal }
  own = machine(0, 1_790_000_000)
  crowd = new Crowd({ lease: own.lease, places }, ports)
  for (const one of [own, machine(1, 1_790_000_030), machine(2, 1_789_999_000)])
    world.instances.set(one.id, { ...one, createdAt: 0 })
})

describe('a crowd', () => {
  it('is who waits at about the same time', async () => {
    expect(crowd.size).toBe(1)
    expect((await crowd.count(own, signal))?.id).toBe(own.id)
    expect(crowd.size).toBe(2)
  })

  it.each([
    ['unavailable', [2, 2, 2]],
    ['rate-limited', [4, 8, 16]],
  ] as const)('whose count is %s is thought to be %j', async (kind, sizes) => {
    await crowd.count(own, signal)
    refuse(kind)
    const seen: number[] = []
    for (const _ of sizes) {
      expect(await crowd.count(own, signal)).toBeUndefined()
      seen.push(crowd.size)
    }
    expect(seen).toEqual(sizes)
    for (let more = 0; more < 5; more++) await crowd.count(own, signal)
    expect(crowd.size).toBeLessThanOrEqual(100)
  })
})
