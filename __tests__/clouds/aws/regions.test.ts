import { describe, expect, test } from '@jest/globals'
import { explain } from '../../../src/clouds/aws/failures.ts'
import type { Failure } from '../../../src/model/failure.ts'
import { createAws } from '../../../src/clouds/aws/index.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { disabledRegions } from '../../emulators/ec2/catalogue.ts'
import { ask, failureOf, lease, orderOf, startAwsWorld, type AwsWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld
const [disabled = ''] = disabledRegions

inEachTest(startAwsWorld, (made) => (world = made))

describe('a region among several that these credentials cannot use', () => {
  const request = ask({ regions: [disabled, 'us-east-1'], types: ['m7i.large'] })

  test('is told with what to do, and left out', async () => {
    const { candidates, warnings } = await world.open().resolve(request)
    expect(new Set(candidates.map(({ region }) => region))).toEqual(new Set(['us-east-1']))
    expect(warnings).toEqual([
      expect.stringMatching(
        /in ap-southeast-5: AuthFailure: .*accepted elsewhere.* not enabled ap-southeast-5.*What to do: enable it \(aws account enable-region --region-name ap-southeast-5\).* Not tried\.$/,
      ),
    ])
  })

  test('ends the launch where none is left', async () => {
    const failure = await failureOf(world.open().resolve(ask({ regions: [disabled, 'ap-southeast-6'] })))
    expect([failure.kind, failure.explanation.code]).toEqual(['unauthenticated', 'AuthFailure'])
  })

  test('holds no machine of ours, which is known of it alone as well once another region was read', async () => {
    const cloud = world.open()
    const { candidates } = await cloud.resolve(request)
    const { id } = await cloud.create(candidates[0]!, orderOf(request))
    const query = { identity: lease.identity }
    expect((await cloud.list(query, request.regions)).machines.map((machine) => machine.id)).toEqual([id])
    expect(await cloud.list(query, [disabled])).toEqual({ machines: [], unreadable: [] })
    // Who has seen no other region cannot tell it from credentials that are wrong.
    expect((await world.open().list(query, [disabled])).unreadable[0]?.failure.kind).toBe('unauthenticated')
    const other = world.open()
    expect((await other.list(query, request.regions)).machines.map((machine) => machine.id)).toEqual([id])
    world.ec2.dials.denied.add('DescribeInstances@us-west-2')
    expect((await world.open().list(query, ['us-east-1', 'us-west-2'])).unreadable[0]?.failure.kind).toBe(
      'permission-denied',
    )
  })

  test('may be one that an organisation forbids', async () => {
    world.ec2.dials.denied.add('DescribeImages@us-west-2')
    const wish = ask({ regions: ['us-west-2', 'us-east-1'], types: ['m7i.large'] })
    const { candidates, warnings } = await world.open().resolve(wish)
    expect(new Set(candidates.map(({ region }) => region))).toEqual(new Set(['us-east-1']))
    expect(warnings.join('\n')).toMatch(/in us-west-2: UnauthorizedOperation.* Not tried\./)
  })

  test('may be one that the SDK does not take for a region', async () => {
    // Where an endpoint is given the SDK makes no host name of the region.
    delete process.env['AWS_ENDPOINT_URL_EC2']
    try {
      const settings = { 'cloud-aws-subnet': undefined, 'cloud-aws-security-group': undefined }
      const context = { log: silentLog, clock: world.clock, variables: { AWS_REGION: 'us_east_1' } }
      const failure = await failureOf(createAws(settings, context).enabledRegions())
      expect(failure).toMatchObject({ kind: 'not-found', explanation: { code: 'RegionNotAccepted' } })
      expect(failure.message).toMatch(
        /no AWS region of that name\.\nWhat to do: correct `cloud-region`, or AWS_REGION/,
      )
    } finally {
      Object.assign(process.env, world.ec2.variables)
    }
  })
})

describe('lists that come in pages', () => {
  const wish = ask({ regions: ['us-east-1', 'us-west-1'], types: ['m', 'g4dn.xlarge'] })

  const all = async (size: number, change: typeof wish, settings = {}): Promise<unknown> => {
    world.ec2.dials.pageSize = size
    const cloud = world.open(settings)
    const { candidates, warnings } = await cloud.resolve(change)
    return { candidates, warnings }
  }

  test.each([1, 4])('of %d are read to their end, whatever is listed', async (size) => {
    const { networks, images } = world.ec2
    const subnets = ['us-east-1a', 'us-east-1b', 'us-east-1c'].map((zone) => networks.addSubnet({ zone }))
    const trainers = networks.addGroup('trainers', subnets[2]!)
    networks.addGroup('others', subnets[2]!)
    const groups = ['default', 'others', trainers.name]
    const settings = { subnets: subnets.map(({ id }) => id), group: groups }
    const inSubnets = ask({ regions: ['us-east-1'], types: ['g4dn.xlarge'] })
    images.push({
      ...images.find(({ name }) => name === 'training-box')!,
      id: `ami-${'0'.repeat(17)}`,
      bootMode: 'uefi',
    })
    const named = ask({ regions: ['us-east-1'], types: ['m', 'g4dn.xlarge'], image: 'self/training-*' })
    const whole = [await all(1000, wish), await all(1000, inSubnets, settings), await all(1000, named)]
    expect([await all(size, wish), await all(size, inSubnets, settings), await all(size, named)]).toEqual(
      whole,
    )
    const several = (action: string): boolean =>
      world.ec2.calls(`Describe${action}`).some(({ input }) => input?.NextToken !== undefined)
    const actions = ['Subnets', 'SecurityGroups', 'RouteTables', 'Images', 'InstanceTypeOfferings']
    if (size === 1) expect(actions.filter((action) => !several(action))).toEqual([])
  })

  test('without an end are given up, and said to be so', async () => {
    const cloud = world.open()
    const request = ask({ types: ['m7i.large'] })
    const { candidates } = await cloud.resolve(request)
    await cloud.create(candidates[0]!, orderOf(request))
    world.ec2.dials.pageSize = 0
    const { failure } = (await cloud.list({ identity: lease.identity }, ['us-east-1'])).unreadable[0]!
    expect(failure).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/a list that does not end within 200 pages/),
    })
    expect(world.ec2.calls('DescribeInstances')).toHaveLength(201)
  })
})

test('a proxy that refuses is blamed, and not who is behind it', () => {
  const error = Object.assign(new Error('tunnel: 407'), { code: 'ERR_PROXY_TUNNEL' })
  const failure = explain(
    error,
    { tried: 'try', action: 'ec2:RunInstances', region: 'us-west-1' },
    {},
  ) as Failure
  expect([failure.kind, failure.message]).toEqual([
    'unavailable',
    expect.stringMatching(/The proxy in HTTPS_PROXY did not/),
  ])
})
