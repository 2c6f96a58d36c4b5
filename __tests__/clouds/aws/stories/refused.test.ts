import { describe, expect } from '@jest/globals'
import { expectNothingMade, expectRefused } from '../../../scenarios/refusals.ts'
import { story } from './story.ts'

describe('EC2 says no', () => {
  story('credentials of AWS that have expired are told with how to get others', async (stage) => {
    stage.ec2.dials.credentials = 'expired'
    await expectRefused(
      stage,
      {},
      {
        code: 1,
        parts: [
          'RequestExpired',
          'The AWS credentials have expired.',
          'aws-actions/configure-aws-credentials',
        ],
      },
    )
  })

  story('a permission of the cloud that is missing is named', async (stage) => {
    stage.ec2.dials.denied.add('RunInstances')
    const { main } = await stage.launch()
    expect(main.exitCode).toBe(1)
    expect(stage.ec2.machines).toEqual([])
    for (const part of ['UnauthorizedOperation', 'lack ec2:RunInstances', 'decode-authorization-message'])
      expect(main.log).toContain(part)
  })

  story('problems that only the cloud knows of come in one message', async (stage) => {
    const inputs = {
      'cloud-type': 'gigantic',
      'cloud-region': 'us-middle',
      'cloud-image': 'ubuntu-24.04',
      'cloud-metadata': 'aws:owner=me',
      'cloud-aws-subnet': 'sub-1',
      'cloud-gpu': 'z9',
    }
    const log = await expectRefused(stage, inputs, {
      code: 2,
      parts: [
        'cloud-type: "gigantic" is neither a size',
        'cloud-region: "us-middle" is neither',
        'is a name without an owner',
        'begins with aws:',
        'is not a subnet id',
        'EC2 has no "z9"',
      ],
    })
    expect(log.match(/us-middle/g)).toHaveLength(1)
    expect(stage.ec2.journal).toEqual([])
  })

  story('problems of the cloud and of the forge come in one message', async (stage) => {
    const token = stage.github.token('fine-grained-without-permission')
    await expectRefused(
      stage,
      { token, 'cloud-image': 'self/nothing' },
      {
        code: 1,
        parts: ['find image self/nothing in us-west-1', 'Resource not accessible by personal access token'],
      },
    )
  })
})

describe('an order that cannot be filled', () => {
  story('an unknown image is never replaced by another', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-image': 'self/ubuntu-of-my-dreams' },
      {
        code: 1,
        parts: ['find image self/ubuntu-of-my-dreams in us-west-1', 'No other image is taken in its place.'],
      },
    )
  })

  story('an unknown image id', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-image': 'ami-0123456789abcdef0' },
      {
        code: 1,
        parts: ['ami-0123456789abcdef0', 'correct `cloud-image`'],
      },
    )
  })

  story('an image that somebody else has published under the right name', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-image': 'self/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20261120' },
      { code: 1, parts: ['there is none, or these credentials may not see it'] },
    )
  })

  story('an image of another architecture than the type', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-image': 'self/training-box', 'cloud-type': 'm7g.xlarge' },
      {
        code: 2,
        parts: ['self/training-box is made for x64 machines, but cloud-type m7g.xlarge is arm64'],
      },
    )
  })

  story('a type that the region does not sell', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-type': 'g5.xlarge', 'cloud-region': 'us-west-1' },
      {
        code: 1,
        parts: [
          'find g5.xlarge in us-west-1',
          'EC2 does not sell it there',
          'name another `cloud-region` or `cloud-type`',
        ],
      },
    )
  })

  story('a type that nobody sells anywhere', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-type': 'm7i.huge', 'cloud-region': 'us-west-1' },
      { code: 1, parts: ['find m7i.huge in us-west-1'] },
    )
  })

  story('a region that the account has not enabled', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-region': 'ap-southeast-5' },
      {
        code: 1,
        parts: ['AuthFailure', 'ap-southeast-5'],
      },
    )
  })

  story('a subnet and a group that do not exist', async (stage) => {
    await expectRefused(
      stage,
      { 'cloud-aws-subnet': 'subnet-0123456789abcdef0', 'cloud-region': 'us-west-1' },
      { code: 1, parts: ['subnet-0123456789abcdef0', 'correct `cloud-aws-subnet`'] },
    )
    await expectRefused(
      stage,
      { 'cloud-aws-security-group': 'nobody' },
      {
        code: 1,
        parts: ['find security group "nobody"', 'correct `cloud-aws-security-group`'],
      },
    )
  })
})

describe('a dry run', () => {
  story('tells every decision and makes nothing', async (stage) => {
    const { main, post, outputs } = await stage.launch({
      'dry-run': 'true',
      'cloud-type': 'm+t4,m7i.xlarge',
      'cloud-region': 'us-west-2a,us-west-2b',
      'cloud-spot': 'true',
      'cloud-spot-fallback': 'true',
    })
    expect([main.exitCode, post?.exitCode, Object.keys(outputs), post?.log]).toEqual([
      0,
      0,
      ['candidates'],
      '',
    ])
    const candidates = [...main.log.matchAll(/^ +\d+\. (\S+ \S+) in (\S+), /gm)].map(
      ([, what, place]) => `${what} ${place}`,
    )
    expect(candidates).toEqual(
      ['spot', 'on-demand'].flatMap((market) =>
        ['g4dn.xlarge', 'm7i.xlarge'].flatMap((type) =>
          ['us-west-2a', 'us-west-2b'].map((zone) => `${type} ${market} ${zone}`),
        ),
      ),
    )
    for (const part of [
      'Deep Learning Base OSS Nvidia Driver GPU AMI',
      /Payload: \d+ of 16384 bytes/,
      'ec2:RunInstances',
      'Dry run: nothing was created.',
    ])
      expect(main.log).toMatch(part)
    expectNothingMade(stage)
    expect(stage.github.journal.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})
