import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type RunInstancesRequest,
} from '@aws-sdk/client-ec2'
import { startEc2, type Ec2Emulator } from './ec2.ts'

describe('the emulated EC2 answers in the shapes that were recorded of EC2', () => {
  let ec2: Ec2Emulator
  let client: EC2Client

  beforeAll(async () => {
    ec2 = await startEc2()
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' }
    client = new EC2Client({ region: 'us-west-1', endpoint: ec2.url, maxAttempts: 1, credentials })
  })
  afterAll(async () => {
    client.destroy()
    await ec2.close()
  })

  const run = async (change: Partial<RunInstancesRequest> = {}): Promise<string> => {
    const image = ec2.images.find(({ region, name }) => region === 'us-west-1' && /amd64-server/.test(name))!
    const order = {
      MinCount: 1,
      MaxCount: 1,
      ImageId: image.id,
      InstanceType: 'm7i.large',
      ...change,
    } as const
    const { Instances = [] } = await client.send(new RunInstancesCommand(order))
    return Instances[0]!.InstanceId!
  }
  const look = (): Promise<unknown> => client.send(new DescribeInstancesCommand({}))

  test('of a machine in all its states, and of one that is ordered twice', async () => {
    const tagged: Partial<RunInstancesRequest> = {
      ClientToken: 'token',
      IamInstanceProfile: { Arn: 'arn:aws:iam::111122223333:instance-profile/training' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'k', Value: 'v' }] }],
    }
    await look()
    ec2.dials.transitions = { running: 1, terminated: 1 }
    const id = await run(tagged)
    await look()
    await look()
    expect(ec2.machine(id).state).toBe('running')
    expect(await run(tagged)).toBe(id)
    ec2.stop(id)
    await look()
    await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }))
    await look()
    await look()
    expect(ec2.machine(id).state).toBe('terminated')
    expect(ec2.refused).toEqual([])
  })

  test('of spot machines, and of those without IPv4', async () => {
    ec2.dials.transitions = { running: 0, terminated: 0 }
    await run({ InstanceMarketOptions: { MarketType: 'spot' } })
    await run({ SubnetId: ec2.networks.addSubnet({ zone: 'us-west-1b', ipv6: 'only' }).id })
    await look()
    expect(ec2.refused).toEqual([])
  })

  test('of images, subnets, VPCs and groups', async () => {
    const { images } = ec2
    const [image] = images.filter(({ region }) => region === 'us-west-1')
    images.push({ ...image!, id: 'ami-00000000000000001', tpm: true })
    images.push({ ...image!, id: 'ami-00000000000000002', ena: false, state: 'failed', stateReason: 'why' })
    await client.send(new DescribeImagesCommand({ IncludeDeprecated: true }))
    await client.send(new DescribeImagesCommand({ Filters: [{ Name: 'name', Values: ['none'] }] }))
    ec2.dials.pageSize = 2
    await client.send(new DescribeImagesCommand({ MaxResults: 2 }))
    ec2.dials.pageSize = 1000
    await client.send(new DescribeSubnetsCommand({}))
    await client.send(new DescribeVpcsCommand({}))
    await client.send(new DescribeSecurityGroupsCommand({}))
    expect(ec2.refused).toEqual([])
  })

  test('when it refuses, whatever it was asked', async () => {
    const gone = 'i-0123456789abcdef0'
    const asked = [
      client.send(new TerminateInstancesCommand({ InstanceIds: [gone] })),
      client.send(new DescribeInstancesCommand({ InstanceIds: [gone] })),
      client.send(new DescribeSubnetsCommand({ SubnetIds: ['subnet-0123456789abcdef0'] })),
      run({ ImageId: 'ami-0000000000000dead' }),
    ]
    for (const answer of asked) await expect(answer).rejects.toThrow(/not exist/)
    expect(ec2.refused).toEqual([])
  })

  test('and to all operations that were recorded, save those that nothing of ours asks for', () => {
    expect(ec2.conformity!.recorded.filter((one) => !ec2.conformity!.judged.includes(one))).toEqual([
      'CreateTags 400',
      'DeleteSubnet 400',
      'DescribeAvailabilityZones 200',
      'DescribeLaunchTemplateVersions 400',
      'DescribeNetworkInterfaces 200',
      'DescribeSpotInstanceRequests 200',
      'StopInstances 400',
    ])
  })

  test('and differs from them nowhere else than is said', () => {
    expect(ec2.conformity!.idle).toEqual([])
  })
})
