import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { explain } from '../../../src/clouds/gcp/failures.ts'
import type { Cloud, CreateOrder } from '../../../src/clouds/cloud.ts'
import { sealed } from '../../../src/model/lease.ts'
import type { Candidate } from '../../../src/model/instance.ts'
import type { Failure } from '../../../src/model/failure.ts'
import type { GcpEmulator } from '../../emulators/gcp/gcp.ts'
import type { FakeClock } from '../../emulators/fake-clock.ts'
import { pagesRole } from './documented-roles.ts'
import {
  ask,
  failureOf,
  isChange,
  lease,
  orderOf,
  plainRequest,
  startGcpWorld,
  table,
  type GcpWorld,
} from './world.ts'

let world: GcpWorld
let gcp: GcpEmulator
let clock: FakeClock
let cloud: Cloud

beforeEach(async () => {
  world = await startGcpWorld()
  ;({ gcp, clock } = world)
  cloud = world.open()
})
afterEach(() => world.close())

const first = async (change: Parameters<typeof ask>[0]): Promise<Candidate> =>
  (await cloud.resolve(ask(change))).candidates[0]!

/** The body of the only insert so far. */
const inserted = (): Record<string, unknown> =>
  gcp.calls('instances.insert').at(-1)!.body as Record<string, unknown>

/** Tries candidates in order as a launch does; gives the refusals' codes, and the zone in the end. */
async function tryAll(request = plainRequest): Promise<string[]> {
  const answers: string[] = []
  for (const candidate of (await cloud.resolve(request)).candidates) {
    try {
      return [...answers, (await cloud.create(candidate, orderOf(request))).zone ?? '']
    } catch (error) {
      answers.push((error as Failure).explanation.code ?? (error as Failure).kind)
    }
  }
  return answers
}

describe('where a machine is tried', () => {
  test("a generic region is CML's zone first, and then the rest of its region in one call", async () => {
    const types = ['e2-standard-8']
    const { candidates, warnings } = await cloud.resolve(ask({ regions: ['us-west', 'eu-north'], types }))
    expect(table(candidates)).toEqual([
      'e2-standard-8 on-demand us-west1-b',
      'e2-standard-8 on-demand any of us-west1 but us-west1-b',
      'e2-standard-8 on-demand europe-north1-a',
      'e2-standard-8 on-demand any of europe-north1 but europe-north1-a',
    ])
    expect(warnings).toEqual([])
  })

  test('a native zone is never left, and a native region is asked as a whole', async () => {
    const { candidates } = await cloud.resolve(
      ask({ regions: ['us-west1-a', 'us-central1'], types: ['e2-standard-8'] }),
    )
    expect(table(candidates)).toEqual([
      'e2-standard-8 on-demand us-west1-a',
      'e2-standard-8 on-demand any of us-central1',
    ])
    gcp.dials.dry.add('*|us-west1-a|*')
    expect(await tryAll(ask({ regions: ['us-west1-a'], types: ['e2-standard-8'] }))).toEqual([
      'ZONE_RESOURCE_POOL_EXHAUSTED',
    ])
  })

  test('who may not read what a region does tries its zones one after the other, which is known before anything is made', async () => {
    gcp.dials.denied.add('compute.regionOperations.get')
    const request = ask({ regions: ['us-west'], types: ['e2-standard-8'] })
    const { candidates, warnings } = await cloud.resolve(request)
    expect(table(candidates)).toEqual([
      'e2-standard-8 on-demand us-west1-b',
      'e2-standard-8 on-demand us-west1-a then us-west1-c',
    ])
    expect(warnings.join()).toContain('compute.regionOperations.get')
    for (const zone of ['b', 'a']) gcp.dials.dry.add(`*|us-west1-${zone}|*`)
    expect(await tryAll(request)).toEqual(['ZONE_RESOURCE_POOL_EXHAUSTED', 'us-west1-c'])
    expect(gcp.calls('regionInstances.bulkInsert')).toEqual([])
  })

  test('the zones that a stockout says have room come first', async () => {
    gcp.dials.denied.add('compute.regionOperations.get')
    gcp.dials.dry.add('*|us-central1-a|*')
    gcp.dials.room.add('us-central1-f')
    await tryAll(ask({ regions: ['us-central1'], types: ['e2-standard-8'] }))
    expect(gcp.calls('instances.insert').map(({ parts }) => parts.zone)).toEqual([
      'us-central1-a',
      'us-central1-f',
    ])
  })

  test('spot of all places comes before on-demand', async () => {
    const request = ask({
      regions: ['us-west1-b'],
      types: ['e2-standard-8', 'n2-standard-8'],
      spot: true,
      spotFallback: true,
    })
    expect(table((await cloud.resolve(request)).candidates)).toEqual([
      'e2-standard-8 spot us-west1-b',
      'n2-standard-8 spot us-west1-b',
      'e2-standard-8 on-demand us-west1-b',
      'n2-standard-8 on-demand us-west1-b',
    ])
  })

  test('a price ceiling leaves spot out, and is refused where nothing else is left', async () => {
    const priced = ask({ regions: ['us-west1-b'], types: ['e2-standard-8'], spot: true, spotPrice: 0.1 })
    expect((await failureOf(cloud.resolve(priced))).message).toMatch(/cloud-spot-price.*takes no ceiling/)
    const { candidates, warnings } = await cloud.resolve({ ...priced, spotFallback: true })
    expect(table(candidates)).toEqual(['e2-standard-8 on-demand us-west1-b'])
    expect(warnings.join()).toContain('no spot machine is tried')
  })
})

describe('what is asked for', () => {
  test('one insert has the labels, the lease, the script, and an end by the cloud itself', async () => {
    const request = ask({ regions: ['us-west1-b'], metadata: { team: 'vision' }, lifetime: 3600 })
    const machine = await cloud.create(await first(request), orderOf(request))
    expect(machine).toMatchObject({
      lease: sealed(lease),
      zone: 'us-west1-b',
      ip: expect.stringMatching(/^203/),
    })
    expect(machine.id).toMatch(/^us-west1-b\/cml-[a-z2-7]{6}-abcdefghijklmnopqrst$/)
    expect(inserted()).toMatchObject({
      machineType: 'zones/us-west1-b/machineTypes/e2-standard-8',
      labels: { team: 'vision', 'managed-by': 'cml-runner', 'cml-runner-identity': lease.identity },
      scheduling: {
        provisioningModel: 'STANDARD',
        instanceTerminationAction: 'DELETE',
        maxRunDuration: { seconds: '3600' },
        onHostMaintenance: 'MIGRATE',
      },
      networkInterfaces: [
        { network: 'global/networks/default', accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] },
      ],
      disks: [
        { autoDelete: true, boot: true, initializeParams: { diskSizeGb: '35', labels: { team: 'vision' } } },
      ],
    })
    expect(JSON.stringify(inserted().labels)).not.toContain('/')
    expect(inserted()).not.toHaveProperty('serviceAccounts')
  })

  test('the cloud deletes a machine whose time is over, and one that was switched off stays', async () => {
    const request = ask({ regions: ['us-west1-b'], lifetime: 3600 })
    await cloud.create(await first(request), orderOf(request))
    const other = { ...lease, identity: 'bcdefghijklmnopqrstu' }
    const off = await cloud.create(await first(request), orderOf(request, { lease: other }))
    gcp.powerOff(off.id)
    gcp.advance(3_601_000)
    expect(gcp.machines.map(({ gone, status }) => [gone, status])).toEqual([
      [true, 'STOPPING'],
      [false, 'TERMINATED'],
    ])
  })

  test.each([
    ['m+t4', 'n1-standard-4+nvidia-tesla-t4*1', 'TERMINATE'],
    ['n1-standard-8+nvidia-tesla-v100*1', 'n1-standard-8+nvidia-tesla-v100*1', 'TERMINATE'],
    ['m+l4', 'g2-standard-8', 'TERMINATE'],
    ['m', 'e2-standard-8', 'MIGRATE'],
  ])('%s is %s, with a maintenance policy that it can have', async (word, type, policy) => {
    const request = ask({ regions: ['us-west1-b'], types: [word] })
    const machine = await cloud.create(await first(request), orderOf(request))
    expect(machine.type).toBe(type)
    expect(inserted()).toMatchObject({ scheduling: { onHostMaintenance: policy } })
  })

  test('a spot machine is deleted when it is taken back, and is not started again', async () => {
    const request = ask({ regions: ['us-west1-b'], spot: true })
    expect((await cloud.create(await first(request), orderOf(request))).market).toBe('spot')
    expect(inserted()).toMatchObject({
      scheduling: {
        provisioningModel: 'SPOT',
        instanceTerminationAction: 'DELETE',
        automaticRestart: false,
        onHostMaintenance: 'TERMINATE',
      },
    })
  })

  test('a service account comes with its scopes, in the syntax of CML', async () => {
    const email = `runner@${gcp.project}.iam.gserviceaccount.com`
    const request = ask({ regions: ['us-west1-b'], permissionSet: `${email},scopes=storage-rw,datastore` })
    const candidate = await first(request)
    await cloud.create(candidate, orderOf(request))
    expect(inserted().serviceAccounts).toEqual([
      {
        email,
        scopes: ['devstorage.read_write', 'datastore'].map(
          (scope) => `https://www.googleapis.com/auth/${scope}`,
        ),
      },
    ])
    expect(candidate.ending.own).toBeDefined()
    expect((await first({ regions: ['us-west1-b'] })).ending.gap).toContain('disk')
  })

  test.each([
    ['training', 60],
    ['my-project/training-v3', 60],
    ['projects/debian-cloud/global/images/family/debian-12', 35],
  ])('the image %s is found, and the disk is large enough for it', async (image, diskGb) => {
    expect(await first({ regions: ['us-west1-b'], image })).toMatchObject({ diskGb })
  })

  test('a deprecated image is taken with a warning that names its successor, and an obsolete one is refused', async () => {
    const { candidates, warnings } = await cloud.resolve(ask({ image: 'my-project/training-v2' }))
    expect(candidates.length).toBeGreaterThan(0)
    expect(warnings.join()).toMatch(
      /training-v2 still starts.*deprecated.*projects\/my-project\/global\/images\/training-v3/,
    )
    expect((await cloud.resolve(ask({ image: 'my-project/training' }))).warnings.join()).not.toMatch(
      /deprecated/,
    )
    const failure = await failureOf(cloud.resolve(ask({ image: 'my-project/training-v1' })))
    expect([failure.kind, failure.message]).toEqual([
      'failed-precondition',
      expect.stringContaining('has declared it obsolete'),
    ])
  })

  test('an image of another processor is not tried', async () => {
    const failure = await failureOf(cloud.resolve(ask({ image: 'training-arm' })))
    expect([failure.kind, failure.message]).toEqual(['invalid-input', expect.stringContaining('arm64')])
  })

  test('a subnet is a place to try, of a shared network too', async () => {
    gcp.world.subnets.push({ project: 'host-project', region: 'us-west1', name: 'ci', network: 'shared' })
    cloud = world.open(['projects/host-project/regions/us-west1/subnetworks/ci'])
    const request = ask({ regions: ['us-west1-b'], publicAddress: 'never' })
    await cloud.create(await first(request), orderOf(request))
    expect(inserted().networkInterfaces).toEqual([
      { subnetwork: 'projects/host-project/regions/us-west1/subnetworks/ci' },
    ])
  })

  describe('a subnet without IPv4', () => {
    const subnetwork = 'projects/my-project/regions/us-west1/subnetworks/six'
    const inSix = (ipv6Only: 'EXTERNAL' | 'INTERNAL'): void => {
      gcp.world.subnets.push({
        project: 'my-project',
        region: 'us-west1',
        name: 'six',
        network: 'six',
        ipv6Only,
      })
      cloud = world.open(['six'])
    }

    test.each([
      ['EXTERNAL', 'auto', '2600:1900:4000:1::'],
      ['EXTERNAL', 'never', 'fd20:1:2::'],
      ['INTERNAL', 'auto', 'fd20:1:2::'],
    ] as const)(
      'that is %s gives a machine an address where it is asked %s',
      async (how, publicAddress, ip) => {
        inSix(how)
        const permissionSet = 'my-sa@my-project.iam.gserviceaccount.com'
        const request = ask({ regions: ['us-west1-b'], publicAddress, permissionSet })
        const candidate = await first(request)
        const made = await cloud.create(candidate, orderOf(request))
        const [shown] = (await cloud.list({ identity: lease.identity }, ['us-west1'])).machines
        expect(shown?.ip).toMatch(new RegExp(`^${ip}`))
        expect(made.id).toBe(shown?.id)
        const access = { name: 'External IPv6', type: 'DIRECT_IPV6', networkTier: 'PREMIUM' }
        expect(inserted().networkInterfaces).toEqual([
          {
            subnetwork,
            stackType: 'IPV6_ONLY',
            ...(ip.startsWith('2600') ? { ipv6AccessConfigs: [access] } : {}),
          },
        ])
        expect(candidate.wayOut).toContain('NAT64')
        expect(candidate.ground.farewell).toContain("own_host='[fd20:ce::254]'")
        expect(candidate.ground.direct).toContain('fd20:ce::254')
      },
    )

    test('has no public address to ask for where it is internal', async () => {
      inSix('INTERNAL')
      const failure = await failureOf(
        cloud.resolve(ask({ regions: ['us-west1-b'], publicAddress: 'always' })),
      )
      expect([failure.kind, failure.message]).toEqual([
        'invalid-input',
        expect.stringContaining('subnet six has no IPv4 and only internal addresses'),
      ])
    })

    test('that is not there is told beforehand, and is not tried', async () => {
      cloud = world.open(['sixx'])
      const request = ask({ regions: ['us-west1-b'] })
      const failure = await failureOf(cloud.resolve(request))
      expect([failure.kind, failure.message]).toEqual([
        'invalid-input',
        expect.stringContaining('there is no projects/my-project/regions/us-west1/subnetworks/sixx'),
      ])
    })

    test('that may not be read is ordered as one with IPv4, and the refusal is told', async () => {
      inSix('EXTERNAL')
      gcp.dials.denied.add('compute.subnetworks.get')
      const request = ask({ regions: ['us-west1-b'] })
      const failure = await failureOf(cloud.create(await first(request), orderOf(request)))
      expect(failure.message).toContain('stack type')
      expect(failure.message).toContain('compute.subnetworks.get')
    })
  })
})

describe('refusals as they come', () => {
  test('a stockout is a DONE operation of an insert that was answered 200, and leaves nothing', async () => {
    gcp.dials.operations = { looks: 2, first: 'PENDING' }
    gcp.dials.dry.add('*|us-west1-b|*')
    const request = ask({ regions: ['us-west1-b'] })
    const failure = await failureOf(cloud.create(await first(request), orderOf(request)))
    expect([failure.kind, failure.explanation.code]).toEqual([
      'capacity-unavailable',
      'ZONE_RESOURCE_POOL_EXHAUSTED',
    ])
    expect(gcp.calls('instances.insert').map(({ status }) => status)).toEqual([200])
    expect(gcp.leftovers()).toEqual({ instances: 0, disks: 0 })
  })

  test('what a failed operation has left is taken back before another place is tried', async () => {
    gcp.dials.failsLate = true
    gcp.dials.dry.add('*|us-west1-b|*')
    expect(await tryAll(ask({ regions: ['us-west1-b', 'us-west1-c'], types: ['e2-standard-8'] }))).toEqual([
      'ZONE_RESOURCE_POOL_EXHAUSTED',
      'us-west1-c',
    ])
    expect(gcp.leftovers()).toEqual({ instances: 1, disks: 1 })
  })

  test('a whole region hides the reason, and the message says how to hear it', async () => {
    gcp.dials.dry.add('*|*|*')
    const request = ask({ regions: ['us-west1'], types: ['e2-standard-8'] })
    const failure = await failureOf(cloud.create(await first(request), orderOf(request)))
    expect([failure.kind, failure.explanation.code]).toEqual([
      'capacity-unavailable',
      'VM_MIN_COUNT_NOT_REACHED',
    ])
    expect(failure.message).toContain('name a zone')
  })

  test('a quota is told by its name, with where to raise it', async () => {
    gcp.dials.exhausted.add('*|us-west1|*')
    const request = ask({ regions: ['us-west1-b'], types: ['m+t4'] })
    const failure = await failureOf(cloud.create(await first(request), orderOf(request)))
    expect(failure.kind).toBe('quota-exceeded')
    expect(failure.message).toMatch(/NVIDIA_T4_GPUS.*iam-admin\/quotas/s)
  })

  test('what nobody knows is about the one thing that was asked for', async () => {
    gcp.dials.fails = ({ zone }) =>
      zone === 'us-west1-b' ? { code: 'SOMETHING_NEW', message: 'no' } : undefined
    expect(await tryAll(ask({ regions: ['us-west1-b', 'us-west1-c'], types: ['e2-standard-8'] }))).toEqual([
      'SOMETHING_NEW',
      'us-west1-c',
    ])
  })

  test('all reasons of an answer are told, not its first alone', async () => {
    const errors = [{ reason: 'invalid', message: 'First words.' }, { message: 'The true one.' }]
    const body = {
      error: { code: 400, message: 'First words.', errors, details: [{ message: 'A last one.' }] },
    }
    gcp.fault = ({ action }) =>
      action === 'instances.insert'
        ? { status: 400, headers: { 'content-type': 'application/json' }, body }
        : undefined
    const request = ask({ regions: ['us-west1-b'] })
    const failure = await failureOf(cloud.create(await first(request), orderOf(request)))
    expect(failure.explanation.said).toBe('First words.; The true one.; A last one.')
  })

  test('an organisation policy is nobody’s argument', async () => {
    const says = 'Constraint constraints/compute.trustedImageProjects violated for project p.'
    gcp.dials.fails = () => ({ code: 'CONDITION_NOT_MET', message: says })
    const request = ask({ regions: ['us-west1-b'] })
    const failure = await failureOf(cloud.create(await first(request), orderOf(request)))
    expect([failure.kind, failure.message]).toEqual(['failed-precondition', expect.stringContaining(says)])
  })

  test('an organisation policy against public addresses says what to set', async () => {
    gcp.dials.policies.add('compute.vmExternalIpAccess')
    const request = ask({ regions: ['us-west1-b'] })
    const failure = await failureOf(cloud.create(await first(request), orderOf(request)))
    expect([failure.kind, failure.message]).toEqual([
      'failed-precondition',
      expect.stringContaining('cloud-public-address: never'),
    ])
  })

  test('a name that another machine has is never taken for ours', async () => {
    const request = ask({ regions: ['us-west1-b'] })
    const candidate = await first(request)
    const { id } = await cloud.create(candidate, orderOf(request))
    gcp.machine(id).attributes = {}
    const failure = await failureOf(
      world.open().create(candidate, orderOf(request, { lease: { ...lease, nonce: 'zzzzzz' } })),
    )
    expect(failure.kind).toBe('conflict')
  })

  test('a zone that cannot be reached makes its region unreadable, however the answer says it', async () => {
    for (const how of ['warning', 'unreachables'] as const) {
      gcp.dials.unreachable.clear()
      gcp.dials.unreachable.set('us-west1-a', how)
      const { unreadable } = await cloud.list({ scope: lease.scope }, ['us-west1', 'us-east1'])
      expect(unreadable.map(({ place }) => place.region)).toEqual(['us-west1'])
    }
  })
})

describe('a machine that is switched off', () => {
  const stopped = async (how: (id: string) => void): Promise<unknown> => {
    const request = ask({ regions: ['us-west1-b'] })
    const { id } = await cloud.create(await first(request), orderOf(request))
    how(id)
    const { machines } = await world.open().list({ scope: lease.scope }, ['us-west1'])
    return machines.map(({ state, ended }) => [state, ended?.kind])
  }

  test('by itself is left over', async () => {
    expect(await stopped((id) => gcp.powerOff(id))).toEqual([['remnant', 'unavailable']])
  })

  test('by a person is theirs', async () => {
    expect(await stopped((id) => gcp.stop(id))).toEqual([['remnant', 'cancelled']])
  })

  test('tells by which service account, and of no person’s address', async () => {
    const request = ask({ regions: ['us-west1-b'] })
    const order = (letter: string): CreateOrder =>
      orderOf(request, { lease: { ...lease, identity: letter.repeat(20) } })
    const stopped = await cloud.create(await first(request), order('a'))
    gcp.stop(stopped.id)
    expect((await cloud.look(stopped))?.ended?.text).toMatch(/: somebody stopped the machine$/)
    const deleted = await cloud.create(await first(request), order('b'))
    await world.open().destroy(deleted)
    expect((await cloud.look(deleted))?.ended).toEqual({
      kind: 'cancelled',
      code: 'delete',
      text: 'the account ci@my-project.iam.gserviceaccount.com deleted the machine',
    })
  })

  test('counts as a person’s where nobody may read who it was', async () => {
    gcp.dials.denied.add('compute.zoneOperations.list')
    expect(await stopped((id) => gcp.powerOff(id))).toEqual([['remnant', 'cancelled']])
  })

  test('of an earlier try of the very launch makes room for the next', async () => {
    const request = ask({ regions: ['us-west1-b'] })
    const candidate = await first(request)
    const { id } = await cloud.create(candidate, orderOf(request))
    gcp.powerOff(id)
    const next = await world
      .open()
      .create(candidate, orderOf(request, { lease: { ...lease, nonce: 'zzzzzz' } }))
    expect([next.id, gcp.machines.map(({ gone }) => gone)]).toEqual([id, [true, false]])
  })
})

describe('what only the boot needed', () => {
  const made = async (): Promise<Awaited<ReturnType<Cloud['create']>>> => {
    const request = ask({ regions: ['us-west1-b'] })
    return cloud.create(await first(request), orderOf(request))
  }

  test('is taken out of the metadata, and nothing else', async () => {
    const machine = await made()
    expect(await cloud.conceal(machine)).toBeUndefined()
    expect(Object.keys(gcp.machine(machine.id).attributes)).toEqual(['user-data', 'cml-runner-lease'])
    expect(await cloud.conceal(machine)).toBeUndefined()
    expect(gcp.calls('instances.setMetadata')).toHaveLength(1)
    expect(await cloud.look(machine)).toMatchObject({ lease: sealed(lease) })
  })

  test('is taken out of metadata that somebody has changed meanwhile, whose change stays', async () => {
    const machine = await made()
    let changes = 1
    gcp.hold = ({ action }) => {
      const { attributes } = gcp.machine(machine.id)
      if (action === 'instances.setMetadata' && changes-- > 0)
        gcp.machine(machine.id).attributes = { ...attributes, theirs: 'x' }
      return undefined
    }
    expect(await cloud.conceal(machine)).toBeUndefined()
    expect(Object.keys(gcp.machine(machine.id).attributes)).toEqual([
      'user-data',
      'cml-runner-lease',
      'theirs',
    ])
  })

  test('stays where these credentials may not change it, and that is said', async () => {
    const machine = await made()
    gcp.dials.denied.add('compute.instances.setMetadata')
    expect(await cloud.conceal(machine)).toContain('compute.instances.setMetadata')
  })
})

describe('credentials', () => {
  const variables = (): Record<string, string> => ({ ...gcp.variables })
  const listed = (given: Record<string, string>): Promise<readonly string[]> =>
    world.open([], { variables: given }).enabledRegions()

  test.each([undefined, 'ci@my-project.iam.gserviceaccount.com'])(
    'by federation, as oneself or as %s',
    async (account) => {
      const { GOOGLE_APPLICATION_CREDENTIALS_DATA: _key, ...others } = variables()
      const data = { GOOGLE_APPLICATION_CREDENTIALS_DATA: gcp.federation(account) }
      expect(await listed({ ...others, ...data, GOOGLE_CLOUD_PROJECT: gcp.project })).toContain('us-west1')
      const failure = await failureOf(listed({ ...others, ...data }))
      expect(failure.message).toContain('GOOGLE_CLOUD_PROJECT')
    },
  )

  test('a federation that is not trusted says so, and what to do', async () => {
    gcp.dials.credentials = 'unknown'
    const failure = await failureOf(
      listed({
        ...variables(),
        GOOGLE_APPLICATION_CREDENTIALS_DATA: gcp.federation(),
        GOOGLE_CLOUD_PROJECT: gcp.project,
        GITHUB_ACTIONS: 'true',
      }),
    )
    expect([failure.kind, failure.message]).toEqual([
      'unauthenticated',
      expect.stringContaining('google-github-actions/auth'),
    ])
  })

  test('the first variable of CML that names a project wins over the key', async () => {
    const project = (given: Record<string, string>): Promise<string | undefined> =>
      world.open([], { variables: { ...variables(), ...given } }).account()
    expect(await project({})).toBe('my-project')
    expect(await project({ GOOGLE_PROJECT: 'last', CLOUDSDK_CORE_PROJECT: 'first' })).toBe('first')
  })

  test('what is no key is told without a word of it', async () => {
    const failure = await failureOf(
      listed({ ...variables(), GOOGLE_APPLICATION_CREDENTIALS_DATA: '/path/to/secret.json' }),
    )
    expect(failure.message).toContain('GOOGLE_APPLICATION_CREDENTIALS_DATA')
    expect(failure.message).not.toContain('/path/to')
  })

  test('go over http to nobody but this very host', async () => {
    const failure = await failureOf(
      listed({
        ...variables(),
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: 'http://compute.example/compute/v1/',
      }),
    )
    expect([failure.kind, failure.message]).toEqual(['invalid-input', expect.stringContaining('plain http')])
  })
})

describe("CML's own role", () => {
  const role = new Set(pagesRole)
  const request = ask({ regions: ['us-west'], permissionSet: 'runner@my-project.iam.gserviceaccount.com' })

  test('has 22 permissions, and is refused for want of one, with the line that adds it', async () => {
    expect(role.size).toBe(22)
    gcp.dials.allowed = role
    const failure = await failureOf(
      cloud.create((await cloud.resolve(request)).candidates[0]!, orderOf(request)),
    )
    expect(failure.kind).toBe('permission-denied')
    expect(failure.message).toContain(
      'gcloud iam roles update ROLE --project=my-project --add-permissions=compute.instances.setLabels',
    )
    expect(failure.message.match(/gcloud/g)).toHaveLength(1)
  })

  test('launches with that one, without boot log and region operations, which is said', async () => {
    gcp.dials.allowed = new Set([...role, 'compute.instances.setLabels'])
    const said: string[] = []
    const log = {
      debug: () => undefined,
      info: (text: string) => said.push(text),
      warn: () => undefined,
      error: () => undefined,
    }
    cloud = world.open([], { log })
    const { candidates, warnings } = await cloud.resolve(request)
    expect(warnings.join()).toContain('compute.regionOperations.get')
    const machine = await cloud.create(candidates[0]!, orderOf(request))
    expect(await cloud.console(machine)).toBeUndefined()
    expect(said.join()).toContain('compute.instances.getSerialPortOutput')
    expect(await cloud.conceal(machine)).toBeUndefined()
    expect((await cloud.list({ identity: lease.identity }, ['us-west1'])).machines).toHaveLength(1)
    await cloud.destroy(machine)
    expect(gcp.leftovers()).toEqual({ instances: 0, disks: 0 })
  })
})

test('the boot log goes on where it ended', async () => {
  const request = ask({ regions: ['us-west1-b'] })
  const machine = await cloud.create(await first(request), orderOf(request))
  const whole = await cloud.console(machine)
  expect(whole).toMatch(/^\[ .*\n$/s)
  expect(await cloud.console(machine)).toBe(whole)
  const starts = gcp.calls('instances.getSerialPortOutput').map(({ query }) => query.start)
  expect(starts).toEqual(['0', String(Buffer.byteLength(whole!.replaceAll('\n', '\r\n')))])
})

test('prices are of a dated list, of both markets, and attached GPUs have none', async () => {
  const price = async (change: Parameters<typeof ask>[0]): Promise<number | undefined> =>
    (await cloud.price(await first({ regions: ['us-west1-b'], ...change })))?.usdPerHour
  expect(await price({})).toBe(0.26805)
  expect(await price({ spot: true })).toBe(0.16085)
  expect(await price({ types: ['m+t4'] })).toBeUndefined()
})

test('what changes something is an insert, and at the end a deletion', async () => {
  const request = ask({ regions: ['us-west1-b'] })
  await cloud.destroy(await cloud.create(await first(request), orderOf(request)))
  expect(gcp.journal.filter(isChange).map(({ action }) => action)).toEqual([
    'instances.insert',
    'instances.delete',
  ])
  expect(clock.now()).toBeGreaterThan(0)
})

describe('an answer that breaks off', () => {
  // The last is refused: even then it is not known what the answer was to say.
  test.each(['instances.aggregatedList', 'zones.list', 'images.getFromFamily', 'regionOperations.get'])(
    'to %s is asked for again',
    async (action) => {
      let broken = 0
      gcp.fault = (entry) => (entry.action === action && ++broken === 1 ? 'malformed' : undefined)
      await cloud.resolve(plainRequest)
      await cloud.list({ scope: lease.scope }, await cloud.enabledRegions())
      expect(gcp.calls(action).length).toBeGreaterThanOrEqual(broken)
      expect(broken).toBeGreaterThan(1)
    },
  )
})

test('a proxy that refuses is blamed, and not who is behind it', () => {
  const error = Object.assign(new Error('tunnel: 407'), { code: 'ERR_PROXY_TUNNEL' })
  const failure = explain(error, { tried: 'try', project: 'p' }, {}) as Failure
  expect([failure.kind, failure.message]).toEqual([
    'unavailable',
    expect.stringMatching(/The proxy in HTTPS_PROXY did not/),
  ])
})

test('a project without a network “default” is told to name a subnet', async () => {
  gcp.dials.defaultNetwork = false
  const failure = await failureOf(cloud.create(await first({}), orderOf(plainRequest)))
  expect(failure.explanation).toMatchObject({
    why: expect.stringMatching(/no network “default”/),
    fix: expect.stringMatching(/`cloud-gcp-subnet`/),
  })
})
