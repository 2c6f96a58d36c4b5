import { describe, expect } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { usualCloud } from '../sides/sides.ts'
import { limitsOf } from './on-machine.ts'
import { expectNothingMade, expectRefused } from './refusals.ts'
import { story, tellIf } from './story.ts'

const tokens = [
  {
    kind: 'job',
    parts: [
      'Resource not accessible by integration',
      "A job's own GITHUB_TOKEN cannot register runners",
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

describe('a token that cannot register runners is told apart, with what to grant', () => {
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
    expect([...stage.cloud.calls(), ...stage.github.journal]).toEqual([])
  })

  story('the command line ends with the same words and the same code', async (stage) => {
    const argv = [
      '--cloud',
      stage.cloud.side.name,
      '--repo',
      `${stage.github.url}/octo-org/octo-repo`,
      '--driver',
      'github',
    ]
    const token = ['--token', stage.github.token()]
    const env = { GITHUB_API_URL: stage.github.apiUrl, GITHUB_SERVER_URL: stage.github.url }
    const results = await Promise.all([
      stage.command([...argv, ...token, '--cloud-type', 'gigantic', '--cloud-region', 'US middle'], { env }),
      stage.command([...argv, '--token', stage.github.token('expired')], { env }),
      stage.command([...argv, '--idle-timeout', 'soon'], { env }),
    ])
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual([
      [2, ''],
      [1, ''],
      [2, ''],
    ])
    expect(results[0].stderr).toContain('cloud-region: "US middle"')
    expect(results[1].stderr).toContain('make a new one')
    for (const part of ['`--idle-timeout`', '`--token` is missing']) expect(results[2].stderr).toContain(part)
    expectNothingMade(stage)
  })
})

const cloud = usualCloud().name
const { payloadBytes } = limitsOf(cloud)
/** Linux hands a program no variable of more. */
const longestInput = 131_071
const script = Buffer.concat([
  Buffer.from('#!/bin/sh\n# '),
  Buffer.from(randomBytes(Math.round(0.75 * payloadBytes)).toString('base64')),
])

const sizeStory = tellIf(
  script.length < (longestInput * 3) / 4,
  `${cloud} takes more than an input can be`,
  story,
)

describe('a payload that is too large', () => {
  sizeStory('is refused with its sizes, and nothing is created', async (stage) => {
    const log = await expectRefused(
      stage,
      { 'cloud-startup-script': script.toString('base64') },
      {
        code: 2,
        parts: [
          'fit what the machine needs into its user data',
          `and the cloud takes ${payloadBytes}`,
          `cloud-startup-script of ${script.length} bytes`,
          'letting it download',
        ],
      },
    )
    expect(log).toMatch(/\d{5} bytes compressed/)
  })
})
