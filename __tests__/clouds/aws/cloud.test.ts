import { describe, expect, test } from '@jest/globals'
import { EventEmitter } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _InstanceType } from '@aws-sdk/client-ec2'
import { codes } from '../../../src/clouds/aws/codes.ts'
import { tokenOf } from '../../../src/clouds/aws/create.ts'
import { explain, repeatable } from '../../../src/clouds/aws/failures.ts'
import { parseType } from '../../../src/clouds/aws/families.ts'
import { asAws } from '../../../src/clouds/aws/candidate.ts'
import { machinePage } from '../../../src/clouds/aws/page.ts'
import { nodeKnowsProxies } from '../../../src/lib/http.ts'
import type { Cloud, MachineRequest, CreateOrder } from '../../../src/clouds/cloud.ts'
import { clouds } from '../../../src/clouds/registry.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { Failure, type FailureKind } from '../../../src/model/failure.ts'
import type { Instance } from '../../../src/model/instance.ts'
import { sealed, sealOf } from '../../../src/model/lease.ts'
import {
  ask,
  failureOf,
  lease,
  orderOf,
  payload,
  startAwsWorld,
  table,
  tryAll,
  type AwsWorld,
} from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld

inEachTest(startAwsWorld, (made) => (world = made))

const parameters = (index = 0): Record<string, string> =>
  Object.fromEntries(world.ec2.calls('RunInstances')[index]!.parameters)

describe('sizes, GPUs, regions and types become candidates', () => {
  const rows: readonly (readonly [string, Partial<MachineRequest>, readonly string[], RegExp?])[] = [
    [
      'a size: newest family first, EC2 chooses the zone first',
      { types: ['m'], regions: ['us-west'] },
      [
        'm7i.2xlarge on-demand us-west-1',
        'm7i.2xlarge on-demand us-west-1b',
        'm7i.2xlarge on-demand us-west-1c',
        'm6i.2xlarge on-demand us-west-1',
        'm6i.2xlarge on-demand us-west-1b',
        'm6i.2xlarge on-demand us-west-1c',
        'm5.2xlarge on-demand us-west-1',
        'm5.2xlarge on-demand us-west-1b',
        'm5.2xlarge on-demand us-west-1c',
      ],
    ],
    [
      'the undocumented s',
      { types: ['s'], regions: ['eu-north-1a'] },
      ['t3.micro on-demand eu-north-1a', 't2.micro on-demand eu-north-1a'],
    ],
    ['a size with a GPU', { types: ['m+t4'], regions: ['us-west-1b'] }, ['g4dn.xlarge on-demand us-west-1b']],
    [
      'a GPU beside a size',
      { types: ['l'], gpu: 't4', regions: ['us-west-1b'] },
      ['g4dn.12xlarge on-demand us-west-1b'],
    ],
    [
      'capital letters and vendor prefixes',
      { types: ['M'], gpu: 'NVIDIA-Tesla-T4', regions: ['US-WEST-1B'] },
      ['g4dn.xlarge on-demand us-west-1b'],
    ],
    [
      'nogpu',
      { types: ['m'], gpu: 'nogpu', regions: ['eu-west-1a'] },
      [
        'm7i.2xlarge on-demand eu-west-1a',
        'm6i.2xlarge on-demand eu-west-1a',
        'm5.2xlarge on-demand eu-west-1a',
      ],
    ],
    [
      'spot first; on-demand after all spot candidates, when allowed',
      { types: ['g4dn.xlarge'], regions: ['us-west'], spot: true, spotFallback: true },
      [
        'g4dn.xlarge spot us-west-1',
        'g4dn.xlarge spot us-west-1b',
        'g4dn.xlarge spot us-west-1c',
        'g4dn.xlarge on-demand us-west-1',
        'g4dn.xlarge on-demand us-west-1b',
        'g4dn.xlarge on-demand us-west-1c',
      ],
    ],
    [
      'spot alone',
      { types: ['g4dn.xlarge'], regions: ['us-west-1c'], spot: true },
      ['g4dn.xlarge spot us-west-1c'],
    ],
    [
      'types before regions, each list in its order',
      { types: ['p5.4xlarge', 'g4dn.xlarge'], regions: ['us-west-1c', 'us-east-1a'] },
      [
        'p5.4xlarge on-demand us-west-1c',
        'p5.4xlarge on-demand us-east-1a',
        'g4dn.xlarge on-demand us-west-1c',
        'g4dn.xlarge on-demand us-east-1a',
      ],
    ],
    [
      'a region said twice, in two words, once',
      { types: ['g4dn.metal'], regions: ['us-west', 'us-west-1', 'us-west-1b'] },
      [
        'g4dn.metal on-demand us-west-1',
        'g4dn.metal on-demand us-west-1b',
        'g4dn.metal on-demand us-west-1c',
      ],
    ],
    [
      'retired K80',
      { types: ['m+k80'], regions: ['us-west-1b'] },
      ['g4dn.xlarge on-demand us-west-1b'],
      /K80.*T4/,
    ],
    [
      'CML’s tesla',
      { types: ['m'], gpu: 'tesla', regions: ['eu-north-1b'] },
      [
        'g6.xlarge on-demand eu-north-1b',
        'g5.xlarge on-demand eu-north-1b',
        'g4dn.xlarge on-demand eu-north-1b',
      ],
      /V100.*L4/,
    ],
    [
      'V100 where only T4 is sold',
      { types: ['l+v100'], regions: ['us-west-1c'] },
      ['g4dn.12xlarge on-demand us-west-1c'],
      /V100.*T4/,
    ],
    [
      'eight V100, still sold',
      { types: ['xl+v100'], regions: ['us-east-1c'] },
      ['p3dn.24xlarge on-demand us-east-1c', 'g5.48xlarge on-demand us-east-1c'],
      /p3dn/,
    ],
    [
      'models sold by eight only',
      { types: ['m'], gpu: 'a100', regions: ['us-east-1c'] },
      ['p4d.24xlarge on-demand us-east-1c', 'p4de.24xlarge on-demand us-east-1c'],
      /eight/,
    ],
    [
      'a type sold nowhere there beside one that is',
      { types: ['g6.xlarge', 'g4dn.xlarge'], regions: ['us-west-1b'] },
      ['g4dn.xlarge on-demand us-west-1b'],
      /g6\.xlarge is not sold in us-west-1b/,
    ],
  ]
  test.each(rows.map(([name, ...row]) => ({ name, row })))(
    '$name',
    async ({ row: [change, expected, warning] }) => {
      const { candidates, warnings } = await world.open().resolve(ask(change))
      expect(table(candidates)).toEqual(expected)
      if (warning) expect(warnings.join('\n')).toMatch(warning)
      else expect(warnings).toEqual([])
    },
  )

  test('the architecture follows from the name of every type EC2 has ever sold', () => {
    const families = [...new Set(Object.values(_InstanceType).map((name) => name.split('.', 1)[0]!))]
    const arm = families.filter((family) => parseType(`${family}.xlarge`)!.architecture === 'arm64')
    expect(arm.toSorted().join(' ')).toBe(
      'a1 c6g c6gd c6gn c7g c7gd c7gn c8g c8gb c8gd c8gn c9g c9gd g5g hpc7g i4g i8g i8ge im4gn is4gen m6g m6gd m7g m7gd m8g m8gb m8gd m8gn m9g m9gd p6e-gb200 r6g r6gd r7g r7gd r8g r8gb r8gd r8gn r9g r9gd t4g x2gd x8g',
    )
  })

  test('GPUs, vCPUs and quota classes follow from names', () => {
    const facts = [
      'g4dn.12xlarge',
      'g4ad.xlarge',
      'p6e-gb200.36xlarge',
      'm7i-flex.large',
      'c7i.metal-48xl',
      'g4dn.metal',
      'gr6.4xlarge',
      't3.micro',
      'trn1.2xlarge',
    ].map((name) => {
      const { gpu, image, vcpus, quotaClass } = parseType(name)!
      return [name, gpu, image, vcpus, quotaClass]
    })
    expect(facts).toEqual([
      ['g4dn.12xlarge', true, 'gpu x64', 48, 'G and VT'],
      ['g4ad.xlarge', false, 'plain x64', 4, 'G and VT'],
      ['p6e-gb200.36xlarge', true, 'gpu arm64', 144, 'P'],
      ['m7i-flex.large', false, 'plain x64', 2, 'Standard'],
      ['c7i.metal-48xl', false, 'plain x64', 192, 'Standard'],
      ['g4dn.metal', true, 'gpu x64', Infinity, 'G and VT'],
      ['gr6.4xlarge', true, 'gpu x64', 16, 'G and VT'],
      ['t3.micro', false, 'plain x64', 2, 'Standard'],
      ['trn1.2xlarge', false, 'plain x64', 8, 'Trn'],
    ])
    expect(
      ['m', 'mx', 'g4dn', 'g4dn.', '.xlarge', 'G4DN.XLARGE', 'g4dn.xlarge;id'].filter((word) =>
        parseType(word),
      ),
    ).toEqual([])
  })

  test('the words of one launch are all judged before anything is read', async () => {
    const request = ask({
      regions: ['us-west', 'moon-1'],
      types: ['m+quantum', 'huge', 's+t4', 'mac2.metal', 'm5.large'],
      gpu: 'l4',
      image: 'ubuntu/images/hvm-ssd/ubuntu-noble-24.04-amd64-server-20261112',
      permissionSet: 'arn:aws:iam::111122223333:role/training',
      metadata: {
        'aws:team': 'x',
        'cml-runner-identity': 'y',
        tail: 'é🚀',
        ['k'.repeat(129)]: 'v',
        long: 'v'.repeat(257),
        '': 'empty',
      },
    })
    const failure = await failureOf(
      world.open({ subnets: ['subnet-1', 'eni-2'], group: 'sg-default' }).resolve(request),
    )
    expect(failure.kind).toBe('invalid-input')
    const said = failure.message
    for (const word of [
      '"moon-1"',
      '"quantum"',
      '"huge"',
      '"s+t4"',
      'mac2.metal',
      'm5.large',
      'name without an owner',
      'is a role',
      '"aws:team"',
      '"cml-runner-identity"',
      '"tail"',
      '129 characters',
      '257 characters',
      '0 characters',
      '"subnet-1"',
      '"eni-2"',
      '"sg-default"',
    ]) {
      expect(said).toContain(word)
    }
    expect(world.ec2.journal).toEqual([])
  })

  test('ids with several regions are reported together', async () => {
    const request = ask({ regions: ['us-west', 'us-east'], image: 'ami-0123456789abcdef0' })
    const failure = await failureOf(
      world.open({ subnets: ['subnet-0123456789abcdef0'], group: 'sg-0123456789abcdef0' }).resolve(request),
    )
    expect(failure.kind).toBe('invalid-input')
    expect(failure.message).toMatch(
      /3 problems[^]*cloud-aws-subnet[^]*cloud-aws-security-group[^]*cloud-image/,
    )
  })

  test('a GPU contradicting another is an error, and so is a type that no place sells', async () => {
    expect((await failureOf(world.open().resolve(ask({ types: ['m+t4'], gpu: 'l4' })))).message).toMatch(
      /"l4" contradicts cloud-type "m\+t4"/,
    )
    const unsold = await failureOf(
      world.open().resolve(ask({ types: ['m+l4', 'p2.xlarge'], regions: ['us-west', 'us-west-1b'] })),
    )
    expect(unsold.kind).toBe('not-found')
    expect(unsold.message).toMatch(
      /m\+l4 \(g6\.xlarge\), p2\.xlarge in us-west-1, us-west-1b[^]*no longer sells p2 machines/,
    )
  })

  test('a zone that does not exist is no place', async () => {
    const failure = await failureOf(world.open().resolve(ask({ regions: ['us-west-1z'] })))
    expect([failure.kind, failure.message]).toEqual([
      'failed-precondition',
      expect.stringMatching(/us-west-1z, or there is no such zone/),
    ])
  })

  test('a region that is not enabled, or not there, is told from wrong keys', async () => {
    const failure = await failureOf(world.open().resolve(ask({ regions: ['ap-southeast-5'] })))
    expect(failure).toMatchObject({
      kind: 'unauthenticated',
      explanation: { code: 'AuthFailure', why: expect.stringMatching(/ap-southeast-5/) },
    })
  })

  test('without the right to read offerings, EC2 chooses the zone and the launch says so', async () => {
    world.ec2.dials.denied.add('DescribeInstanceTypeOfferings')
    const { candidates, warnings } = await world
      .open()
      .resolve(ask({ types: ['g4dn.xlarge', 'p2.xlarge'], regions: ['us-west', 'us-east-1a'] }))
    expect(table(candidates)).toEqual([
      'g4dn.xlarge on-demand us-west-1',
      'g4dn.xlarge on-demand us-east-1a',
      'p2.xlarge on-demand us-west-1',
      'p2.xlarge on-demand us-east-1a',
    ])
    expect(warnings.join('\n')).toMatch(/ec2:DescribeInstanceTypeOfferings: UnauthorizedOperation/)
  })

  test('offerings come in pages', async () => {
    world.ec2.dials.pageSize = 5
    const { candidates } = await world.open().resolve(ask({ types: ['m'], regions: ['us-east'] }))
    expect(table(candidates)).toHaveLength(1 + 5 + 1 + 5 + 1 + 6)
    expect(world.ec2.calls('DescribeInstanceTypeOfferings')).toHaveLength(4)
  })
})

describe('images are chosen by owner, never by name alone', () => {
  const imageOf = (name: RegExp, region = 'us-east-1'): (typeof world.ec2.images)[number] =>
    world.ec2.images.find(
      (image) => image.region === region && name.test(image.name) && image.owner !== '666666666666',
    )!

  test('the newest Ubuntu 24.04 of Canonical, by architecture; the Deep Learning image for GPUs', async () => {
    const types = ['m7i.large', 'm7g.large', 'g4dn.xlarge', 'g5g.xlarge', 'p3dn.24xlarge', 'g4ad.xlarge']
    const { candidates } = await world.open().resolve(ask({ types, regions: ['us-east-1c'] }))
    const chosen = candidates.map(({ type, platform: { architecture }, image, diskGb }) => [
      type,
      architecture,
      image.name,
      diskGb,
    ])
    expect(chosen).toEqual([
      ['m7i.large', 'x64', 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261112', 35],
      ['m7g.large', 'arm64', 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20261112', 35],
      ['g4dn.xlarge', 'x64', 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) 20261103', 75],
      [
        'g5g.xlarge',
        'arm64',
        'Deep Learning ARM64 Base OSS Nvidia Driver GPU AMI (Ubuntu 24.04) 20261103',
        65,
      ],
      [
        'p3dn.24xlarge',
        'x64',
        'Deep Learning Base Proprietary Nvidia Driver GPU AMI (Ubuntu 20.04) 20250501',
        65,
      ],
      ['g4ad.xlarge', 'x64', 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261112', 35],
    ])
    const stranger = world.ec2.images.find(
      (image) => image.owner === '666666666666' && image.region === 'us-east-1',
    )!
    expect(candidates.map(({ image }) => image.id)).not.toContain(stranger.id)
  })

  test('a type without a default image is left out and said; alone, it ends the launch', async () => {
    const { candidates, warnings } = await world
      .open()
      .resolve(ask({ types: ['xl+v100'], regions: ['us-west-2b'] }))
    expect(table(candidates)).toEqual(['g5.48xlarge on-demand us-west-2b'])
    expect(warnings.join('\n')).toMatch(/No default image for p3dn\.24xlarge in us-west-2/)
    const failure = await failureOf(
      world.open().resolve(ask({ types: ['p3dn.24xlarge'], regions: ['us-west-2b'] })),
    )
    expect(failure).toMatchObject({
      kind: 'not-found',
      explanation: { said: expect.stringMatching(/^No default image for p3dn\.24xlarge/) },
    })
  })

  test('an image id, with the root disk and the size the image needs', async () => {
    const { id } = imageOf(/^training-box$/)
    const { candidates } = await world
      .open()
      .resolve(ask({ image: id, types: ['m7i.large'], regions: ['us-east-1a'] }))
    expect(candidates).toMatchObject([
      {
        image: { id, name: 'training-box' },
        diskGb: 120,
        rootDevice: '/dev/xvda',
        otherVolumes: ['/dev/sdf'],
      },
    ])
  })

  test('an owner and a name, wildcards included, newest first', async () => {
    const by = async (image: string) =>
      (await world.open().resolve(ask({ image, types: ['m7i.large'], regions: ['us-east-1a', 'us-west'] })))
        .candidates
    expect((await by('self/training-box')).map(({ region, image }) => [region, image.name])).toContainEqual([
      'us-west-1',
      'training-box',
    ])
    expect(
      (await by('099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-2026*'))[0]!.image
        .name,
    ).toMatch(/20261112$/)
  })

  const unfinished = (): string => {
    const image = { ...imageOf(/^training-box$/), id: 'ami-0000000000000beef', state: 'pending' }
    world.ec2.images.push(image)
    return image.id
  }
  const refusals: readonly (readonly [string, () => string, FailureKind, RegExp])[] = [
    ['an unknown id', () => 'ami-0000000000000dead', 'not-found', /ami-0000000000000dead/],
    ['an unknown name', () => 'self/no-such-box', 'not-found', /No other image is taken/],
    ['a Windows image', () => imageOf(/^Windows/).id, 'invalid-input', /Windows image/],
    ['a macOS image', () => 'amazon/amzn-ec2-macos-*', 'invalid-input', /macOS image/],
    [
      'an image for another architecture',
      () => imageOf(/arm64-server/).id,
      'invalid-input',
      /made for arm64 machines, but cloud-type m7i\.large is x64/,
    ],
    ['an image that is not finished', () => unfinished(), 'failed-precondition', /its state is pending/],
    ['half an id', () => 'ami-123', 'invalid-input', /not a whole image id/],
    ['a name alone', () => 'training-box', 'invalid-input', /Anybody can publish an image under any name/],
  ]
  test.each(refusals)('%s is refused', async (_, image, kind, message) => {
    const failure = await failureOf(
      world.open().resolve(ask({ image: image(), types: ['m7i.large'], regions: ['us-east-1'] })),
    )
    expect([failure.kind, failure.message]).toEqual([kind, expect.stringMatching(message)])
    expect(world.ec2.calls('RunInstances')).toEqual([])
  })
})

describe('the one call that creates', () => {
  async function launch(
    request: MachineRequest,
    settings = {},
    change: Partial<CreateOrder> = {},
  ): Promise<Instance> {
    const cloud = world.open(settings)
    const { candidates } = await cloud.resolve(request)
    return cloud.create(candidates[0]!, orderOf(request, change))
  }

  test('on demand, EC2 choosing the place: everything inline, nothing else made', async () => {
    const instance = await launch(ask({ metadata: { team: 'vision', 'cost centre': '42 @home' } }))
    const { input } = world.ec2.calls('RunInstances')[0]!
    const tags = [
      { Key: 'Name', Value: 'cml-trainer' },
      { Key: 'team', Value: 'vision' },
      { Key: 'cost centre', Value: '42 @home' },
      { Key: 'managed-by', Value: 'cml-runner' },
      { Key: 'cml-runner-identity', Value: lease.identity },
      { Key: 'cml-runner-run', Value: lease.run },
      { Key: 'cml-runner-scope', Value: lease.scope },
      { Key: 'cml-runner-owner', Value: 'dependabot[bot]' },
      { Key: 'cml-runner-name', Value: 'cml-trainer' },
      { Key: 'cml-runner-due-at', Value: '1899000600' },
      { Key: 'cml-runner-nonce', Value: sealOf('a1b2c3') },
      { Key: 'cml-runner-expires-at', Value: '1900000000' },
    ]
    expect(input).toEqual({
      ClientToken: expect.stringMatching(/^abcdefghijklmnopqrst-[a-z2-7]{20}$/),
      MinCount: 1,
      MaxCount: 1,
      ImageId: expect.stringMatching(/^ami-/),
      InstanceType: 'm7i.2xlarge',
      UserData: payload.toString('base64'),
      InstanceInitiatedShutdownBehavior: 'terminate',
      MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [
        {
          DeviceName: '/dev/sda1',
          Ebs: { VolumeType: 'gp3', VolumeSize: 35, Encrypted: true, DeleteOnTermination: true },
        },
      ],
      TagSpecifications: ['instance', 'volume', 'network-interface'].map((ResourceType) => ({
        ResourceType,
        Tags: tags,
      })),
    })
    expect(world.ec2.machine(instance.id).order.userData).toEqual(payload)
    expect(
      world.ec2.journal.filter(({ action }) => !action.startsWith('Describe')).map(({ action }) => action),
    ).toEqual(['RunInstances'])
  })

  test('spot in a zone, with a price, a permission set and a name of the user’s own', async () => {
    const permissionSet = 'arn:aws:iam::111122223333:instance-profile/training'
    const request = ask({
      regions: ['us-west-1c'],
      types: ['g4dn.xlarge'],
      spot: true,
      spotPrice: 0.25,
      permissionSet,
      metadata: { Name: 'mine' },
    })
    const instance = await launch(request)
    const { input } = world.ec2.calls('RunInstances')[0]!
    expect(input).toMatchObject({
      Placement: { AvailabilityZone: 'us-west-1c' },
      IamInstanceProfile: { Arn: permissionSet },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
      InstanceMarketOptions: {
        MarketType: 'spot',
        SpotOptions: {
          SpotInstanceType: 'one-time',
          InstanceInterruptionBehavior: 'terminate',
          MaxPrice: '0.25',
        },
      },
    })
    expect(world.ec2.machine(instance.id).order.spotTags).toMatchObject({
      Name: 'mine',
      'cml-runner-identity': lease.identity,
    })
    expect(instance).toMatchObject({
      market: 'spot',
      zone: 'us-west-1c',
      type: 'g4dn.xlarge',
      lease: sealed(lease),
    })
    expect((await world.open().resolve(request)).warnings.join('\n')).toMatch(/two hops/)
  })

  test('at the current spot price, no price is sent', async () => {
    await launch(ask({ spot: true }))
    expect(
      Object.keys(parameters()).filter((name) => /MaxPrice|Placement|SecurityGroup|Subnet/.test(name)),
    ).toEqual([])
  })

  test('an image’s other disks end with the machine and are encrypted', async () => {
    const instance = await launch(ask({ image: 'self/training-box' }))
    expect(world.ec2.machine(instance.id).volumes).toMatchObject([
      { device: '/dev/xvda', sizeGb: 120, encrypted: true, deleteOnTermination: true },
      { device: '/dev/sdf', sizeGb: 200, encrypted: true, deleteOnTermination: true },
    ])
    await world.open().destroy(instance)
    expect(world.ec2.leftovers()).toEqual({ instances: 0, volumes: 0, networkInterfaces: 0 })
  })

  test('tokens differ by place, type, market and generation, and fit', () => {
    const base = {
      cloud: 'aws',
      region: 'us-east-1',
      type: 'm5.large',
      market: 'spot',
      rootDevice: '/',
    } as unknown as Parameters<typeof tokenOf>[1]
    const tokens = [
      base,
      { ...base, place: 'us-east-1a' },
      { ...base, type: 'm5.xlarge' },
      { ...base, market: 'on-demand' as const },
      { ...base, region: 'us-east-2' },
    ].map((candidate) => tokenOf(lease.identity, candidate, 1))
    expect(new Set([...tokens, tokenOf(lease.identity, base, 2)]).size).toBe(6)
    expect(tokens.every((token) => token.length <= 64)).toBe(true)
  })

  test('a spent token is renewed, a few times and no more', async () => {
    const request = ask({})
    const cloud = world.open()
    const { candidates } = await cloud.resolve(request)
    const ids = new Set<string>()
    for (let life = 0; life < 4; life++) {
      const instance = await world.open().create(candidates[0]!, orderOf(request))
      ids.add(instance.id)
      await cloud.destroy(instance)
    }
    expect(ids.size).toBe(4)
    const failure = await failureOf(cloud.create(candidates[0]!, orderOf(request)))
    expect(failure).toMatchObject({ kind: 'conflict', explanation: { code: 'IdempotentInstanceTerminated' } })
  })

  test('a token that our ended twin has used with other contents is spent too', async () => {
    world.ec2.dials.mismatchFirst = true
    const request = ask({})
    const first = await launch(request)
    await world.open().destroy(first)
    const second = await launch(request, {}, { payload: Buffer.from('other') })
    expect(second.id).not.toBe(first.id)
    expect(world.ec2.calls('RunInstances').map(({ code }) => code)).toEqual([
      undefined,
      'IdempotentParameterMismatch',
      undefined,
    ])
  })

  test.each([{ scope: 'github.com/evil/repo' }, { name: 'mallory' }, { run: 'z'.repeat(20) }])(
    'a token that somebody has spent on a machine of his own is spent, and that machine is not taken: %j',
    async (theirs) => {
      const cloud = world.open()
      const request = ask({})
      const { candidates } = await cloud.resolve(request)
      const forged = await cloud.create(candidates[0]!, orderOf(request, { lease: { ...lease, ...theirs } }))
      const own = await cloud.create(candidates[0]!, orderOf(request))
      expect([own.id === forged.id, own.lease]).toEqual([false, sealed(lease)])
    },
  )

  test('a machine that is going down counts as ended, not as ours', async () => {
    world.ec2.dials.transitions = { running: 0, terminated: 5 }
    const request = ask({})
    const first = await launch(request)
    await world.open().destroy(first)
    expect((await launch(request)).id).not.toBe(first.id)
  })

  test('a twin nobody can see stops the launch instead of doubling it', async () => {
    const request = ask({})
    await launch(request)
    world.ec2.dials.lag = { looks: 1000 }
    const failure = await failureOf(launch(request, {}, { payload: Buffer.from('other') }))
    expect(failure).toMatchObject({ kind: 'conflict', explanation: { code: 'IdempotentParameterMismatch' } })
    expect(world.ec2.machines).toHaveLength(1)
  })

  test.each(['reset-before', 'reset-after', '5xx', 'throttle', 'malformed'] as const)(
    'survives %s without a second machine',
    async (fault) => {
      let left = 2
      world.ec2.fault = ({ action }) => (action === 'RunInstances' && left-- > 0 ? fault : undefined)
      const instance = await launch(ask({}))
      expect(world.ec2.machines.map(({ id }) => id)).toEqual([instance.id])
      expect(
        new Set(world.ec2.calls('RunInstances').map(({ parameters: sent }) => JSON.stringify(sent))).size,
      ).toBe(1)
    },
  )

  test('gives up on an EC2 that never recovers, and says so', async () => {
    const request = ask({})
    const cloud = world.open()
    const { candidates } = await cloud.resolve(request)
    world.ec2.fault = () => '5xx'
    expect(await failureOf(cloud.create(candidates[0]!, orderOf(request)))).toMatchObject({
      kind: 'unavailable',
      explanation: { code: 'InternalError' },
    })
    world.ec2.fault = () => 'throttle'
    expect((await failureOf(cloud.create(candidates[0]!, orderOf(request)))).kind).toBe('rate-limited')
  })
})

describe('refusals lead to the next candidate, and each place is asked once', () => {
  test('eight empty places: eight calls, none repeated', async () => {
    world.ec2.dials.dry.add('*|*|*')
    const request = ask({
      types: ['m7i.large', 'm6i.large', 'm5.large', 'c5.large'],
      regions: ['us-west-1b', 'us-west-1c'],
    })
    const cloud = world.open()
    const { candidates } = await cloud.resolve(request)
    expect(await tryAll(cloud, candidates, request)).toEqual(Array(8).fill('InsufficientInstanceCapacity'))
    expect(world.ec2.calls('RunInstances').map(({ status }) => status)).toEqual(Array(8).fill(500))
  })

  test('the zone EC2 chose and found empty is not asked again by name', async () => {
    world.ec2.dials.dry.add('g4dn.xlarge|us-west-1b|on-demand')
    const request = ask({ types: ['g4dn.xlarge'], regions: ['us-west'] })
    const cloud = world.open()
    const { candidates } = await cloud.resolve(request)
    expect(await tryAll(cloud, candidates, request)).toEqual([
      'InsufficientInstanceCapacity',
      'InsufficientInstanceCapacity',
      'i-',
    ])
    expect(world.ec2.calls('RunInstances').map(({ input }) => input?.Placement)).toEqual([
      undefined,
      { AvailabilityZone: 'us-west-1c' },
    ])
    const failure = await failureOf(cloud.create(candidates[1]!, orderOf(request)))
    expect(failure.message).toMatch(
      /not asked again: EC2 has said already that us-west-1b has no g4dn\.xlarge/,
    )
  })

  test('spot answers name no zone, so every zone is asked; on-demand is another pool', async () => {
    world.ec2.dials.dry.add('g4dn.xlarge|*|spot')
    const request = ask({ types: ['g4dn.xlarge'], regions: ['us-west'], spot: true, spotFallback: true })
    const cloud = world.open()
    const { candidates } = await cloud.resolve(request)
    expect(await tryAll(cloud, candidates, request)).toEqual([
      ...Array<string>(3).fill('InsufficientInstanceCapacity'),
      'i-',
    ])
    expect(world.ec2.calls('RunInstances')).toHaveLength(4)
  })

  test('two subnets of one empty zone are one place', async () => {
    const [one, two, three] = ['us-east-1a', 'us-east-1a', 'us-east-1b'].map((zone) =>
      world.ec2.networks.addSubnet({ zone }),
    )
    world.ec2.dials.dry.add('m5.large|us-east-1a|on-demand')
    const request = ask({ types: ['m5.large'] })
    const cloud = world.open({ subnets: [one!.id, two!.id, three!.id] })
    const { candidates } = await cloud.resolve(request)
    await tryAll(cloud, candidates, request)
    expect(world.ec2.calls('RunInstances').map(({ input }) => input?.SubnetId)).toEqual([one!.id, three!.id])
  })

  test('a subnet without addresses says nothing about its zone', async () => {
    const subnets = [
      world.ec2.networks.addSubnet({ zone: 'us-east-1a' }),
      world.ec2.networks.addSubnet({ zone: 'us-east-1a' }),
    ]
    subnets[0]!.freeAddresses = 0
    const request = ask({ types: ['m5.large'] })
    const cloud = world.open({ subnets: subnets.map(({ id }) => id) })
    expect(await tryAll(cloud, (await cloud.resolve(request)).candidates, request)).toEqual([
      'InsufficientFreeAddressesInSubnet',
      'i-',
    ])
  })

  test('a vCPU quota holds for its class and market, for machines as large or larger', async () => {
    world.ec2.dials.exhausted.add('m7i|us-west-1|on-demand')
    const request = ask({
      types: ['m7i.2xlarge', 'm5.4xlarge', 'c5.large', 'g4dn.xlarge'],
      regions: ['us-west-1b'],
    })
    const cloud = world.open()
    const { candidates } = await cloud.resolve(request)
    const failures = await Promise.all([failureOf(cloud.create(candidates[0]!, orderOf(request)))])
    expect(failures[0]).toMatchObject({
      kind: 'quota-exceeded',
      explanation: { code: 'VcpuLimitExceeded', fix: expect.stringMatching(/Service Quotas/) },
    })
    expect((await failureOf(cloud.create(candidates[1]!, orderOf(request)))).message).toMatch(
      /not asked again/,
    )
    expect(world.ec2.calls('RunInstances')).toHaveLength(1)
    await cloud.create(candidates[2]!, orderOf(request))
    expect(world.ec2.calls('RunInstances')).toHaveLength(2)
  })

  test('what is the same for all stops with an explanation', async () => {
    world.ec2.dials.refuse = () => ({ code: 'Blocked', message: 'This account is currently blocked' })
    const request = ask({})
    const cloud = world.open()
    const failure = await failureOf(
      cloud.create((await cloud.resolve(request)).candidates[0]!, orderOf(request)),
    )
    expect(failure).toMatchObject({
      kind: 'permission-denied',
      explanation: { why: expect.stringMatching(/blocked the account/) },
    })
    expect(world.ec2.calls('RunInstances')).toHaveLength(1)
  })
})

describe('networks', () => {
  const hints = async (
    settings: object,
    change: Partial<MachineRequest> = {},
  ): Promise<{ warnings: readonly string[]; hint: string }> => {
    const cloud = world.open(settings)
    const { candidates, warnings } = await cloud.resolve(ask(change))
    return { warnings, hint: candidates[0]!.wayOut }
  }

  test.each([
    ['a public subnet', { publicAddresses: true, exit: 'internet-gateway' }, /way out by public addresses/],
    ['a private subnet with NAT', { publicAddresses: false, exit: 'nat-gateway' }, /way out by nat-/],
  ] as const)('%s: the hint says the way out', async (_, subnet, hint) => {
    const { id } = world.ec2.networks.addSubnet({ zone: 'us-east-1b', ...subnet })
    const seen = await hints({ subnets: [id] })
    expect(seen.warnings).toEqual([])
    expect(seen.hint).toMatch(hint)
    expect(seen.hint).toMatch(/default security group must let HTTPS/)
  })

  test('what may not be read is not claimed, and the launch goes on', async () => {
    const { id } = world.ec2.networks.addSubnet({ zone: 'us-east-1b', exit: 'none', publicAddresses: false })
    world.ec2.dials.denied.add('DescribeRouteTables')
    expect((await hints({ subnets: [id] })).hint).toMatch(/could not be read/)
    world.ec2.dials.denied.add('DescribeSubnets')
    const seen = await hints({ subnets: [id], group: 'sg-0123456789abcdef0' })
    expect(seen.warnings.join('\n')).toMatch(/could not be checked that the subnets exist/)
    expect(seen.hint).toMatch(/sg-0123456789abcdef0 must let HTTPS/)
  })

  test('subnets are places in their order, and zones that do not sell the type are left out', async () => {
    const subnets = ['us-east-1f', 'us-east-1e', 'us-east-1a'].map((zone) =>
      world.ec2.networks.addSubnet({ zone }),
    )
    const cloud = world.open({ subnets: subnets.map(({ id }) => id) })
    const { candidates } = await cloud.resolve(ask({ types: ['m7i.large'] }))
    expect(candidates.map(({ place }) => place)).toEqual([subnets[0]!.id, subnets[2]!.id])
    expect(candidates.map((candidate) => asAws(candidate).zone)).toEqual(['us-east-1f', 'us-east-1a'])
  })

  test('a subnet outside the zone asked for is a problem, an unknown subnet not found', async () => {
    const { id } = world.ec2.networks.addSubnet({ zone: 'us-east-1b' })
    const elsewhere = await failureOf(world.open({ subnets: [id] }).resolve(ask({ regions: ['us-east-1a'] })))
    expect([elsewhere.kind, elsewhere.message]).toEqual([
      'invalid-input',
      expect.stringMatching(/is in us-east-1b, but cloud-region asks for us-east-1a/),
    ])
    const unknown = await failureOf(world.open({ subnets: ['subnet-0123456789abcdef0'] }).resolve(ask({})))
    expect(unknown).toMatchObject({ kind: 'not-found', explanation: { code: 'InvalidSubnetID.NotFound' } })
  })

  test('a group by name is the one in the VPC of the subnet', async () => {
    const inDefault = world.ec2.networks.addGroup('training', 'us-east-1')
    const subnet = world.ec2.networks.addSubnet({ zone: 'us-east-1b', vpc: 'lab' })
    const inLab = world.ec2.networks.addGroup('training', subnet)
    const groupsOf = async (settings: object): Promise<unknown> => {
      const cloud = world.open(settings)
      const request = ask({ types: ['m5.large'] })
      await cloud.create(
        (await cloud.resolve(request)).candidates[0]!,
        orderOf(request, { lease: { ...lease, identity: JSON.stringify(settings).slice(0, 20) } }),
      )
      return world.ec2.calls('RunInstances').at(-1)!.input?.SecurityGroupIds
    }
    expect(await groupsOf({ subnets: [subnet.id], group: 'training' })).toEqual([inLab.id])
    expect(await groupsOf({ group: 'training' })).toEqual([inDefault.id])
    expect(await groupsOf({ subnets: [subnet.id], group: inLab.id })).toEqual([inLab.id])
    const unknown = await failureOf(world.open({ subnets: [subnet.id], group: 'nobody' }).resolve(ask({})))
    expect([unknown.kind, unknown.message]).toEqual(['not-found', expect.stringMatching(/"nobody" in vpc-/)])
  })

  test('a group by name needs its read with subnets, and none without', async () => {
    world.ec2.networks.addGroup('training', 'us-east-1')
    const { id } = world.ec2.networks.addSubnet({ zone: 'us-east-1b' })
    for (const action of ['DescribeVpcs', 'DescribeSecurityGroups']) world.ec2.dials.denied.add(action)
    const denied = await failureOf(world.open({ subnets: [id], group: 'training' }).resolve(ask({})))
    expect([denied.kind, denied.message]).toEqual([
      'permission-denied',
      expect.stringMatching(/give the group's id/),
    ])
    const cloud = world.open({ group: 'training' })
    const { candidates, warnings } = await cloud.resolve(ask({}))
    expect(warnings.join('\n')).toMatch(/could not be checked that security group "training" exists/)
    await cloud.create(candidates[0]!, orderOf(ask({})))
    expect(world.ec2.calls('RunInstances')[0]!.input).toMatchObject({ SecurityGroups: ['training'] })
  })

  test('no default VPC: said beforehand, and EC2’s own answer is explained', async () => {
    world.ec2.dials.defaultVpc = false
    for (const settings of [{}, { group: 'training' }]) {
      const failure = await failureOf(world.open(settings).resolve(ask({})))
      expect([failure.kind, failure.message]).toEqual([
        'failed-precondition',
        expect.stringMatching(/no default VPC in us-east-1/),
      ])
    }
    world.ec2.dials.denied.add('DescribeSubnets')
    const cloud = world.open()
    const refused = await failureOf(
      cloud.create((await cloud.resolve(ask({}))).candidates[0]!, orderOf(ask({}))),
    )
    expect(refused).toMatchObject({
      kind: 'failed-precondition',
      explanation: { code: 'VPCIdNotSpecified', fix: expect.stringMatching(/cloud-aws-subnet/) },
    })
  })

  test('SSH without a group is warned of', async () => {
    expect((await hints({}, { ssh: true })).warnings.join('\n')).toMatch(/nothing is opened for SSH/)
    expect((await hints({ group: 'sg-0123456789abcdef0' }, { ssh: true })).warnings).toEqual([])
  })
})

describe('what became of a machine', () => {
  async function machine(
    change: Partial<MachineRequest> = {},
  ): Promise<{ cloud: Cloud; instance: Instance }> {
    const cloud = world.open()
    const request = ask(change)
    return {
      cloud,
      instance: await cloud.create((await cloud.resolve(request)).candidates[0]!, orderOf(request)),
    }
  }

  test('its public address is there once it runs; its lease comes from its tags', async () => {
    const { cloud, instance } = await machine()
    expect(instance.ip).toMatch(/^10\./)
    expect(await cloud.look(instance)).toEqual({
      ...instance,
      state: 'running',
      ip: expect.stringMatching(/^203\.0\.113\./),
    })
    expect(instance.launchedAt).toBeGreaterThan(1_700_000_000)
  })

  test.each([
    ['Server.SpotInstanceTermination', 'capacity-unavailable'],
    ['Server.InsufficientInstanceCapacity', 'capacity-unavailable'],
    ['Client.VolumeLimitExceeded', 'quota-exceeded'],
    ['Client.InternalError', 'failed-precondition'],
    ['Client.UserInitiatedShutdown', 'cancelled'],
    ['Server.Unheard', 'unknown'],
  ] as const)('%s is %s', async (code, kind) => {
    const { cloud, instance } = await machine()
    world.ec2.end(instance.id, { code, message: `${code}: because` })
    expect(await cloud.look(instance)).toMatchObject({
      state: 'gone',
      ended: { kind, code, text: expect.stringMatching(/because/) },
    })
  })

  test('powering off ends it, with everything that was made with it', async () => {
    const { cloud, instance } = await machine()
    world.ec2.powerOff(instance.id)
    expect(await cloud.look(instance)).toMatchObject({
      state: 'gone',
      ended: { kind: 'unavailable', code: 'Client.InstanceInitiatedShutdown' },
    })
    expect(world.ec2.leftovers()).toEqual({ instances: 0, volumes: 0, networkInterfaces: 0 })
    expect((await cloud.list({ identity: lease.identity }, ['us-east-1'])).machines).toEqual([])
  })

  test('stopped by somebody, it is still there to be removed, and says why it does not work', async () => {
    const { cloud, instance } = await machine()
    world.ec2.stop(instance.id)
    expect(await cloud.look(instance)).toMatchObject({
      state: 'running',
      ended: { kind: 'cancelled', text: expect.stringMatching(/stopped, not ended/) },
    })
    expect((await cloud.list({ identity: lease.identity }, ['us-east-1'])).machines).toMatchObject([
      { id: instance.id, state: 'running' },
    ])
    await cloud.destroy(instance)
    expect(world.ec2.leftovers().instances).toBe(0)
  })

  test('on its way out it is ending, then gone', async () => {
    world.ec2.dials.transitions = { running: 0, terminated: 2 }
    const { cloud, instance } = await machine()
    await cloud.destroy(instance)
    expect((await cloud.list({ identity: lease.identity }, ['us-east-1'])).machines).toMatchObject([
      { state: 'ending' },
    ])
    expect(await cloud.look(instance)).toMatchObject({ state: 'ending' })
    expect(await cloud.look(instance)).toMatchObject({ state: 'gone' })
  })

  test('forgotten by EC2, an old machine is gone and a young one only unknown', async () => {
    const { cloud, instance } = await machine()
    const stranger = { ...instance, id: 'i-0123456789abcdef0' }
    expect(await cloud.look(stranger)).toBeUndefined()
    expect(await cloud.look({ ...stranger, launchedAt: world.clock.now() / 1000 - 3600 })).toMatchObject({
      state: 'gone',
    })
  })

  test('listings are read to their last page, in all regions, with values taken as they stand', async () => {
    world.ec2.dials.pageSize = 5
    const cloud = world.open()
    const request = ask({ regions: ['us-east-1', 'us-west-1'], types: ['m5.large'] })
    const { candidates } = await cloud.resolve(request)
    const [east, west] = ['us-east-1', 'us-west-1'].map((region) =>
      candidates.find((candidate) => candidate.region === region)!,
    )
    const name = (index: number): string => `launch${String.fromCharCode(97 + index)}`.padEnd(20, 'z')
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        cloud.create(
          index < 7 ? east! : west!,
          orderOf(request, { lease: { ...lease, identity: name(index) } }),
        ),
      ),
    )
    await cloud.create(
      east!,
      orderOf(request, {
        lease: { ...lease, identity: name(25), scope: 'github.com/octo-org/octo-repository' },
      }),
    )
    const { machines: listed } = await cloud.list({ scope: lease.scope }, ['us-east-1', 'us-west-1'])
    expect(listed.map(({ lease: own }) => own?.identity).toSorted()).toEqual(
      Array.from({ length: 12 }, (_, index) => name(index)),
    )
    expect((await cloud.list({ scope: 'github.com/octo-org/octo-rep*' }, ['us-east-1'])).machines).toEqual([])
  })

  test('the boot log of a machine before Nitro is the one EC2 has kept; a denial costs one call', async () => {
    const { cloud, instance } = await machine({ types: ['t2.micro'] })
    expect(await cloud.console(instance)).toMatch(/Linux version/)
    await cloud.console(instance)
    expect(world.ec2.calls('GetConsoleOutput').map(({ input }) => input?.Latest)).toEqual([
      true,
      undefined,
      undefined,
    ])
    world.ec2.dials.console = 'absent'
    expect(await cloud.console(instance)).toBeUndefined()
    world.ec2.dials.denied.add('GetConsoleOutput')
    const before = world.ec2.calls('GetConsoleOutput').length
    expect([
      await cloud.console(instance),
      await cloud.console(instance),
      await cloud.console(instance),
    ]).toEqual([undefined, undefined, undefined])
    expect(world.ec2.calls('GetConsoleOutput')).toHaveLength(before + 1)
  })
})

describe('failures say what to do', () => {
  const variables = { GITHUB_ACTIONS: 'true' }
  const attempt = { tried: 'launch a machine', action: 'ec2:RunInstances', region: 'us-east-1' }
  const answer = (code: string, message = 'no', httpStatusCode = 400): Error =>
    Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode } })
  const explained = (error: unknown, who: Record<string, string> = variables): Failure =>
    explain(error, attempt, who) as Failure

  test('each code of the table keeps its kind and has advice', () => {
    for (const code of Object.keys(codes)) {
      const failure = explained(answer(code.endsWith('.') ? `${code}NotFound` : code))
      const row = codes[code]!
      const kind = row === 'credentials' ? 'unauthenticated' : row.kind
      const placed = row !== 'credentials' && row.reach && kind === 'not-found'
      expect([code, failure.kind]).toEqual([code, placed ? 'failed-precondition' : kind])
      expect([code, failure.explanation.fix ?? failure.kind]).toEqual([code, expect.stringMatching(/.../)])
      expect(failure.message.split(failure.explanation.code!).length - 1).toBeLessThanOrEqual(2)
    }
  })

  test('capacity and quota answers are never repeated, whatever their status; trouble is', () => {
    for (const [code, row] of Object.entries(codes)) {
      if (row === 'credentials') continue
      const again = repeatable(answer(code, 'no', 500))
      if (row.kind === 'capacity-unavailable' || row.kind === 'quota-exceeded')
        expect([code, again]).toEqual([code, false])
      if (row.kind === 'rate-limited' || row.kind === 'unavailable')
        expect([code, again]).toEqual([code, { why: `EC2 answered ${code} to a request` }])
    }
    const skewed = Object.assign(answer('InsufficientInstanceCapacity', 'no', 500), {
      $metadata: { httpStatusCode: 500, clockSkewCorrected: true },
    })
    expect(repeatable(skewed)).toBe(false)
    expect(repeatable(answer('SomethingNew', 'no', 503))).toEqual({ why: 'EC2 answered 503 to a request' })
    expect(repeatable(answer('SomethingNew', 'no', 400))).toBe(false)
    expect(repeatable(Object.assign(new Error('hang up'), { code: 'ECONNRESET' }))).toMatchObject({
      why: expect.stringMatching(/ECONNRESET/),
    })
    expect(
      repeatable(
        Object.assign(answer('RequestExpired'), {
          $metadata: { httpStatusCode: 400, clockSkewCorrected: true },
        }),
      ),
    ).toMatchObject({ why: expect.stringMatching(/clock is wrong/) })
    expect(repeatable(new TypeError('ours'))).toBe(false)
  })

  test('a defect of ours is not dressed up as an answer of theirs', () => {
    const defect = new TypeError('ours')
    expect(explain(defect, attempt, variables)).toBe(defect)
  })

  test('a denial names the action and the line that decodes it', async () => {
    world.ec2.dials.denied.add('RunInstances')
    const cloud = world.open()
    const failure = await failureOf(
      cloud.create((await cloud.resolve(ask({}))).candidates[0]!, orderOf(ask({}))),
    )
    expect(failure.kind).toBe('permission-denied')
    expect(failure.message).toMatch(
      /grant ec2:RunInstances[^]*\naws sts decode-authorization-message --query DecodedMessage --output text --encoded-message [\w-]{80,}$/,
    )
    expect(failure.explanation.said).not.toMatch(/Encoded/)
    const passRole = explained(
      answer('UnauthorizedOperation', 'User is not authorized to perform: iam:PassRole on resource: arn'),
    )
    expect(passRole.explanation.fix).toMatch(/grant iam:PassRole/)
  })

  test.each([
    ['expired', 'RequestExpired', /expired/],
    ['unknown', 'AuthFailure', /does not accept/],
  ] as const)('%s credentials', async (state, code, why) => {
    world.ec2.dials.credentials = state
    const cloud = world.open({}, { variables })
    const failure = await failureOf(cloud.resolve(ask({})))
    expect(failure).toMatchObject({
      kind: 'unauthenticated',
      explanation: {
        code,
        why: expect.stringMatching(why),
        fix: expect.stringMatching(/configure-aws-credentials.*id-token: write/s),
      },
    })
    expect(failure.message.match(/Could not/g)).toHaveLength(1)
  })

  test('no credentials at all, and where to put them', async () => {
    const { AWS_ACCESS_KEY_ID } = process.env
    delete process.env.AWS_ACCESS_KEY_ID
    try {
      for (const [who, fix] of [
        [{ GITLAB_CI: 'true' }, /id_tokens/],
        [{}, /aws configure/],
      ] as const) {
        const { unreadable } = await world.open({}, { variables: who }).list({ identity: 'x' }, ['us-east-1'])
        const failure = unreadable[0]?.failure
        expect(failure).toMatchObject({
          kind: 'unauthenticated',
          explanation: { code: 'CredentialsProviderError', fix: expect.stringMatching(fix) },
        })
      }
    } finally {
      process.env.AWS_ACCESS_KEY_ID = AWS_ACCESS_KEY_ID
    }
  })

  test('trouble on the way names its usual cause', () => {
    const way = (code: string): Failure => explained(Object.assign(new Error(`connect ${code}`), { code }))
    expect(way('ENOTFOUND').message).toMatch(/region us-east-1 does not exist/)
    expect(way('ECONNREFUSED').message).toMatch(/could not be reached/)
    expect(way('SELF_SIGNED_CERT_IN_CHAIN').message).toMatch(/NODE_EXTRA_CA_CERTS/)
  })

  test('parameters that EC2 rejects point to their option', () => {
    expect(
      explained(
        answer(
          'InvalidParameterValue',
          'Value (arn) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN',
        ),
      ),
    ).toMatchObject({
      kind: 'not-found',
      explanation: { fix: expect.stringMatching(/cloud-permission-set/) },
    })
    expect(
      explained(answer('InvalidParameterValue', 'Invalid availability zone: [us-east-1z]')),
    ).toMatchObject({
      kind: 'failed-precondition',
      explanation: { fix: expect.stringMatching(/cloud-region/) },
    })
  })
})

describe('the launcher’s side of the wire', () => {
  /** Runs with credentials that a program prints, which is a shell script here. */
  async function withProcess(script: (folder: string) => string, body: () => Promise<void>): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'cml-aws-'))
    writeFileSync(join(folder, 'keys.sh'), script(folder))
    writeFileSync(join(folder, 'config'), `[default]\ncredential_process = /bin/sh ${folder}/keys.sh\n`)
    const { AWS_ACCESS_KEY_ID, AWS_CONFIG_FILE } = process.env
    delete process.env.AWS_ACCESS_KEY_ID
    process.env.AWS_CONFIG_FILE = join(folder, 'config')
    try {
      await body()
    } finally {
      Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_CONFIG_FILE })
    }
    return folder
  }

  test('one set of credentials serves every region', async () => {
    const keys = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAPROCESS', SecretAccessKey: 's' })
    const folder = await withProcess(
      (where) => `echo asked >> ${where}/asked\necho '${keys}'\n`,
      async () => void (await world.open().list({ identity: 'x' }, ['us-east-1', 'us-west-1', 'eu-west-1'])),
    )
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('asked\n')
    expect(world.ec2.journal.map(({ headers }) => /AKIAPROCESS/.test(headers.authorization ?? ''))).toEqual([
      true,
      true,
      true,
    ])
  })

  test('a signal ends the search for credentials too', async () => {
    const reason = new Failure('cancelled', { tried: 'wait' })
    const controller = new AbortController()
    await withProcess(
      // Waits for an end of input that comes with the end of this process.
      () => 'cat > /dev/null\n',
      async () => {
        const waiting = failureOf(world.open().list({ identity: 'x' }, ['us-east-1'], controller.signal))
        setImmediate(() => controller.abort(reason))
        expect(await waiting).toBe(reason)
      },
    )
  })

  const withProxies = nodeKnowsProxies() ? test : test.skip
  withProxies('a proxy is used, and left out for hosts it must not see', async () => {
    const seen: string[] = []
    const proxy = createServer((request: IncomingMessage, response) => {
      seen.push(request.url ?? '')
      const { method, headers, url = '' } = request
      const onward = httpRequest(url, { method: method ?? 'GET', headers }, (answer) =>
        answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
      )
      request.pipe(onward)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const http_proxy = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    try {
      await world.open({}, { variables: { http_proxy } }).list({ identity: 'x' }, ['us-east-1'])
      expect(seen).toEqual([`${world.ec2.url}/`])
      await world
        .open({}, { variables: { http_proxy, no_proxy: '127.0.0.1' } })
        .list({ identity: 'x' }, ['us-east-1'])
      expect(seen).toHaveLength(1)
    } finally {
      proxy.closeAllConnections()
      await EventEmitter.once(proxy.close(), 'close')
    }
  })

  test('Node learnt about proxies in 24.5', () => {
    expect(['20.20.2', '24.4.1', '24.5.0', '25.0.0'].map((version) => nodeKnowsProxies(version))).toEqual([
      false,
      false,
      true,
      true,
    ])
  })

  test('a signal ends a wait for EC2 at once, with its own reason', async () => {
    world.ec2.fault = () => 'unheard'
    const controller = new AbortController()
    const waiting = failureOf(world.open().list({ identity: 'x' }, ['us-east-1'], controller.signal))
    await world.ec2.until(() => world.ec2.journal.length === 1)
    const reason = new Failure('cancelled', { tried: 'wait' })
    controller.abort(reason)
    expect(await waiting).toBe(reason)
  })

  test('the registry opens this cloud with the values of its own options', async () => {
    const line = clouds.find(({ name }) => name === 'aws')!
    const cloud = await line.load(
      { 'cloud-aws-subnet': ['nonsense'], labels: ['x'] },
      { log: silentLog, clock: world.clock, variables: {} },
    )
    expect((await failureOf(cloud.resolve(ask({})))).message).toMatch(/cloud-aws-subnet: "nonsense"/)
  })

  test('the permissions listed are those that are used', async () => {
    const { id } = world.ec2.networks.addSubnet({ zone: 'us-east-1b' })
    const cloud = world.open({ subnets: [id], group: 'default' })
    const request = ask({})
    const instance = await cloud.create((await cloud.resolve(request)).candidates[0]!, orderOf(request))
    await Promise.all([cloud.look(instance), cloud.console(instance)])
    await cloud.destroy(instance)
    const used = new Set(world.ec2.journal.map(({ action }) => `ec2:${action}`))
    const listed = new Set([...cloud.permissions(request)].map((permission) => permission.split(' ', 1)[0]!))
    expect([...used].filter((action) => !listed.has(action))).toEqual([])
    expect([...listed].filter((action) => !used.has(action))).toEqual(['ec2:CreateTags'])
  })
})

test.each([
  ['us-west-1', 'https://console.aws.amazon.com/ec2/home?region=us-west-1#InstanceDetails:instanceId=i-0a'],
  [
    'us-gov-west-1',
    'https://console.amazonaws-us-gov.com/ec2/home?region=us-gov-west-1#InstanceDetails:instanceId=i-0a',
  ],
  ['cn-north-1', 'https://console.amazonaws.cn/ec2/home?region=cn-north-1#InstanceDetails:instanceId=i-0a'],
  ['us-iso-east-1', undefined],
])('the console of AWS shows a machine in %s at %s', (region, page) => {
  expect(machinePage({ id: 'i-0a', region })).toBe(page)
})
