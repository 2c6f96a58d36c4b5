import { Clouds } from '../../src/clouds/clouds.ts'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { finish } from '../../src/removal/finish.ts'
import { launch } from '../../src/launch/launch.ts'
import { list } from '../../src/removal/list.ts'
import type { LaunchOrder } from '../../src/launch/order.ts'
import type { Ports } from '../../src/ports.ts'
import type { RemovalTarget } from '../../src/removal/removal-target.ts'
import { prune } from '../../src/removal/prune.ts'
import { Stopping } from '../../src/removal/stopping.ts'
import type { StopWish } from '../../src/removal/stop-targets.ts'
import { sweep } from '../../src/removal/sweep.ts'
import { Failure } from '../../src/model/failure.ts'
import { sealOf, type Lease } from '../../src/model/lease.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel, type Runner } from '../../src/model/runner.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { RecordingHost, World, placesIn } from '../emulators/ports.ts'

/*
 * Everybody who launches in the same account can tag a machine as he likes, and whoever holds a registration token can register a runner with
 * any labels. `mine` is the launch that is asked for; `theirs` is somebody else's, and nothing here may harm it.
 */

const start = 1_790_000_000
const scope = 'smithy.example/team/repo'
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

const leaseOf = (letter: string, change: Partial<Lease> = {}): Lease => ({
  identity: letter.repeat(20),
  run: 'r'.repeat(20),
  scope,
  owner: 'someone',
  name: `runner-${letter}`,
  dueAt: start + 600,
  nonce: `${letter}0ne${letter}0`,
  expiresAt: start + 86_400,
  ...change,
})

const mine = leaseOf('m')
const theirs = leaseOf('t', { run: 's'.repeat(20) })
const foreign = leaseOf('f', { scope: 'smithy.example/victim/other' })

const labelsOf = (lease: Lease, region = 'north-1'): string[] => [
  'cml',
  uniqueLabel(lease.identity),
  placeLabel('nimbus', region),
  accountLabel('ours'),
  runLabel(lease),
]

const addRunner = (lease: Lease, change: Partial<Runner> = {}): Runner =>
  world.addRunner({ name: lease.name, labels: labelsOf(lease), ...change })

const orderOf = (change: Partial<LaunchOrder> = {}): LaunchOrder => ({
  lease: mine,
  labels: ['cml'],
  single: false,
  idleTimeout: 300,
  launchTimeout: 120,
  request: {
    regions: ['north-1'],
    types: ['small'],
    diskGb: 35,
    spot: false,
    spotPrice: -1,
    spotFallback: false,
    metadata: {},
    publicAddress: 'auto',
    ssh: false,
    lifetime: 432_000,
  },
  proxy: {},
  assets: new Map([
    ['nimbus', { agent: 'agent', bootstrap: '#!/bin/sh\n', fuses: '#!/bin/sh\n', packages: '#!/bin/sh\n' }],
  ]),
  ...change,
})

const stop = (wish: Partial<StopWish>) => new Stopping({ instanceIds: [], ...wish }, places, ports).run()
const stateOf = (id: string) => world.instances.get(id)?.state
const warnings = () => host.lines.filter((line) => line.startsWith('warning: Machine'))

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

describe('a registration that claims to be of a launch', () => {
  it.each([
    ['another scope', foreign],
    ['another run', theirs],
    ['another name of the same run', leaseOf('o')],
  ])('makes stop end no machine of %s', async (_, victim) => {
    const machine = world.addMachine({ lease: victim })
    addRunner({ ...mine, identity: victim.identity, name: 'train' }, { online: false })
    await stop({ run: mine.run, name: 'train' })
    await stop({ name: 'train' })
    expect(stateOf(machine.id)).toBe('running')
    // The forged registration itself is of the run that is stopped, and goes.
    expect(world.runners.size).toBe(0)
  })

  it('makes stop tell the machine of another scope that it leaves', async () => {
    const machine = world.addMachine({ lease: foreign })
    addRunner({ ...mine, identity: foreign.identity }, { online: false })
    await stop({ run: mine.run })
    expect(warnings()).toEqual([
      `warning: Machine ${machine.id} in north-1 is left alone: it belongs to smithy.example/victim/other.`,
    ])
  })

  it.each(['nowhere/x', 'nowhere', '', '1', 'north-1/../x', 'north-1 '])(
    'with the place %j is of no place: no stop and no launch asks there',
    async (place) => {
      world.failing.on = (call) =>
        call.startsWith('cloud.list') && !call.endsWith('north-1') && !call.endsWith('south-1')
          ? new Error(`Region not accepted: ${call}`)
          : undefined
      const labels = [uniqueLabel(theirs.identity), `cml-at-nimbus-${place}`, runLabel(mine)]
      world.addRunner({ name: mine.name, online: false, labels })
      expect(await stop({ run: mine.run })).toMatchObject({ launches: [] })
      expect((await launch(orderOf(), ports)).runnerName).toBe(mine.name)
    },
  )

  it('in a region that cannot be read does not keep stop from its end', async () => {
    world.failing.on = (call) =>
      call.endsWith('west-9') ? new Failure('unavailable', { tried: 'look in west-9' }) : undefined
    addRunner(mine, { online: false, labels: labelsOf(mine, 'west-9') })
    await stop({ run: mine.run })
    expect(world.runners.size).toBe(0)
    expect(clock.now() - start * 1000).toBeLessThan(60_000)
  })

  it('does not keep the name of a launch on a cloud that is not open here, save by an error', async () => {
    const runner = addRunner(mine, {
      online: false,
      labels: [uniqueLabel(theirs.identity), placeLabel('cumulus', 'x'), runLabel(theirs)],
    })
    expect((await failureOf(launch(orderOf(), ports))).kind).toBe('already-exists')
    expect(world.runners.has(runner.id)).toBe(true)
  })
})

describe('a machine that is tagged as the one of a launch', () => {
  it.each([
    ['another scope', { scope: 'smithy.example/evil/repo' }],
    ['the same scope in another spelling', { scope: 'smithy.example/Team/repo' }],
    ['another name', { name: 'mallory' }],
    ['another run', { run: 'z'.repeat(20) }],
  ])('and is of %s is not taken: a machine of its own is launched, and it is told', async (_, change) => {
    const machine = world.addMachine({ lease: { ...mine, ...change } })
    const outputs = await launch(orderOf(), ports)
    expect(outputs.instanceId).not.toBe(machine.id)
    expect(world.calls('cloud.create')).toBe(1)
    expect(stateOf(machine.id)).toBe('running')
    expect(warnings()).toHaveLength(1)
  })

  it('and whose runner has not its nonce is not handed over', async () => {
    world.addMachine({ lease: { ...mine, nonce: 'forged' } })
    addRunner({ ...mine, nonce: 'better' })
    expect((await failureOf(launch(orderOf(), ports))).kind).toBe('deadline-exceeded')
    expect([host.outputs, world.calls('cloud.create')]).toEqual([[], 0])
  })

  it.each(['expiresAt', 'dueAt', 'nonce', 'run', 'name'] as const)(
    'and whose tag of %s is damaged is never taken, never ended, and told',
    async (tag) => {
      const expired = leaseOf('m', { expiresAt: start - 60 })
      const machine = world.addTagged(expired, { [tag]: tag === 'name' ? '' : `${expired[tag]}.88` })
      const runner = addRunner(expired, { online: false })
      const target: RemovalTarget = { ...mine, runnerName: mine.name, places }
      await sweep(places, { dryRun: false }, ports)
      await prune(places, ports)
      await stop({ run: mine.run, name: 'another' })
      await finish(target, { handedOver: false, known: true, creating: true, lives: '' }, ports)
      expect(stateOf(machine.id)).toBe('running')
      expect(warnings()).toEqual([
        expect.stringMatching(
          new RegExp(`Machine ${machine.id} .*tags are damaged \\(cml-runner-.*nimbus rm ${machine.id}$`),
        ),
      ])
      world.runners.delete(runner.id)
      expect((await list(places, ports)).launches).toMatchObject([
        { instanceId: machine.id, state: 'unknown' },
      ])
      expect((await launch(orderOf(), ports)).instanceId).not.toBe(machine.id)
    },
  )

  it('keeps the registration that may be its own as long as it is there, damaged or not', async () => {
    const machine = world.addTagged(mine, { expiresAt: '1790004799.88' })
    addRunner(mine, { online: false })
    await sweep(places, { dryRun: false }, ports)
    expect([await prune(places, ports), world.runners.size]).toEqual([0, 1])
    world.instances.delete(machine.id)
    expect([await prune(places, ports), world.runners.size]).toEqual([1, 0])
  })

  it.each([
    ['another place', {}, 'south-1'],
    ['another try', { nonce: 'forged' }, 'north-1'],
  ])('and has expired takes no registration of %s with it', async (_, change, region) => {
    const forged = world.addMachine({ lease: { ...theirs, ...change, expiresAt: 1_000_000_001 } })
    addRunner(theirs, { labels: labelsOf(theirs, region) })
    await sweep(placesIn('north-1'), { dryRun: false }, ports)
    expect([stateOf(forged.id), world.runners.size]).toEqual(['gone', 1])
  })

  it('takes no registration of another run with it when stop ends it', async () => {
    world.addMachine({ lease: { ...theirs, run: mine.run } })
    const victim = world.addMachine({ lease: theirs })
    addRunner(theirs)
    await stop({ run: mine.run })
    expect([stateOf(victim.id), world.runners.size]).toEqual(['running', 1])
  })

  it('of the name that is stopped leads to no machine of another name', async () => {
    const forged = world.addMachine({ lease: { ...theirs, name: 'train' } })
    const victim = world.addMachine({ lease: theirs })
    addRunner(theirs)
    await stop({ name: 'train' })
    expect([stateOf(forged.id), stateOf(victim.id), world.runners.size]).toEqual(['gone', 'running', 1])
  })

  it('and has ended proves nothing about a registration of another try, where the forge notices no loss', async () => {
    const slow = { ...ports, forge: { ...world.forge, noticesLoss: false } }
    world.addMachine({ lease: { ...theirs, nonce: 'forged' }, state: 'gone' })
    addRunner({ ...theirs, dueAt: start - 7200 })
    expect([await prune(places, slow), world.runners.size]).toEqual([0, 1])
    expect((await sweep(places, { dryRun: false }, slow)).corpses).toEqual([])
  })
})

describe('a runner that is online under the name and the label of a launch', () => {
  const rogue = (labels: readonly string[]) =>
    clock.at(5_000, () => void world.addRunner({ name: mine.name, labels: ['self-hosted', ...labels] }))

  it('without the run label is not believed, and its machine is given up in time', async () => {
    world.script = {}
    rogue(labelsOf(mine).slice(0, -1))
    expect((await failureOf(launch(orderOf(), ports))).kind).toBe('deadline-exceeded')
    expect([host.outputs, world.runners.size]).toEqual([[], 1])
  })

  it('with what the tag of the machine tells is not believed', async () => {
    world.script = {}
    rogue(labelsOf({ ...mine, nonce: sealOf(mine.nonce) }))
    expect((await failureOf(launch(orderOf(), ports))).kind).toBe('deadline-exceeded')
    expect([host.outputs, world.runners.size]).toEqual([[], 1])
  })

  it.each([
    ['a guessed nonce', { nonce: 'guess1' }],
    ['another time', { dueAt: mine.dueAt + 1 }],
  ])('with %s is not believed', async (_, change) => {
    world.script = {}
    rogue(labelsOf({ ...mine, ...change }))
    expect((await failureOf(launch(orderOf(), ports))).kind).toBe('deadline-exceeded')
    expect([host.outputs, world.runners.size]).toEqual([[], 1])
    expect(host.lines.filter((line) => line.includes('somebody else has registered it'))).toHaveLength(1)
  })

  it('with a guessed nonce does not keep the launch from its own, which takes the name over', async () => {
    world.script = {}
    const forged = { name: mine.name, labels: labelsOf({ ...mine, nonce: 'guess1' }) }
    clock.at(5_000, () => void world.addRunner(forged))
    clock.at(40_000, () => {
      world.runners.clear()
      world.addRunner({ name: mine.name, labels: labelsOf(mine) })
    })
    expect((await launch(orderOf(), ports)).runnerName).toBe(mine.name)
  })

  it.each(['cml', placeLabel('nimbus', 'north-1')])(
    'without the label %s is not handed over',
    async (label) => {
      world.script = {}
      rogue(labelsOf(mine).filter((one) => one !== label))
      expect((await failureOf(launch(orderOf(), ports))).message).toContain('not all that was asked for')
      expect(host.outputs).toEqual([])
    },
  )

  it('cannot learn the run label from the log before the hand-over', async () => {
    world.script = { onlineAfter: 20_000 }
    let before: readonly string[] = []
    host.output = (outputs) => {
      before = [...host.lines]
      host.outputs.push(outputs)
    }
    await launch(orderOf(), ports)
    expect(before.length).toBeGreaterThan(0)
    expect(before.join('\n')).not.toContain(mine.nonce)
    expect(host.outputs[0]?.runnerLabels).toContain(runLabel(mine))
  })
})

describe('a registration of another account', () => {
  const notHere = (accounts: readonly string[], lease = theirs) =>
    addRunner(lease, {
      online: false,
      labels: [
        ...labelsOf(lease).filter((label) => !label.startsWith('cml-in-')),
        ...accounts.map(accountLabel),
      ],
    })
  const tidy = async () => [
    await prune(places, ports),
    (await sweep(places, { dryRun: false }, ports)).corpses.length,
  ]

  it('is never taken away for want of a machine here, also when this account remembers one', async () => {
    notHere(['another'])
    world.addMachine({ lease: theirs, state: 'gone' })
    expect([await tidy(), world.runners.size]).toEqual([[0, 0], 1])
    expect((await list(places, ports)).launches).toMatchObject([{ name: theirs.name, state: 'unknown' }])
  })

  it.each([
    ['it does not tell which', [], 'ours'],
    ['nobody could say which is this one', ['ours'], undefined],
    ['it tells two', ['ours', 'another'], 'ours'],
  ])(
    'is what it may be when %s: only a machine that has ended here proves that it is gone',
    async (_, said, own) => {
      world.account = own
      notHere(said)
      expect([await tidy(), world.runners.size]).toEqual([[0, 0], 1])
      world.addMachine({ lease: theirs, state: 'gone' })
      expect((await tidy())[0]).toBe(said.length === 2 ? 0 : 1)
    },
  )

  it('that may be one is told by a sweep, with where to remove it', async () => {
    notHere([])
    await sweep(places, { dryRun: false }, ports)
    expect(host.lines.join('\n')).toMatch(
      /Left 1 offline .* another account: runner-t\. .*smithy\.example\/runners/,
    )
  })

  it('goes, like the one that it is, where the forge has not heard of it for hours, unless it tells that it is of another', async () => {
    ports = { ...ports, forge: { ...world.forge, noticesLoss: false } }
    notHere([])
    notHere(['another'], leaseOf('u'))
    expect([await tidy(), world.runners.size]).toEqual([[1, 0], 1])
  })

  it('keeps its name, which is an error', async () => {
    notHere(['another'], { ...theirs, name: mine.name })
    expect((await failureOf(launch(orderOf(), ports))).message).toContain('in another account of nimbus')
    expect(world.runners.size).toBe(1)
  })

  it('is labelled as one of this account by its launch, unless nobody can say soon which it is', async () => {
    expect((await launch(orderOf(), ports)).runnerLabels).toContain(accountLabel('ours'))
    const silent = { ...world.cloud, account: () => new Promise<never>(() => undefined) }
    const other = leaseOf('o')
    const { runnerLabels } = await launch(orderOf({ lease: other }), {
      ...ports,
      clouds: new Clouds([silent]),
    })
    expect(runnerLabels).not.toContain('cml-in-')
  })
})

describe('a machine that only a file tells of', () => {
  const target = (lease: Lease) => ({
    ...mine,
    runnerName: mine.name,
    places,
    hearsay: [{ ...world.cloud, ...world.addMachine({ lease, region: 'south-1' }), lease: mine }],
  })
  const cutShort = { handedOver: false, known: true, creating: true, lives: '' }

  it.each([
    ['another scope', foreign],
    ['another launch', theirs],
    ['another name', { ...mine, name: 'mallory' }],
  ])('is left by the post step when it says itself that it is of %s', async (_, lease) => {
    const told = target(lease)
    await finish(told, cutShort, ports)
    expect(stateOf(told.hearsay[0]!.id)).toBe('running')
    expect(world.calls('cloud.destroy')).toBe(0)
  })

  it('is ended once it was seen to be the launch’s own, also where listings never show it', async () => {
    const told = { ...target(mine), places: placesIn('north-1') }
    await finish(told, cutShort, ports)
    expect(stateOf(told.hearsay[0]!.id)).toBe('gone')
  })

  it('and that never was is told without a command that would end it', async () => {
    const told = target(mine)
    world.instances.clear()
    const { message } = await failureOf(finish(told, cutShort, ports))
    expect(message).toContain('which the launch has noted, is not shown there')
    expect(message).not.toContain('nimbus rm')
    expect(world.calls('cloud.destroy')).toBe(0)
  })
})
