import { beforeEach, describe, expect, test } from '@jest/globals'
import { machinePath, versions } from '../../../src/clouds/azure/arm.ts'
import { createArm } from '../../../src/clouds/azure/client.ts'
import { explain, explainProblem } from '../../../src/clouds/azure/failures.ts'
import type { Failure } from '../../../src/model/failure.ts'
import { awaitDone, operationOf } from '../../../src/clouds/azure/operations.ts'
import type { Cloud, MachineRequest } from '../../../src/clouds/cloud.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { readLease, sealOf } from '../../../src/model/lease.ts'
import type { Owned } from '../../../src/model/ownership.ts'
import { usersGroup, usualIdentity } from '../../emulators/azure/azure.ts'
import {
  ask,
  failureOf,
  isChange,
  lease,
  orderOf,
  startAzureWorld,
  type AzureWorld,
  type Settings,
} from './world.ts'
import { inEachTest } from '../each-test.ts'

// A test for each way in which the real service was seen to answer, and which is a dial of the emulator: what the product makes of it.

let world: AzureWorld

inEachTest(startAzureWorld, (made) => (world = made))

const inGroup: Settings = { group: usersGroup }

async function makeAt(cloud: Cloud, change: Partial<MachineRequest> = {}): Promise<Owned> {
  const request = ask(change)
  const { candidates } = await cloud.resolve(request)
  return cloud.create(candidates[0]!, orderOf(request))
}

/** Actions that were asked for, in their order; `changes`: those alone that change something. */
const actions = (which: 'all' | 'changes' = 'changes'): readonly string[] =>
  world.azure.journal
    .filter((entry) => which === 'all' || isChange(entry))
    .map(({ action, status }) => `${action} ${status}`)

const nothingLeft = (): void => {
  const { azure } = world
  expect([azure.leftovers(), azure.emptyGroups()]).toEqual([
    { machines: 0, disks: 0, cards: 0, addresses: 0 },
    [],
  ])
}

const armOf = (): ReturnType<typeof createArm> =>
  createArm({ log: silentLog, clock: world.clock, variables: world.azure.variables })

describe('an operation', () => {
  test('of the network is looked at until it is done, and only then a machine is asked for', async () => {
    world.azure.dials.networkLooks = 3
    await makeAt(world.open())
    const told = actions('all')
    const looks = told.filter((text) => text.startsWith('operations.get')).length
    expect(looks).toBe(4)
    expect(told.findLastIndex((text) => text.startsWith('operations.get'))).toBeLessThan(
      told.findIndex((text) => text.startsWith('machines.put')),
    )
  })

  test('goes on though a look at it is answered 503, with nothing in it', async () => {
    const cloud = world.open(inGroup)
    world.azure.dials.fails = () => ({ code: 'AllocationFailed', message: 'Allocation failed.' })
    const machine = await makeAt(cloud)
    world.azure.dials.midPoll503 = 1
    expect((await cloud.look(machine))?.ended?.code).toBe('AllocationFailed')
    expect(actions('all').filter((text) => text === 'operations.get 503')).toHaveLength(1)
  })

  test('of compute says that it is done with times and a name; one that ends a group, by another address each time', async () => {
    const cloud = world.open()
    const machine = await makeAt(cloud)
    const arm = armOf()
    const call = { tried: 'test', clock: world.clock }
    world.azure.dials.transitions = { running: 2, terminated: 2 }
    const [group = ''] = machine.id.split('/')
    const path = `/subscriptions/${world.azure.subscription}/resourceGroups/${group}?api-version=2021-04-01`
    const ordered = await arm.send({ method: 'DELETE', path }, call)
    expect([ordered.status, ordered.headers['azure-asyncoperation']]).toEqual([202, undefined])
    await awaitDone(arm, ordered, call)
    const addresses = world.azure.calls('operationresults.get').map((entry) => entry.path.replace(/\?.*/, ''))
    expect(new Set(addresses).size).toBe(addresses.length)
    expect(addresses.length).toBeGreaterThan(1)
    // The address that was given first is none any more.
    await expect(arm.send({ method: 'GET', path: operationOf(ordered)! }, call)).rejects.toThrow()
    nothingLeft()
  })

  test('whose address is not followed as it was signed is refused, so it is never made anew', async () => {
    await makeAt(world.open())
    const [look] = world.azure.calls('operations.get')
    expect(Object.keys(look?.query ?? {})).toEqual(expect.arrayContaining(['t', 'c', 's', 'h']))
  })
})

describe('a failure', () => {
  test('that stands inside a 200, after the machine was taken, moves on and leaves what stop can remove', async () => {
    const cloud = world.open(inGroup)
    world.azure.dials.fails = () => ({
      code: 'AllocationFailed',
      message: 'Allocation failed. There is no room.',
    })
    const machine = await makeAt(cloud)
    const seen = await cloud.look(machine)
    expect(seen?.ended).toMatchObject({ kind: 'capacity-unavailable', code: 'AllocationFailed' })
    expect((await cloud.list({ identity: lease.identity }, [machine.region])).machines).toMatchObject([
      { id: machine.id, state: 'remnant' },
    ])
    await cloud.destroy(machine)
    nothingLeft()
  })

  describe('to make a machine says that nothing is left', () => {
    const refused = async (cloud: Cloud): Promise<readonly [unknown, readonly string[]]> => {
      const { code, nothingLeft } = (await failureOf(makeAt(cloud))).explanation
      expect(code).toBe('SkuNotAvailable')
      return [nothingLeft, actions()]
    }

    beforeEach(() => void world.azure.dials.dry.add('*|*|*'))

    test('where Azure refused it at once and has nothing to remove, and where it was not even asked', async () => {
      const cloud = world.open(inGroup)
      const asked = ['machines.put 409', 'machines.delete 204']
      expect(await refused(cloud)).toEqual([true, asked])
      expect(await refused(cloud)).toEqual([true, asked])
    })

    test('but not where a group was made for it, which is still being removed', async () => {
      const [said, asked] = await refused(world.open())
      expect([said, asked.at(-1)]).toEqual([undefined, 'groups.delete 202'])
    })

    test('nor where it was asked for before, which may have been heard', async () => {
      world.azure.dials.subnetBusy = 1
      const asked = ['machines.put 429', 'machines.put 409', 'machines.delete 204']
      expect(await refused(world.open(inGroup))).toEqual([undefined, asked])
    })
  })

  test('429 that is no throttling is waited out: a subnet that was just made', async () => {
    world.azure.dials.subnetBusy = 2
    await makeAt(world.open())
    expect(actions().filter((text) => text.startsWith('machines.put'))).toEqual([
      'machines.put 429',
      'machines.put 429',
      'machines.put 201',
    ])
  })

  test('of a part of Azure that the subscription is not registered for is found before anything is made', async () => {
    world.azure.dials.registered.delete('microsoft.computeschedule')
    const failure = await failureOf(makeAt(world.open(inGroup)))
    expect(failure.message).toContain('az provider register --namespace Microsoft.ComputeSchedule')
    expect(actions()).toEqual([])
  })

  test.each(['the right', 'the registration'] as const)(
    'of the timer, for want of %s, takes the machine back',
    async (what) => {
      const { denied, registered } = world.azure.dials
      // Else it would be found beforehand.
      denied.add('Microsoft.Resources/subscriptions/providers/read')
      if (what === 'the registration') registered.delete('microsoft.computeschedule')
      else denied.add('Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action')
      for (const settings of [inGroup, {}]) {
        const failure = await failureOf(makeAt(world.open(settings)))
        expect(failure.message).toContain('have Azure end the machine when its `max-lifetime` is over')
        nothingLeft()
      }
      expect(world.azure.machines).toHaveLength(2)
    },
  )

  test.each([
    ['could not be made', 'NotNow'],
    ['is gone, but for want of the right', 'AuthorizationFailed'],
  ])('of the timer for a machine that %s is told (%s), and no other is made', async (_, code) => {
    const { azure } = world
    azure.dials.fails = () => ({ code: 'AllocationFailed', message: 'Allocation failed.' })
    azure.fault = ({ action }) => {
      if (action !== 'timer.submit') return undefined
      if (code !== 'NotNow') for (const { key } of azure.machines) azure.remove(key)
      return { status: code === 'NotNow' ? 409 : 403, body: { error: { code, message: 'Not of this one.' } } }
    }
    const failure = await failureOf(makeAt(world.open(inGroup)))
    expect(failure.explanation.code).toBe(code)
    expect(azure.machines).toHaveLength(1)
    nothingLeft()
  })

  test('of a policy is told with its name, and nothing else is tried there', async () => {
    for (const forbidden of ['address', 'size']) {
      world.azure.dials.forbids.clear()
      world.azure.dials.forbids.add(forbidden)
      const failure = await failureOf(makeAt(world.open(), { publicAddress: 'always' }))
      expect(failure.message).toMatch(/RequestDisallowedByPolicy/)
      nothingLeft()
    }
  })

  test('of terms that nobody has accepted is told with the command that accepts them', async () => {
    const image = 'nvidia:ngc_azure_17_11:ngc-base-version-25_4_1_gen2:25.4.1'
    const failure = await failureOf(makeAt(world.open(inGroup), { image }))
    expect(failure.message).toMatch(/az vm image terms accept/)
    nothingLeft()
    world.azure.dials.terms.add('nvidia:ngc_azure_17_11:ngc-base-version-25_4_1_gen2')
    expect((await makeAt(world.open(inGroup), { image })).state).toBe('pending')
  })

  test('to choose among several subscriptions names the variable', async () => {
    world.azure.dials.subscriptions = 2
    const { AZURE_SUBSCRIPTION_ID: _, ...variables } = world.azure.variables
    const failure = await failureOf(makeAt(world.open({}, { variables })))
    expect(failure.message).toContain('AZURE_SUBSCRIPTION_ID')
  })
})

test('a machine without an address in a network of its own is refused before anything is asked', async () => {
  const failure = await failureOf(world.open().resolve(ask({ publicAddress: 'never' })))
  expect([failure.kind, failure.message]).toEqual([
    'invalid-input',
    expect.stringContaining('cloud-azure-subnet'),
  ])
  expect(
    (await world.open(inGroup).resolve(ask({ publicAddress: 'never' }))).candidates.length,
  ).toBeGreaterThan(0)
})

test('an image that its publisher takes back is taken with a warning that names its end and its successor', async () => {
  const { images } = world.azure.world
  const [some] = images
  const deprecation = {
    imageState: 'ScheduledForDeprecation',
    scheduledDeprecationTime: '2027-01-31T00:00:00Z',
    alternativeOption: { type: 'Offer', value: 'ubuntu-26_04-lts' },
  }
  images.push({ ...some!, sku: 'old', deprecation })
  const of = async (sku: string): Promise<string> =>
    (
      await world.open().resolve(ask({ image: `${some!.publisher}:${some!.offer}:${sku}:latest` }))
    ).warnings.join()
  expect(await of('old')).toMatch(/:old:\S+ is deprecated from 2027-01-31 on.*ubuntu-26_04-lts/)
  expect(await of(some!.sku)).not.toContain('deprecated')
})

describe('a reason', () => {
  const refuse = (body: object): void => {
    world.azure.fault = ({ action }) =>
      action === 'machines.put'
        ? { status: 400, headers: { 'content-type': 'application/json' }, body }
        : undefined
  }

  test.each<[string, object]>([
    [
      'in its details',
      {
        error: {
          code: 'Outer',
          message: 'See below.',
          details: [{ code: 'Inner', message: 'The true one.' }],
        },
      },
    ],
    [
      'deeper still',
      { error: { code: 'Outer', details: [{ code: 'Inner', details: [{ message: 'The true one.' }] }] } },
    ],
    [
      'of what lies inside',
      { error: { code: 'Outer', message: 'Failed.', innererror: { message: 'The true one.' } } },
    ],
    ['without an envelope', { code: 'Outer', message: 'The true one.' }],
    ['with capitals', { Message: 'The true one.' }],
  ])('%s is told', async (_, body) => {
    refuse(body)
    expect((await failureOf(makeAt(world.open(inGroup)))).message).toContain('The true one.')
  })

  test('of an operation is told from its details, too', () => {
    const problem = {
      code: 'Outer',
      message: 'See below.',
      details: [{ code: 'Inner', message: 'The true one.' }],
    }
    expect(explainProblem(problem, 'try it').message).toContain('Inner: The true one')
  })
})

describe('what is gone', () => {
  test('is gone in either wording of 404: of one that was never there, and of one that was evicted', async () => {
    const cloud = world.open(inGroup)
    const machine = await makeAt(cloud, { spot: true })
    await cloud.look(machine)
    world.azure.evict(machine.id)
    expect(await cloud.look(machine)).toMatchObject({
      state: 'gone',
      ended: { kind: 'capacity-unavailable' },
    })
    const [group = '', name = ''] = machine.id.split('/')
    const arm = armOf()
    const code = async (where: { group: string; name: string }): Promise<string | undefined> => {
      const path = `${machinePath(world.azure.subscription, where)}?api-version=${versions.compute}`
      return (await failureOf(arm.send({ method: 'GET', path }, { tried: 'look' }))).explanation.code
    }
    expect([await code({ group, name }), await code({ group, name: 'cml-other' })]).toEqual([
      'NotFound',
      'ResourceNotFound',
    ])
    await cloud.destroy(machine)
    nothingLeft()
  })

  test('by half can be ended again, in a group of its own and in one of the user’s', async () => {
    world.azure.dials.transitions = { running: 0, terminated: 4 }
    for (const settings of [{}, inGroup]) {
      const cloud = world.open(settings)
      const machine = await makeAt(cloud)
      for (let count = 0; count < 3; count++) await cloud.destroy(machine)
      for (let count = 0; count < 8; count++) await cloud.look(machine)
      await cloud.destroy(machine)
      nothingLeft()
    }
    // A group that is gone, and a machine that is: both are success.
    expect(actions().filter((text) => /delete (404|204)$/.test(text)).length).toBeGreaterThan(0)
  })

  test('without a machine in it, a group that was made for one, is removed with it', async () => {
    const cloud = world.open()
    const machine = await makeAt(cloud)
    world.azure.remove(machine.id)
    expect(world.azure.emptyGroups()).toHaveLength(1)
    const { machines } = await world.open().list({ scope: lease.scope }, [machine.region])
    expect(machines).toMatchObject([{ state: 'remnant' }])
    await cloud.destroy(machines[0]!)
    nothingLeft()
  })

  test('to the bill alone, switched off or deallocated, shows as what is left over', async () => {
    for (const how of ['powerOff', 'deallocate'] as const) {
      const cloud = world.open(inGroup)
      const machine = await makeAt(cloud)
      await cloud.look(machine)
      world.azure[how](machine.id)
      const { machines } = await world.open(inGroup).list({ scope: lease.scope }, [machine.region])
      expect(machines.map(({ state }) => state)).toEqual(['remnant'])
      await cloud.destroy(machine)
      nothingLeft()
    }
  })
})

describe('a second order for one name', () => {
  const other = { ...lease, nonce: 'z9y8x7', dueAt: lease.dueAt + 5 }

  test('that is taken away before its end is ordered gives way to another machine', async () => {
    const cloud = world.open(inGroup)
    world.azure.hold = ({ action }) => {
      const [machine, second] = world.azure.machines
      if (action === 'timer.submit' && machine && !second) world.azure.remove(machine.key)
      return undefined
    }
    const machine = await makeAt(cloud)
    expect(world.azure.machines.map(({ there }) => there)).toEqual([false, true])
    await cloud.destroy(machine)
    nothingLeft()
  })

  test.each(['heeded', 'ignored'] as const)(
    'at the same moment leaves one machine, with its header %s',
    async (how) => {
      world.azure.dials.ifNoneMatch = how
      const request = ask({})
      const [first, second] = [world.open(inGroup), world.open(inGroup)]
      const { candidates } = await first.resolve(request)
      await second.resolve(request)
      // Both have looked before either has ordered.
      let looked = 0
      let go: () => void = () => undefined
      const both = new Promise<void>((resolve) => (go = resolve))
      world.azure.hold = ({ action }) => {
        if (action !== 'machines.put') return undefined
        if (++looked === 2) go()
        return looked <= 2 ? both : undefined
      }
      const made = await Promise.all([
        first.create(candidates[0]!, orderOf(request, { payload: Buffer.from(lease.nonce) })),
        second.create(candidates[0]!, orderOf(request, { lease: other, payload: Buffer.from(other.nonce) })),
      ])
      const there = world.azure.machines.filter((machine) => machine.there)
      expect(there).toHaveLength(1)
      // It executes what whoever it says it is of has sent.
      const sent = there[0]!.order.customData.toString()
      expect(readLease(there[0]!.tags).lease?.nonce).toBe(sealOf(sent))
      // Whoever was told of a machine that the other had to remove hears of the one that stays, or that its own is gone.
      expect(made.map(({ id }) => id)).toContain(there[0]!.key)
      for (const { id } of made) await first.destroy({ cloud: 'azure', region: 'eastus', id })
      nothingLeft()
    },
  )
})

describe('what Azure adds of its own', () => {
  test('are tags of a policy, beside which a machine is still ours', async () => {
    world.azure.dials.policyTags = { CreatedBy: 'policy', 'hidden-title': 'x' }
    for (const settings of [inGroup, {}]) {
      const cloud = world.open(settings)
      const machine = await makeAt(cloud, { metadata: { team: 'vision' } })
      expect(await cloud.look(machine)).toMatchObject({ lease: { identity: lease.identity } })
      const { machines } = await cloud.list({ scope: lease.scope }, [machine.region])
      expect(machines.map(({ lease: read, damage }) => [read?.name, damage])).toEqual([
        [lease.name, undefined],
      ])
      await cloud.destroy(machine)
    }
    nothingLeft()
  })

  test('are pages, however small', async () => {
    const cloud = world.open(inGroup)
    for (const identity of ['b', 'c', 'd'].map((letter) => letter.repeat(20))) {
      const request = ask({})
      const { candidates } = await cloud.resolve(request)
      await world
        .open(inGroup)
        .create(candidates[0]!, orderOf(request, { lease: { ...lease, identity, name: `cml-${identity}` } }))
    }
    world.azure.dials.pageSize = 1
    const { machines } = await world.open(inGroup).list({ scope: lease.scope }, ['eastus'])
    expect(machines).toHaveLength(3)
  })
})

describe('how long a machine lives', () => {
  const usual = { usualLifetime: true } as const

  test('is 6 h where nothing but its end takes it off the bill and nobody has said more, with its price', async () => {
    const both = async (settings: Settings, change: Partial<MachineRequest>) => {
      const { candidates } = await world.open(settings).resolve(ask(change))
      return [candidates[0]!.lifetime, candidates[0]!.ending.gap]
    }
    expect(await both({}, usual)).toEqual([21_600, expect.stringMatching(/after 6 h, at most \$\d+\.\d\d\./)])
    expect(await both(inGroup, usual)).toEqual([21_600, expect.stringMatching(/no identity.*after 6 h/)])
    expect(await both({}, { lifetime: 86_400 })).toEqual([86_400, expect.stringMatching(/after 24 h/)])
    expect(await both(inGroup, { ...usual, permissionSet: usualIdentity })).toEqual([undefined, undefined])
  })
})

test('a proxy that refuses is blamed, and not who is behind it', () => {
  const error = Object.assign(new Error('tunnel: 407'), { code: 'ERR_PROXY_TUNNEL' })
  const failure = explain(error, 'try', {}) as Failure
  expect([failure.kind, failure.message]).toEqual([
    'unavailable',
    expect.stringMatching(/The proxy in HTTPS_PROXY did not/),
  ])
})
