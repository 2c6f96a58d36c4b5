import { describe, expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { story, type Stage } from './story.ts'

/** Nobody was asked to make or end anything. */
function expectNothingMade({ ec2, github }: Stage): void {
  expect(ec2.journal.filter(({ action }) => !/^(Describe|Get)/.test(action))).toEqual([])
  expect(ec2.machines).toEqual([])
  const made = github.journal.filter(({ method, status }) => method !== 'GET' && status < 300)
  expect(made.filter(({ path }) => !path.endsWith('/registration-token'))).toEqual([])
  expect(github.runners()).toEqual([])
}

interface Refused {
  readonly code: number
  readonly parts: readonly string[]
}

/** The launch fails with this code and one message that holds all of these parts, and says nothing twice. */
async function expectRefused(
  stage: Stage,
  inputs: Record<string, string>,
  { code, parts }: Refused,
  rest: Parameters<Stage['launch']>[1] = {},
): Promise<string> {
  const { main, post, outputs } = await stage.launch(inputs, rest)
  expect([main.exitCode, post?.exitCode, outputs]).toEqual([code, 0, {}])
  const errors = main.log.split('\n').filter((line) => line.startsWith('##[error]'))
  expect(errors).toHaveLength(1)
  for (const part of parts) expect(main.log).toContain(part)
  const told = main.log.slice(main.log.indexOf('##[error]')).split('\n').filter(Boolean)
  expect(told).toEqual([...new Set(told)])
  expectNothingMade(stage)
  return main.log
}

const tokens = [
  {
    kind: 'job',
    parts: [
      'Resource not accessible by integration',
      "A job's own GITHUB_TOKEN can not register runners",
      'Administration: read and write',
    ],
  },
  {
    kind: 'classic-without-scope',
    parts: ['has the scopes `gist`, `read:user`; this needs `repo`', 'add the scope to the token'],
  },
  {
    kind: 'fine-grained-without-permission',
    parts: [
      'Resource not accessible by personal access token',
      'lacks a permission',
      'give the token access to octo-org/octo-repo and the repository permission Administration: read and write',
    ],
  },
  { kind: 'not-admin', parts: ['does not belong to an admin of it', 'of an admin of the repository'] },
  {
    kind: 'expired',
    parts: ['Bad credentials', 'it has expired, was revoked, or was not copied whole', 'make a new one'],
  },
] as const

describe('a token that can not register runners is told apart, with what to grant', () => {
  for (const { kind, parts } of tokens) {
    story(kind, async (stage) => {
      const token = stage.github.token(kind)
      const log = await expectRefused(stage, { token }, { code: 1, parts })
      expect(log).not.toContain(token)
    })
  }

  story('an organisation asks for another permission', async (stage) => {
    const inputs = {
      token: stage.github.token('fine-grained-without-permission'),
      repo: `${stage.github.url}/octo-org`,
    }
    await expectRefused(stage, inputs, {
      code: 1,
      parts: [
        'for the resource owner octo-org, with the organization permission Self-hosted runners: read and write',
      ],
    })
  })

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
})

describe('an order that can not be filled', () => {
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
          'EC2 sells none of it there',
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

describe('bad input', () => {
  story('problems of the options come in one message, before anybody is asked', async (stage) => {
    const inputs = {
      cloud: 'asw',
      'cloud-hdd-size': 'big',
      'cloud-startup-script': 'not base64!',
      registration: 'jit',
      'idle-timout': '5m',
    }
    await expectRefused(stage, inputs, {
      code: 2,
      parts: [
        '5 problems',
        '"asw"',
        '"big"',
        '`cloud-startup-script`',
        '`single`',
        'Did you mean `idle-timeout`?',
      ],
    })
    expect([...stage.ec2.journal, ...stage.github.journal]).toEqual([])
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

  story('the command line ends with the same words and the same code', async (stage) => {
    const argv = ['--cloud', 'aws', '--repo', `${stage.github.url}/octo-org/octo-repo`, '--driver', 'github']
    const token = ['--token', stage.github.token()]
    const env = { GITHUB_API_URL: stage.github.apiUrl, GITHUB_SERVER_URL: stage.github.url }
    const results = await Promise.all([
      stage.command([...argv, ...token, '--cloud-type', 'gigantic', '--cloud-region', 'us-middle'], { env }),
      stage.command([...argv, ...token, '--cloud-image', 'self/nothing'], { env }),
      stage.command([...argv, '--idle-timeout', 'soon'], { env }),
    ])
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual([
      [2, ''],
      [1, ''],
      [2, ''],
    ])
    expect(results[0].stderr).toContain('cloud-region: "us-middle" is neither')
    expect(results[1].stderr).toContain('No other image is taken in its place.')
    for (const part of ['`--idle-timeout`', '`--token` is missing']) expect(results[2].stderr).toContain(part)
    expectNothingMade(stage)
  })
})

describe('a payload that is too large', () => {
  story('is refused with its sizes, and nothing is created', async (stage) => {
    const script = Buffer.concat([
      Buffer.from('#!/bin/sh\n# '),
      Buffer.from(randomBytes(12_000).toString('base64')),
    ])
    const log = await expectRefused(
      stage,
      { 'cloud-startup-script': script.toString('base64') },
      {
        code: 2,
        parts: [
          'fit what the machine needs into its user data',
          'and the cloud takes 16384',
          `cloud-startup-script of ${script.length} bytes`,
          'letting it download',
        ],
      },
    )
    expect(log).toMatch(/\d{5} bytes compressed/)
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
    expect([main.exitCode, post?.exitCode, outputs, post?.log]).toEqual([0, 0, {}, ''])
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
