import { describe, expect, test } from '@jest/globals'
import type { Instance } from '../../../src/model/instance.ts'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import type { Ec2Emulator } from '../../emulators/ec2/ec2.ts'
import { ask, failureOf, orderOf, startAwsWorld, table, type AwsSettings, type AwsWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld

inEachTest(startAwsWorld, (made) => (world = made))

const github = { host: 'github.com', ipv6: false }
type SubnetFacts = Omit<Parameters<Ec2Emulator['networks']['addSubnet']>[0], 'zone'>

const addSubnet = (facts: SubnetFacts = {}, zone = 'us-east-1b'): string =>
  world.ec2.networks.addSubnet({ zone, ...facts }).id

/** Launches in the first place that is left. */
async function launch(
  settings: AwsSettings,
  change: Partial<MachineRequest> = {},
): Promise<{ instance: Instance; sent: Record<string, unknown>; warnings: readonly string[] }> {
  const cloud = world.open(settings)
  const request = ask({ internet: github, types: ['m5.large'], ...change })
  const { candidates, warnings } = await cloud.resolve(request)
  const instance = await cloud.create(candidates[0]!, orderOf(request))
  await cloud.look(instance)
  return {
    instance: (await cloud.look(instance))!,
    sent: world.ec2.calls('RunInstances').at(-1)!.input as Record<string, unknown>,
    warnings,
  }
}

async function refusal(settings: AwsSettings, change: Partial<MachineRequest> = {}): Promise<string> {
  const request = ask({ internet: github, types: ['m5.large'], ...change })
  const failure = await failureOf(world.open(settings).resolve(request))
  expect(world.ec2.calls('RunInstances')).toEqual([])
  return `${failure.kind}: ${failure.message}`
}

describe('a public address', () => {
  test('is asked for, in the creating call, where the subnet assigns none and its gateway needs one', async () => {
    const subnet = addSubnet({ publicAddresses: false, exit: 'internet-gateway' })
    const { sent, instance, warnings } = await launch({ subnets: [subnet], group: 'default' })
    expect(sent).toMatchObject({
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: subnet,
          AssociatePublicIpAddress: true,
          DeleteOnTermination: true,
          Groups: [expect.stringMatching(/^sg-/)],
        },
      ],
    })
    for (const name of ['SubnetId', 'SecurityGroupIds', 'Placement']) expect(sent).not.toHaveProperty(name)
    expect([instance.ip, warnings]).toEqual([expect.stringMatching(/^203\.0\.113\./), []])
    expect(world.ec2.calls('RunInstances')).toHaveLength(1)
  })

  test.each([
    ['the subnet assigns one', { publicAddresses: true, exit: 'internet-gateway' }],
    ['the way out is a NAT gateway', { publicAddresses: false, exit: 'nat-gateway' }],
    [
      'the way out leads to some addresses only',
      { exit: 'none', publicAddresses: false, routes: [{ to: 'pl-0123', by: 'pcx-1' }] },
    ],
  ] as const)('is left to the subnet where %s', async (_, facts) => {
    const subnet = addSubnet(facts)
    const { sent, warnings } = await launch({ subnets: [subnet] })
    expect([sent.SubnetId, sent.NetworkInterfaces, warnings]).toEqual([subnet, undefined, []])
  })

  test('always: asked for where none is needed', async () => {
    const subnet = addSubnet({ publicAddresses: false, exit: 'nat-gateway' })
    const { sent } = await launch({ subnets: [subnet] }, { publicAddress: 'always' })
    expect(sent.NetworkInterfaces).toMatchObject([{ SubnetId: subnet, AssociatePublicIpAddress: true }])
  })

  test('never: kept away where the subnet would assign one, and told before anything is made where that leaves no way out', async () => {
    const open = addSubnet({ publicAddresses: true, exit: 'nat-gateway' })
    const { sent, instance } = await launch({ subnets: [open] }, { publicAddress: 'never' })
    expect(sent.NetworkInterfaces).toMatchObject([{ SubnetId: open, AssociatePublicIpAddress: false }])
    expect(instance.ip).toMatch(/^10\./)
    const calls = world.ec2.calls('RunInstances').length
    for (const publicAddresses of [true, false]) {
      const subnet = addSubnet({ publicAddresses, exit: 'internet-gateway' })
      const request = ask({ internet: github, publicAddress: 'never' })
      const failure = await failureOf(world.open({ subnets: [subnet] }).resolve(request))
      expect([failure.kind, failure.message]).toEqual([
        'failed-precondition',
        expect.stringMatching(
          /needs a public address, and cloud-public-address is never[^]*cannot reach github\.com/,
        ),
      ])
    }
    expect(world.ec2.calls('RunInstances')).toHaveLength(calls)
  })
})

describe('a subnet without a way out', () => {
  const closed: readonly (readonly [string, SubnetFacts, RegExp])[] = [
    ['no route', { exit: 'none', publicAddresses: true }, /no route for 0\.0\.0\.0\/0 in rtb-/],
    [
      'a route to what is gone',
      { exit: 'blackhole', publicAddresses: false },
      /target of the route for 0\.0\.0\.0\/0 in rtb-\w+ is gone/,
    ],
    [
      'routes to private networks alone',
      { exit: 'none', routes: [{ to: '10.9.0.0/16', by: 'pcx-1' }] },
      /no route for 0\.0\.0\.0\/0/,
    ],
    [
      'an endpoint of a service alone',
      { exit: 'none', routes: [{ to: 'pl-63a5400a', by: 'vpce-1' }] },
      /no route for 0\.0\.0\.0\/0/,
    ],
    [
      'IPv6 alone, towards a host without',
      { ipv6: 'only', exit6: 'egress-only' },
      /reaches hosts with IPv6, which github\.com does not have; that takes NAT64/,
    ],
    ['IPv6 without a route', { ipv6: 'only' }, /it has no IPv4; no route for ::\/0 or 64:ff9b::\/96/],
    [
      'an egress-only gateway that is gone',
      { ipv6: 'only', exit6: 'blackhole' },
      /target of the route for ::\/0 .* is gone/,
    ],
  ]
  test.each(closed)('%s: is told before anything is paid for', async (_, facts, why) => {
    expect(await refusal({ subnets: [addSubnet(facts)] })).toMatch(
      new RegExp(`^failed-precondition: [^]*${why.source}[^]*cannot reach github\\.com`),
    )
  })

  test('is left out where another one serves', async () => {
    const subnets = [addSubnet({ exit: 'none' }), addSubnet({}, 'us-east-1a')]
    const { sent, warnings } = await launch({ subnets })
    expect(sent.SubnetId).toBe(subnets[1])
    expect(warnings.join('\n')).toMatch(new RegExp(`Subnet ${subnets[0]} .*has no way out.*Not tried\\.`))
  })

  test('is a warning where nobody can tell: a server of one’s own, or a proxy', async () => {
    const subnet = addSubnet({ exit: 'none' })
    const cloud = world.open({ subnets: [subnet] })
    const { candidates, warnings } = await cloud.resolve(ask({ types: ['m5.large'] }))
    expect(candidates).toHaveLength(1)
    expect(warnings.join('\n')).toMatch(/has no way out.*unless through a proxy/)
    expect(candidates[0]!.wayOut).toMatch(/has no way out/)
  })

  test('what may not be read is not claimed', async () => {
    const subnet = addSubnet({ exit: 'none', publicAddresses: false })
    world.ec2.dials.denied.add('DescribeRouteTables')
    expect((await launch({ subnets: [subnet] })).sent.SubnetId).toBe(subnet)
    world.ec2.dials.denied.add('DescribeSubnets')
    expect((await launch({ subnets: [subnet] }, { publicAddress: 'never' })).sent.SubnetId).toBe(subnet)
    const { sent } = await launch({ subnets: [subnet] }, { publicAddress: 'always' })
    expect(sent.NetworkInterfaces).toMatchObject([{ SubnetId: subnet, AssociatePublicIpAddress: true }])
  })

  test('a security group that lets nothing out is one too', async () => {
    const subnet = world.ec2.networks.addSubnet({ zone: 'us-east-1b', vpc: 'lab' })
    world.ec2.networks.addGroup('sealed', subnet, false)
    const open = world.ec2.networks.addGroup('open', subnet)
    expect(await refusal({ subnets: [subnet.id], group: 'sealed' })).toMatch(
      /security group lets nothing out/,
    )
    const { sent } = await launch({ subnets: [subnet.id], group: ['sealed', 'open'] })
    expect(sent.SecurityGroupIds).toHaveLength(2)
    expect(sent.SecurityGroupIds).toContain(open.id)
  })
})

describe('a subnet without IPv4', () => {
  test('NAT64 leads out; the address is the IPv6 one; metadata speaks IPv6; list and removal know it', async () => {
    const subnet = addSubnet({ ipv6: 'only', exit6: 'egress-only', nat64: true, dns64: true })
    const { sent, instance, warnings } = await launch({ subnets: [subnet] })
    expect(sent).toMatchObject({
      SubnetId: subnet,
      MetadataOptions: { HttpProtocolIpv6: 'enabled', HttpTokens: 'required' },
    })
    expect([instance.ip, warnings]).toEqual([expect.stringMatching(/^2001:db8::/), []])
    const cloud = world.open()
    const { machines: listed } = await cloud.list({ identity: instance.lease!.identity }, ['us-east-1'])
    expect(listed.map(({ ip }) => ip)).toEqual([instance.ip])
    await cloud.destroy(instance)
    expect(world.ec2.leftovers().instances).toBe(0)
  })

  test('with DNS64 off it is warned of, not refused: the network may have a server of its own', async () => {
    const subnet = addSubnet({ ipv6: 'only', exit6: 'egress-only', nat64: true })
    const { warnings } = await launch({ subnets: [subnet] })
    expect(warnings.join('\n')).toMatch(/DNS64 is off.*modify-subnet-attribute/)
  })

  test('towards a host that has IPv6, or an unknown one, an egress-only gateway is enough', async () => {
    const subnet = addSubnet({ ipv6: 'only', exit6: 'egress-only' })
    for (const internet of [{ host: 'gitlab.com', ipv6: true }]) {
      const { candidates, warnings } = await world
        .open({ subnets: [subnet] })
        .resolve(ask({ internet, types: ['m5.large'] }))
      expect([candidates.length, warnings]).toEqual([1, []])
    }
    const unknown = await world.open({ subnets: [subnet] }).resolve(ask({ types: ['m5.large'] }))
    expect([unknown.candidates.length, unknown.warnings]).toEqual([1, []])
  })

  test('has no public address to give', async () => {
    const subnet = addSubnet({ ipv6: 'only', exit6: 'egress-only', nat64: true, dns64: true })
    expect(await refusal({ subnets: [subnet] }, { publicAddress: 'always' })).toMatch(
      /^invalid-input: [^]*cloud-public-address: Subnet subnet-\w+ has no IPv4/,
    )
  })

  test('a type that does not work there leads to the next one', async () => {
    const subnet = addSubnet({ ipv6: 'only', exit6: 'egress-only', nat64: true, dns64: true })
    const cloud = world.open({ subnets: [subnet] })
    const request = ask({ internet: github, types: ['t2.large', 't3.large'] })
    const { candidates } = await cloud.resolve(request)
    expect(await failureOf(cloud.create(candidates[0]!, orderOf(request)))).toMatchObject({
      kind: 'failed-precondition',
    })
    expect((await cloud.create(candidates[1]!, orderOf(request))).type).toBe('t3.large')
  })
})

test('a subnet of both kinds whose IPv4 leads nowhere is given an IPv6 address', async () => {
  const facts = {
    ipv6: 'dual',
    publicAddresses: false,
    exit: 'none',
    exit6: 'egress-only',
    nat64: true,
    dns64: true,
  } as const
  const { sent } = await launch({ subnets: [addSubnet(facts)] })
  expect(sent.NetworkInterfaces).toMatchObject([{ Ipv6AddressCount: 1 }])
  expect(sent.MetadataOptions).not.toHaveProperty('HttpProtocolIpv6')
  const assigned = addSubnet({ ...facts, assignsIpv6: true })
  expect((await launch({ subnets: [assigned] })).sent.SubnetId).toBe(assigned)
})

describe('the default VPC', () => {
  const defaults = (): Ec2Emulator['networks']['subnets'] =>
    world.ec2.networks.subnets.filter(({ region, isDefault }) => region === 'us-west-1' && isDefault)
  const west = { regions: ['us-west-1'] }

  test('as AWS makes it: EC2 chooses, and the routes are not even read', async () => {
    const { sent } = await launch({}, west)
    expect([sent.SubnetId, sent.NetworkInterfaces]).toEqual([undefined, undefined])
    expect(world.ec2.calls('DescribeRouteTables')).toEqual([])
  })

  test('with subnets that assign no address: one is asked for', async () => {
    for (const subnet of defaults()) subnet.publicAddresses = false
    const { sent, instance } = await launch({}, west)
    expect(sent.NetworkInterfaces).toMatchObject([{ AssociatePublicIpAddress: true }])
    expect(instance.ip).toMatch(/^203\./)
  })

  test('with subnets that differ: zone by zone, each as it needs', async () => {
    const [one, two] = defaults()
    one!.publicAddresses = false
    const { candidates } = await world.open().resolve(ask({ ...west, internet: github, types: ['m5.large'] }))
    expect(table(candidates)).toEqual(['m5.large on-demand us-west-1b', 'm5.large on-demand us-west-1c'])
    const { sent } = await launch({}, west)
    expect(sent.NetworkInterfaces).toMatchObject([{ SubnetId: one!.id, AssociatePublicIpAddress: true }])
    expect((await launch({}, { regions: ['us-west-1c'] })).sent).toMatchObject({
      Placement: { AvailabilityZone: two!.zone },
    })
  })

  test('never, where its way out is a gateway, is told beforehand', async () => {
    expect(await refusal({}, { ...west, publicAddress: 'never' })).toMatch(
      /^failed-precondition: [^]*needs a public address, and cloud-public-address is never/,
    )
  })

  test('that does not exist, or has no subnet in the zone, is told, and other regions are tried', async () => {
    const { subnets } = world.ec2.networks
    subnets.splice(subnets.indexOf(defaults()[1]!), 1)
    expect(await refusal({}, { regions: ['us-west-1c'] })).toMatch(/has no usable subnet in us-west-1c/)
    const { candidates } = await world.open().resolve(ask({ ...west, types: ['m5.large'] }))
    expect(table(candidates)).toEqual(['m5.large on-demand us-west-1', 'm5.large on-demand us-west-1b'])
    for (const subnet of defaults()) subnets.splice(subnets.indexOf(subnet), 1)
    expect(await refusal({}, west)).toMatch(
      /^failed-precondition: [^]*no default VPC in us-west-1, or none with subnets/,
    )
    const { instance, warnings } = await launch({}, { regions: ['us-west-1', 'us-east-1'] })
    expect([instance.region, warnings.join()]).toEqual([
      'us-east-1',
      expect.stringMatching(/no default VPC in us-west-1/),
    ])
  })

  test('that cannot be read: what is wished is asked for, and the doubt is told', async () => {
    world.ec2.dials.denied.add('DescribeSubnets')
    const { sent, warnings } = await launch({}, { ...west, publicAddress: 'never' })
    expect(sent.NetworkInterfaces).toEqual([
      { DeviceIndex: 0, DeleteOnTermination: true, AssociatePublicIpAddress: false },
    ])
    expect(warnings.join()).toMatch(/could not be read/)
    world.ec2.dials.denied.add('DescribeVpcs')
    expect(
      await failureOf(world.open({ group: 'default' }).resolve(ask({ ...west, publicAddress: 'always' }))),
    ).toMatchObject({
      kind: 'invalid-input',
    })
  })
})
