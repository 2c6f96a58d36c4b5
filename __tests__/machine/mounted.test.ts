import { execFileSync } from 'node:child_process'

import { describe, expect, test } from '@jest/globals'

import { carryMounted } from '../../src/machine/carriers/mounted.ts'
import { deliveryOf, renderPayload, type PayloadParts } from '../../src/machine/payload.ts'
import { podScripts, readMounted, type Mounted } from '../../src/model/pod.ts'
import { parseConfig } from '../../src/machine/config-file.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import { plainConfig } from './machine-scene.ts'

const image = { name: 'ghcr.io/actions/actions-runner:2.336.0', path: '/home/runner' }
const url = 'https://example.com/runner.tar.gz'
const secret = 'AAAAREGISTRATION'

const parts = (change: Partial<PayloadParts> = {}): PayloadParts => ({
  config: {
    ...plainConfig,
    startupScript: true,
    expiresAt: 1_800_000_000,
    registration: {
      forge: 'github',
      kind: 'token',
      url: 'https://github.com/o/r',
      token: secret,
      expiresAt: 1_800_000_000,
    },
  },
  download: { url, sha256: '0'.repeat(64), version: '2.336.0', image },
  startupScript: Buffer.from('#!/bin/sh\necho ready\n'),
  launchTimeout: 600,
  ground: { powerOff: 'ends', farewell: '' },
  carrier: 'mounted',
  assets: assetsFromSource(),
  ...change,
})

const textOf = ({ files }: Mounted, path: string): string =>
  Buffer.from(files[path] ?? '', 'base64').toString('utf8')

describe('what is sent to a pod', () => {
  const mounted = readMounted(renderPayload(parts()))

  test('is what a pod needs, and nothing that root alone could use', () => {
    expect(mounted.image).toBe(image.name)
    expect(Object.keys(mounted.files).sort()).toEqual([
      'agent.js',
      'agent.json',
      'bring.sh',
      'hooks/job-completed.sh',
      'hooks/job-started.sh',
      'start.sh',
      'startup-script',
    ])
    expect(textOf(mounted, 'startup-script')).toBe('#!/bin/sh\necho ready\n')
    expect(parseConfig(textOf(mounted, 'agent.json'))).toMatchObject({ registration: { token: secret } })
  })

  test('holds the registration in one file', () => {
    const holders = Object.keys(mounted.files).filter((path) => textOf(mounted, path).includes(secret))
    expect(holders).toEqual(['agent.json'])
  })

  test('brings a Node where the forge’s program has none', () => {
    const node = { url: 'https://example.com/node.tar.gz', sha256: '1'.repeat(64), version: '24.21.0' }
    const file = { name: 'docker.io/gitlab/gitlab-runner:ubuntu-v19.4.0', path: '/usr/bin/gitlab-runner' }
    const { files } = readMounted(
      renderPayload(parts({ download: { ...parts().download, node, image: file } })),
    )
    expect(Object.keys(files)).toEqual(expect.arrayContaining(['node.curl', 'node.sha256']))
    expect(textOf({ image: '', files }, podScripts.bring)).toContain('from=$root/usr/bin/gitlab-runner\n')
  })

  test('is the same for the same launch', () => {
    expect(renderPayload(parts())).toEqual(renderPayload(parts()))
  })

  test.each(Object.values(podScripts))('has a %s that a shell can read', (script) => {
    expect(() => execFileSync('sh', ['-n'], { input: textOf(mounted, script) })).not.toThrow()
  })

  test('needs an image of the forge’s program', () => {
    const { image: _, ...delivery } = deliveryOf(parts())
    expect(() => carryMounted(delivery)).toThrow('image')
  })
})
