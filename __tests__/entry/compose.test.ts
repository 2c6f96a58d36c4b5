import { describe, expect, test } from '@jest/globals'
import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { clouds } from '../../src/clouds/registry.ts'
import { compose } from '../../src/entry/compose.ts'
import type { RawOptions } from '../../src/hosts/host.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'
import { Failure } from '../../src/model/failure.ts'

const enough = { cloud: clouds[0].name, token: 'ghp_0123456789', repo: 'https://github.com/org/repo' }

function composed(given: Record<string, string>, variables: RawOptions['variables'] = {}) {
  const host = {
    log: levelledLog(() => undefined),
    mask: () => undefined,
  } as unknown as Parameters<typeof compose>[0]
  return compose(host, { given: { ...enough, ...given }, variables, words: [], problems: [], prefix: '--' })
}

async function refusal(given: Record<string, string>, variables: RawOptions['variables'] = {}) {
  const error: unknown = await composed(given, variables).catch((thrown: unknown) => thrown)
  if (error instanceof Failure) return error
  throw new Error('nothing was refused', { cause: error })
}

describe('composing', () => {
  test('tells what the forge refuses beside what the options and the cloud refuse', async () => {
    const { kind, message } = await refusal({
      repo: 'https://github.com/a/b/c',
      'cloud-type': 'nonsense',
      'cloud-hdd-size': 'big',
    })
    expect(kind).toBe('invalid-input')
    for (const part of ['3 problems', 'github.com/a/b/c', 'nonsense', '`--cloud-hdd-size`'])
      expect(message).toContain(part)
  })

  test('tells a runner group on a repository beside another problem', async () => {
    const { message } = await refusal({ 'runner-group': 'gpu', log: 'loud' })
    expect(message).toContain('2 problems')
    expect(message).toContain('runner-group')
  })

  test('tells an unusable proxy beside another problem, without its text', async () => {
    const { message } = await refusal({ log: 'loud' }, { HTTPS_PROXY: 'ftp://me:hunter2@proxy.example' })
    expect(message).toContain('2 problems')
    expect(message).toContain('HTTP_PROXY and HTTPS_PROXY')
    expect(message).not.toContain('hunter2')
  })

  test('tells a proxy for the machine that is none, or that wants a password, beside another problem', async () => {
    const cases = {
      'ftp://proxy.example': 'it is not the address of a proxy',
      'squid internal': 'it is not the address of a proxy',
      'http://me:hunter2hunter2@proxy.example:3128': 'it holds a user name or a password',
    }
    for (const [address, said] of Object.entries(cases)) {
      const { kind, message } = await refusal({ log: 'loud', 'machine-proxy': address })
      expect(kind).toBe('invalid-input')
      for (const part of ['2 problems', '`machine-proxy`', said]) expect(message).toContain(part)
      expect(message).not.toContain('hunter2')
    }
    const { message } = await refusal({ 'machine-proxy': 'none', 'machine-no-proxy': 'a b;c' })
    expect(message).toContain('`--machine-no-proxy`')
  })

  test('tells a damaged certificate of NODE_EXTRA_CA_CERTS beside another problem', async () => {
    const { message } = await refusal(
      { log: 'loud' },
      { NODE_EXTRA_CA_CERTS: fileURLToPath(import.meta.url) },
    )
    expect(message).toContain('2 problems')
    expect(message).toContain('the file named by NODE_EXTRA_CA_CERTS holds no certificate')
  })

  test('says what it leaves aside once, and not again in the post step', async () => {
    const lines: string[] = []
    const host = { log: levelledLog((_, text) => void lines.push(text)), mask: () => undefined }
    const given = { ...enough, 'docker-volumes': '/cache' }
    const raw: RawOptions = { given, variables: {}, words: [], problems: [], prefix: '' }
    const entryHost = host as unknown as Parameters<typeof compose>[0]
    await compose(entryHost, raw)
    await compose(entryHost, raw, { again: true })
    expect(lines).toEqual(['`docker-volumes` is an option of GitLab, and this is for GitHub: it is ignored.'])
  })

  test('shows an address that was given as it was understood, without what may be a secret in it', async () => {
    const { ports } = await composed({ repo: 'https://me:pw@github.com/org/repo?key=hunter2' })
    expect(ports.host.footer).toContain('\nrepo: https://github.com/org/repo\n')
    expect(ports.host.footer).not.toMatch(/hunter2|pw/)
  })

  test('refuses a key that is no unencrypted RSA key, says how to make one, and does not show it', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const wrong = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const text of [wrong, 'c2VjcmV0LWtleQ==']) {
      const { kind, message } = await refusal({ 'cloud-ssh-private': text })
      expect(kind).toBe('invalid-input')
      expect(message).toContain('`cloud-ssh-private`')
      expect(message).toContain('`ssh-keygen -p -m PEM -f FILE` converts one')
      expect(message).not.toContain(text.trim().split('\n').at(-2) ?? text)
    }
  })

  test('refuses a startup script that is not encoded, without showing it', async () => {
    const { kind, message } = await refusal({ 'cloud-startup-script': '#!/bin/sh\nexport KEY=hunter2' })
    expect(kind).toBe('invalid-input')
    expect(message).toContain('`cloud-startup-script`: it is not Base64')
    expect(message).not.toContain('hunter2')
    const encoded = Buffer.from('#!/bin/sh').toString('base64')
    const { values } = await composed({
      'cloud-startup-script': `${encoded.slice(0, 4)}\n${encoded.slice(4)}`,
    })
    expect(values['cloud-startup-script']).toContain('\n')
  })

  test("a job of a GitLab server is no GitHub Enterprise Server's", async () => {
    const repo = 'https://git.example/org/project'
    const variables = { GITLAB_CI: 'true', CI_PROJECT_URL: repo }
    expect((await composed({ repo }, variables)).driver).toBe('gitlab')
    expect((await composed({ repo })).driver).toBe('github')
  })
})

describe('a value of `cloud` that is empty or absent', () => {
  /** As each door hands it over, in a job of CI. */
  const doors: readonly (readonly [string, Record<string, string>, RawOptions['variables']])[] = [
    ['a flag or an input', { cloud: '' }, {}],
    ['blanks', { cloud: ' \n' }, {}],
    ['nothing at all', {}, {}],
    ['our variable', {}, { CML_RUNNER_CLOUD: '' }],
  ]
  const places = {
    'GitHub Actions': { GITHUB_ACTIONS: 'true' },
    'GitLab CI': { GITLAB_CI: 'true' },
    CI: { CI: 'true' },
  }
  const { cloud: _cloud, ...without } = enough

  for (const [place, variables] of Object.entries(places))
    test.each(doors)(
      `in ${place}, through %s, makes no runner of the job's machine`,
      async (_, given, also) => {
        const refused = await refusal({ ...without, cloud: '', ...given }, { ...variables, ...also })
        expect([refused.kind, refused.message]).toEqual([
          'invalid-input',
          expect.stringContaining('`--cloud` is missing'),
        ])
      },
    )

  test.each(Object.entries(places))('in %s, `none` says that it is meant', async (_, variables) => {
    const { here } = await composed({ ...without, cloud: 'none' }, variables)
    expect(here).toBe(true)
  })

  test('on a terminal means this machine', async () => {
    expect((await composed({ ...without, cloud: '' }, {})).here).toBe(true)
  })
})
