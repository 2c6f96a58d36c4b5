import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { RegistrationRequest } from '../../src/forges/forge.ts'
import { scopeOf } from '../../src/forges/github/scope.ts'
import { forges } from '../../src/forges/registry.ts'
import { createFetch, nodeKnowsProxies } from '../../src/lib/http.ts'
import { withEnd } from '../../src/lib/deadline.ts'
import { Failure } from '../../src/model/failure.ts'
import {
  type Fault,
  type GithubEmulator,
  type JournalEntry,
  startGithub,
  type TokenKind,
} from '../emulators/github/github.ts'
import { join, openGithub, type Opening } from './github-world.ts'
import { arm64, mac, x64 } from './platforms.ts'

const identity = 'abcdefghijklmnop2345'
const request: RegistrationRequest = {
  name: `cml-${identity}`,
  labels: ['cml', `cml-${identity}`],
  single: true,
  platform: x64,
}

let github: GithubEmulator

beforeEach(async () => {
  github = await startGithub()
})

afterEach(async () => {
  await github.close()
})

const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

const apiCalls = (): readonly JournalEntry[] => github.journal.filter(({ side }) => side === 'api')

const once = (fault: Fault): ((entry: JournalEntry) => Fault | undefined) => {
  let left = 1
  return ({ side }) => (side === 'api' && left-- > 0 ? fault : undefined)
}

describe('where runners go', () => {
  const job = {
    GITHUB_SERVER_URL: 'https://ghes.corp',
    GITHUB_API_URL: 'https://ghes.corp/api/v3',
    GITHUB_REPOSITORY: 'team/app',
  }
  const dotcom = {
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_REPOSITORY: 'org/repo',
  }

  test.each([
    [
      'a repository',
      'https://github.com/org/repo',
      {},
      'github.com/org/repo',
      'https://api.github.com',
      'https://github.com/org/repo',
    ],
    [
      'a clone address',
      'https://github.com/org/repo.git',
      {},
      'github.com/org/repo',
      'https://api.github.com',
      'https://github.com/org/repo',
    ],
    [
      'a page with a slash at its end',
      'https://github.com/org/',
      {},
      'github.com/org',
      'https://api.github.com',
      'https://github.com/org',
    ],
    [
      'a host in capitals',
      'https://GitHub.com/Org/Repo',
      {},
      'github.com/org/repo',
      'https://api.github.com',
      'https://github.com/Org/Repo',
    ],
    [
      'credentials in the address',
      'https://me:secret@github.com/org/repo',
      {},
      'github.com/org/repo',
      'https://api.github.com',
      'https://github.com/org/repo',
    ],
    [
      'the page of an organisation',
      'https://github.com/orgs/Octo/repositories',
      {},
      'github.com/octo',
      'https://api.github.com',
      'https://github.com/Octo',
    ],
    [
      'the spelling of the server the job is on, which knows whether it speaks https',
      'http://ghes.corp/org/repo',
      job,
      'ghes.corp/org/repo',
      'https://ghes.corp/api/v3',
      'https://ghes.corp/org/repo',
    ],
    [
      'data residency',
      'https://octo.ghe.com/org/repo',
      dotcom,
      'octo.ghe.com/org/repo',
      'https://api.octo.ghe.com',
      'https://octo.ghe.com/org/repo',
    ],
    [
      'another server than the job is on',
      'https://ghes.corp:8443/org',
      dotcom,
      'ghes.corp:8443/org',
      'https://ghes.corp:8443/api/v3',
      'https://ghes.corp:8443/org',
    ],
    [
      'the server the job is on',
      'https://ghes.corp/org/repo',
      job,
      'ghes.corp/org/repo',
      'https://ghes.corp/api/v3',
      'https://ghes.corp/org/repo',
    ],
    [
      'github.com from a job elsewhere',
      'https://github.com/org/repo',
      job,
      'github.com/org/repo',
      'https://api.github.com',
      'https://github.com/org/repo',
    ],
    [
      'nothing but the job',
      undefined,
      job,
      'ghes.corp/team/app',
      'https://ghes.corp/api/v3',
      'https://ghes.corp/team/app',
    ],
    [
      'a job that names no server',
      undefined,
      { GITHUB_REPOSITORY: 'org/repo' },
      'github.com/org/repo',
      'https://api.github.com',
      'https://github.com/org/repo',
    ],
  ])('%s', (_case, repo, variables, text, api, page) => {
    expect(scopeOf(repo === undefined ? undefined : new URL(repo), variables)).toMatchObject({
      text,
      api,
      page,
    })
  })

  test.each([
    ['https://github.com/enterprises/acme', 'unimplemented', /enterprise/],
    ['https://github.com/', 'invalid-input', /neither a repository nor an organisation/],
    ['https://github.com/org/repo/tree/main', 'invalid-input', /neither a repository nor an organisation/],
    ['ssh://git@github.com/org/repo', 'invalid-input', /not a web address/],
    ['https://github.com/org/re%20po', 'invalid-input', /characters/],
    ['https://github.com/org/re%po', 'invalid-input', /characters/],
    ['https://github.com/org%2Frepo', 'invalid-input', /characters/],
    ['https://github.com/orgs', 'invalid-input', /neither a repository nor an organisation/],
  ])('%s is refused with what would be right', (repo, kind, said) => {
    expect(() => scopeOf(new URL(repo), {})).toThrow(
      expect.objectContaining({ kind, message: expect.stringMatching(said) }),
    )
    expect(() => scopeOf(new URL(repo), {})).toThrow(/https:\/\/github\.com\/org\/repo/)
  })

  test('a server that only speaks plain http is refused, for its page and for its API', () => {
    expect(() => scopeOf(new URL('http://ghes.corp/org/repo'), {})).toThrow(/plain http/)
    const variables = { ...job, GITHUB_API_URL: 'http://ghes.corp/api/v3' }
    expect(() => scopeOf(undefined, variables)).toThrow(/plain http/)
    for (const here of ['localhost:8080', '127.0.0.1', '127.1.2.3:80', '[::1]:8080', 'git.localhost'])
      expect(scopeOf(new URL(`http://${here}/org/repo`), {}).kind).toBe('repository')
    for (const there of ['localhost.evil.example', '127.0.0.1.evil.example', '[::2]', '128.0.0.1'])
      expect(() => scopeOf(new URL(`http://${there}/org/repo`), {})).toThrow(/plain http/)
  })

  test('without a repository and outside a job it says what to give', () => {
    expect(() => scopeOf(undefined, {})).toThrow(/give `repo`/)
  })

  test('people look at runners in the settings of the repository or the organisation', () => {
    expect(scopeOf(new URL('https://github.com/org/repo'), {}).runnersPage).toBe(
      'https://github.com/org/repo/settings/actions/runners',
    )
    expect(scopeOf(new URL('https://github.com/org'), {}).runnersPage).toBe(
      'https://github.com/organizations/org/settings/actions/runners',
    )
  })

  test('the registry knows GitHub by its hosts, by the job, and by the server the job is on', () => {
    const { detect } = forges[0].servers
    expect(detect({}, new URL('https://github.com/org/repo'))).toBe(true)
    expect(detect({}, new URL('https://octo.ghe.com/org/repo'))).toBe(true)
    expect(detect(job, new URL('https://ghes.corp/org/repo'))).toBe(true)
    expect(detect({}, new URL('https://gitlab.com/org/repo'))).toBe(false)
    expect(detect({ GITHUB_ACTIONS: 'true' }, undefined)).toBe(true)
    expect(detect({ GITLAB_CI: 'true' }, undefined)).toBe(false)
  })
})

describe('a request', () => {
  test('says who asks, in which version of the API, with the token', async () => {
    await openGithub(github).forge.findRunner('x')
    expect(apiCalls()[0]?.headers).toMatchObject({
      authorization: `token ${github.token()}`,
      'x-github-api-version': '2022-11-28',
      'user-agent': expect.stringContaining('cml-runner'),
    })
  })

  test('goes to /api/v3 on a GitHub Enterprise Server', async () => {
    const ghes = await startGithub({ api: '/api/v3' })
    const { forge } = openGithub(ghes)
    ghes.stageRunner({ name: 'x', online: true })
    expect(await forge.findRunner('x')).toMatchObject({ online: true, connected: true })
    expect(ghes.journal[0]?.path).toBe('/api/v3/repos/octo-org/octo-repo/actions/runners')
    await ghes.close()
  })

  test('follows a renamed repository, on the same host only', async () => {
    const { forge } = openGithub(github, { repo: `${github.url}/octo-org/old-name` })
    github.stageRunner({ name: 'x' })
    const moved =
      (location: string): ((entry: JournalEntry) => Fault | undefined) =>
      (entry) =>
        entry.path.includes('old-name')
          ? { status: 301, headers: { location }, body: { message: 'Moved Permanently' } }
          : undefined
    github.fault = moved(`${github.apiUrl}/repos/octo-org/octo-repo/actions/runners?name=x&per_page=100`)
    expect(await forge.findRunner('x')).toMatchObject({ name: 'x' })
    github.fault = moved('https://elsewhere.example/repos/octo-org/octo-repo/actions/runners')
    expect((await failureOf(forge.findRunner('y'))).explanation.said).toMatch(/Moved Permanently/)
  })
})

describe('looking for a runner', () => {
  test('is conditional: an unchanged answer is a 304 that costs nothing of the limit, and means what it meant', async () => {
    github.stageRunner({ name: 'x', online: true })
    const { forge } = openGithub(github)
    const first = await forge.findRunner('x')
    expect(await forge.findRunner('x')).toEqual(first)
    github.stageRunner({ name: 'x', online: true, busy: true })
    expect(await forge.findRunner('x')).toMatchObject({ busy: true })
    const calls = apiCalls()
    expect(calls.map(({ status }) => status)).toEqual([200, 304, 200])
    expect(calls[0]?.headers['if-none-match']).toBeUndefined()
    expect(calls[1]?.headers['if-none-match']).toMatch(/^W\/"[0-9a-f]{64}"$/)
  })

  test('keeps what it remembers apart for each name, absence included', async () => {
    github.stageRunner({ name: 'x' })
    const { forge } = openGithub(github)
    for (let round = 0; round < 2; round++) {
      expect(await forge.findRunner('x')).toMatchObject({ name: 'x' })
      expect(await forge.findRunner('y')).toBeUndefined()
    }
    expect(apiCalls().map(({ status }) => status)).toEqual([200, 200, 304, 304])
  })

  test('costs one small answer with 1,000 stale runners', async () => {
    github.seedRunners(1000)
    github.stageRunner({ name: 'x', online: true })
    const { forge } = openGithub(github)
    expect(await forge.findRunner('x')).toMatchObject({ online: true })
    expect(apiCalls()).toHaveLength(1)
    expect(apiCalls()[0]?.query).toMatchObject({ name: 'x' })
  })

  test('is right on a server that ignores the filter, however many pages that takes', async () => {
    github.dials.nameFilter = false
    github.seedRunners(230)
    github.stageRunner({ name: 'x' })
    const { forge } = openGithub(github)
    expect(await forge.findRunner('x')).toMatchObject({ name: 'x', online: false })
    expect(await forge.findRunner('nobody')).toBeUndefined()
    github.stageRunner({ name: 'x', online: true })
    expect(await forge.findRunner('x')).toMatchObject({ online: true })
  })

  test('tells a runner that never connected from one that is away', async () => {
    github.stageRunner({ name: 'new', connected: false })
    github.stageRunner({ name: 'old' })
    const { forge } = openGithub(github)
    expect((await forge.findRunner('new'))?.connected).toBe(false)
    expect((await forge.findRunner('old'))?.connected).toBe(true)
  })
})

test('a runner for one job is told to be that', async () => {
  const { forge } = openGithub(github, { registration: 'jit' })
  await forge.register(request)
  github.stageRunner({ name: 'lathe', online: true })
  const single = async (name: string): Promise<boolean | undefined> => (await forge.findRunner(name))?.single
  expect([await single(request.name), await single('lathe')]).toEqual([true, undefined])
})

describe('a list without an end', () => {
  const pageFrom = (first: number): Fault => ({
    status: 200,
    body: {
      total_count: 1e12,
      runners: Array.from({ length: 100 }, (_, index) => ({
        id: first + index,
        name: `r${first + index}`,
        labels: [],
      })),
    },
  })
  const read = async (): Promise<Failure> =>
    failureOf(
      (async () => {
        for await (const page of openGithub(github).forge.listRunners()) expect(page).toHaveLength(100)
      })(),
    )

  test('of ever new runners is given up after 200 pages', async () => {
    github.fault = ({ query }) => pageFrom(100 * Number(query['page']))
    const failure = await read()
    expect(failure.kind).toBe('unavailable')
    expect(failure.message).toMatch(/does not end within 200 pages/)
    expect(new Set(apiCalls().map(({ query }) => query['page'])).size).toBe(201)
  })

  test('of ever the same runners is given up at the second page', async () => {
    github.fault = () => pageFrom(1)
    expect((await read()).message).toMatch(/page 2 holds nothing/)
    expect(apiCalls().at(-1)?.query['page']).toBe('2')
  })

  test('of runner groups is given up, too', async () => {
    const group = { id: 1, name: 'Default', default: true }
    github.fault = () => ({ status: 200, body: { total_count: 1e12, runner_groups: [group] } })
    const { forge } = openGithub(github, { repo: `${github.url}/octo-org`, group: 'gpu' })
    expect((await failureOf(forge.register(request))).message).toMatch(/page 2 holds nothing/)
  })
})

describe('what reaches files that root reads on the machine', () => {
  const offered = {
    os: 'linux',
    architecture: 'x64',
    download_url: 'https://cdn.example/r-2.1.0.tar.gz',
    filename: 'r-2.1.0.tar.gz',
    sha256_checksum: 'a'.repeat(64),
    temp_download_token: 't',
  }
  const downloaded = async (changed: Partial<typeof offered>): Promise<unknown> => {
    github.fault = ({ side }) =>
      side === 'api' ? { status: 200, body: [{ ...offered, ...changed }] } : undefined
    return openGithub(github).forge.download(x64)
  }

  test.each([
    'file:///etc/shadow',
    'ftp://cdn.example/r',
    'http://cdn.example/r',
    'http://169.254.169.254/latest/user-data',
    'https://me:secret@cdn.example/r',
    'no address',
  ])('no address such as %s', async (url) => {
    const failure = await failureOf(downloaded({ download_url: url }))
    expect(failure).toMatchObject({
      kind: 'unavailable',
      explanation: { said: expect.stringMatching(/does not begin with https:/) },
    })
  })

  test('no line break in an address', async () => {
    const url = 'https://cdn.example/r\noutput = "/etc/passwd"\n-2.1.0.tar.gz'
    expect(await downloaded({ download_url: url })).toMatchObject({
      url: 'https://cdn.example/routput%20=%20%22/etc/passwd%22-2.1.0.tar.gz',
    })
  })

  test.each(['two\nlines', 'a blank', '\u0085', ''.padStart(30_000, 'x')])(
    'no token with what no token has (%#)',
    async (token) => {
      expect((await failureOf(downloaded({ temp_download_token: token }))).message).toMatch(/no token has/)
      github.fault = ({ side }) =>
        side === 'api'
          ? { status: 201, body: { token, expires_at: '2030-01-01T00:00:00Z', encoded_jit_config: token } }
          : undefined
      for (const registration of ['token', 'jit'] as const) {
        const { forge } = openGithub(github, { registration })
        const failure = await failureOf(forge.register({ ...request, single: true }))
        expect(failure.message).toMatch(/no token has/)
      }
    },
  )
})

describe('removing a runner', () => {
  test('is not done because something on the way says all is well', async () => {
    github.stageRunner({ name: 'x' })
    const { forge } = openGithub(github)
    const { id } = (await forge.findRunner('x'))!
    github.fault = once({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html>Welcome</html>',
    })
    expect(await forge.unregister({ id })).toBe('gone')
    expect(github.runners()).toEqual([])
  })

  test('of another scope, or without the right, is refused like everything else', async () => {
    github.stageRunner({ name: 'x' })
    const failure = await failureOf(
      openGithub(github, { token: github.token('job') }).forge.unregister({ id: '21' }),
    )
    expect(failure.kind).toBe('permission-denied')
    expect(github.runners()).toHaveLength(1)
  })
})

describe('a registration token', () => {
  test('comes with its end and the page to register at, and opens the door for one hour', async () => {
    const { forge } = openGithub(github)
    const registration = await forge.register(request)
    if (registration.forge !== 'github' || registration.kind !== 'token') throw new Error('not a token')
    expect(registration.url).toBe(`${github.url}/octo-org/octo-repo`)
    expect(registration.expiresAt - github.now() / 1000).toBeCloseTo(3600, -1)
    await join(github, registration, 'in-time', [])
    github.advance(3600_000)
    await expect(join(github, registration, 'too-late', [])).rejects.toThrow('404')
    expect(github.runners().map(({ name }) => name)).toEqual(['in-time'])
  })

  test('carries the runner group by name, after looking that there is one', async () => {
    const org = `${github.url}/octo-org`
    const { forge } = openGithub(github, { repo: org, group: 'GPU' })
    expect(await forge.register(request)).toMatchObject({ url: org, group: 'GPU' })
    const failure = await failureOf(openGithub(github, { repo: org, group: 'cpu' }).forge.register(request))
    expect(failure.kind).toBe('not-found')
    expect(failure.message).toMatch(/its groups are Default, gpu/)
  })

  test('of a repository has no group', () => {
    expect(() => openGithub(github, { group: 'gpu' })).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringMatching(/runner-group/) }),
    )
    expect(openGithub(github, { group: 'default' }).forge.scope).toMatch(/octo-org\/octo-repo$/)
  })
})

describe('a just-in-time configuration', () => {
  const jit: Opening = { registration: 'jit' }
  const configOf = (path: string): Record<string, unknown> =>
    apiCalls().find((call) => call.path.endsWith(path))?.body as Record<string, unknown>

  test('has the labels that config.sh would add, each label once, and the default group', async () => {
    const { forge } = openGithub(github, jit)
    await forge.register({
      ...request,
      labels: ['cml', 'linux', 'Cml'],
      platform: arm64,
      workdir: 'job',
    })
    expect(configOf('generate-jitconfig')).toEqual({
      name: request.name,
      runner_group_id: 1,
      labels: ['self-hosted', 'Linux', 'ARM64', 'cml'],
      work_folder: 'job',
    })
  })

  test('of a Mac has its label', async () => {
    await openGithub(github, jit).forge.register({ ...request, labels: ['cml'], platform: mac })
    expect(configOf('generate-jitconfig')).toMatchObject({ labels: ['self-hosted', 'macOS', 'ARM64', 'cml'] })
  })

  test('of an organisation goes to the group of that name', async () => {
    const { forge } = openGithub(github, { ...jit, repo: `${github.url}/octo-org`, group: 'gpu' })
    await forge.register(request)
    expect(configOf('generate-jitconfig')).toMatchObject({ runner_group_id: 4 })
  })

  test('is for a single job', async () => {
    const failure = await failureOf(openGithub(github, jit).forge.register({ ...request, single: false }))
    expect(failure).toMatchObject({ kind: 'invalid-input' })
    expect(apiCalls()).toEqual([])
  })

  test('is asked for again when its answer got lost, also when its runner cannot be seen at once', async () => {
    github.dials.visibleAfterLooks = 2
    github.fault = once('reset-after')
    await openGithub(github, jit).forge.register(request)
    expect(github.runners()).toHaveLength(1)
    expect(github.runner(request.name)).toMatchObject({ jit: true, connected: false })
  })

  test.each([
    ['somebody else', { labels: ['cml'], connected: false }, 'already-exists'],
    ['an online runner of somebody else', { labels: ['cml'], online: true }, 'already-exists'],
    // What this process has not asked for, another try of the same launch has: there is a machine for it, or will be.
    ['an online runner of this launch', { labels: request.labels, online: true }, 'conflict'],
    [
      'a runner of this launch that has been at work',
      { labels: request.labels, connected: true },
      'conflict',
    ],
    [
      'a runner of this launch that has never connected',
      { labels: request.labels, connected: false },
      'conflict',
    ],
  ])('is not given for the name of %s, and leaves that runner alone', async (_who, state, kind) => {
    github.stageRunner({ name: request.name, ...state })
    const failure = await failureOf(openGithub(github, jit).forge.register(request))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toContain(request.name)
    expect(github.runner(request.name)).toMatchObject({ jit: false })
  })

  test('replaces what looks like its own lost one where the server does not tell who ever connected', async () => {
    github.dials.tellsVersion = false
    const { forge } = openGithub(github, jit)
    await forge.register(request)
    github.stageRunner({ name: request.name, online: true })
    expect((await failureOf(forge.register(request))).kind).toBe('already-exists')
    github.stageRunner({ name: request.name })
    await forge.register(request)
    expect(github.runner(request.name)).toMatchObject({ jit: true })
  })

  test('that a server does not know may be due to its age', async () => {
    const ghes = await startGithub({ api: '/api/v3' })
    ghes.fault = ({ path }) =>
      path.endsWith('jitconfig') ? { status: 404, body: { message: 'Not Found' } } : undefined
    const failure = await failureOf(openGithub(ghes, jit).forge.register(request))
    expect(failure.message).toMatch(/old GitHub Enterprise Server.*\n.*use `registration` token/)
    await ghes.close()
  })

  test('is secret as a whole and in its parts', async () => {
    const { forge } = openGithub(github, jit)
    const registration = await forge.register(request)
    const files = JSON.parse(
      Buffer.from((registration as { config: string }).config, 'base64').toString(),
    ) as Record<string, string>
    expect(forge.secretsOf(registration)).toEqual([
      (registration as { config: string }).config,
      ...Object.values(files),
    ])
  })
})

describe('the runner program', () => {
  test('is never fetched without a digest', async () => {
    github.dials.checksums = false
    const failure = await failureOf(openGithub(github).forge.download(x64))
    expect(failure.kind).toBe('failed-precondition')
    expect(failure.message).toMatch(/no SHA-256/)
  })

  test('is asked for once, and again after a failure', async () => {
    const { forge } = openGithub(github)
    github.fault = ({ side }) => (side === 'api' ? '5xx' : undefined)
    await failureOf(forge.download(x64))
    github.fault = undefined
    const before = apiCalls().length
    const [first, second] = await Promise.all([forge.download(x64), forge.download(arm64)])
    expect(first.version).toBe('2.336.0')
    expect(second.url).toMatch(/linux-arm64-2\.336\.0\.tar\.gz$/)
    expect(apiCalls()).toHaveLength(before + 1)
  })

  test("of a server that serves it itself comes with that server's own token, which no other host is shown", async () => {
    github.dials.downloadToken = 'temporary'
    const { url, bearer } = await openGithub(github).forge.download(x64)
    expect(bearer).toBe('temporary')
    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).status).toBe(200)
    const elsewhere = [
      {
        os: 'linux',
        architecture: 'x64',
        download_url: 'https://cdn.example/r-2.1.0.tar.gz',
        filename: 'r-2.1.0.tar.gz',
        sha256_checksum: 'A'.repeat(64),
        temp_download_token: 't',
      },
    ]
    github.fault = once({ status: 200, body: elsewhere })
    expect(await openGithub(github).forge.download(x64)).toEqual({
      url: 'https://cdn.example/r-2.1.0.tar.gz',
      sha256: 'a'.repeat(64),
      version: '2.1.0',
      image: { name: 'ghcr.io/actions/actions-runner:2.1.0', path: '/home/runner' },
    })
  })

  test('for macOS is the one that GitHub calls osx', async () => {
    const { url } = await openGithub(github).forge.download(mac)
    expect(url).toMatch(/\/actions-runner-osx-arm64-2\.336\.0\.tar\.gz$/)
  })

  test('for an architecture that is not offered is a failure that names what is', async () => {
    github.fault = once({
      status: 200,
      body: [{ os: 'linux', architecture: 'x64', download_url: 'https://x', filename: 'x' }],
    })
    expect((await failureOf(openGithub(github).forge.download(arm64))).message).toMatch(/offers linux-x64/)
  })
})

describe('a token that cannot register runners is explained', () => {
  const org: Opening = {}
  const cases: readonly (readonly [string, TokenKind, Opening, string, readonly RegExp[]])[] = [
    ['expired', 'expired', {}, 'unauthenticated', [/Bad credentials/, /expired, was revoked/, /`repo`/]],
    [
      'classic, without its scope',
      'classic-without-scope',
      {},
      'permission-denied',
      [/scopes `gist`, `read:user`; this needs `repo`/],
    ],
    [
      'classic, without its scope, organisation',
      'classic-without-scope',
      { repo: 'org' },
      'permission-denied',
      [/needs `admin:org`/, /owner of octo-org/],
    ],
    [
      'fine-grained, without Administration',
      'fine-grained-without-permission',
      {},
      'permission-denied',
      [/fine-grained/, /`administration=write`/, /Administration: read and write/],
    ],
    [
      'fine-grained, organisation',
      'fine-grained-without-permission',
      { repo: 'org' },
      'permission-denied',
      [/Self-hosted runners: read and write/, /`organization_self_hosted_runners=write`/],
    ],
    [
      'of somebody who is no admin',
      'not-admin',
      {},
      'not-found',
      [/no repository/, /may not see it or does not belong to an admin/, /same way/],
    ],
    [
      'a GITHUB_TOKEN, or a GitHub App',
      'job',
      {},
      'permission-denied',
      [
        /either a job's own GITHUB_TOKEN or one of a GitHub App/,
        /no entry in `permissions:`/,
        /`administration=write`/,
      ],
    ],
    [
      'not authorised for single sign-on',
      'without-sso',
      {},
      'permission-denied',
      [/single sign-on/, /https:\/\/github\.com\/orgs\/octo-org\/sso\?authorization_request=/],
    ],
    [
      'from an address that is not allowed',
      'wrong-address',
      {},
      'permission-denied',
      [/IP allow list/, /launched machine/],
    ],
  ]

  test.each(cases)('%s', async (_case, kind, { repo }, expected, patterns) => {
    const { forge } = openGithub(github, {
      ...org,
      token: github.token(kind),
      ...(repo ? { repo: `${github.url}/octo-org` } : {}),
      tokenSource: '--token',
    })
    const failure = await failureOf(forge.register(request))
    expect(failure.kind).toBe(expected)
    for (const pattern of patterns) expect(failure.message).toMatch(pattern)
    expect(failure.message).not.toContain(github.token(kind))
    expect(apiCalls().filter(({ path }) => !path.endsWith('/runner-groups'))).toHaveLength(1)
    // Asked for beside it, and given up when the refusal comes: how far that has come by then is chance.
    expect(apiCalls().length).toBeLessThanOrEqual(2)
  })

  test('the very GITHUB_TOKEN of the job is called by its name', async () => {
    const token = github.token('job')
    for (const known of [
      { variables: { GITHUB_ACTIONS: 'true', GITHUB_TOKEN: token } },
      { variables: { GITHUB_ACTIONS: 'true' }, tokenSource: 'GITHUB_TOKEN' },
    ]) {
      const failure = await failureOf(openGithub(github, { token, ...known }).forge.register(request))
      expect(failure.explanation.why).toMatch(/^A job's own GITHUB_TOKEN cannot register runners/)
    }
  })

  test('a missing scope is named even where GitHub hides the repository', async () => {
    github.dials.privateRepository = true
    const failure = await failureOf(
      openGithub(github, { token: github.token('classic-without-scope') }).forge.register(request),
    )
    expect(failure).toMatchObject({ kind: 'permission-denied', explanation: { said: 'Not Found' } })
  })

  test('a repository that does not exist', async () => {
    const failure = await failureOf(
      openGithub(github, { repo: `${github.url}/octo-org/typo` }).forge.register(request),
    )
    expect(failure.kind).toBe('not-found')
    expect(failure.message).toMatch(/no repository 127\.0\.0\.1:\d+\/octo-org\/typo/)
  })
})

describe('what GitHub does not accept', () => {
  const refusedWith = async (answer: Fault): Promise<Failure> => {
    github.fault = ({ side }) => (side === 'api' ? answer : undefined)
    return failureOf(openGithub(github, { registration: 'jit' }).forge.register({ ...request, single: true }))
  }
  const full = 'Runner group 1 has reached max limit of 10000 runners'

  test.each([
    ['its message', { message: full }],
    [
      'a list of errors',
      { message: 'Validation Failed', errors: [{ resource: 'Runner', code: 'custom', message: full }] },
    ],
    ['errors as a text', { message: 'Validation Failed', errors: full }],
  ])(
    'a group that is full is told from %s, with what makes room, and is no mistake in the options',
    async (_where, body) => {
      const failure = await refusedWith({ status: 422, body })
      expect(failure.kind).toBe('failed-precondition')
      expect(failure.message).toContain(full)
      expect(failure.message).toMatch(/What to do: .*`sweep`.*`runner-group`/)
    },
  )

  test('a field of the request that it names is one of the options', async () => {
    const errors = [{ resource: 'Runner', field: 'name', code: 'custom', message: 'is too odd' }]
    const failure = await refusedWith({ status: 422, body: { message: 'Validation Failed', errors } })
    expect(failure.kind).toBe('invalid-input')
    expect(failure.message).toContain('Validation Failed; name: is too odd')
  })

  test('anything else is about what is there, and is shown in its words', async () => {
    const body = { message: 'Unprocessable Entity', errors: ['the moon is full'] }
    const failure = await refusedWith({ status: 422, body })
    expect(failure.kind).toBe('failed-precondition')
    expect(failure.message).toContain('the moon is full')
  })

  test('what a 403 says beside its message is shown, too', async () => {
    const failure = await refusedWith({
      status: 403,
      body: { message: 'Forbidden', errors: 'Self-hosted runners are disabled' },
    })
    expect(failure.kind).toBe('permission-denied')
    expect(failure.message).toContain('Forbidden; Self-hosted runners are disabled')
  })

  test("a web page in its place is quoted, and not laid to GitHub's charge or the token's", async () => {
    const page = '<html><head><title>Blocked</title></head><body>Category: code hosting</body></html>'
    for (const status of [403, 404]) {
      const answer = { status, headers: { 'content-type': 'text/html' }, body: Buffer.from(page) }
      const failure = await refusedWith(answer)
      expect(failure.message).toContain('Blocked Category: code hosting')
      expect(failure.message).toMatch(/a web page.*proxy/)
      expect(failure.message).not.toMatch(/GitHub forbids|no repository/)
    }
  })
})

describe('a personal account', () => {
  test.each<[TokenKind, number]>([
    ['admin', 2],
    ['classic-without-scope', 2],
    ['not-admin', 2],
    ['job', 1],
  ])('is told as one, whatever the token (%s) lacks, by one read more', async (kind, calls) => {
    const opening = { repo: `${github.url}/octo-person`, token: github.token(kind) }
    github.dials.privateRepository = true
    for (const registration of ['token', 'jit'] as const) {
      const before = apiCalls().length
      const { forge } = openGithub(github, { ...opening, registration })
      const failure = await failureOf(forge.register({ ...request, single: true }))
      const asked = apiCalls().slice(before)
      expect(asked.filter(({ path }) => !path.endsWith('/runner-groups'))).toHaveLength(calls)
      // A job's token is refused as such, before GitHub looks for the account.
      if (calls === 1) continue
      expect(failure.kind).toBe('invalid-input')
      expect(failure.message).toMatch(
        /octo-person is a personal account\n.*no runners of its own[^]*name a repository/,
      )
    }
  })

  test('is not taken for one that is hidden or not there, nor when that cannot be read', async () => {
    const told = async (owner: string): Promise<Failure> =>
      failureOf(
        openGithub(github, {
          repo: `${github.url}/${owner}`,
          token: github.token('not-admin'),
        }).forge.register(request),
      )
    expect((await told('octo-org')).kind).toBe('not-found')
    expect((await told('nobody')).message).toMatch(/Either there is no organisation/)
    github.fault = ({ path }) => (path.includes('/users/') ? '5xx' : undefined)
    expect((await told('octo-person')).kind).toBe('not-found')
  })
})

describe('a runner group', () => {
  const job = {
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKFLOW_REF: 'octo-org/octo-repo/.github/workflows/train.yml@refs/heads/main',
  }
  const said = async (
    variables: Readonly<Record<string, string>> = job,
    opening: Opening = { group: 'gpu' },
  ): Promise<string> => {
    const { forge, lines } = openGithub(github, { repo: `${github.url}/octo-org`, variables, ...opening })
    for (const round of ['first', 'second'])
      await forge.register({ ...request, name: `${round}-${github.journal.length}` })
    return lines.join('\n')
  }
  const ways: readonly (readonly [string, string, Opening])[] = [
    ['a named group', 'gpu', { group: 'gpu' }],
    ['the default group', 'Default', {}],
    ['the default group, just in time', 'Default', { registration: 'jit' }],
  ]

  test.each(ways)(
    'of selected repositories that this job’s is none of is told: %s',
    async (_, name, opening) => {
      github.dials.groups = { ...github.dials.groups, visibility: 'selected' }
      const line = new RegExp(
        `^Runner group ${name} takes jobs of selected repositories alone, and octo-org/octo-repo is none of them: .*24 hours.*/organizations/octo-org/settings/actions/runner-groups, or give another`,
      )
      const text = await said(job, opening)
      expect(text).toMatch(line)
      expect(text.match(/selected/g)).toHaveLength(1)
      expect(await said({ ...job, GITHUB_REPOSITORY: 'elsewhere/octo-repo' }, opening)).toBe('')
      github.dials.groupRepositories = ['octo-org/another', 'octo-org/octo-repo']
      expect(await said(job, opening)).toBe('')
    },
  )

  test.each(ways)('of private repositories is told to a public one: %s', async (_, name, opening) => {
    github.dials.groups = { ...github.dials.groups, visibility: 'private' }
    expect(await said(job, opening)).toMatch(
      new RegExp(
        `^Runner group ${name} takes no jobs of public repositories, and octo-org/octo-repo is one:`,
      ),
    )
    github.dials.privateRepository = true
    expect(await said(job, opening)).toBe('')
  })

  test('that is the default one and cannot be read keeps no launch from going on', async () => {
    for (const fault of ['5xx', 'malformed', { status: 403, body: { message: 'Forbidden' } }] as const) {
      github.fault = ({ path }) => (path.endsWith('/runner-groups') ? fault : undefined)
      const before = github.journal.length
      expect(await said(job, {})).toMatch(/^Whom the default runner group serves is not known: /)
      const asked = github.journal.slice(before).filter(({ path }) => path.endsWith('/runner-groups'))
      expect(asked).toHaveLength(1)
    }
  })

  test('of a repository is asked for by nobody', async () => {
    const { forge } = openGithub(github, { variables: job })
    await forge.register(request)
    expect(github.journal.some(({ path }) => path.includes('runner-groups'))).toBe(false)
  })

  test('that takes no jobs of public repositories is told when this job is of one', async () => {
    github.dials.groups = { ...github.dials.groups, allows_public_repositories: false }
    const line =
      /^Runner group gpu takes no jobs of public repositories, and octo-org\/octo-repo is one: .*24 hours.*runner-groups/
    expect(await said()).toMatch(line)
    github.dials.privateRepository = true
    expect(await said()).toBe('')
    github.dials.privateRepository = false
    expect(await said({ ...job, GITHUB_REPOSITORY: 'elsewhere/octo-repo' })).toBe('')
    github.dials.groups = { ...github.dials.groups, allows_public_repositories: true }
    expect(await said()).toBe('')
  })

  test('that takes jobs of certain workflows is told with them, unless this job’s is one', async () => {
    const { GITHUB_WORKFLOW_REF: own } = job
    const other = own.replace('train', 'deploy')
    github.dials.groups = {
      ...github.dials.groups,
      restricted_to_workflows: true,
      selected_workflows: [other],
    }
    expect(await said()).toMatch(
      /gpu takes jobs of these workflows alone: .*deploy\.yml@.* This job's workflow, .*train\.yml@.*24 hours/,
    )
    expect((await said()).match(/takes jobs/g)).toHaveLength(1)
    github.dials.groups = { ...github.dials.groups, selected_workflows: [other, own] }
    expect(await said()).toBe('')
  })

  test('of a server that says neither is no matter', async () => {
    github.fault = ({ path }) =>
      path.endsWith('/runner-groups')
        ? { status: 200, body: { total_count: 1, runner_groups: [{ id: 4, name: 'gpu', default: false }] } }
        : undefined
    expect(await said()).toBe('')
  })
})

describe('limits', () => {
  test('a secondary limit is waited for as long as GitHub asks, with a word about it', async () => {
    const { forge, clock, lines } = openGithub(github)
    github.fault = once('throttle')
    const before = clock.now()
    await forge.findRunner('x')
    expect(clock.now() - before).toBeGreaterThanOrEqual(2000)
    expect(clock.now() - before).toBeLessThanOrEqual(2200)
    expect(lines.splice(0)).toHaveLength(1)
    github.fault = once({
      status: 403,
      headers: { 'retry-after': '20' },
      body: { message: 'secondary rate limit' },
    })
    await forge.findRunner('x')
    expect(lines).toEqual([
      expect.stringMatching(/^GitHub asks for a pause \(secondary rate limit\); asking again in 2\d s/),
    ])
  })

  test('without a number it is a minute', async () => {
    const { forge, clock } = openGithub(github)
    github.fault = once({ status: 429, body: { message: 'You have exceeded a secondary rate limit.' } })
    const before = clock.now()
    await forge.findRunner('x')
    expect(clock.now() - before).toBeGreaterThanOrEqual(60_000)
    expect(clock.now() - before).toBeLessThanOrEqual(62_000)
  })

  test('the hourly limit is waited for when it ends soon', async () => {
    const { forge, clock } = openGithub(github)
    const reset = Math.ceil(clock.now() / 1000) + 30
    github.fault = once({
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) },
      body: { message: 'API rate limit exceeded' },
    })
    await forge.findRunner('x')
    expect(clock.now()).toBeGreaterThanOrEqual(reset * 1000)
    expect(clock.now()).toBeLessThan(reset * 1000 + 4000)
  })

  test.each([
    [
      'the hourly limit',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1800000000' },
      'API rate limit exceeded for user ID 1.',
      /2027-01-15T08:00:01Z/,
    ],
    [
      'a long pause',
      { 'retry-after': '3600' },
      'You have exceeded a secondary rate limit.',
      /asks for a pause until/,
    ],
  ])('%s that is far away is told at once, with its end', async (_case, headers, message, why) => {
    const { forge, clock } = openGithub(github)
    const before = clock.now()
    github.fault = () => ({ status: 403, headers, body: { message } })
    const failure = await failureOf(forge.findRunner('x'))
    expect(failure.kind).toBe('rate-limited')
    expect(failure.explanation.why).toMatch(why)
    expect(clock.now()).toBe(before)
    expect(apiCalls()).toHaveLength(1)
  })

  test('a limit that the emulator really counts is met and explained', async () => {
    github.dials.rateLimit = 2
    const { forge } = openGithub(github)
    await forge.findRunner('x')
    await forge.findRunner('x')
    await forge.findRunner('y')
    expect((await failureOf(forge.findRunner('z'))).kind).toBe('rate-limited')
  })

  test('a server in trouble is asked again, with growing pauses, for as long as there is time, or after the pause it asks for', async () => {
    const { forge, clock } = openGithub(github)
    github.fault = () => '5xx'
    const before = clock.now()
    const end = before + 600_000
    const failure = await failureOf(forge.findRunner('x', withEnd(undefined, end)))
    expect(failure).toMatchObject({ kind: 'unavailable' })
    expect(clock.now()).toBe(end)
    expect(apiCalls().length).toBeGreaterThan(60)
    expect(apiCalls().length).toBeLessThan(160)
    const start = clock.now()
    github.fault = once({
      status: 503,
      headers: { 'retry-after': '7' },
      body: { message: 'Service Unavailable' },
    })
    await forge.findRunner('x')
    expect(clock.now() - start).toBeGreaterThanOrEqual(7000)
    expect(clock.now() - start).toBeLessThanOrEqual(7700)
  })
})

describe('the way to GitHub', () => {
  test('a host that is not there', async () => {
    const { port } = new URL(github.url)
    await github.close()
    const { forge } = openGithub(github, { repo: `http://127.0.0.1:${port}/octo-org/octo-repo` })
    const failure = await failureOf(forge.findRunner('x'))
    expect(failure).toMatchObject({ kind: 'unavailable', explanation: { code: 'ECONNREFUSED' } })
    expect(failure.message).toMatch(/could not be reached/)
    github = await startGithub()
  })

  test('a host without an address', async () => {
    const failure = await failureOf(
      openGithub(github, { repo: 'https://no-such-host.invalid/org/repo' }).forge.findRunner('x'),
    )
    expect(failure.explanation.code).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(failure.message).toMatch(/No address was found for no-such-host\.invalid/)
  })

  test('a host that never answers is given up', async () => {
    github.fault = () => 'silent'
    const fetch = createFetch({ variables: {}, patience: 40 })
    const failure = await failureOf(openGithub(github, { fetch }).forge.findRunner('x'))
    expect(failure).toMatchObject({ kind: 'unavailable', explanation: { code: 'ETIMEDOUT' } })
  })

  test('an abort ends a request that is on its way, also the last one', async () => {
    for (const failures of [0, 4]) {
      const controller = new AbortController()
      const reason = new Error('stop')
      let left = failures
      github.fault = () => {
        if (left-- > 0) return '5xx'
        controller.abort(reason)
        return 'silent'
      }
      await expect(openGithub(github).forge.findRunner('x', controller.signal)).rejects.toBe(reason)
    }
  })

  test('an older Node does not go around the proxy without a word', () => {
    expect(nodeKnowsProxies('24.5.0')).toBe(true)
    expect(nodeKnowsProxies('22.21.0')).toBe(true)
    expect(nodeKnowsProxies('22.20.0')).toBe(false)
    expect(nodeKnowsProxies('26.0.0')).toBe(true)
    expect(nodeKnowsProxies('24.4.1')).toBe(false)
    expect(nodeKnowsProxies('20.20.2')).toBe(false)
  })
})
