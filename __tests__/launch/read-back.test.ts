import { beforeEach, describe, expect, it } from '@jest/globals'
import { Failure } from '../../src/model/failure.ts'
import type { Instance } from '../../src/model/instance.ts'
import type { Lease } from '../../src/model/lease.ts'
import type { Ports } from '../../src/ports.ts'
import { finish } from '../../src/removal/finish.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { RecordingHost, World } from '../emulators/ports.ts'

const lease: Lease = {
  identity: 'abcdefghijklmnopqrst',
  run: 'tsrqponmlkjihgfedcba',
  scope: 'smithy.example/team/repo',
  owner: 'someone',
  name: 'cml-abcdefghijklmnopqrst',
  dueAt: 1_790_000_600,
  nonce: 'a1b2c3',
  expiresAt: 1_790_400_000,
}

let world: World
let host: RecordingHost
let ports: Ports

beforeEach(() => {
  const clock = new FakeClock()
  world = new World(clock)
  world.conceals = true
  host = new RecordingHost()
  ports = { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal }
})

const post = (hearsay: readonly Instance[], handedOver = true): Promise<void> =>
  finish(
    {
      identity: lease.identity,
      run: lease.run,
      runnerName: lease.name,
      places: ports.clouds.placesOf([]),
      hearsay,
    },
    { known: true, creating: true, handedOver, lives: 'for an hour.' },
    ports,
  )

describe('what only the boot needed, at the end of the job', () => {
  it('is looked for once more on the machine that was handed over, and told where it stays readable', async () => {
    const machine = world.addMachine({ lease })
    await post([machine])
    expect(world.calls(`cloud.conceal ${machine.id}`)).toBe(1)
    expect(host.lines.join('\n')).not.toContain('warning')
    world.readable = 'Jobs can still read the name.'
    await post([machine])
    expect(host.lines).toContain('warning: Jobs can still read the name.')
  })

  it('is nothing to look for on a machine that is another launch’s, or gone, whatever the state file says', async () => {
    const other = world.addMachine({ lease: { ...lease, scope: 'smithy.example/team/another' } })
    await post([other])
    await post([{ ...other, id: 'i-nobody' }])
    expect(world.calls('cloud.conceal')).toBe(0)
  })

  it('is nothing to look for where the cloud cannot take it away', async () => {
    world.conceals = false
    ports = { ...ports, clouds: world.clouds }
    const machine = world.addMachine({ lease })
    await post([machine])
    expect(world.calls('cloud.conceal') + world.calls('cloud.look')).toBe(0)
  })

  it('keeps nobody from tidying up where the machine cannot be looked at', async () => {
    const machine = world.addMachine({ lease })
    world.failing.on = (call) =>
      call === 'cloud.look' ? new Failure('permission-denied', { tried: 'look' }) : undefined
    await post([machine])
    expect(host.lines).toContain('Could not look.')
    expect(world.calls('cloud.list')).toBeGreaterThan(0)
  })
})
