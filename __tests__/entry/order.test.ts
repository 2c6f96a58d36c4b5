import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { compose } from '../../src/entry/compose.ts'
import { orderOf } from '../../src/entry/launch-order.ts'
import type { RawOptions } from '../../src/hosts/host.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'
import type { Lease } from '../../src/model/lease.ts'
import { usualCloud } from '../sides/sides.ts'

const lease: Lease = {
  identity: 'abcdefghijklmnopqrst',
  run: 'tsrqponmlkjihgfedcba',
  scope: 'github.com/octo-org/octo-repo',
  owner: 'somebody',
  name: 'cml-trainer',
  dueAt: 1_899_000_600,
  nonce: 'a1b2c3',
  expiresAt: 1_900_000_000,
}

/** What the cloud is told of the way out that the machine needs. */
async function internetOf(
  given: Record<string, string>,
  variables: RawOptions['variables'] = {},
): Promise<unknown> {
  const host = {
    log: levelledLog(() => undefined),
    mask: () => undefined,
  } as unknown as Parameters<typeof compose>[0]
  const options = { cloud: usualCloud().name, token: 'ghp_0123456789', ...given }
  const composition = await compose(host, {
    given: options,
    variables,
    words: [],
    problems: [],
    prefix: '--',
  })
  return (await orderOf(composition, lease, join(process.cwd(), 'dist'))).request.internet
}

test.each([
  ['https://github.com/org/repo', 'github', { host: 'github.com', ipv6: false }],
  ['https://octo.ghe.com/org/repo', 'github', { host: 'octo.ghe.com', ipv6: true }],
  ['https://github.example/org/repo', 'github', undefined],
  ['https://gitlab.com/group/project', 'gitlab', { host: 'gitlab.com', ipv6: true }],
  ['https://gitlab.example/group/project', 'gitlab', undefined],
])('for %s (%s) the machine must reach %j', async (repo, driver, internet) => {
  expect(await internetOf({ repo, driver })).toEqual(internet)
})

test('through a proxy the machine needs no way out of its own', async () => {
  const variables = { HTTPS_PROXY: 'http://squid.internal:3128' }
  expect(await internetOf({ repo: 'https://github.com/org/repo' }, variables)).toBeUndefined()
})
