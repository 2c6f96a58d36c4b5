import { Clouds } from '../../src/clouds/clouds.ts'
import { createCipheriv } from 'node:crypto'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { milestoneOf, BootLog } from '../../src/machine/boot-log.ts'
import { dryRun } from '../../src/launch/dry-run.ts'
import { finish } from '../../src/removal/finish.ts'
import { launch } from '../../src/launch/launch.ts'
import type { LaunchOrder } from '../../src/launch/order.ts'
import type { Ports } from '../../src/ports.ts'
import { prune } from '../../src/removal/prune.ts'
import { patientPace, remove } from '../../src/removal/remove.ts'
import { renderMilestone } from '../../src/machine/agent-config.ts'
import { Failure } from '../../src/model/failure.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { candidate, RecordingHost, World, placesIn } from '../emulators/ports.ts'

const identity = 'abcdefghijklmnopqrst'
const other = 'zzzzzzzzzzzzzzzzzzzz'

const order = (change: Partial<LaunchOrder> = {}): LaunchOrder => ({
  lease: {
    identity,
    run: 'r'.repeat(20),
    scope: 'smithy.example/team/repo',
    owner: 'someone',
    name: `cml-${identity}`,
    dueAt: 1_790_000_600,
    nonce: 'a1b2c3',
    expiresAt: 1_790_400_000,
  },
  labels: ['cml'],
  single: false,
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

let clock: FakeClock
let world: World
let host: RecordingHost
let ports: Ports

beforeEach(() => {
  clock = new FakeClock()
  world = new World(clock)
  host = new RecordingHost()
  ports = { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal }
})

/** An order whose runner has that name. */
const called = (name: string, change: Partial<LaunchOrder> = {}) =>
  order({ ...change, lease: { ...order().lease, name } })

/** The same asked for by another step. */
const otherOrder = () => order({ lease: { ...order().lease, identity: other, name: `cml-${other}` } })

const capacity = (place: string) =>
  new Failure('capacity-unavailable', {
    tried: `launch in ${place}`,
    said: `nothing left in ${place}`,
    code: 'Insufficient',
  })

/** Of the launch that `order()` asks for. */
const target = { identity, runnerName: `cml-${identity}`, places: placesIn('north-1') }

const living = () => [...world.instances.values()].filter(({ state }) => state === 'running')

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

describe('a launch', () => {
  it.each([
    ['tells that jobs can read the registration', false, 1],
    ['does not tell it of a cloud that takes it out of their reach', true, 0],
  ])('%s', async (_, conceals, times) => {
    world.conceals = conceals
    await launch(order(), { ...ports, clouds: world.clouds })
    expect(host.lines.filter((line) => line.includes('jobs can read'))).toHaveLength(times)
  })

  it('ends with the outputs once the runner is online, and masks the secret that travelled', async () => {
    const outputs = await launch(order(), ports)
    expect(outputs).toMatchObject({
      instanceId: 'i-1',
      instanceIp: '10.0.0.1',
      runnerName: `cml-${identity}`,
      label: `cml-${identity}`,
      runnerLabels: `cml,cml-${identity},cml-at-nimbus-north-1,${accountLabel('ours')},cml-run-${'r'.repeat(20)}-1790000600-a1b2c3`,
      runsOn: `["self-hosted","cml-${identity}"]`,
      spot: false,
      reused: false,
    })
    expect(JSON.parse(outputs.runners)).toHaveLength(1)
    expect(host.outputs).toEqual([outputs])
    const { id } = [...world.runners.values()][0]!
    expect(host.linked).toEqual([
      {
        label: `Machine ${outputs.instanceId} (nimbus, north-1)`,
        url: `https://nimbus.example/${outputs.instanceId}`,
      },
      { label: `Runner ${outputs.runnerName}`, url: `https://smithy.example/runners/${id}` },
    ])
    expect(host.masks).toEqual(['one-hour-secret'])
    expect(host.saved).toMatchObject({ identity, 'handed-over': 'true' })
    expect(host.summaries.join()).toContain(
      '### ✅ small on-demand in north-1 is online after 21 s · $0.5000 an hour',
    )
    expect(living()).toHaveLength(1)
  })

  it('carries the lease in the creating call', async () => {
    await launch(order(), ports)
    expect(world.orders[0]).toMatchObject({ lease: order().lease })
  })

  it('moves on over capacity and quota refusals, in order, and asks for one secret only', async () => {
    world.candidates = ['a', 'b', 'c'].map((place) => candidate({ place }))
    world.refuse.set('a', capacity('a'))
    world.refuse.set('b', new Failure('quota-exceeded', { tried: 'launch', code: 'Quota' }))
    await launch(order(), ports)
    expect(world.journal.filter((call) => call.startsWith('cloud.create'))).toEqual([
      'cloud.create a',
      'cloud.create b',
      'cloud.create c',
    ])
    expect(world.calls('forge.register')).toBe(1)
    expect(host.summaries.join()).toMatch(/Refused: 2 choices[\s\S]*in a[\s\S]*in b/)
  })

  it('names every refusal when no candidate is left, and leaves nothing', async () => {
    world.candidates = ['a', 'b'].map((place) => candidate({ place }))
    for (const place of ['a', 'b']) world.refuse.set(place, capacity(place))
    const failure = await failureOf(launch(order(), ports))
    expect(failure.kind).toBe('capacity-unavailable')
    expect(failure.message).toMatch(/nothing left in a[\s\S]*nothing left in b/)
    expect(living()).toHaveLength(0)
  })

  it('stops at any other refusal', async () => {
    world.candidates = ['a', 'b'].map((place) => candidate({ place }))
    world.refuse.set('a', new Failure('permission-denied', { tried: 'launch', code: 'Denied' }))
    expect((await failureOf(launch(order(), ports))).kind).toBe('permission-denied')
    expect(world.calls('cloud.create')).toBe(1)
  })

  it('reports what cloud and forge both refuse in one message, before anything is made', async () => {
    world.failing.on = (call) =>
      call === 'cloud.resolve'
        ? new Failure('not-found', { tried: 'find image x' })
        : call === 'forge.findRunner'
          ? new Failure('unauthenticated', { tried: 'ask for the runners' })
          : undefined
    const failure = await failureOf(launch(order(), ports))
    expect(failure.message).toMatch(/find image x[\s\S]*ask for the runners/)
    expect(world.calls('cloud.create') + world.calls('forge.register') + world.calls('cloud.destroy')).toBe(0)
  })

  it('takes the machine of an earlier try of the same step instead of a second one', async () => {
    await launch(order(), ports)
    const again = await launch(order(), ports)
    expect(again.instanceId).toBe('i-1')
    expect(world.calls('cloud.create')).toBe(1)
  })

  it('removes everything and shows the boot log when the runner never comes online', async () => {
    world.script = { console: [{ at: 5_000, line: 'kernel says hello' }] }
    const failure = await failureOf(launch(order({ launchTimeout: 60 }), ports))
    expect(failure.kind).toBe('deadline-exceeded')
    expect(failure.message).toMatch(/within 60 s[\s\S]*Check the way out\.[\s\S]*kernel says hello/)
    expect(living()).toHaveLength(0)
  })

  it("ends the wait at once when the machine dies, with the machine's own reason", async () => {
    world.script = {
      diesAfter: 10_000,
      ended: { kind: 'internal', code: 'KeyTrouble', text: 'the disk could not be decrypted' },
    }
    const began = clock.now()
    const failure = await failureOf(launch(order(), ports))
    expect(failure.message).toContain('KeyTrouble: the disk could not be decrypted')
    expect(clock.now() - began).toBeLessThan(40_000)
  })

  it('goes on to the next candidate when a machine dies for want of capacity', async () => {
    world.candidates = ['a', 'b'].map((place) => candidate({ place }))
    world.script = {
      diesAfter: 10_000,
      ended: { kind: 'capacity-unavailable', code: 'SpotGone', text: 'taken back' },
    }
    clock.at(11_000, () => void (world.script = { onlineAfter: 5_000 }))
    const outputs = await launch(order(), ports)
    expect(outputs.instanceId).not.toBe('i-1')
    // The first secret may have been spent or removed with its machine.
    expect(world.calls('forge.register')).toBe(2)
    expect(living()).toHaveLength(1)
  })

  it('fails as soon as the machine says that its bootstrap failed', async () => {
    const now = clock.now() / 1000
    world.script = {
      console: [{ at: 9_000, line: renderMilestone(now + 9, 'failed', 'startup script ended with 3') }],
    }
    const began = clock.now()
    const failure = await failureOf(launch(order(), ports))
    expect(failure.message).toContain('startup script ended with 3')
    expect(clock.now() - began).toBeLessThan(60_000)
    expect(living()).toHaveLength(0)
  })

  describe('of a machine that may or may not end itself at its cloud', () => {
    const ending = {
      text: 'A timer.',
      own: { allowed: 'It ends itself.', refused: 'Its disk stays.' },
    }
    const told = async (word?: string) => {
      const now = clock.now() / 1000
      const said = word === undefined ? [] : [renderMilestone(now + 5, 'self-deletion', word)]
      world.candidates = [candidate({ ending })]
      world.script = {
        onlineAfter: 9_000,
        console: [renderMilestone(now + 4, 'fetching'), ...said].map((line, index) => ({
          at: 4_000 + 1000 * index,
          line,
        })),
      }
      await launch(order(), ports)
      const [, inSummary = ''] = /at the latest \S+Z\. (.*?) \|$/m.exec(host.summaries.at(-1) ?? '') ?? []
      return { inSummary, warned: host.lines.filter((line) => line.startsWith('warning:')) }
    }

    it('tells that it may', async () => {
      const { inSummary, warned } = await told('allowed')
      expect(inSummary).toBe('A timer. It ends itself.')
      expect(host.lines).toContain('A timer. It ends itself.')
      expect(warned).toEqual([])
    })

    it('warns when it may not, and of what stays', async () => {
      const { inSummary, warned } = await told('not allowed: no account')
      const text = 'The machine may not end itself (no account). Its disk stays.'
      expect(inSummary).toBe(`A timer. ${text}`)
      expect(warned).toEqual([`warning: ${text}`])
    })

    it('warns when nobody knows, and of what may stay', async () => {
      const { inSummary, warned } = await told('unknown: no answer')
      expect(inSummary).toContain('could not find out whether it may end itself (no answer).')
      expect(inSummary).toContain('If it may not: Its disk stays.')
      expect(warned).toHaveLength(1)
    })

    it('says so when nothing was heard of it', async () => {
      const { inSummary, warned } = await told()
      expect(inSummary).toContain('nobody has heard from it. If it may not: Its disk stays.')
      expect(warned).toEqual([])
    })
  })

  it('waits through an outage of the forge and gives up on a refusal', async () => {
    let outage = 3
    world.failing.on = (call) =>
      call === 'forge.findRunner' && living().length > 0 && outage-- > 0
        ? new Failure('unavailable', { tried: 'ask' })
        : undefined
    expect((await launch(order(), ports)).instanceId).toBe('i-1')
    expect(host.lines.filter((line) => line.startsWith('warning:'))).toHaveLength(1)
    world.failing.on = (call) =>
      call === 'cloud.look' ? new Failure('permission-denied', { tried: 'look' }) : undefined
    expect((await failureOf(launch(otherOrder(), ports))).kind).toBe('permission-denied')
  })

  it("does not take somebody else's runner of the same name for its own", async () => {
    clock.at(5_000, () => void world.addRunner({ name: 'gpu', labels: [`cml-${other}`] }))
    world.script = {}
    expect((await failureOf(launch(called('gpu', { launchTimeout: 30 }), ports))).kind).toBe(
      'deadline-exceeded',
    )
    expect([...world.runners.values()].map(({ name }) => name)).toEqual(['gpu'])
  })
})

describe('the runner name', () => {
  it('is freed from an offline registration', async () => {
    const corpse = world.addRunner({ name: 'gpu', online: false })
    expect((await launch(called('gpu'), ports)).runnerName).toBe('gpu')
    expect(world.runners.has(corpse.id)).toBe(false)
  })

  it('is an error while another runner of that name is online, and nothing is made', async () => {
    world.addRunner({ name: 'gpu' })
    expect((await failureOf(launch(called('gpu'), ports))).kind).toBe('already-exists')
    expect(world.calls('cloud.create')).toBe(0)
    expect(world.runners.size).toBe(1)
  })

  it('is an error while the forge keeps a lost runner of that name busy', async () => {
    world.addRunner({ name: 'gpu', online: false, busy: true })
    expect((await failureOf(launch(called('gpu'), ports))).kind).toBe('conflict')
  })
})

describe('the runner name of another launch that is under way', () => {
  /** Made in advance, as a just-in-time configuration is; its machine is about to be ordered. */
  const inAdvance = () =>
    world.addRunner({
      name: 'gpu',
      online: false,
      connected: false,
      labels: [
        uniqueLabel(other),
        placeLabel('nimbus', 'north-1'),
        runLabel({ ...order().lease, dueAt: clock.now() / 1000 + 600 }),
      ],
    })

  it('stays with it when its machine comes', async () => {
    const runner = inAdvance()
    clock.at(4_000, () => world.addMachine({ lease: { ...order().lease, identity: other, name: 'gpu' } }))
    expect((await failureOf(launch(called('gpu'), ports))).explanation.said).toMatch(/its machine .* lives/)
    expect(world.runners.has(runner.id)).toBe(true)
    expect(world.calls('cloud.create')).toBe(0)
  })

  it('is freed when no machine comes', async () => {
    const runner = inAdvance()
    expect((await launch(called('gpu'), ports)).runnerName).toBe('gpu')
    expect(world.runners.has(runner.id)).toBe(false)
  })
})

describe('a registration made in advance', () => {
  it.each([
    ['is taken away when the machine turns out to be another try’s', 0, false],
    ['stays when it is the other try’s own', 1, true],
  ])('%s', async (_, later, stays) => {
    const { lease } = order()
    const theirs = world.addMachine({ lease: { ...lease, dueAt: lease.dueAt - 1 } })
    const create: typeof world.cloud.create = async () => {
      world.addRunner({
        name: lease.name,
        online: false,
        connected: false,
        labels: [uniqueLabel(identity), runLabel({ ...lease, dueAt: lease.dueAt - later })],
      })
      clock.at(9_000, () => {
        world.runners.clear()
        const labels = ['cml', uniqueLabel(identity), placeLabel('nimbus', 'north-1'), runLabel(theirs.lease)]
        world.addRunner({ name: lease.name, labels })
      })
      return theirs
    }
    world.lag = 1
    await launch(order(), { ...ports, clouds: new Clouds([{ ...world.cloud, create }]) })
    expect(world.calls('forge.unregister') === 0).toBe(stays)
  })
})

describe('the pace of the wait', () => {
  /** As a machine speaks: its kernel, its system every few seconds, and our milestones in between. */
  const boot = (seconds: number) => {
    const now = clock.now() / 1000
    const ours = (part: number, milestone: string) => ({
      at: part * seconds * 1000,
      line: renderMilestone(now + part * seconds, milestone),
    })
    return [
      { at: Math.min(3, seconds / 4) * 1000, line: '[    0.000000] Linux' },
      ...Array.from({ length: Math.floor(seconds / 3) }, (_, index) => ({
        at: 3_000 * (index + 1),
        line: `[    ${index}.000000] systemd[1]: at work`,
      })),
      ours(0.15, 'timers'),
      ours(0.3, 'fetching'),
      ours(0.75, 'fetched'),
      ours(0.75, 'registering'),
      ours(0.94, 'registered'),
      ours(1, 'listening'),
    ].toSorted((one, other) => one.at - other.at)
  }
  type Lines = ReturnType<typeof boot>
  const wasted = async (seconds: number, console: boolean, change = (lines: Lines): Lines => lines) => {
    world.script = { onlineAfter: seconds * 1000, ...(console ? { console: change(boot(seconds)) } : {}) }
    const began = clock.now()
    await launch(order(), ports)
    return clock.now() - began - seconds * 1000
  }

  it.each([2, 20, 58, 120])(
    'notices a runner after a boot of %i s within 0.8 s where the console is live',
    async (seconds) => {
      expect(await wasted(seconds, true)).toBeLessThanOrEqual(800)
    },
  )

  it.each([2, 3.1, 4.2, 5.7, 6.5, 11.3, 20, 37.9, 58, 97.4, 120])(
    'notices a runner after a boot of %d s within 2.2 s where there is no console',
    async (seconds) => {
      expect(await wasted(seconds, false)).toBeLessThanOrEqual(2_200)
    },
  )

  const noMilestone = (lines: Lines): Lines => lines.filter(({ line }) => milestoneOf(line) === undefined)
  const kernelAlone = (lines: Lines): Lines => lines.filter(({ line }) => line.includes('Linux'))
  const until = (part: number) => (lines: Lines) => lines.slice(0, Math.ceil(lines.length * part))
  describe.each<[string, (lines: Lines) => Lines]>([
    ['shows the kernel alone', kernelAlone],
    ["shows others' lines alone", noMilestone],
    [
      'shows the kernel and then our milestones in one go',
      (lines) => lines.filter(({ line }) => !line.includes('systemd')),
    ],
    ['stops early', until(0.3)],
    ['stops half way', until(0.5)],
  ])('with a console that %s', (_what, change) => {
    it.each([2, 3, 5, 9, 20, 33, 58, 120])(
      'notices a runner after %i s as soon as without any',
      async (seconds) => {
        expect(await wasted(seconds, true, change)).toBeLessThanOrEqual(2_200)
      },
    )
  })

  it.each([
    [20, 3_000],
    [20, 6_000],
    [58, 3_000],
    [58, 15_000],
    [58, 40_000],
  ])(
    'notices a runner after %i s as soon as without any console where it lags by %i ms',
    async (seconds, lag) => {
      world.consoleLag = lag
      expect(await wasted(seconds, true)).toBeLessThanOrEqual(2_200)
    },
  )

  it('does not ask for a console that cannot be read while the machine boots', async () => {
    const limits = { ...world.cloud.limits, console: false }
    await launch(order(), { ...ports, clouds: new Clouds([{ ...world.cloud, limits }]) })
    expect(world.calls('cloud.console')).toBe(0)
  })

  it('is never silent for 15 s, and says when the runner is online and after how long', async () => {
    world.script = { onlineAfter: 58_000 }
    let before = clock.now()
    let silence = 0
    const info = (text: string): void => {
      silence = Math.max(silence, clock.now() - before)
      before = clock.now()
      host.lines.push(text)
    }
    const telling = Object.assign(host, { log: { ...host.log, info } })
    await launch(order(), { ...ports, host: telling })
    expect(silence).toBeLessThan(15_000)
    expect(host.lines).toContainEqual(
      expect.stringMatching(/^Waiting for runner cml-\w+ for \d+ s; machine i-1 is running\.$/),
    )
    expect(host.lines).toContainEqual(
      expect.stringMatching(/^Runner cml-\w+ is online, (5[89]|6\d) s after its machine was ordered\.$/),
    )
  })

  it('asks the forge at most 12 times over a boot of 58 s with a live console, 30 without', async () => {
    // A forge remembers what there is to download.
    const requests = (): number => world.calls('forge.') - world.calls('forge.download') + 1
    await wasted(58, true)
    expect(requests()).toBeLessThanOrEqual(12)
    world.journal.length = 0
    world.script = { onlineAfter: 58_000 }
    await launch(otherOrder(), ports)
    expect(requests()).toBeLessThanOrEqual(30)
  })

  describe('at a cloud that tells that nothing has begun yet', () => {
    /** What runs there begins after so many seconds. `told`: those up to which it says so. */
    const waiting = async (begins: number, onlineAfter: number, told = begins): Promise<number> => {
      world.script = { onlineAfter: onlineAfter * 1000, console: [] }
      const began = clock.now()
      const waits = (): boolean => clock.now() - began < told * 1000
      await launch(order(), { ...ports, clouds: new Clouds([{ ...world.cloud, waits }]) })
      return clock.now() - began - onlineAfter * 1000
    }

    it.each([4, 20, 56, 300])('leaves the forge alone for the %i s until it begins', async (begins) => {
      await waiting(begins, begins + 2)
      const looks = world.calls('forge.findRunner')
      // Before it makes anything, when it begins, two in the dark, and one every half minute beside.
      expect(looks).toBeLessThanOrEqual(4 + Math.ceil(begins / 30))
    })

    it.each([2, 3, 4.7, 11.3, 20, 37.9, 58])(
      'notices a runner that is online after %d s as soon as without any console',
      async (seconds) => {
        expect(await waiting(seconds - 1.5, seconds)).toBeLessThanOrEqual(2_200)
      },
    )

    it('asks as if there were none once that is told no more', async () => {
      expect(await waiting(56, 58, 20)).toBeLessThanOrEqual(2_200)
    })
  })

  it('begins to ask so long after the order by its own clock: clouds tell the second alone', async () => {
    await clock.sleep(950 - (clock.now() % 1000))
    // A first look any sooner would be too soon for it, and the next one 2.09 s later.
    expect(await wasted(3.9, false)).toBe(0)
  })
})

describe('the price', () => {
  const priced = async (): Promise<{ line: string; output: string; took: number }> => {
    const began = clock.now()
    const outputs = await launch(order(), ports)
    const line = host.lines.find((text) => text.includes('Disks, traffic')) ?? ''
    return { line, output: outputs.price, took: clock.now() - began }
  }

  it('is told with the most it can come to, in the log, the summary and the outputs', async () => {
    const { line, output } = await priced()
    expect(line).toMatch(
      /: \$0\.5000 an hour \(on-demand, Nimbus price list of 2026-11-01\), at most \$\d+\.\d\d by the end of its max-lifetime\./,
    )
    expect(output).toBe('0.5')
    expect(host.summaries.at(-1)).toContain('an hour (on-demand, Nimbus price list of 2026-11-01), at most')
    expect(world.calls('cloud.price')).toBe(1)
  })

  it('that is not known is said to be so, and that nobody answers about costs no time', async () => {
    const { took } = await priced()
    for (const price of [undefined, 'refused', 'silent'] as const) {
      world.price = price
      host.lines.length = 0
      const began = clock.now()
      const outputs = await launch(otherOrder(), ports)
      expect(outputs.price).toBe('')
      expect(host.lines.join('\n')).toMatch(/: price not known: neither the cloud nor the list .* tells it\./)
      expect(clock.now() - began).toBeLessThanOrEqual(took + 200)
      for (const id of world.instances.keys()) world.instances.delete(id)
      world.runners.clear()
    }
  })
})

describe('the time that a launch has', () => {
  /** As a forge throws it that asks for a pause longer than all the time there is. */
  const closed = (): Failure =>
    new Failure('rate-limited', {
      tried: 'look up a runner',
      said: 'Retry later',
      until: clock.now() + 3_600_000,
    })

  it('ends at once, before anything is made, with a forge that takes no request until it is over', async () => {
    const began = clock.now()
    world.failing.on = (call) => (call === 'forge.findRunner' ? closed() : undefined)
    expect((await failureOf(launch(order(), ports))).kind).toBe('rate-limited')
    expect(clock.now() - began).toBeLessThan(10_000)
    expect(world.calls('cloud.create')).toBe(0)
  })

  it('ends at once with such a forge while its machine boots, which goes, and says who takes the registration away', async () => {
    const began = clock.now()
    clock.at(
      10_000,
      () => (world.failing.on = (call) => (call === 'forge.findRunner' ? closed() : undefined)),
    )
    expect((await failureOf(launch(order(), ports))).kind).toBe('rate-limited')
    expect(clock.now() - began).toBeLessThan(60_000)
    expect([...world.instances.values()].map(({ state }) => state)).toEqual(['gone'])
    expect(host.lines.join('\n')).toMatch(
      /takes no request for longer than this removal has time\.[^]*goes with the next launch or `sweep`/,
    )
  })

  it('does not wait for a patient read once another one has failed for good', async () => {
    const began = clock.now()
    const findRunner: typeof world.forge.findRunner = async (_name, signal) => {
      await clock.sleep(300_000, signal)
      return undefined
    }
    const resolve = async (): Promise<never> => {
      throw new Failure('not-found', { tried: 'find the image', said: 'there is none' })
    }
    const patient = {
      ...ports,
      forge: { ...world.forge, findRunner },
      clouds: new Clouds([{ ...world.cloud, resolve }]),
    }
    const failure = await failureOf(launch(order(), patient))
    expect(failure.message).toBe('Could not find the image: there is none')
    expect(clock.now() - began).toBeLessThan(10_000)
  })
})

describe('tidying up after many launches of one run', () => {
  it.each([
    ['is left to the launch whose identity comes first', 'aaaaaaaaaaaaaaaaaaaa', 0],
    ['is done by the launch whose identity comes first', 'zzzzzzzzzzzzzzzzzzzz', 1],
  ])('%s', async (_what, theirs, pages) => {
    const { lease } = order()
    const name = `cml-${theirs}`
    world.addMachine({ lease: { ...lease, identity: theirs, name }, launchedAt: clock.now() / 1000 })
    world.addRunner({ name: 'somebody' })
    await prune(placesIn('north-1'), ports, lease)
    expect(world.calls('forge.page')).toBe(pages)
  })
})

describe('a cancel', () => {
  it('leaves the removal to the post step where one follows', async () => {
    clock.at(5_000, () => host.cancel.abort(new Failure('cancelled', { tried: 'launch' })))
    await failureOf(launch(order(), ports))
    expect(world.calls('cloud.destroy')).toBe(0)
    await finish(
      target,
      { handedOver: false, known: true, creating: true, lives: '' },
      { ...ports, host: new RecordingHost() },
    )
    expect(living()).toHaveLength(0)
  })

  it('removes everything before it ends where none follows', async () => {
    host.postFollows = false
    clock.at(5_000, () => host.cancel.abort(new Failure('cancelled', { tried: 'launch' })))
    await failureOf(launch(order(), ports))
    expect(living()).toHaveLength(0)
  })
})

describe('a removal in a hurry', () => {
  it('ends in time with what may be left and how to find it, also when the cloud never answers', async () => {
    host.postFollows = false
    clock.at(5_000, () => host.cancel.abort(new Failure('cancelled', { tried: 'launch' })))
    const list: typeof world.cloud.list = (...args) =>
      host.cancel.signal.aborted ? new Promise<never>(() => undefined) : world.cloud.list(...args)
    await failureOf(launch(order(), { ...ports, clouds: new Clouds([{ ...world.cloud, list }]) }))
    expect(clock.now() - 1_790_000_000_000).toBeLessThanOrEqual(13_000)
    expect(host.lines.join('\n')).toMatch(/error: Could not remove everything[\s\S]*nimbus rm i-1/)
  })

  it('looks for longer when it never heard of the machine that it ordered', async () => {
    host.postFollows = false
    world.lag = 4
    const create: typeof world.cloud.create = async (...args) => {
      await world.cloud.create(...args)
      host.cancel.abort(new Failure('cancelled', { tried: 'launch' }))
      throw host.cancel.signal.reason as Failure
    }
    const began = clock.now()
    await failureOf(launch(order(), { ...ports, clouds: new Clouds([{ ...world.cloud, create }]) }))
    expect(living()).toHaveLength(0)
    expect(clock.now() - began).toBeLessThanOrEqual(7_500)
  })

  it('takes its time at a terminal', async () => {
    host.postFollows = false
    host.hurried = false
    clock.at(5_000, () => host.cancel.abort(new Failure('cancelled', { tried: 'launch' })))
    let failures = 10
    world.failing.on = (call) =>
      call.startsWith('cloud.destroy') && failures-- > 0
        ? new Failure('unavailable', { tried: 'end it' })
        : undefined
    await failureOf(launch(order(), ports))
    expect(living()).toHaveLength(0)
  })
})

describe('a launch that must not harm another', () => {
  it('refuses the machine of another launch of the same step, and leaves it', async () => {
    await launch(order(), ports)
    const failure = await failureOf(launch(order({ labels: ['gpu'] }), ports))
    expect(failure.kind).toBe('conflict')
    await finish(
      target,
      { handedOver: host.saved['handed-over'] === 'true', known: true, creating: true, lives: '' },
      ports,
    )
    expect(living()).toHaveLength(1)
    expect(world.runners.size).toBe(1)
  })

  it('never deletes an online registration of its own identity whose machine it cannot see', async () => {
    await launch(order(), ports)
    world.lag = 100
    expect((await failureOf(launch(order(), ports))).kind).toBe('already-exists')
    expect(world.runners.size).toBe(1)
  })

  it('refuses a payload that is too large before it deletes or registers anything', async () => {
    world.addRunner({ name: 'gpu', online: false })
    // What cannot be compressed: a cipher's stream over zeros.
    const startupScript = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
      Buffer.alloc(40_000),
    )
    expect((await failureOf(launch(called('gpu', { startupScript }), ports))).kind).toBe('invalid-input')
    expect(
      world.calls('forge.register') + world.calls('forge.unregister') + world.calls('cloud.create'),
    ).toBe(0)
  })

  it('gives up and removes what it asked for when the cloud is silent for longer than the launch may take', async () => {
    const create: typeof world.cloud.create = (wanted, asked, signal) =>
      new Promise((_, reject) => {
        void world.cloud.create(wanted, asked, signal)
        signal?.addEventListener('abort', () => reject(signal.reason as Error))
      })
    const began = clock.now()
    const failure = await failureOf(
      launch(order({ launchTimeout: 60 }), { ...ports, clouds: new Clouds([{ ...world.cloud, create }]) }),
    )
    expect(failure.kind).toBe('deadline-exceeded')
    expect(clock.now() - began).toBeLessThan(120_000)
    expect(living()).toHaveLength(0)
  })

  it('does not hand over what was cancelled while it came online', async () => {
    world.failing.on = (call) => {
      if (call === 'forge.findRunner' && world.runners.size > 0)
        host.cancel.abort(new Failure('cancelled', { tried: 'launch' }))
      return undefined
    }
    expect((await failureOf(launch(order(), ports))).kind).toBe('cancelled')
    expect(host.outputs).toEqual([])
    expect(host.saved['handed-over']).toBeUndefined()
  })
})

describe('remove', () => {
  it('ends a machine whose id is known although listings do not show it for long', async () => {
    await launch(order(), ports)
    const known = living()[0]!
    world.lag = 100
    expect((await remove({ ...target, known: [known] }, ports, patientPace)).instances).toEqual([known.id])
    expect(living()).toHaveLength(0)
  })

  it('ends what it finds in one region while another cannot be read, and says so', async () => {
    await launch(order(), ports)
    world.failing.on = (call) =>
      call.endsWith('south-1') ? new Failure('unavailable', { tried: 'look in south-1' }) : undefined
    const failure = await failureOf(
      remove({ ...target, places: placesIn('north-1', 'south-1') }, ports, patientPace),
    )
    expect(failure.message).toContain('look in south-1')
    expect(living()).toHaveLength(0)
  })

  it('is content when there is nothing', async () => {
    expect(await remove(target, ports, patientPace)).toEqual({
      instances: [],
      runners: [],
      busyRunners: [],
      spared: [],
    })
  })

  it('looks again until what a lagging listing hid is gone too', async () => {
    await launch(order(), ports)
    world.lag = 2
    expect((await remove(target, ports, patientPace)).instances).toEqual(['i-1'])
    expect(living()).toHaveLength(0)
    expect(world.runners.size).toBe(0)
  })

  it('goes on with the rest when one side fails, and succeeds once it answers', async () => {
    await launch(order(), ports)
    let failures = 3
    world.failing.on = (call) =>
      call.startsWith('forge.findRunner') && failures-- > 0
        ? new Failure('unavailable', { tried: 'ask' })
        : undefined
    await remove(target, ports, patientPace)
    expect(living()).toHaveLength(0)
    expect(world.runners.size).toBe(0)
  })

  it('ends loudly with what is left and the command that removes it', async () => {
    await launch(order(), ports)
    world.failing.on = (call) =>
      call.startsWith('cloud.destroy')
        ? new Failure('permission-denied', { tried: 'end i-1', code: 'Denied' })
        : undefined
    const failure = await failureOf(remove(target, ports, patientPace))
    expect(failure.message).toMatch(/Denied[\s\S]*i-1[\s\S]*nimbus rm i-1/)
  })

  it('names a registration that the forge still believes busy, and ends', async () => {
    await launch(order(), ports)
    for (const [id, runner] of world.runners) world.runners.set(id, { ...runner, busy: true })
    const { instances, busyRunners } = await remove(target, ports, patientPace)
    expect({ instances, busyRunners }).toEqual({ instances: ['i-1'], busyRunners: [`cml-${identity}`] })
  })

  it('never touches a runner of the same name that is not of this launch', async () => {
    const runner = world.addRunner({ name: 'gpu', labels: [`cml-${other}`] })
    await remove({ ...target, runnerName: 'gpu' }, ports, patientPace)
    expect(world.runners.has(runner.id)).toBe(true)
  })
})

describe('the post step', () => {
  it('leaves what was handed over', async () => {
    await launch(order(), ports)
    await finish(target, { handedOver: true, known: true, creating: true, lives: 'until idle' }, ports)
    expect(living()).toHaveLength(1)
    expect(world.calls('cloud.destroy')).toBe(0)
  })

  it('leaves an online runner also when every state was lost, and removes a machine that never came online', async () => {
    await launch(order(), ports)
    await finish(target, { handedOver: false, known: false, creating: false, lives: '' }, ports)
    expect(living()).toHaveLength(1)
    world.runners.clear()
    await finish(target, { handedOver: false, known: false, creating: false, lives: '' }, ports)
    expect(living()).toHaveLength(0)
  })
})

describe('the post step of a launch that was cut short', () => {
  it('leaves a runner that may have connected, at a forge that does not tell', async () => {
    await launch(order(), ports)
    for (const [id, { connected: _, ...runner }] of world.runners)
      world.runners.set(id, { ...runner, online: false })
    await finish(target, { handedOver: false, known: false, creating: false, lives: '' }, ports)
    expect(living()).toHaveLength(1)
  })

  it('waits for a machine that it ordered and never heard of, as long as listings may lag', async () => {
    world.lag = 5
    world.addMachine({ lease: order().lease })
    await finish(target, { handedOver: false, known: true, creating: true, lives: '' }, ports)
    expect(living()).toHaveLength(0)
  })
})

describe('the post step of a launch that was refused', () => {
  it('has nothing to look for', async () => {
    await finish(target, { handedOver: false, known: true, creating: false, lives: '' }, ports)
    expect(world.journal).toEqual([])
  })
})

describe('prune', () => {
  const corpse = (change: object = {}) =>
    world.addRunner({
      name: `cml-${other}`,
      online: false,
      labels: [`cml-${other}`, 'cml-at-nimbus-north-1', accountLabel('ours'), runLabel(order().lease)],
      ...change,
    })

  it('removes offline registrations of ours whose machine is gone', async () => {
    corpse()
    expect(await prune(placesIn('north-1'), ports)).toBe(1)
    expect(world.runners.size).toBe(0)
  })

  it.each([
    ['online', { online: true }],
    ['busy', { busy: true }],
    ['never connected: its machine may be about to', { connected: false }],
    ['of another region', { labels: [`cml-${other}`, 'cml-at-nimbus-south-1'] }],
    ['not ours', { labels: ['gpu', 'cml-at-nimbus-north-1'] }],
  ])('leaves a registration that is %s', async (_, change) => {
    corpse(change)
    expect(await prune(placesIn('north-1'), ports)).toBe(0)
    expect(world.runners.size).toBe(1)
  })

  describe('at a forge that calls a runner online for long after its machine has vanished', () => {
    const slow = (): Ports => ({ ...ports, forge: { ...world.forge, noticesLoss: false } })
    const ended = (name: string) =>
      world.addMachine({ lease: { ...order().lease, identity: other, name }, state: 'gone' })

    it('removes one that is online only when its machine is known to have ended in this account', async () => {
      corpse({ online: true })
      expect(await prune(placesIn('north-1'), slow())).toBe(0)
      ended(`cml-${other}`)
      expect(await prune(placesIn('north-1'), slow())).toBe(1)
    })

    it('takes the name of one that is online only then, too', async () => {
      corpse({ name: 'gpu', online: true })
      expect((await failureOf(launch(called('gpu'), slow()))).kind).toBe('already-exists')
      expect(world.runners.size).toBe(1)
      ended('gpu')
      expect((await launch(called('gpu'), slow())).runnerName).toBe('gpu')
      expect(host.lines).toContain('Deleted the offline registration of runner gpu.')
    })
  })

  it('leaves the offline registration of a machine that lives', async () => {
    await launch(order(), ports)
    for (const [id, runner] of world.runners) world.runners.set(id, { ...runner, online: false })
    expect(await prune(placesIn('north-1'), ports)).toBe(0)
  })

  it('ends after 30 s whoever does not answer', async () => {
    corpse()
    const began = clock.now()
    const unregister: typeof world.forge.unregister = (_, signal) =>
      new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    expect(await prune(placesIn('north-1'), { ...ports, forge: { ...world.forge, unregister } })).toBe(0)
    expect(clock.now() - began).toBe(30_000)
  })

  it('reads at most 12 pages and never fails a launch', async () => {
    for (let count = 0; count < 2_000; count++) world.addRunner({ name: `stale-${count}`, online: false })
    await prune(placesIn('north-1'), ports)
    expect(world.calls('forge.page')).toBe(12)
    corpse()
    world.failing.on = () => new Error('broken')
    expect(await prune(placesIn('north-1'), ports)).toBe(0)
  })
})

describe('a dry run', () => {
  it('tells the decisions and makes nothing', async () => {
    world.candidates = ['a', 'b'].map((place) => candidate({ place }))
    const lines = (await dryRun(order(), ports)).lines.join('\n')
    expect(lines).toMatch(
      /1\. small on-demand in a[\s\S]*2\. small on-demand in b[\s\S]*Payload: \d+ of 16384[\s\S]*nothing was created/,
    )
    expect(world.calls('cloud.create') + world.calls('forge.register')).toBe(0)
  })
})

describe('the boot log', () => {
  it('gives each line once, also when the console is a ring that forgets its beginning', () => {
    const log = new BootLog()
    expect(log.read('a\nb\n')).toEqual(['a', 'b'])
    expect(log.read('a\nb\nc\npart')).toEqual(['c'])
    expect(log.read('b\nc\npartial\nd\n')).toEqual(['partial', 'd'])
    expect(log.read('x\ny\n')).toEqual(['x', 'y'])
    expect(log.tail(3)).toEqual(['d', 'x', 'y'])
  })

  it('gives a line once although the ring was cut in its middle, or in the middle of a letter', () => {
    const log = new BootLog()
    const console = `[1] booting\n${renderMilestone(1_790_000_000, 'fetched', 'für node')}\nafter\n`
    expect(log.read(console)).toHaveLength(3)
    const cut = (bytes: number): string => Buffer.from(console).subarray(bytes).toString('utf8')
    expect(log.read(cut(console.indexOf('fetched')))).toEqual([])
    expect(log.read(`${cut(Buffer.from(console).indexOf('ü') + 1)}new\n`)).toEqual(['new'])
    expect(log.read('node\nafter\nnew\nlast\n')).toEqual(['last'])
  })

  it('shows neither terminal controls nor commands to the CI runner', () => {
    expect(new BootLog().read('\x1b[31mred\x9b0m ##[error]x\x07\x85y\r\n')).toEqual(['red ## [error]x y'])
  })

  it('does not take the rest of a quoted line for one of the machine’s, where the console may have lost its beginning', () => {
    const forged = `${renderMilestone(1_790_000_000, 'listening')}\n`
    const filler = `${'x'.repeat(99)}\n`.repeat(640)
    expect(new BootLog().read(forged + filler)).not.toContain(forged.trim())
    expect(new BootLog().read(`${forged}short\n`)).toEqual([forged.trim(), 'short'])
    const log = new BootLog()
    log.read('another boot\n')
    expect(log.read(forged + filler)).not.toContain(forged.trim())
  })

  it('finds a milestone behind what else the console printed', () => {
    expect(milestoneOf('[   12.3] cml-runner 1790000000 fetched: node 24')).toEqual({
      at: 1790000000,
      milestone: 'fetched',
      text: 'node 24',
    })
    expect(milestoneOf('cml-runner soon listening')).toBeUndefined()
    expect(milestoneOf('  | cml-runner 1790000000 failed: boo')).toBeUndefined()
  })
})
