import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from '@jest/globals'
import type { Cloud, MachineRequest } from '../../src/clouds/cloud.ts'
import { Clouds } from '../../src/clouds/clouds.ts'
import { dryRun } from '../../src/launch/dry-run.ts'
import { launch } from '../../src/launch/launch.ts'
import type { LaunchOrder } from '../../src/launch/order.ts'
import { Failure } from '../../src/model/failure.ts'
import type { Lease } from '../../src/model/lease.ts'
import type { Place } from '../../src/model/place.ts'
import { accountLabel, placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'
import type { Ports } from '../../src/ports.ts'
import { list } from '../../src/removal/list.ts'
import { prune } from '../../src/removal/prune.ts'
import { Stopping } from '../../src/removal/stopping.ts'
import { sweep } from '../../src/removal/sweep.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { candidate, RecordingHost, World } from '../emulators/ports.ts'

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
const request: MachineRequest = {
  regions: ['north-1'],
  types: ['small', 'large'],
  diskGb: 35,
  spot: true,
  spotPrice: -1,
  spotFallback: true,
  metadata: {},
  publicAddress: 'auto',
  ssh: false,
  lifetime: 432_000,
}
const assets = { agent: 'agent', bootstrap: '#!/bin/sh\n', fuses: '#!/bin/sh\n', packages: '#!/bin/sh\n' }
const order = (change: Partial<LaunchOrder> = {}): LaunchOrder => ({
  lease,
  labels: ['cml'],
  single: false,
  idleTimeout: 300,
  launchTimeout: 600,
  request,
  proxy: {},
  assets: new Map(['nimbus', 'cirrus'].map((cloud) => [cloud, assets])),
  ...change,
})
const everywhere: readonly Place[] = ['nimbus', 'cirrus'].flatMap((cloud) =>
  ['north-1', 'south-1'].map((region) => ({ cloud, region })),
)

let clock: FakeClock
let nimbus: World
let cirrus: World
let host: RecordingHost
let ports: Ports

/** Both clouds over one forge: machines of the second register at the first one's. */
beforeEach(() => {
  clock = new FakeClock()
  nimbus = new World(clock)
  cirrus = new World(clock, 'cirrus', nimbus.runners)
  cirrus.candidates = [candidate({ cloud: 'cirrus' })]
  host = new RecordingHost()
  ports = {
    clouds: new Clouds([nimbus.cloud, cirrus.cloud]),
    forge: nimbus.forge,
    host,
    clock,
    signal: host.signal,
  }
})

const open = (change: { readonly first?: Partial<Cloud>; readonly second?: Partial<Cloud> }): Ports => ({
  ...ports,
  clouds: new Clouds([
    { ...nimbus.cloud, ...change.first },
    { ...cirrus.cloud, ...change.second },
  ]),
})
const failure = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (reason: Failure) => reason,
  )
const none = (kind: Failure['kind'], said: string): Failure => new Failure(kind, { tried: 'serve', said })
const nothingThere = (cloud: string) => (): Promise<never> =>
  Promise.reject(none('failed-precondition', `nothing at ${cloud}`))

describe('a launch on two clouds', () => {
  it('gets its machine from the second when the first has none, and everything it tells is the second’s', async () => {
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    const outputs = await launch(order(), ports)
    expect(outputs).toMatchObject({ cloud: 'cirrus', instanceId: 'i-1' })
    expect(outputs.runnerLabels.split(',')).toContain(placeLabel('cirrus', 'north-1'))
    expect(outputs.runnerLabels).not.toContain('nimbus')
    expect([nimbus.instances.size, cirrus.instances.size]).toEqual([0, 1])
    expect(host.summaries.join('\n')).toContain('cirrus rm i-1')
    expect(host.lines.join('\n')).toMatch(
      /^No nimbus small on-demand in north-1.*: capacity-unavailable \(empty\)\. Next: cirrus small on-demand in north-1\.$/m,
    )
    expect(host.lines.join('\n')).toContain('Created i-1: cirrus small on-demand in north-1')
    expect(host.summaries.join('\n')).toMatch(/\| nimbus small on-demand in north-1 +\|/)
  })

  it('tells in whose account a machine is when its cloud’s turn has come, however late that cloud could say so', async () => {
    const told = accountLabel('ours')
    let asked = 0
    // Too busy to hear it at first; and one that takes longer than others have had to wait.
    const first = async (): Promise<string | undefined> => (asked++ === 0 ? undefined : 'ours')
    const second = async (): Promise<string> => {
      await clock.sleep(2_000)
      return 'ours'
    }
    const slow = open({ first: { account: first }, second: { account: second } })
    expect((await launch(order(), slow)).runnerLabels).toContain(`cml-at-nimbus-north-1,${told}`)
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    const other = { ...lease, identity: 'o'.repeat(20), name: `cml-${'o'.repeat(20)}` }
    expect((await launch(order({ lease: other }), slow)).runnerLabels).toContain(
      `cml-at-cirrus-north-1,${told}`,
    )
  })

  it('does not ask for a longer life than a cloud grants: one alone and beside others', async () => {
    const limits = { ...nimbus.cloud.limits, longestLife: 86_400 }
    const short = open({ first: { limits } })
    const alone = { ...ports, clouds: new Clouds([{ ...nimbus.cloud, limits }]) }
    for (const one of [short, alone]) {
      const { kind, message } = await failure(launch(order(), one))
      expect([kind, message]).toEqual([
        'invalid-input',
        expect.stringMatching(/max-lifetime: nimbus lets no machine live longer than 1d/),
      ])
    }
    const granted = order({ request: { ...request, lifetime: 86_400 } })
    expect((await launch(granted, alone)).cloud).toBe('nimbus')
  })

  it('warns of what is still paid for after the end of the machine that was made, and of no other', async () => {
    const nimbusGap = 'Its disk is billed until somebody deletes it.'
    const cirrusGap = 'Nothing ends it when its agent dies.'
    nimbus.candidates = [candidate({ ending: { text: 'A timer.', gap: nimbusGap } })]
    cirrus.candidates = [candidate({ cloud: 'cirrus', ending: { text: 'A timer.', gap: cirrusGap } })]
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    await launch(order(), ports)
    expect(host.lines.filter((line) => line === `warning: ${cirrusGap}`)).toHaveLength(1)
    expect(host.lines.join('\n')).not.toContain(nimbusGap)
  })

  it('lets a machine live shorter that only the end of its time takes off the bill, and no other', async () => {
    cirrus.candidates = [candidate({ cloud: 'cirrus', lifetime: 3600 })]
    const nimbusEnd = new Date(lease.expiresAt * 1000).toISOString()
    const cirrusEnd = new Date((lease.expiresAt - request.lifetime + 3600) * 1000).toISOString()
    expect((await dryRun(order(), ports)).data).toMatchObject({ expiresAt: nimbusEnd })
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    expect(await launch(order(), ports)).toMatchObject({ cloud: 'cirrus', expiresAt: cirrusEnd })
    expect(cirrus.orders.at(-1)).toMatchObject({ request: { lifetime: 3600 } })
    expect(host.summaries.at(-1)).toContain(cirrusEnd)
    const only = { ...ports, clouds: new Clouds([cirrus.cloud]) }
    expect((await dryRun(order(), only)).data).toMatchObject({ expiresAt: cirrusEnd })
    nimbus.refuse.clear()
    cirrus.instances.clear()
    nimbus.runners.clear()
    expect(await launch(order(), ports)).toMatchObject({ cloud: 'nimbus', expiresAt: nimbusEnd })
  })

  it('tells the jobs of whichever machine it gets what that one costs', async () => {
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    await launch(order(), ports)
    const payload = gunzipSync(cirrus.orders.at(-1)!.payload).toString()
    expect(payload).toContain('$0.5000 an hour')
  })

  it('advises what the clouds that refused advise, and what helps anywhere where none does', async () => {
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    cirrus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    expect((await failure(launch(order(), ports))).explanation.fix).toMatch(/^name more places or types \(/)
    const fix = 'name another hall.'
    cirrus.refuse.set(
      'north-1',
      new Failure('capacity-unavailable', { tried: 'serve', said: 'empty', code: 'HallEmpty', fix }),
    )
    expect((await failure(launch(order(), ports))).explanation.fix).toBe(fix)
  })

  it('makes a registration for each, though their regions have one name', async () => {
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    await launch(order(), ports)
    expect(nimbus.calls('forge.register')).toBe(2)
  })

  it('takes the machine of an earlier try over from whichever cloud has it', async () => {
    cirrus.addMachine({ lease })
    const runner = cirrus.register(lease)
    nimbus.runners.set(runner.id, { ...runner, online: true, connected: true })
    const outputs = await launch(order(), ports)
    expect(outputs).toMatchObject({ cloud: 'cirrus', instanceId: 'i-1' })
    expect(outputs.runnerLabels.split(',')).toContain(placeLabel('cirrus', 'north-1'))
    expect(nimbus.calls('cloud.create') + cirrus.calls('cloud.create')).toBe(0)
  })

  it('refuses a payload that the second does not take before anything is made', async () => {
    const limits = { ...cirrus.cloud.limits, payloadBytes: 100 }
    const { kind } = await failure(launch(order(), open({ second: { limits } })))
    expect(kind).toBe('invalid-input')
    expect(nimbus.calls('cloud.create') + nimbus.calls('forge.register')).toBe(0)
  })

  it('undoes itself on the cloud where its machine is', async () => {
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    cirrus.script = {}
    await failure(launch(order({ launchTimeout: 60 }), ports))
    expect([...cirrus.instances.values()].map(({ state }) => state)).toEqual(['gone'])
    expect(nimbus.calls('cloud.destroy')).toBe(0)
  })

  it('tries by market, then by type, then by cloud, then as each cloud has it', async () => {
    const all = (cloud: string) =>
      (['spot', 'on-demand'] as const).flatMap((market) =>
        request.types.flatMap((typeWord) =>
          ['a', 'b'].map((place) => candidate({ cloud, market, typeWord, place })),
        ),
      )
    nimbus.candidates = all('nimbus')
    cirrus.candidates = all('cirrus')
    const { candidates } = await ports.clouds.resolve(request)
    expect(
      candidates.map(({ market, typeWord, cloud, place }) => [market, typeWord, cloud, place].join(' ')),
    ).toEqual(
      ['spot', 'on-demand'].flatMap((market) =>
        ['small', 'large'].flatMap((typeWord) =>
          ['nimbus', 'cirrus'].flatMap((cloud) =>
            ['a', 'b'].map((place) => [market, typeWord, cloud, place].join(' ')),
          ),
        ),
      ),
    )
    const { data } = await dryRun(order(), ports)
    const told = data.candidates as readonly { readonly cloud: string }[]
    expect(told.map(({ cloud }) => cloud)).toEqual(candidates.map(({ cloud }) => cloud))
  })

  it('goes on without the one that has nothing to try, says so, and fails when neither has', async () => {
    const empty = { first: { resolve: nothingThere('nimbus') } }
    expect(await launch(order(), open(empty))).toMatchObject({ cloud: 'cirrus' })
    expect(host.lines.join('\n')).toContain(
      'warning: Left out, since others were named: Could not serve: nothing at nimbus',
    )
    const both = { ...empty, second: { resolve: nothingThere('cirrus') } }
    const { message } = await failure(launch(order(), open(both)))
    expect(message).toContain('nothing at nimbus')
    expect(message).toContain('nothing at cirrus')
  })

  describe('whose credentials one of them does not take', () => {
    const unknown = none('unauthenticated', 'who are you')
    const denied = none('permission-denied', 'you may not')
    const resolve = (): Promise<never> => Promise.reject(unknown)
    const blind = async (_: unknown, regions: readonly string[]) => ({
      machines: [],
      unreadable: regions.map((region) => ({ place: { cloud: 'cirrus', region }, failure: denied })),
    })

    it.each([
      ['and which may not be looked at', { resolve, list: blind }],
      ['and which shows its machines all the same', { resolve }],
    ])('goes on without it, says so, and looks for nothing there any more, %s', async (_, second) => {
      const ports = open({ second })
      expect(await launch(order(), ports)).toMatchObject({ cloud: 'nimbus' })
      expect(host.lines.join('\n')).toContain(
        'warning: Left out, since others were named: Could not serve: who are you',
      )
      expect(ports.clouds.leftOut).toEqual(['cirrus'])
      expect(ports.clouds.placesOf(['north-1']).map(({ cloud }) => cloud)).toEqual(['nimbus'])
      expect(host.saved['left-out']).toBe('["cirrus"]')
    })

    it('does so also where it only may not look', async () => {
      const ports = open({ second: { list: blind } })
      expect(await launch(order(), ports)).toMatchObject({ cloud: 'nimbus' })
      expect(host.lines.join('\n')).toContain(
        'Left out, since others were named: Could not serve: you may not',
      )
      expect(cirrus.calls('cloud.create')).toBe(0)
    })

    it('undoes itself without it', async () => {
      nimbus.script = {}
      await failure(launch(order({ launchTimeout: 60 }), open({ second: { resolve, list: blind } })))
      expect([...nimbus.instances.values()].map(({ state }) => state)).toEqual(['gone'])
      expect(host.lines.join('\n')).toContain('Nothing of this launch is left')
    })

    it('goes on to another when it may not create there, and asks it for nothing else', async () => {
      nimbus.candidates = ['a', 'b'].map((place) => candidate({ place }))
      nimbus.refuse.set('a', denied)
      nimbus.refuse.set('north-1', denied)
      expect(await launch(order(), ports)).toMatchObject({ cloud: 'cirrus' })
      expect(nimbus.calls('cloud.create')).toBe(1)
      expect(host.lines.join('\n')).toMatch(
        /^No nimbus .*: permission-denied \(you may not\)\. Next: cirrus small on-demand in north-1\.$/m,
      )
      expect(host.summaries.join('\n')).toMatch(
        /\| nimbus .* \| permission-denied \| you may not \|.*\| cirrus /,
      )
    })

    it('fails when none takes them, and when it is the only one that has something to try', async () => {
      const both = await failure(launch(order(), open({ first: { resolve }, second: { resolve } })))
      expect(both.kind).toBe('unauthenticated')
      const alone = open({ first: { resolve: nothingThere('nimbus') }, second: { resolve } })
      const { message } = await failure(launch(order(), alone))
      expect(message).toContain('nothing at nimbus')
      expect(message).toContain('who are you')
      nimbus.refuse.set('north-1', denied)
      cirrus.refuse.set('north-1', unknown)
      const create = await failure(launch(order(), ports))
      expect(create.kind).toBe('unauthenticated')
      expect(nimbus.calls('cloud.create') + cirrus.calls('cloud.create')).toBe(2)
    })
  })
})

describe('what only the boot needed', () => {
  it('is concealed where the machine is, once, and what stays readable is told', async () => {
    nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    cirrus.readable = 'Jobs can still read the name.'
    cirrus.script = {
      onlineAfter: 20_000,
      console: [{ at: 5_000, line: 'cml-runner: 1790000005 registering' }],
    }
    await launch(order(), ports)
    expect([nimbus.calls('cloud.conceal'), cirrus.calls('cloud.conceal i-1')]).toEqual([0, 1])
    expect(host.lines).toContain('Jobs can still read the name.')
  })

  it('is left where what is left over lies, which is no machine to take', async () => {
    cirrus.addMachine({ lease, state: 'remnant' })
    expect(await launch(order(), ports)).toMatchObject({ cloud: 'nimbus' })
  })

  it.each([
    ['once', 'is atomic', { atomic: true }, {}, 1],
    ['once', 'shows at once what there is', { atomic: false, prompt: true } as const, {}, 1],
    ['once', 'says that nothing is left', { atomic: false }, { nothingLeft: true } as const, 1],
    ['three times', 'says nothing of that', { atomic: false }, {}, 3],
  ])('what a refusal may have left is looked for %s where its cloud %s', async (_, __, kind, said, looks) => {
    const full = new Failure('capacity-unavailable', { tried: 'serve', said: 'empty', ...said })
    nimbus.refuse.set('north-1', full)
    cirrus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
    const limits = { ...nimbus.cloud.limits, ...kind }
    await failure(launch(order(), open({ first: { limits } })))
    expect(nimbus.calls('cloud.list identity north-1') - 1).toBe(looks)
  })
})

describe('words of several clouds', () => {
  /** Regions that begin with its own letter, and types. */
  const words = (letter: string): Partial<Cloud> => {
    const asked: MachineRequest[] = []
    const foreign = (option: string, list: readonly string[]) =>
      list
        .filter((word) => !word.startsWith(letter))
        .map((word) => ({ option, word, text: `${option}: "${word}" is nothing here.` }))
    return {
      regionsOf: (list) => ({
        regions: list.filter((word) => word.startsWith(letter)),
        complaints: foreign('cloud-region', list),
      }),
      complaints: ({ regions, types }) => [
        ...foreign('cloud-region', regions),
        ...foreign('cloud-type', types),
      ],
      resolve: async (own) => {
        asked.push(own)
        const [region = '', typeWord = ''] = [own.regions[0], own.types[0]]
        return { candidates: [candidate({ cloud: letter, region, typeWord })], warnings: [] }
      },
    }
  }
  const mixed = { ...request, regions: ['n-1', 'c-1'], types: ['c-small', 'n-small'] }
  const clouds = (): Clouds => open({ first: words('n'), second: words('c') }).clouds

  it('are no problem when any understands them, and each is asked for its own', async () => {
    expect(await clouds().complaints(mixed)).toEqual([])
    expect(clouds().placesOf(mixed.regions)).toEqual([
      { cloud: 'nimbus', region: 'n-1' },
      { cloud: 'cirrus', region: 'c-1' },
    ])
    const { candidates } = await clouds().resolve({ ...mixed, spot: false })
    expect(candidates).toMatchObject([
      { cloud: 'c', region: 'c-1', typeWord: 'c-small' },
      { cloud: 'n', region: 'n-1', typeWord: 'n-small' },
    ])
  })

  it('are refused when none does, each once', async () => {
    const wrong = { ...mixed, regions: [...mixed.regions, 'x-1'] }
    expect((await clouds().complaints(wrong)).map(({ word }) => word)).toEqual(['x-1', 'x-1'])
    expect(() => clouds().placesOf(wrong.regions)).toThrow(
      'Could not use these options: cloud-region: "x-1" is nothing here.',
    )
  })

  describe('of which each takes a line', () => {
    /** It takes images and tags that begin with its letter, and remembers what it was asked for. */
    const picky = (letter: string, cloud: string) => {
      const asked: MachineRequest[] = []
      const complaints = ({ image, metadata }: MachineRequest) => [
        ...(image === undefined || image.startsWith(letter)
          ? []
          : [{ option: 'cloud-image', word: image, text: `cloud-image: "${image}" is nothing here.` }]),
        ...(Object.keys(metadata).some((key) => key.startsWith('!'))
          ? [{ option: '', text: 'cloud-metadata: no exclamations, please.' }]
          : []),
      ]
      const resolve = async (own: MachineRequest) => {
        asked.push(own)
        return { candidates: [candidate({ cloud })], warnings: [] }
      }
      return { asked, complaints, resolve }
    }
    const [first, second] = [picky('n', 'nimbus'), picky('c', 'cirrus')]
    const both = (change: Partial<MachineRequest>): [Clouds, MachineRequest] => [
      open({ first, second }).clouds,
      { ...request, spot: false, ...change },
    ]
    const askedOf = async (change: Partial<MachineRequest>, what: (one: MachineRequest) => unknown) => {
      const [clouds, wish] = both(change)
      await clouds.resolve(wish)
      return [first, second].map(({ asked }) => what(asked.at(-1)!))
    }

    it.each([
      ['cirrus: c-2\nnimbus:n-1', ['n-1', 'c-2']],
      ['c-2\n\nn-1\n', ['n-1', 'c-2']],
      ['cirrus: anything\nn-1', ['n-1', 'anything']],
      ['c-2', [undefined, 'c-2']],
    ])('by its name or by its form: %j', async (image, images) => {
      const [clouds, wish] = both({ image })
      const refused = (await clouds.complaints(wish)).map(({ text }) => text)
      if (images[1] === 'anything')
        expect(refused).toEqual(['cloud-image (cirrus): "anything" is nothing here.'])
      else expect(await askedOf({ image }, (one) => one.image)).toEqual(images)
    })

    it('and the rest of what it is created with is its own, too', async () => {
      const own = order({ request: { ...request, image: 'n-1\nc-2', metadata: { a: '1', 'cirrus:b': '2' } } })
      nimbus.refuse.set('north-1', none('capacity-unavailable', 'empty'))
      const clouds = { first: { complaints: first.complaints }, second: { complaints: second.complaints } }
      await launch(own, open(clouds))
      expect(cirrus.orders.at(-1)?.request).toMatchObject({ image: 'c-2', metadata: { a: '1', b: '2' } })
      expect(await ports.clouds.requestFor({ cloud: 'nimbus' }, own.request)).toMatchObject({
        metadata: { a: '1' },
      })
    })

    it('also with numbers of the disk, where whoever has none gets what is usual', async () => {
      const asked = (change: Partial<MachineRequest>) =>
        askedOf(change, ({ diskGb, disk = {}, diskLines }) => [diskGb, disk.iops, disk.throughput, diskLines])
      const lines = {
        size: 'cirrus: 200 GB\nnimbus:100',
        iops: 'cirrus: 6000',
        throughput: '500\nnimbus: 300',
      }
      expect(await asked({ diskLines: lines })).toEqual([
        [100, undefined, 300, undefined],
        [200, 6000, 500, undefined],
      ])
      expect(await asked({ diskLines: { size: 'cirrus: 200' } })).toEqual([
        [request.diskGb, undefined, undefined, undefined],
        [200, undefined, undefined, undefined],
      ])
      const alone = new Clouds([{ ...nimbus.cloud, complaints: () => [] }])
      const complained = async (size: string) =>
        (await alone.complaints({ ...request, diskLines: { size } })).map(({ text }) => text)
      expect(await complained('nimbus: 100')).toEqual([])
      expect(await complained('cirrus: 100')).toEqual([
        expect.stringContaining('cloud-hdd-size: none of nimbus takes the line "cirrus: 100"'),
      ])
    })

    it('and what none takes is refused, as is a tag that one of them cannot carry', async () => {
      const texts = async (change: Partial<MachineRequest>) => {
        const [clouds, wish] = both(change)
        return (await clouds.complaints(wish)).map(({ text }) => text)
      }
      expect(await texts({ image: 'n-1\nx-1' })).toEqual([expect.stringContaining('takes the line "x-1"')])
      expect(await texts({ image: 'nimbus: n-1\nnimbus: n-2' })).toEqual([
        expect.stringContaining('nimbus has another line than "n-2"'),
      ])
      expect(await texts({ metadata: { '!': '1' } })).toEqual([
        'cloud-metadata (nimbus): no exclamations, please.',
        'cloud-metadata (cirrus): no exclamations, please.',
      ])
      expect(await texts({ metadata: { 'cirrus:!': '1' } })).toEqual([
        'cloud-metadata (cirrus): no exclamations, please.',
      ])
    })
  })

  it('leave a cloud out that none of them is for', async () => {
    const { candidates, warnings } = await clouds().resolve({ ...mixed, regions: ['c-1'] })
    expect(candidates.map(({ cloud }) => cloud)).toEqual(['c'])
    expect(warnings).toEqual([expect.stringContaining('launch a machine at nimbus')])
  })
})

describe('what is there on two clouds', () => {
  const other = { ...lease, identity: 'zyxwvutsrqponmlkjihg', name: 'other' }
  const old: Partial<Lease> = { dueAt: 1_789_000_000, expiresAt: 1_789_500_000 }
  const denied = none('permission-denied', 'no')
  const blind = (): void => {
    nimbus.failing.on = (call) => (call.startsWith('cloud.list') ? denied : undefined)
  }

  it('is listed with the cloud of each, also a registration whose machine is gone', async () => {
    nimbus.addMachine({ lease })
    cirrus.addMachine({ lease: other, region: 'south-1' })
    cirrus.register({ ...lease, identity: 'bbbbbbbbbbbbbbbbbbbb', name: 'lost', ...old })
    const { launches, problems } = await list(everywhere, ports)
    expect(problems).toEqual([])
    expect(launches.map(({ name, cloud, region }) => [name, cloud, region])).toEqual([
      [lease.name, 'nimbus', 'north-1'],
      ['other', 'cirrus', 'south-1'],
      ['lost', 'cirrus', 'north-1'],
    ])
  })

  it('is swept and listed on the one when the other cannot be read, which is told', async () => {
    blind()
    cirrus.addMachine({ lease: { ...other, ...old } })
    const listed = await list(everywhere, ports)
    expect(listed.launches.map(({ cloud }) => cloud)).toEqual(['cirrus'])
    expect(listed.problems).toMatchObject([
      { message: expect.stringContaining('look in every region of nimbus') as unknown },
    ])
    const { machines, problems } = await sweep(everywhere, { dryRun: false }, ports)
    expect(machines.map(({ machine }) => machine.cloud)).toEqual(['cirrus'])
    expect(problems).toHaveLength(1)
  })

  it('keeps its registration while the cloud that it names cannot be read', async () => {
    blind()
    const gone = { ...lease, ...old }
    nimbus.addRunner({
      name: gone.name,
      online: false,
      labels: [
        uniqueLabel(gone.identity),
        placeLabel('nimbus', 'north-1'),
        ...nimbus.accountLabels,
        runLabel(gone),
      ],
    })
    expect((await sweep(everywhere, { dryRun: false }, ports)).corpses).toEqual([])
    expect(await prune(everywhere, ports)).toBe(0)
    nimbus.failing = {}
    expect(await prune(everywhere, ports)).toBe(1)
  })

  it('goes when its run is stopped, whichever cloud it is on, also under one id', async () => {
    nimbus.addMachine({ id: 'same', lease })
    cirrus.addMachine({ id: 'same', lease: other })
    await new Stopping({ run: lease.run, instanceIds: [] }, everywhere, ports).run()
    const states = [...nimbus.instances.values(), ...cirrus.instances.values()].map(({ state }) => state)
    expect(states).toEqual(['gone', 'gone'])
  })

  it('is found by the last part of an id, as people read it', async () => {
    cirrus.addMachine({ id: 'zone-a/trainer', lease })
    const stopping = new Stopping({ instanceIds: ['trainer', 'nobody'] }, everywhere, ports)
    expect(await stopping.run()).toMatchObject({ instances: ['zone-a/trainer'], unknownIds: ['nobody'] })
  })

  it('keeps its name where the cloud of its machine is not open', async () => {
    cirrus.addMachine({ lease: { ...other, name: 'trainer' } })
    nimbus.addRunner({
      name: 'trainer',
      online: false,
      labels: [uniqueLabel(other.identity), placeLabel('cirrus', 'north-1'), runLabel(other)],
    })
    const alone = { ...ports, clouds: nimbus.clouds }
    const { kind, message } = await failure(launch(order({ lease: { ...lease, name: 'trainer' } }), alone))
    expect([kind, message]).toEqual([
      'already-exists',
      expect.stringContaining('on another cloud than nimbus'),
    ])
    expect(nimbus.runners.size).toBe(1)
  })
})
