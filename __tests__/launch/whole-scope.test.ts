import { beforeEach, describe, expect, it } from '@jest/globals'
import { list } from '../../src/removal/list.ts'
import type { Ports } from '../../src/ports.ts'
import { Stopping } from '../../src/removal/stopping.ts'
import type { StopWish } from '../../src/removal/stop-targets.ts'
import { sweep } from '../../src/removal/sweep.ts'
import { renderMilestone } from '../../src/machine/agent-config.ts'
import { Failure } from '../../src/model/failure.ts'
import type { Instance } from '../../src/model/instance.ts'
import type { Lease } from '../../src/model/lease.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel, type Runner } from '../../src/model/runner.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { RecordingHost, World, placesIn } from '../emulators/ports.ts'

const start = 1_790_000_000
const run = 'r'.repeat(20)
const otherRun = 's'.repeat(20)
const places = placesIn('north-1', 'south-1')

let clock: FakeClock
let world: World
let host: RecordingHost
let ports: Ports

beforeEach(() => {
  clock = new FakeClock(start * 1000)
  world = new World(clock)
  host = new RecordingHost()
  ports = { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal }
})

/** A launch of ten minutes ago, whose runner was due just now, and which may live for a day. */
const leaseOf = (letter: string, change: Partial<Lease> = {}): Lease => ({
  identity: letter.repeat(20),
  run,
  scope: 'smithy.example/team/repo',
  owner: 'someone',
  name: `runner-${letter}`,
  dueAt: start,
  nonce: 'a1b2c3',
  expiresAt: start + 86_400,
  ...change,
})

const addMachine = (lease: Lease, change: Partial<Instance> = {}): Instance =>
  world.addMachine({ lease, launchedAt: lease.dueAt - 600, ...change })

const addRunner = (lease: Lease, change: Partial<Runner> = {}, region = 'north-1'): Runner =>
  world.addRunner({
    name: lease.name,
    labels: [
      ...['cml', uniqueLabel(lease.identity), placeLabel('nimbus', region)],
      ...[accountLabel('ours'), runLabel(lease)],
    ],
    ...change,
  })

/** Machine and runner of one launch. */
const addLaunch = (lease: Lease, region = 'north-1', runner: Partial<Runner> = {}): Instance => {
  addRunner(lease, runner, region)
  return addMachine(lease, { region })
}

const living = (): string[] =>
  [...world.instances.values()]
    .filter(({ state }) => state === 'running')
    .flatMap(({ lease }) => lease?.name ?? [])
    .toSorted()

const registered = (): string[] => [...world.runners.values()].map(({ name }) => name).toSorted()

const both = () => ({ machines: living(), registrations: registered() })
const nothing = { machines: [], registrations: [] }

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

const denied = (what: string) => new Failure('permission-denied', { tried: what, code: 'Denied' })

describe('stop', () => {
  const stopping = (wish: Partial<StopWish> = { run }) =>
    new Stopping({ instanceIds: [], ...wish }, places, ports)
  const stop = (wish?: Partial<StopWish>) => stopping(wish).run()

  it('ends every launch of the run in every region, busy or not, and nothing of another run', async () => {
    addLaunch(leaseOf('a'))
    addLaunch(leaseOf('b'), 'south-1', { busy: false, online: false })
    addLaunch(leaseOf('c', { run: otherRun }))
    const stopped = await stop()
    expect(both()).toEqual({ machines: ['runner-c'], registrations: ['runner-c'] })
    expect(stopped).toMatchObject({
      launches: ['a'.repeat(20), 'b'.repeat(20)],
      runners: ['runner-a', 'runner-b'],
      busyRunners: [],
    })
    expect(stopped.instances).toHaveLength(2)
  })

  it('is done when there is nothing, and again when it is repeated', async () => {
    expect(await stop()).toMatchObject({ launches: [], instances: [], runners: [] })
    addLaunch(leaseOf('a'))
    await stop()
    expect(await stop()).toMatchObject({ launches: [], instances: [], runners: [] })
    expect(both()).toEqual(nothing)
  })

  it('leaves a machine of another scope although it carries the tag of this run', async () => {
    addMachine(leaseOf('a', { scope: 'smithy.example/team/other' }))
    expect((await stop()).instances).toEqual([])
    expect(living()).toEqual(['runner-a'])
  })

  it('asks the forge at most 32 times in a scope of 3,000 registrations of others', async () => {
    for (let index = 0; index < 3_000; index++) world.addRunner({ name: `other-${index}`, labels: ['gpu'] })
    addLaunch(leaseOf('a'))
    const stopped = await stop()
    expect(stopped.runners).toEqual(['runner-a'])
    expect(living()).toEqual([])
    expect(world.runners.size).toBe(3_000)
    expect(world.calls('forge.')).toBeLessThanOrEqual(32)
  })

  it('ends half of a launch: a machine without a registration, a registration without a machine', async () => {
    addMachine(leaseOf('a'))
    addRunner(leaseOf('b'), { online: false, connected: false })
    const { instances, runners } = await stop()
    expect([instances.length, runners]).toEqual([1, ['runner-b']])
    expect(both()).toEqual(nothing)
  })

  it('finds what listings do not show yet', async () => {
    addMachine(leaseOf('a'))
    world.lag = 2
    expect((await stop()).instances).toHaveLength(1)
  })

  it('ends a machine that its launch makes in another region while the first one is taken away', async () => {
    const lease = leaseOf('a')
    addMachine(lease)
    world.failing.on = (call) => {
      if (call.startsWith('cloud.destroy') && world.instances.size === 1)
        addMachine(lease, { region: 'south-1' })
      return undefined
    }
    expect((await stop()).instances).toHaveLength(2)
    expect(living()).toEqual([])
  })

  it('ends machines of one launch in several regions', async () => {
    const lease = leaseOf('a')
    addLaunch(lease)
    addMachine(lease, { region: 'south-1' })
    const { instances, launches } = await stop()
    expect([instances.length, launches.length]).toEqual([2, 1])
    expect(both()).toEqual(nothing)
  })

  it('goes after a registration of the run to the region that its label names', async () => {
    const lease = leaseOf('a')
    addLaunch(lease, 'south-1')
    await new Stopping({ run, instanceIds: [] }, placesIn('north-1'), ports).run()
    expect(both()).toEqual(nothing)
  })

  it('leaves the registration of a machine on another cloud, which it cannot end', async () => {
    const lease = leaseOf('a')
    addRunner(lease, { labels: [uniqueLabel(lease.identity), placeLabel('cumulus', 'x'), runLabel(lease)] })
    await stop()
    expect(registered()).toEqual(['runner-a'])
  })

  it('ends only the launch of that name when one is given: of the run, or of the scope', async () => {
    for (const letter of 'ab') addLaunch(leaseOf(letter))
    addLaunch(leaseOf('c', { run: otherRun }))
    await stop({ run, name: 'runner-a' })
    expect(living()).toEqual(['runner-b', 'runner-c'])
    await stop({ run, name: 'runner-c' })
    expect(living()).toEqual(['runner-b', 'runner-c'])
    await stop({ name: 'runner-c' })
    expect(both()).toEqual({ machines: ['runner-b'], registrations: ['runner-b'] })
  })

  it('takes away a lone registration of that name, unless it is not ours', async () => {
    addRunner(leaseOf('a'), { online: false })
    world.addRunner({ name: 'runner-z', online: false, labels: ['cml-at-nimbus-north-1'] })
    for (const name of ['runner-a', 'runner-z']) await stop({ name })
    expect(registered()).toEqual(['runner-z'])
  })

  it('ends the launch of a machine by its id, with what else is of that launch, and tells which id is not there', async () => {
    const { id } = addLaunch(leaseOf('a'))
    addMachine(leaseOf('a'), { region: 'south-1' })
    addLaunch(leaseOf('b'))
    const foreign = addMachine(leaseOf('c', { scope: 'smithy.example/team/other' }))
    const { unknownIds } = await stop({ instanceIds: [id, 'i-nobody', foreign.id] })
    expect(unknownIds).toEqual(['i-nobody', foreign.id])
    expect(both()).toEqual({ machines: ['runner-b', 'runner-c'], registrations: ['runner-b'] })
  })

  it('takes away the registration of a machine that ends already, by its id', async () => {
    const lease = leaseOf('a')
    addRunner(lease, { online: false })
    const { id } = addMachine(lease, { state: 'ending' })
    const { unknownIds, runners } = await stop({ instanceIds: [id] })
    expect([unknownIds, runners]).toEqual([[], ['runner-a']])
  })

  it('ends a busy machine, names the registration that the forge keeps, and succeeds', async () => {
    addLaunch(leaseOf('a'), 'north-1', { busy: true })
    const { instances, busyRunners } = await stop()
    expect([instances.length, busyRunners]).toEqual([1, ['runner-a']])
    expect(living()).toEqual([])
  })

  it('goes on with the rest when one machine cannot be ended, and tells the command that ends it', async () => {
    const stuck = addLaunch(leaseOf('a'))
    addLaunch(leaseOf('b'))
    world.failing.on = (call) =>
      call === `cloud.destroy ${stuck.id}` ? denied(`end ${stuck.id}`) : undefined
    const { message } = await failureOf(stop())
    expect(message).toContain(`nimbus rm ${stuck.id}`)
    expect(both()).toEqual({ machines: ['runner-a'], registrations: [] })
  })

  it('ends what it finds while a region cannot be read, and fails with the name of that region', async () => {
    addLaunch(leaseOf('a'))
    world.failing.on = (call) => (call.endsWith('south-1') ? denied('list in south-1') : undefined)
    expect((await failureOf(stop())).message).toMatch(/1 could not be read: south-1[\s\S]*Denied/)
    expect(both()).toEqual(nothing)
  })

  it('takes a region that could be read at last for readable', async () => {
    let refusals = 2
    world.failing.on = (call) =>
      call.endsWith('south-1') && refusals-- > 0 ? denied('list in south-1') : undefined
    await expect(stop()).resolves.toMatchObject({ launches: [] })
  })

  it('ends machines while the forge is down, and fails with what it could not ask', async () => {
    addLaunch(leaseOf('a'))
    world.failing.on = (call) =>
      call.startsWith('forge.') ? new Failure('unavailable', { tried: 'ask Smithy', code: '502' }) : undefined
    expect((await failureOf(stop())).message).toContain('ask Smithy')
    expect(living()).toEqual([])
  })

  it('fails when the forge could not be asked, also when no machine is there', async () => {
    addRunner(leaseOf('a'))
    world.failing.on = (call) =>
      call === 'forge.page' ? new Failure('unavailable', { tried: 'ask Smithy', code: '502' }) : undefined
    expect((await failureOf(stop())).message).toContain('ask Smithy')
  })

  it('told to end, it says what it has not confirmed yet and how to remove it', async () => {
    const { id } = addLaunch(leaseOf('a'))
    const over = new AbortController()
    world.failing.on = (call) => {
      if (call.startsWith('cloud.destroy')) over.abort(new Failure('cancelled', { tried: 'go on' }))
      return undefined
    }
    const work = stopping()
    expect(work.unconfirmed().join()).toContain('Nothing was looked at yet')
    const { kind, message } = await failureOf(work.run(over.signal))
    expect(kind).toBe('cancelled')
    expect(message).toMatch(new RegExp(`nimbus rm ${id}[\\s\\S]*runner-a`))
    expect(work.unconfirmed()).toHaveLength(2)
  })

  it('has nothing unconfirmed once it is done', async () => {
    addLaunch(leaseOf('a'))
    const work = stopping()
    await work.run()
    expect(work.unconfirmed()).toEqual([])
  })

  it('gives up on what comes back again and again', async () => {
    const lease = leaseOf('a')
    addMachine(lease)
    const here = world
    world.failing.on = (call) => {
      if (call.startsWith('cloud.destroy')) clock.at(6_000, () => void here.addMachine({ lease }))
      return undefined
    }
    expect((await failureOf(stop())).message).toMatch(/came back again[\s\S]*nimbus rm/)
  })
})

describe('sweep', () => {
  const run = (dryRun = false) => sweep(places, { dryRun }, ports)
  const hours = (count: number) => clock.sleep(count * 3_600_000)

  describe('of what is left where no machine works any more', () => {
    const byPerson = { kind: 'cancelled', code: 'stopped', text: 'somebody stopped it' } as const

    it('takes it once its launch must be over, whatever its registration says, and lists it until then', async () => {
      const lease = leaseOf('a')
      addMachine(lease, { state: 'remnant' })
      addRunner(lease, { online: false })
      expect((await list(places, ports)).launches).toMatchObject([{ name: lease.name, state: 'stopped' }])
      expect((await run()).machines).toEqual([])
      await clock.sleep(601_000)
      expect((await run()).machines).toMatchObject([{ verdict: 'left over' }])
      expect([...world.instances.values()].map(({ state }) => state)).toEqual(['gone'])
    })

    it('leaves what a person has stopped until it has expired', async () => {
      addMachine(leaseOf('a'), { state: 'remnant', ended: byPerson })
      await hours(23)
      expect((await run()).machines).toEqual([])
      await hours(2)
      expect((await run()).machines).toMatchObject([{ verdict: 'expired' }])
    })

    it('needs two looks that agree', async () => {
      const machine = addMachine(leaseOf('a'), { state: 'remnant' })
      await clock.sleep(601_000)
      clock.at(
        2_000,
        () => void world.instances.set(machine.id, { ...machine, createdAt: 0, state: 'running' }),
      )
      addRunner(leaseOf('a'))
      expect((await run()).machines).toEqual([])
    })

    it('takes it at once for its own run', async () => {
      addMachine(leaseOf('a'), { state: 'remnant', ended: byPerson })
      await new Stopping({ run: leaseOf('a').run, instanceIds: [] }, places, ports).run()
      expect([...world.instances.values()].map(({ state }) => state)).toEqual(['gone'])
    })
  })

  it('ends what has expired, busy or not, with its registration', async () => {
    addLaunch(leaseOf('a', { expiresAt: start - 1 }))
    addLaunch(leaseOf('b', { expiresAt: start - 1 }), 'south-1')
    addLaunch(leaseOf('c'))
    const { machines, problems } = await run()
    expect(machines.map(({ machine, verdict }) => [machine.lease?.name, verdict])).toEqual([
      ['runner-a', 'expired'],
      ['runner-b', 'expired'],
    ])
    expect(problems).toEqual([])
    expect(both()).toEqual({ machines: ['runner-c'], registrations: ['runner-c'] })
  })

  it('ends what never came online, ten minutes after it was due and not before', async () => {
    addMachine(leaseOf('a', { dueAt: start - 590 }))
    addMachine(leaseOf('b', { dueAt: start - 610 }))
    const { machines } = await run()
    expect(machines.map(({ machine, verdict }) => [machine.lease?.name, verdict])).toEqual([
      ['runner-b', 'never online'],
    ])
    expect(living()).toEqual(['runner-a'])
  })

  const old = { dueAt: start - 7200 }

  it.each([
    ['online', {}],
    ['offline', { online: false }],
    ['busy and offline', { online: false, busy: true }],
    ['never connected, it says', { online: false, connected: false }],
  ])('leaves an old machine whose registration is there, whatever the forge says: %s', async (_, flags) => {
    addLaunch(leaseOf('a', old), 'north-1', flags)
    expect((await run()).machines).toEqual([])
    expect(world.calls('cloud.console') + world.calls('forge.findRunner')).toBe(0)
    expect(both()).toEqual({ machines: ['runner-a'], registrations: ['runner-a'] })
  })

  it.each([
    [
      'of another scope',
      { lease: leaseOf('a', { ...old, scope: 'smithy.example/team/other', expiresAt: 1 }) },
    ],
    ['of somebody else', {}],
    ['that ends already', { lease: leaseOf('a', { ...old, expiresAt: 1 }), state: 'ending' as const }],
    ['that was launched a moment ago', { lease: leaseOf('a', old), launchedAt: start - 60 }],
  ])('leaves a machine %s', async (_, machine) => {
    const { id, state } = world.addMachine({ launchedAt: start - 7800, ...machine })
    expect((await run()).machines).toEqual([])
    expect(world.instances.get(id)?.state).toBe(state)
    expect(world.calls('cloud.destroy')).toBe(0)
  })

  it('leaves a machine without a registration whose console shows that it had one', async () => {
    addMachine(leaseOf('a', old), { createdAt: 0 } as Partial<Instance>)
    world.script = { console: [{ at: 0, line: renderMilestone(start - 7000, 'job-started') }] }
    expect((await run()).machines).toEqual([])
    world.script = { console: [{ at: 0, line: renderMilestone(start - 7000, 'timers') }] }
    expect((await run()).machines).toHaveLength(1)
  })

  it('leaves a machine whose registration a listing has lost, and the forge knows by name', async () => {
    const lease = leaseOf('a', old)
    addLaunch(lease)
    async function* empty() {
      yield []
    }
    ports = { ...ports, forge: { ...world.forge, listRunners: empty } }
    expect((await run()).machines).toEqual([])
  })

  it('leaves a machine whose registration comes between the two looks', async () => {
    const lease = leaseOf('a', old)
    addMachine(lease)
    clock.at(1_000, () => void addRunner(lease))
    expect((await run()).machines).toEqual([])
  })

  it('ends no machine for want of a registration while the forge cannot be read, and says so', async () => {
    addMachine(leaseOf('a', old))
    addMachine(leaseOf('b', { expiresAt: start - 1 }))
    world.failing.on = (call) =>
      call === 'forge.page' || call === 'forge.findRunner'
        ? new Failure('unavailable', { tried: 'ask' })
        : undefined
    // Only a runner makes a page.
    world.addRunner({ name: 'x' })
    const { problems } = await run()
    expect(living()).toEqual(['runner-a'])
    expect(problems).toContainEqual(expect.any(Failure))
  })

  it('ends an expired machine of a launch whose other machine lives, and leaves that one its registration', async () => {
    const lease = leaseOf('a', { expiresAt: start - 1 })
    addMachine(lease)
    addLaunch(leaseOf('a', { dueAt: start + 60, expiresAt: start + 86_400 }))
    expect((await run()).machines).toHaveLength(1)
    expect(both()).toEqual({ machines: ['runner-a'], registrations: ['runner-a'] })
  })

  it('takes away thousands of registrations whose machine is gone, and spares the others', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz234567']
    for (let index = 0; index < 3_000; index++) {
      const identity = `${letters[index % 32]}${letters[(index >> 5) % 32]}${letters[index >> 10]}`.padEnd(
        20,
        'z',
      )
      addRunner({ ...leaseOf('a'), identity, name: `dead-${index}` }, { online: false })
    }
    addLaunch(leaseOf('a', old), 'north-1', { online: false })
    addRunner(leaseOf('b'), { online: true })
    addRunner(leaseOf('c'), { online: false, busy: true })
    addRunner(leaseOf('d', { dueAt: start + 60 }), { online: false, connected: false })
    addRunner(leaseOf('e'), { online: false }, 'elsewhere-1')
    world.addRunner({ name: 'foreign', online: false, labels: ['cml-at-nimbus-north-1'] })
    const { corpses, problems, busyRunners } = await run()
    expect([corpses.length, problems, busyRunners]).toEqual([3_000, [], []])
    expect(registered()).toEqual(['foreign', 'runner-a', 'runner-b', 'runner-c', 'runner-d', 'runner-e'])
  })

  it('leaves a registration of which the forge does not tell whether it connected, as long as its machine may come', async () => {
    const lease = leaseOf('a', { dueAt: start - 500 })
    const { connected, ...runner } = addRunner(lease, { online: false })
    expect(connected).toBe(true)
    world.runners.set(runner.id, runner)
    expect((await run()).corpses).toEqual([])
    await hours(1)
    expect((await run()).corpses).toHaveLength(1)
  })

  it('leaves registrations whose region cannot be read, does the rest, and says so', async () => {
    addRunner(leaseOf('a'), { online: false }, 'south-1')
    addRunner(leaseOf('b'), { online: false })
    addLaunch(leaseOf('c', { expiresAt: start - 1 }))
    world.failing.on = (call) => (call.endsWith('south-1') ? denied('list in south-1') : undefined)
    const { problems, corpses, machines } = await run()
    expect([corpses.length, machines.length]).toEqual([1, 1])
    expect((problems[0] as Failure).message).toContain('1 could not be read: south-1')
    expect(registered()).toEqual(['runner-a'])
  })

  it('only tells what it would do in a dry run', async () => {
    addLaunch(leaseOf('a', { expiresAt: start - 1 }))
    addMachine(leaseOf('b', old))
    addRunner(leaseOf('c'), { online: false })
    const before = both()
    const { machines, corpses } = await run(true)
    expect([machines.length, corpses.length]).toEqual([2, 1])
    expect(both()).toEqual(before)
    expect(world.calls('cloud.destroy') + world.calls('forge.unregister')).toBe(0)
  })

  it('tells a machine that it could not end with the command that ends it, and ends the others', async () => {
    const stuck = addLaunch(leaseOf('a', { expiresAt: start - 1 }))
    addLaunch(leaseOf('b', { expiresAt: start - 1 }))
    world.failing.on = (call) => (call === `cloud.destroy ${stuck.id}` ? denied('end it') : undefined)
    const { problems, machines } = await run()
    expect((problems[0] as Failure).message).toContain(`nimbus rm ${stuck.id}`)
    expect(machines.map(({ machine }) => machine.lease?.name)).toEqual(['runner-b'])
    expect(living()).toEqual(['runner-a'])
  })

  it('does not knock thousands of times where it is refused', async () => {
    for (let index = 0; index < 200; index++)
      addRunner({ ...leaseOf('a'), name: `dead-${index}` }, { online: false })
    world.failing.on = (call) => (call.startsWith('forge.unregister') ? denied('remove') : undefined)
    expect((await run()).problems.length).toBeGreaterThan(0)
    expect(world.calls('forge.unregister')).toBeLessThan(10)
  })

  it('names a registration that the forge keeps', async () => {
    const corpse = addRunner(leaseOf('a'), { online: false })
    world.failing.on = (call) => {
      if (call.startsWith('forge.unregister')) world.runners.set(corpse.id, { ...corpse, busy: true })
      return undefined
    }
    expect(await run()).toMatchObject({ busyRunners: ['runner-a'], corpses: [], problems: [] })
  })

  it('does nothing about what the second look shows otherwise: a machine that has ended, a runner that was away', async () => {
    const { id } = addMachine(leaseOf('a', old))
    const runner = addRunner(leaseOf('b'))
    clock.at(1_000, () => {
      world.instances.set(id, { ...world.instances.get(id)!, state: 'gone' })
      world.runners.set(runner.id, { ...runner, online: false })
    })
    expect(await run()).toMatchObject({ machines: [], corpses: [] })
    expect(registered()).toEqual(['runner-b'])
  })

  it('tells nothing else when it is stopped while it ends a machine', async () => {
    addLaunch(leaseOf('a', { expiresAt: start - 1 }))
    const reason = new Failure('cancelled', { tried: 'finish' })
    world.failing.on = (call) => {
      if (!call.startsWith('cloud.destroy')) return undefined
      host.cancel.abort(reason)
      return denied('end it')
    }
    await expect(run()).rejects.toBe(reason)
  })

  it('stops at once when it is told to', async () => {
    for (const letter of 'abc') addLaunch(leaseOf(letter, { expiresAt: start - 1 }))
    const reason = new Failure('cancelled', { tried: 'finish' })
    clock.at(1_000, () => host.cancel.abort(reason))
    await expect(run()).rejects.toBe(reason)
    expect(living()).toHaveLength(3)
  })

  describe('at a forge that calls a runner online for long after its machine has vanished', () => {
    const slow = (): Ports => ({ ...ports, forge: { ...world.forge, noticesLoss: false } })

    it('ends one whose registration was made in advance and never used, unless its console shows life', async () => {
      const unused = { online: false, connected: false }
      addLaunch(leaseOf('a', { dueAt: start - 590 }), 'north-1', unused)
      expect((await sweep(places, { dryRun: false }, slow())).machines).toEqual([])
      addLaunch(leaseOf('b', old), 'north-1', unused)
      world.script = { console: [{ at: 0, line: renderMilestone(start - 7000, 'registered') }] }
      expect((await sweep(places, { dryRun: false }, slow())).machines).toEqual([])
      world.script = { console: [{ at: 0, line: renderMilestone(start - 7000, 'fetching') }] }
      const { machines, problems } = await sweep(places, { dryRun: false }, slow())
      expect(machines.map(({ machine, verdict }) => [machine.lease?.name, verdict])).toEqual([
        ['runner-b', 'never online'],
      ])
      expect(problems).toEqual([])
      expect(both()).toEqual({ machines: ['runner-a'], registrations: ['runner-a'] })
    })

    it('takes one that is online away only when its machine is known to have ended in this account', async () => {
      addRunner(leaseOf('a'), { online: true })
      addRunner(leaseOf('b'), { online: true })
      addRunner(leaseOf('c'), { online: false })
      addMachine(leaseOf('b'), { state: 'gone' })
      const { corpses } = await sweep(places, { dryRun: false }, slow())
      expect(corpses.map(({ name }) => name)).toEqual(['runner-b', 'runner-c'])
      expect(registered()).toEqual(['runner-a'])
    })

    it('leaves one that is online and tells why, when the cloud cannot say what has ended', async () => {
      addRunner(leaseOf('b'), { online: true })
      addRunner(leaseOf('c'), { online: false })
      addMachine(leaseOf('b'), { state: 'gone' })
      world.failing.on = (call) =>
        call.startsWith('cloud.listEnded') ? denied('list what has ended') : undefined
      const { problems } = await sweep(places, { dryRun: false }, slow())
      expect(problems).toHaveLength(1)
      expect(registered()).toEqual(['runner-b'])
    })
  })
})

describe('list', () => {
  const states = async () =>
    Object.fromEntries((await list(places, ports)).launches.map(({ name, state }) => [name, state]))

  it('tells of each launch what its machine and its registration say', async () => {
    addLaunch(leaseOf('a'))
    addLaunch(leaseOf('b'), 'south-1', { busy: true })
    addLaunch(leaseOf('c'), 'north-1', { online: false })
    addMachine(leaseOf('d'))
    addMachine(leaseOf('e'), { state: 'ending' })
    addMachine(leaseOf('f', { dueAt: start - 3600 }))
    addMachine(leaseOf('g'), { ended: { kind: 'cancelled', code: 'Off', text: 'switched off' } })
    addRunner(leaseOf('h'), { online: false })
    addRunner(leaseOf('i', { dueAt: start + 60 }), { online: false, connected: false })
    addMachine(leaseOf('j', { scope: 'smithy.example/team/other' }))
    addRunner(leaseOf('k'), { online: false }, 'elsewhere-1')
    expect(await states()).toEqual({
      'runner-a': 'idle',
      'runner-b': 'busy',
      'runner-c': 'offline',
      'runner-d': 'starting',
      'runner-e': 'ending',
      'runner-f': 'silent',
      'runner-g': 'stopped',
      'runner-h': 'gone',
      'runner-i': 'starting',
    })
  })

  it('tells where, what, whose, since when and until when', async () => {
    addMachine(leaseOf('a'), { zone: 'north-1b', market: 'spot' })
    expect((await list(places, ports)).launches).toEqual([
      {
        name: 'runner-a',
        state: 'starting',
        cloud: 'nimbus',
        region: 'north-1b',
        type: 'small',
        market: 'spot',
        instanceId: 'i-1',
        ip: '10.0.0.1',
        owner: 'someone',
        age: 600,
        launched: new Date((start - 600) * 1000).toISOString(),
        expires: new Date((start + 86_400) * 1000).toISOString(),
        label: `cml-${'a'.repeat(20)}`,
        usdPerHour: 0.5,
        usdSoFar: 0.0833,
        machinePage: 'https://nimbus.example/i-1',
        runnerPage: '',
      },
    ])
  })

  it('has the oldest machine first, and takes the online one of two registrations', async () => {
    addMachine(leaseOf('a'))
    addRunner(leaseOf('a'))
    addRunner(leaseOf('a'), { online: false, name: 'earlier' })
    addMachine(leaseOf('b', { dueAt: start - 100 }))
    expect(Object.entries(await states())).toEqual([
      ['runner-b', 'starting'],
      ['runner-a', 'idle'],
    ])
  })

  it('tells what it could read, and what not: a region, the forge', async () => {
    addLaunch(leaseOf('a'))
    addRunner(leaseOf('b'), { online: false }, 'south-1')
    world.failing.on = (call) => (call.endsWith('south-1') ? denied('list in south-1') : undefined)
    const blind = await list(places, ports)
    expect(blind.launches.map(({ name }) => name)).toEqual(['runner-a'])
    expect(blind.problems.map(({ message }) => message).join()).toContain('south-1')
    world.failing.on = (call) =>
      call === 'forge.page' ? new Failure('unavailable', { tried: 'ask' }) : undefined
    const deaf = await list(places, ports)
    expect(deaf.launches).toMatchObject([{ name: 'runner-a', state: 'unknown' }])
    expect(deaf.problems).toHaveLength(1)
  })
})
