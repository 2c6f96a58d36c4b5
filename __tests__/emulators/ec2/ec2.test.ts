import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeRegionsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type RunInstancesRequest,
} from '@aws-sdk/client-ec2'
import type { BootMachine, EmulatedMachine, MachineEnd, MachineSpec } from '../machine-port.ts'
import { startEc2, type Ec2Emulator } from './ec2.ts'

/** A machine whose life the test leads. */
class Puppet implements EmulatedMachine {
  readonly root = '/nowhere'
  readonly ended: Promise<MachineEnd>
  readonly spec: MachineSpec
  said = ''
  end: (how: MachineEnd) => void = () => {}

  constructor(spec: MachineSpec) {
    this.spec = spec
    this.ended = new Promise((resolve) => (this.end = resolve))
  }

  console(): string {
    return this.said
  }

  terminate(): Promise<void> {
    this.end('terminated')
    return Promise.resolve()
  }
}

let now = 1_790_000_000_000
let ec2: Ec2Emulator
let puppets: Puppet[]
let client: EC2Client

const boot: BootMachine = (spec) => {
  const puppet = new Puppet(spec)
  puppets.push(puppet)
  return puppet
}

beforeEach(async () => {
  puppets = []
  ec2 = await startEc2({ boot, now: () => now })
  client = new EC2Client({
    region: 'us-west-1',
    endpoint: ec2.url,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
  })
})
afterEach(async () => {
  client.destroy()
  await ec2.close()
})

const image = (name: RegExp): string =>
  ec2.images.find((known) => known.region === 'us-west-1' && name.test(known.name))!.id

const order = (change: Partial<RunInstancesRequest> = {}): RunInstancesRequest => ({
  MinCount: 1,
  MaxCount: 1,
  ImageId: image(/amd64-server-20261112/),
  InstanceType: 'm7i.large',
  UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
  ...change,
})

async function run(change: Partial<RunInstancesRequest> = {}): Promise<string> {
  const { Instances = [] } = await client.send(new RunInstancesCommand(order(change)))
  return Instances[0]!.InstanceId!
}

async function stateOf(id: string): Promise<string | undefined> {
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return Reservations[0]?.Instances?.[0]?.State?.Name
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it was accepted',
    (error: Error) => error.name,
  )
}

describe('the emulated EC2 answers a dry run', () => {
  const tried = (change: Partial<RunInstancesRequest> = {}): Promise<string> =>
    codeOf(client.send(new RunInstancesCommand(order({ DryRun: true, ...change }))))

  test('with what would become of it, whatever there is left to be had, and makes and ends nothing', async () => {
    const id = await run()
    ec2.dials.dry.add('m7i.large|*|on-demand')
    const end = new TerminateInstancesCommand({ InstanceIds: [id], DryRun: true })
    const look = new DescribeInstancesCommand({ DryRun: true })
    expect([await tried(), await codeOf(client.send(end)), await codeOf(client.send(look))]).toEqual([
      'DryRunOperation',
      'DryRunOperation',
      'DryRunOperation',
    ])
    expect([puppets.length, await stateOf(id)]).toEqual([1, expect.stringMatching(/^(?:pending|running)$/)])
  })

  test('with the refusal that a launch would meet: of its rights, and of what it asks for', async () => {
    expect(await tried({ ImageId: 'ami-0123456789abcdef0' })).toBe('InvalidAMIID.NotFound')
    ec2.dials.policies = [
      { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2:Describe*', Resource: '*' }] },
    ]
    expect([await tried(), puppets.length]).toEqual(['UnauthorizedOperation', 0])
  })
})

describe('the emulated EC2 refuses', () => {
  test('actions it does not know, loudly', async () => {
    expect(await codeOf(client.send(new DescribeKeyPairsCommand({})))).toBe('InvalidAction')
    expect(ec2.takeRefused()).toEqual([expect.stringMatching(/DescribeKeyPairs/)])
  })

  test('members and filters that EC2’s model does not know, and values of the wrong kind', async () => {
    const send = async (body: string): Promise<string> => {
      const authorization = `AWS4-HMAC-SHA256 Credential=A/20260101/us-west-1/ec2/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
      const answer = await fetch(ec2.url, {
        method: 'POST',
        body,
        headers: { authorization, 'x-amz-date': 'x', 'content-type': 'application/x-www-form-urlencoded' },
      })
      return `${answer.status} ${/<Code>(.*?)<\/Code>/.exec(await answer.text())?.[1]}`
    }
    const start = 'Action=RunInstances&Version=2016-11-15'
    expect(await send(`${start}&MinCount=1&MaxCount=1&Colour=red`)).toBe('400 UnknownParameter')
    expect(await send(`${start}&MinCount=one&MaxCount=1`)).toBe('400 UnknownParameter')
    expect(await send(`${start}&MaxCount=1`)).toBe('400 UnknownParameter')
    expect(await send(`${start}&MinCount=1&MaxCount=1&BlockDeviceMapping.1.Ebs=big`)).toBe(
      '400 UnknownParameter',
    )
    expect(await send(`${start}&MinCount=1&MaxCount=1&SecurityGroupId.2=sg-1`)).toBe('400 UnknownParameter')
    expect(await send(`${start}&MinCount=1&MaxCount=1&EbsOptimized=maybe`)).toBe('400 UnknownParameter')
    expect(ec2.takeRefused().join('\n')).toMatch(
      /Colour is not in the model[^]*wants a number[^]*MinCount is missing[^]*wants a structure[^]*not numbered from 1[^]*true or false/,
    )
    expect(
      await send('Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=colour&Filter.1.Value.1=red'),
    ).toBe('400 InvalidParameterValue')
    expect(await send('Action=DescribeInstances&Version=2011-01-01')).toBe('400 InvalidParameterValue')
  })

  test('requests without a signature for EC2', async () => {
    const answer = await fetch(ec2.url, {
      method: 'POST',
      body: 'Action=DescribeInstances&Version=2016-11-15',
    })
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringMatching(/MissingAuthenticationToken/),
    ])
    const other = new EC2Client({
      region: 'moon-1',
      endpoint: ec2.url,
      maxAttempts: 1,
      credentials: { accessKeyId: 'A', secretAccessKey: 's' },
    })
    expect(await codeOf(other.send(new DescribeInstancesCommand({})))).toBe('AuthFailure')
  })

  const tags = (
    tag: { Key: string; Value: string }[],
    resource = 'instance',
  ): Partial<RunInstancesRequest> => ({
    TagSpecifications: [{ ResourceType: resource as 'instance', Tags: tag }],
  })
  const bad: readonly (readonly [string, () => Partial<RunInstancesRequest>, string])[] = [
    ['an unknown image', () => ({ ImageId: 'ami-0000000000000dead' }), 'InvalidAMIID.NotFound'],
    [
      'an image of another region',
      () => ({ ImageId: ec2.images.find(({ region }) => region === 'eu-west-1')!.id }),
      'InvalidAMIID.NotFound',
    ],
    ['half an image id', () => ({ ImageId: 'ami-1' }), 'InvalidAMIID.Malformed'],
    ['an unknown type', () => ({ InstanceType: 'm99.large' as 'm5.large' }), 'InvalidParameterValue'],
    ['a type sold elsewhere', () => ({ InstanceType: 'g6.xlarge' }), 'Unsupported'],
    ['an image for another architecture', () => ({ InstanceType: 'm7g.large' }), 'InvalidParameterValue'],
    ['an unknown zone', () => ({ Placement: { AvailabilityZone: 'us-west-1z' } }), 'InvalidParameterValue'],
    ['an unknown subnet', () => ({ SubnetId: 'subnet-0123456789abcdef0' }), 'InvalidSubnetID.NotFound'],
    ['an unknown group', () => ({ SecurityGroupIds: ['sg-0123456789abcdef0'] }), 'InvalidGroup.NotFound'],
    [
      'a group of another VPC',
      () => ({
        SecurityGroupIds: [ec2.networks.addGroup('x', ec2.networks.addSubnet({ zone: 'us-west-1b' })).id],
      }),
      'InvalidParameter',
    ],
    [
      'a group by name with a subnet',
      () => ({ SecurityGroups: ['default'], SubnetId: ec2.networks.addSubnet({ zone: 'us-west-1b' }).id }),
      'InvalidParameterCombination',
    ],
    [
      'too much user data',
      () => ({ UserData: Buffer.alloc(16_385).toString('base64') }),
      'InvalidUserData.Malformed',
    ],
    ['user data that is not Base64', () => ({ UserData: '#!/bin/sh' }), 'InvalidUserData.Malformed'],
    [
      'a disk smaller than its image',
      () => ({ BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 4 } }] }),
      'InvalidBlockDeviceMapping',
    ],
    [
      'a disk the image does not have',
      () => ({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 40 } }] }),
      'InvalidBlockDeviceMapping',
    ],
    [
      'an unknown shutdown behaviour',
      () => ({ InstanceInitiatedShutdownBehavior: 'explode' as 'stop' }),
      'InvalidParameterValue',
    ],
    [
      'an unknown profile',
      () => ({ IamInstanceProfile: { Arn: 'arn:aws:iam::111122223333:instance-profile/nobody' } }),
      'InvalidParameterValue',
    ],
    ['a reserved tag', () => tags([{ Key: 'aws:x', Value: '' }]), 'InvalidParameterValue'],
    [
      'a tag twice',
      () =>
        tags([
          { Key: 'x', Value: '1' },
          { Key: 'x', Value: '2' },
        ]),
      'InvalidParameterValue',
    ],
    ['a long tag', () => tags([{ Key: 'x', Value: 'v'.repeat(257) }]), 'InvalidParameterValue'],
    [
      'spot tags without spot',
      () => tags([{ Key: 'x', Value: '1' }], 'spot-instances-request'),
      'InvalidParameterValue',
    ],
    ['a token that is too long', () => ({ ClientToken: 'x'.repeat(65) }), 'InvalidParameterValue'],
  ]
  test.each(bad)('%s', async (_, change, code) => {
    expect(await codeOf(run(change()))).toBe(code)
    expect(ec2.leftovers()).toEqual({ instances: 0, volumes: 0, networkInterfaces: 0 })
  })
})

describe('an emulated machine', () => {
  test('boots the very bytes that were sent, where and as what it was ordered', async () => {
    ec2.dials.bootDelay = 2000
    const userData = Buffer.from([0x1f, 0x8b, 0, 255, 10])
    const id = await run({
      UserData: userData.toString('base64'),
      InstanceMarketOptions: { MarketType: 'spot' },
    })
    const { metadata } = ec2.machine(id)
    expect(puppets.map(({ spec }) => spec)).toEqual([
      { instanceId: id, userData, carrier: 'cloud-init', metadata, bootDelay: 2000 },
    ])
    expect(ec2.leftovers()).toEqual({ instances: 1, volumes: 1, networkInterfaces: 1 })
  })

  test('is terminated or stopped by its own power-off, as ordered', async () => {
    const [ends, stops] = [await run({ InstanceInitiatedShutdownBehavior: 'terminate' }), await run({})]
    for (const puppet of puppets) puppet.end('powered-off')
    await ec2.until(() => ec2.machine(ends).ended && ec2.machine(stops).state === 'stopped')
    expect([await stateOf(ends), await stateOf(stops)]).toEqual(['terminated', 'stopped'])
    expect(ec2.leftovers()).toEqual({ instances: 1, volumes: 1, networkInterfaces: 1 })
  })

  test('leaves the disks that were not ordered to end with it', async () => {
    const id = await run({ ImageId: image(/^training-box$/) })
    expect(ec2.leftovers().volumes).toBe(2)
    await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    await ec2.until(() => ec2.machine(id).ended)
    expect(ec2.leftovers()).toEqual({ instances: 0, volumes: 1, networkInterfaces: 0 })
  })

  test('that dies in boot is terminated for the reason dialled', async () => {
    ec2.dials.dies = 'in-boot'
    ec2.dials.death = { code: 'Server.InsufficientInstanceCapacity', message: 'none left' }
    const id = await run()
    expect(puppets[0]!.spec.dies).toBe('in-boot')
    puppets[0]!.end('died')
    await ec2.until(() => ec2.machine(id).ended)
    expect(ec2.machine(id).reason?.code).toBe('Server.InsufficientInstanceCapacity')
  })

  test('is told of its interruption, then taken', async () => {
    const id = await run({ InstanceMarketOptions: { MarketType: 'spot' } })
    ec2.interrupt(id, 0)
    await ec2.until(() => ec2.machine(id).ended)
    expect([ec2.machine(id).metadata.notice, ec2.machine(id).reason?.code]).toEqual([
      expect.stringContaining('"action":"terminate"'),
      'Server.SpotInstanceTermination',
    ])
  })

  test('is seen to run, and to be gone, only after so many looks', async () => {
    ec2.dials.transitions = { running: 2, terminated: 1 }
    const id = await run()
    expect([await stateOf(id), await stateOf(id), await stateOf(id)]).toEqual([
      'pending',
      'pending',
      'running',
    ])
    await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    expect([await stateOf(id), await stateOf(id)]).toEqual(['shutting-down', 'terminated'])
  })

  test('stays out of listings for so many looks or so long, and may not even be ended', async () => {
    ec2.dials.lag = { looks: 1 }
    const id = await run()
    expect(await codeOf(stateOf(id))).toBe('InvalidInstanceID.NotFound')
    expect(await stateOf(id)).toBe('running')
    ec2.dials.lag = { ms: 5000, alsoTerminate: true }
    expect(await codeOf(client.send(new TerminateInstancesCommand({ InstanceIds: [id] })))).toBe(
      'InvalidInstanceID.NotFound',
    )
    now += 5000
    expect(await codeOf(client.send(new TerminateInstancesCommand({ InstanceIds: [id] })))).toBe(
      'it was accepted',
    )
  })

  test('has a console that is live, absent, or as it was a while ago', async () => {
    const read = async (id: string): Promise<string> =>
      Buffer.from(
        (await client.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true }))).Output ?? '',
        'base64',
      ).toString()
    const id = await run()
    puppets[0]!.said = 'one\n'
    expect(await read(id)).toBe('one\n')
    ec2.dials.console = { lag: 10_000 }
    expect(await read(id)).toBe('')
    await ec2.until(() => ec2.machine(id).consoleAt(now) === 'one\n')
    now += 10_000
    puppets[0]!.said = 'one\ntwo\n'
    expect(await read(id)).toBe('one\n')
    ec2.dials.console = 'absent'
    expect(await read(id)).toBe('')
  })

  test('needs a type with Nitro for the latest console', async () => {
    const id = await run({ InstanceType: 't2.micro' })
    expect(await codeOf(client.send(new GetConsoleOutputCommand({ InstanceId: id, Latest: true })))).toBe(
      'UnsupportedOperation',
    )
  })
})

describe('tokens', () => {
  const ClientToken = 'token-1'

  test('same and same is the same machine; same and different is a mismatch; spent is spent; elsewhere is new', async () => {
    const id = await run({ ClientToken })
    expect(await run({ ClientToken })).toBe(id)
    expect(await codeOf(run({ ClientToken, UserData: '' }))).toBe('IdempotentParameterMismatch')
    expect(await run({ ClientToken, Placement: { AvailabilityZone: 'us-west-1c' } })).not.toBe(id)
    await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    await ec2.until(() => ec2.machine(id).ended)
    expect(await codeOf(run({ ClientToken }))).toBe('IdempotentInstanceTerminated')
    expect(puppets).toHaveLength(2)
  })

  test('a refused launch does not spend its token', async () => {
    ec2.dials.dry.add('m7i.large|*|on-demand')
    expect(await codeOf(run({ ClientToken }))).toBe('InsufficientInstanceCapacity')
    ec2.dials.dry.clear()
    expect(await run({ ClientToken })).toMatch(/^i-/)
  })
})

test('capacity is refused with HTTP 500 and EC2’s own words, naming the zone that was chosen', async () => {
  ec2.dials.dry.add('m7i.large|us-west-1b|on-demand')
  const refusal = (await client
    .send(new RunInstancesCommand(order()))
    .catch((error: unknown) => error)) as Error & { $metadata: { httpStatusCode: number } }
  expect(refusal.$metadata.httpStatusCode).toBe(500)
  expect(refusal.message).toMatch(
    /in the Availability Zone you requested \(us-west-1b\).*or choosing us-west-1c\./,
  )
})

test('regions are listed with what the account has enabled', async () => {
  const { Regions = [] } = await client.send(new DescribeRegionsCommand({ AllRegions: true }))
  expect(Regions.map(({ RegionName, OptInStatus }) => `${RegionName} ${OptInStatus}`)).toEqual(
    expect.arrayContaining(['us-west-1 opt-in-not-required', 'ap-southeast-5 not-opted-in']),
  )
})
