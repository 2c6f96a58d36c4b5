import { beforeEach, describe, expect, it } from '@jest/globals'
import { dryRun } from '../../src/launch/dry-run.ts'
import { launchAndPrune } from '../../src/launch/launch-and-prune.ts'
import type { LaunchOrder } from '../../src/launch/order.ts'
import { findReusable } from '../../src/launch/reuse.ts'
import { Failure } from '../../src/model/failure.ts'
import type { Instance } from '../../src/model/instance.ts'
import type { Lease } from '../../src/model/lease.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel, type Runner } from '../../src/model/runner.ts'
import type { Ports } from '../../src/ports.ts'
import { finish } from '../../src/removal/finish.ts'
import { readTrail } from '../../src/removal/trail.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { placesIn, RecordingHost, World } from '../emulators/ports.ts'

const start = 1_790_000_000
const places = placesIn('north-1', 'south-1')

let clock: FakeClock
let world: World
let host: RecordingHost
let ports: Ports

beforeEach(() => {
  clock = new FakeClock(start * 1000)
  world = new World(clock)
  world.labels = ['tf', 'big']
  host = new RecordingHost()
  ports = { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal }
})

const leaseOf = (letter: string, change: Partial<Lease> = {}): Lease => ({
  identity: letter.repeat(20),
  run: letter === 'm' ? 'r'.repeat(20) : 's'.repeat(20),
  scope: 'smithy.example/team/repo',
  owner: 'someone',
  name: uniqueLabel(letter.repeat(20)),
  dueAt: start + 600,
  nonce: `${letter}0ne${letter}0`,
  expiresAt: start + 86_400,
  ...change,
})

const mine = leaseOf('m')
const theirs = leaseOf('t', { dueAt: start - 3600 })

const order = (change: Partial<LaunchOrder> = {}): LaunchOrder => ({
  lease: mine,
  labels: ['tf', 'big'],
  single: false,
  reuse: 'online',
  idleTimeout: 300,
  launchTimeout: 600,
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

const named = (name: string, change: Partial<LaunchOrder> = {}): LaunchOrder =>
  order({ lease: { ...mine, name }, ...change })

/** Somebody's own, on a machine that nobody here knows. */
const addForeign = (name: string, change: Partial<Runner> = {}): Runner =>
  world.addRunner({ name, labels: ['self-hosted', 'TF', 'big', 'more'], ...change })

/** That of another launch of the scope, and its machine. */
const addOurs = (
  lease: Lease = theirs,
  runner: Partial<Runner> = {},
  machine: Partial<Instance> = {},
  account = 'ours',
): Runner => {
  world.addMachine({ lease, launchedAt: lease.dueAt - 600, ...machine })
  const labels = [uniqueLabel(lease.identity), placeLabel('nimbus', 'north-1'), accountLabel(account)]
  return world.addRunner({ name: lease.name, labels: ['tf', 'big', ...labels, runLabel(lease)], ...runner })
}

const launch = (asked: LaunchOrder = order()): Promise<void> => launchAndPrune(asked, places, ports)
const created = (): number => world.calls('cloud.create')
const said = (): string => host.lines.join('\n')

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

/** The launch made a machine of its own. */
async function expectLaunched(asked?: LaunchOrder): Promise<void> {
  await launch(asked)
  expect([created(), host.outputs.map(({ reused }) => reused)]).toEqual([1, [false]])
}

/** Nothing was made, asked for or taken away. */
async function expectReused(runner: Runner, asked?: LaunchOrder): Promise<void> {
  const before = [world.runners.size, world.instances.size]
  await launch(asked)
  expect(host.outputs).toMatchObject([{ reused: true, runnerName: runner.name }])
  expect([world.runners.size, world.instances.size]).toEqual(before)
  expect(world.journal.filter((call) => /create|register|destroy|resolve|conceal/.test(call))).toEqual([])
}

describe('a launch that may use a runner that is there', () => {
  it('uses one of somebody else that carries all the labels, in any case of letters and among others', async () => {
    addForeign('half', { labels: ['tf'] })
    const lathe = addForeign('lathe')
    await expectReused(lathe)
    expect(host.outputs[0]).toEqual({
      ...Object.fromEntries(
        ['instanceIp', 'instanceId', 'instanceType', 'instanceLaunchTime', 'cloud', 'region'].map((key) => [
          key,
          '',
        ]),
      ),
      ...{ spot: false, price: '', expiresAt: '', label: '', reused: true },
      runnerName: 'lathe',
      runnerLabels: 'self-hosted,TF,big,more',
      runsOn: '["tf","big"]',
      runners: expect.stringContaining('"runnerName":"lathe"'),
    })
    expect(host.summaries.join()).toContain(
      '### ♻️ Runner lathe was already there and is used: nothing was launched',
    )
    expect(host.linked).toEqual([{ label: 'Runner lathe', url: expect.stringContaining(lathe.id) }])
    expect(world.calls('cloud.list')).toBe(1)
  })

  it('tells of the machine what the cloud knows, where it is one of ours', async () => {
    const runner = addOurs(theirs, { busy: true }, { id: 'i-theirs', market: 'spot' })
    await expectReused(runner)
    expect(host.outputs[0]).toMatchObject({
      instanceId: 'i-theirs',
      instanceIp: '10.0.0.1',
      instanceType: 'small',
      instanceLaunchTime: new Date((theirs.dueAt - 600) * 1000).toISOString(),
      cloud: 'nimbus',
      region: 'north-1',
      spot: true,
      label: uniqueLabel(theirs.identity),
      expiresAt: new Date(theirs.expiresAt * 1000).toISOString(),
    })
    expect(host.linked.map(({ label }) => label)).toEqual([
      'Machine i-theirs (nimbus, north-1)',
      `Runner ${runner.name}`,
    ])
  })

  it('does not believe that a machine is a runner’s which says only that it is', async () => {
    addForeign('liar', {
      labels: ['tf', 'big', uniqueLabel(theirs.identity), placeLabel('nimbus', 'north-1')],
    })
    world.addMachine({ lease: theirs, id: 'i-theirs' })
    await launch()
    expect(host.outputs[0]).toMatchObject({ reused: true, runnerName: 'liar', instanceId: '' })
  })

  it.each<[string, Partial<Runner>]>([
    ['is offline', { online: false }],
    ['lacks a label', { labels: ['tf'] }],
    ['has a job and is for that alone', { busy: true, single: true }],
  ])('launches where a runner %s', async (_, change) => {
    addForeign('lathe', change)
    await expectLaunched()
  })

  it('uses one that has a job, and with `reuse-idle` none that has', async () => {
    const busy = addForeign('lathe', { busy: true })
    await expectReused(busy)
    host.outputs.length = 0
    await expectLaunched(order({ reuse: 'idle' }))
    expect(said()).toContain('Runner lathe is there and is not used: it has a job')
    // It was there before: that there are two now surprises nobody.
    expect(said()).not.toContain('at the same time')
  })

  it('prefers one without a job', async () => {
    addForeign('busy', { busy: true })
    await expectReused(addForeign('idle'))
  })

  it.each<[string, () => void]>([
    ['ends', () => void addOurs(theirs, {}, { state: 'ending' })],
    ['is switched off', () => void addOurs(theirs, {}, { state: 'remnant' })],
    [
      'is not there any more',
      () => {
        addOurs()
        world.instances.clear()
      },
    ],
  ])('launches where the forge calls a runner of ours online whose machine %s', async (_, prepare) => {
    prepare()
    await expectLaunched()
    expect(said()).toMatch(/is there and is not used: its machine/)
  })

  it.each<[string, () => Runner]>([
    [
      'in another account',
      () => {
        const runner = addOurs(theirs, {}, {}, 'other')
        world.instances.clear()
        return runner
      },
    ],
    [
      'on another cloud',
      () => {
        const labels = [uniqueLabel(theirs.identity), placeLabel('stratus', 'far-1'), runLabel(theirs)]
        return world.addRunner({ name: theirs.name, labels: ['tf', 'big', ...labels] })
      },
    ],
    [
      'where the cloud cannot be read',
      () => {
        world.failing.on = (call) =>
          call.startsWith('cloud.list') ? new Failure('permission-denied', { tried: 'list' }) : undefined
        return addOurs()
      },
    ],
    [
      'whose tags are damaged',
      () => {
        const runner = addOurs()
        world.instances.clear()
        world.addTagged(theirs, { run: '' })
        return runner
      },
    ],
  ])('uses a runner of ours %s, and tells nothing of its machine', async (_, prepare) => {
    await expectReused(prepare())
    expect(host.outputs[0]).toMatchObject({ instanceId: '', label: uniqueLabel(theirs.identity) })
  })

  it('launches where a machine of ours ends whose account nobody knows', async () => {
    world.account = undefined
    addOurs(theirs, {}, { state: 'ending' })
    await expectLaunched()
  })

  it('knows nothing of a runner’s machine that says it is in two places, or has not that machine’s own run label', async () => {
    const labels = ['tf', 'big', uniqueLabel(theirs.identity), placeLabel('nimbus', 'north-1')]
    const account = accountLabel('ours')
    world.addMachine({ lease: theirs, id: 'i-theirs' })
    const twice = [...labels, account, placeLabel('stratus', 'far-1'), runLabel(theirs)]
    const two = world.addRunner({ name: theirs.name, labels: twice })
    await launch()
    world.runners.delete(two.id)
    world.addRunner({ name: theirs.name, labels: [...labels, runLabel({ ...theirs, nonce: 'guess0' })] })
    await launch()
    expect(host.outputs).toMatchObject([
      { reused: true, instanceId: '' },
      { reused: true, instanceId: '' },
    ])
  })

  it('uses the runner that has the name, whatever its labels, and says where jobs must look for it', async () => {
    const gpu = addForeign('gpu', { labels: ['own'] })
    addForeign('other')
    await expectReused(gpu, named('gpu'))
    expect(host.outputs[0]?.runsOn).toBe('["own"]')
    expect(said()).toContain('warning: Runner gpu has the name and not all of the labels tf, big')
  })

  it('fails on a name that is taken by a runner that will not do', async () => {
    addForeign('gpu', { busy: true })
    const failure = await failureOf(launch(named('gpu', { reuse: 'idle' })))
    expect(failure.kind).toBe('already-exists')
    expect([created(), said()]).toEqual([0, expect.stringContaining('Runner gpu is there and is not used')])
  })

  it('reads page after page, and none after the one that has it', async () => {
    for (let index = 0; index < 250; index++) addForeign(`stale-${index}`, { online: false })
    const last = addForeign('last')
    for (let index = 0; index < 100; index++) addForeign(`later-${index}`, { online: false })
    await expectReused(last)
    expect(world.calls('forge.page')).toBe(3)
  })

  it('takes the machine of an earlier try of its own before any other runner', async () => {
    await launch(order())
    addForeign('lathe')
    await launch(order())
    expect(host.outputs.map(({ instanceId, reused }) => [instanceId, reused])).toEqual([
      ['i-1', false],
      ['i-1', false],
    ])
    expect(created()).toBe(1)
  })

  it('ends with what the forge says when that cannot be asked, and has made nothing', async () => {
    world.failing.on = (call) =>
      call === 'forge.serving' ? new Failure('unauthenticated', { tried: 'list the runners' }) : undefined
    expect((await failureOf(launch())).kind).toBe('unauthenticated')
    expect([created(), host.outputs, host.summaries.join()]).toEqual([
      0,
      [],
      expect.stringContaining('### ❌ Could not'),
    ])
  })

  it('hands nothing on after a cancel', async () => {
    addForeign('lathe')
    const reason = new Failure('cancelled', { tried: 'go on' })
    world.failing.on = (call) => (call === 'forge.page' ? (host.cancel.abort(reason), undefined) : undefined)
    await expect(launch()).rejects.toBe(reason)
    expect(host.outputs).toEqual([])
  })
})

describe('a runner that was used', () => {
  it('stays after the post step, and so does every registration beside it', async () => {
    const corpse = addOurs(leaseOf('c', { dueAt: start - 86_400 }), { online: false })
    world.instances.clear()
    const runner = addOurs()
    await launch()
    const target = { identity: mine.identity, runnerName: mine.name, places }
    await finish(target, { ...readTrail(host), lives: '' }, ports)
    expect([...world.runners.keys()]).toEqual([corpse.id, runner.id])
    expect(world.calls('cloud.destroy') + world.calls('forge.unregister')).toBe(0)
    expect(said()).toContain('nothing is removed')
  })

  it.each(['identity', undefined])('stays where of all that was left only %s came through', async (kept) => {
    const runner = addOurs()
    await launch()
    for (const name of Object.keys(host.saved)) if (name !== kept) delete host.saved[name]
    const target = { identity: mine.identity, runnerName: mine.name, places }
    await finish(target, { ...readTrail(host), lives: '' }, ports)
    expect([[...world.runners.keys()], world.calls('cloud.destroy')]).toEqual([[runner.id], 0])
  })
})

describe('two launches at once', () => {
  const together = 'came up at the same time'

  it('keep a machine each, and the one that registered later says so', async () => {
    const older = addOurs(theirs)
    world.runners.delete(older.id)
    clock.at(5_000, () => void world.runners.set(older.id, older))
    await expectLaunched()
    expect(said()).toContain(`warning: Runner ${older.name} with the same labels ${together}`)
    expect([...world.instances.values()].map(({ state }) => state)).toEqual(['running', 'running'])
  })

  it('the one that registered first does not', async () => {
    clock.at(19_900, () => void addOurs(theirs))
    await expectLaunched()
    expect([...world.runners.values()].filter(({ online }) => online)).toHaveLength(2)
    expect(said()).not.toContain(together)
  })

  it('another registration of the same launch is nobody else’s', async () => {
    const labels = ['tf', 'big', uniqueLabel(mine.identity), runLabel(mine)]
    world.addRunner({ name: 'before', labels, online: false, connected: false })
    await expectLaunched()
    expect(said()).not.toContain(together)
  })

  it('one that has registered and is about to come counts, and one that went long ago does not', async () => {
    addOurs(leaseOf('o', { dueAt: start - 86_400 }), { online: false, connected: false })
    await expectLaunched()
    expect(said()).not.toContain(together)
    const coming = addOurs(leaseOf('c'), { online: false, connected: false })
    host.outputs.length = 0
    for (const [id, { name }] of world.runners) if (name === mine.name) world.runners.delete(id)
    await launch(order({ lease: leaseOf('n') }))
    expect(said()).toContain(coming.name)
  })
})

describe('a dry run', () => {
  it('tells which runner would be used, as lines and as data', async () => {
    const runner = addOurs(theirs, {}, { id: 'i-theirs' })
    const { lines, data } = await dryRun(order(), ports)
    expect(lines.join('\n')).toContain(`Runner ${runner.name} is online on i-theirs and would be used`)
    expect(data.reused).toEqual({
      runnerName: runner.name,
      runnerLabels: runner.labels,
      busy: false,
      instanceId: 'i-theirs',
    })
    expect([host.outputs, host.saved, created()]).toEqual([[], {}, 0])
  })

  it('says that there is none, and nothing of it where nobody asked', async () => {
    expect((await dryRun(order(), ports)).data).toMatchObject({ reused: null })
    const { reuse: _, ...plain } = order()
    expect((await dryRun(plain, ports)).data).not.toHaveProperty('reused')
  })

  it('of a name that is taken by the runner to use does not threaten with a failure', async () => {
    addForeign('gpu')
    const { lines } = await dryRun(named('gpu'), ports)
    expect(lines.join('\n')).not.toContain('would fail')
  })
})

it('a runner that goes offline before the closer look is none', async () => {
  const runner = addForeign('lathe')
  const { forge } = world
  const gone = { runner: { ...runner, online: false }, serves: true }
  const serving = async function* () {
    yield [{ ...runner, whole: () => Promise.resolve(gone) }]
  }
  const wish = { labels: ['tf'], idle: false }
  const { found, passed } = await findReusable(wish, {
    forge: { ...forge, serving },
    host,
    signal: host.signal,
  })
  expect([found, [...passed]]).toEqual([undefined, [runner.id]])
})

it('a runner is found with no cloud at all', async () => {
  addForeign('lathe')
  const { found } = await findReusable(
    { labels: ['tf'], idle: true },
    { forge: world.forge, host, signal: host.signal },
  )
  expect(found?.runner.name).toBe('lathe')
})
