import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { FakeClock } from '../emulators/fake-clock.ts'
import { withEnd } from '../../src/lib/deadline.ts'
import { generate } from 'selfsigned'
import type { RegistrationRequest, ServingWish } from '../../src/forges/forge.ts'
import { gitlabOptions } from '../../src/forges/gitlab/options.ts'
import { nodeVersion, runnerVersion } from '../../src/forges/gitlab/packages.ts'
import { scopeOf } from '../../src/forges/gitlab/scope.ts'
import { ownTag, tagsOf } from '../../src/forges/gitlab/tags.ts'
import type { Runner } from '../../src/model/runner.ts'
import { forges } from '../../src/forges/registry.ts'
import { Unreadable } from '../../src/lib/answers.ts'
import type { RawOptions } from '../../src/hosts/host.ts'
import { Failure } from '../../src/model/failure.ts'
import { catalogueOf } from '../../src/options/catalogue.ts'
import { parse } from '../../src/options/parse.ts'
import {
  type Fault,
  type GitlabEmulator,
  type JournalEntry,
  startGitlab,
  type TokenKind,
} from '../emulators/gitlab/gitlab.ts'
import { openGitlab, type Opening, publish } from './gitlab-world.ts'
import { arm64, mac, x64 } from './platforms.ts'

const identity = 'abcdefghijklmnop2345'
const request: RegistrationRequest = {
  name: `cml-${identity}`,
  labels: ['cml', `cml-${identity}`, 'cml-at-nimbus-north-1'],
  single: true,
  platform: x64,
}

let gitlab: GitlabEmulator

beforeEach(async () => {
  gitlab = await startGitlab()
  publish(gitlab)
})

afterEach(async () => {
  await gitlab.close()
})

const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

const apiCalls = (): readonly JournalEntry[] => gitlab.journal.filter(({ side }) => side === 'api')

const creations = (): readonly JournalEntry[] => apiCalls().filter(({ method }) => method === 'POST')

/** The first `times` requests that fit go wrong. */
const spoil = (fits: (entry: JournalEntry) => boolean, fault: Fault, times = 1): void => {
  let left = times
  gitlab.fault = (entry) => (fits(entry) && left-- > 0 ? fault : undefined)
}

const isCreation = ({ method }: JournalEntry): boolean => method === 'POST'

describe('where runners go', () => {
  const job = {
    GITLAB_CI: 'true',
    CI_SERVER_URL: 'https://git.corp/tools/lab',
    CI_API_V4_URL: 'https://git.corp/tools/lab/api/v4',
    CI_PROJECT_URL: 'https://git.corp/tools/lab/Team/sub/App',
    CI_PROJECT_PATH: 'Team/sub/App',
    CI_PROJECT_ID: '42',
  }
  const lab = { depth: 2, api: 'https://git.corp/tools/lab/api/v4' }
  const dotcom = { depth: 0, api: 'https://gitlab.com/api/v4' }

  test.each<[string, string | undefined, Record<string, string>, object]>([
    [
      'a project',
      'https://gitlab.com/Group/Sub/Project',
      {},
      { text: 'gitlab.com/group/sub/project', page: 'https://gitlab.com/Group/Sub/Project', server: dotcom },
    ],
    ['a clone address', 'https://gitlab.com/group/project.git', {}, { text: 'gitlab.com/group/project' }],
    ['credentials in it', 'https://me:secret@gitlab.com/g/p', {}, { page: 'https://gitlab.com/g/p' }],
    ['a page within it', 'https://gitlab.com/g/p/-/settings/ci_cd', {}, { text: 'gitlab.com/g/p' }],
    [
      'a group by its own address',
      'https://gitlab.com/groups/g/sub',
      {},
      { text: 'gitlab.com/g/sub', kind: 'group' },
    ],
    ['a server of whom nothing is known', 'https://git.corp:8443/a/b/c', {}, { text: 'git.corp:8443/a/b/c' }],
    [
      'nothing but the job, on a sub-path',
      undefined,
      job,
      { text: 'git.corp/tools/lab/team/sub/app', server: lab, kind: 'project', id: '42' },
    ],
    ['another project of that server', 'https://git.corp/tools/lab/team/sub', job, { server: lab }],
    [
      'another spelling of gitlab.com',
      'http://www.GitLab.com/g/p',
      {},
      {
        text: 'gitlab.com/g/p',
        page: 'https://gitlab.com/g/p',
        origin: 'https://gitlab.com',
        server: dotcom,
      },
    ],
    ['gitlab.com from a job elsewhere', 'https://gitlab.com/g/p', job, { server: dotcom }],
  ])('%s', (_case, repo, variables, expected) => {
    const scope = scopeOf(repo === undefined ? undefined : new URL(repo), variables)
    expect(scope).toMatchObject(expected)
    expect(scope.id).toBe((expected as { id?: string }).id)
  })

  test.each([
    ['https://gitlab.com/', /neither a project nor a group/],
    ['https://gitlab.com/-/profile', /neither a project nor a group/],
    ['ssh://git@gitlab.com/g/p', /not a web address/],
    ['https://gitlab.com/g/p%20x', /characters/],
    ['https://gitlab.com/g/%zz', /characters/],
  ])('%s is refused with what would be right', (repo, said) => {
    expect(() => scopeOf(new URL(repo), {})).toThrow(
      expect.objectContaining({ kind: 'invalid-input', message: expect.stringMatching(said) }),
    )
    expect(() => scopeOf(new URL(repo), {})).toThrow(/https:\/\/gitlab\.com\/group\/project/)
  })

  test('without a project and outside a job it says what to give', () => {
    expect(() => scopeOf(undefined, {})).toThrow(/give `repo`/)
  })

  test('the registry knows GitLab by its name, by the job, and by the server the job is on', () => {
    const { detect } = forges.find(({ name }) => name === 'gitlab')!.servers
    expect(detect({}, new URL('https://gitlab.com/g/p'))).toBe(true)
    expect(detect({}, new URL('https://gitlab.corp.example/g/p'))).toBe(true)
    expect(detect({}, new URL('https://git.corp/g/p'))).toBe(false)
    expect(detect(job, new URL('https://git.corp/other/p'))).toBe(true)
    expect(detect(job, undefined)).toBe(true)
    expect(detect({ GITHUB_ACTIONS: 'true' }, undefined)).toBe(false)
    expect(detect({}, new URL('https://github.com/g/p'))).toBe(false)
    expect(forges[0].servers.detect(job, new URL('https://git.corp/g/p'))).toBe(false)
  })
})

describe('finding the server and the scope', () => {
  test('gives the machine the address that the job knows, whatever redirects to it', async () => {
    const api = gitlab.variables['CI_API_V4_URL'] ?? ''
    const { host, pathname } = new URL(gitlab.variables['CI_PROJECT_URL'] ?? '')
    const { forge } = openGitlab(gitlab, { repo: `https://${host}${pathname}` })
    expect(await forge.register(request)).toMatchObject({ url: api.replace('/api/v4', '') })
  })

  test('costs nothing in a job of the project itself', async () => {
    await openGitlab(gitlab).forge.findRunner('x')
    expect(apiCalls().map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET /api/v4/projects/${gitlab.variables['CI_PROJECT_ID']}/runners`,
    ])
  })

  test.each([
    [
      'a project',
      '/octo-group/octo-project',
      'projects',
      '/octo-group/octo-project/-/settings/ci_cd#js-runners-settings',
    ],
    ['a group', '/octo-group', 'groups', '/groups/octo-group/-/runners'],
    ['a group below another', '/octo-group/below', 'groups', '/groups/octo-group/below/-/runners'],
  ])('tells %s from what else that path could be, once', async (_what, repo, kind, page) => {
    const server = await startGitlab({ path: '/git/lab', groups: ['octo-group/below'] })
    const { forge } = openGitlab(server, { repo, inJob: false })
    await forge.findRunner('x')
    await forge.findRunner('y')
    const lists = server.journal.filter(({ path }) => path.endsWith('/runners'))
    expect(lists).toHaveLength(2)
    expect(lists[0]?.path).toMatch(new RegExp(`^/git/lab/api/v4/${kind}/\\d+/runners$`))
    expect(server.journal.filter(({ path }) => path.endsWith('/version'))).toHaveLength(3)
    expect(forge.runnersPage).toBe(`${server.url}${page}`)
    const [place = ''] = page.split('/-/')
    expect(forge.runnerPage({ id: '42' })).toBe(`${server.url}${place}/-/runners/42`)
    expect(await forge.register(request)).toMatchObject({ url: server.url })
    await server.close()
  })

  test('shows the token to no more than the server asked for, and only there', async () => {
    const { forge } = openGitlab(gitlab)
    await forge.download(x64)
    await forge.findRunner('x')
    const shown = gitlab.journal.filter(({ headers }) => JSON.stringify(headers).includes(gitlab.token()))
    expect(shown.map(({ side }) => side)).toEqual(['api'])
    expect(shown[0]?.headers['private-token']).toBe(gitlab.token())
  })

  test('that is not there, or not to be seen, is said in one sentence', async () => {
    const nowhere = await failureOf(openGitlab(gitlab, { repo: '/octo-group/none' }).forge.register(request))
    expect(nowhere).toMatchObject({ kind: 'not-found' })
    expect(nowhere.message).toMatch(/no project or group \S+\/octo-group\/none, or the token may not see it/)
    gitlab.dials.privateProjects = true
    const hidden = openGitlab(gitlab, { token: gitlab.token('outsider'), repo: '/octo-group' }).forge
    expect((await failureOf(hidden.register(request))).kind).toBe('not-found')
    expect(gitlab.runners()).toEqual([])
  })

  test.each(['/octo-person', '/Octo-Person'])('of a person is told apart from a group: %s', async (repo) => {
    const failure = await failureOf(openGitlab(gitlab, { repo }).forge.register(request))
    expect(failure.kind).toBe('invalid-input')
    expect(failure.message).toMatch(
      /is a person's own namespace[^]*only its projects do[^]*name a project in `repo`: \S+erson\/…/i,
    )
    expect(gitlab.journal.filter(({ path }) => path.endsWith('/users'))).toHaveLength(1)
  })

  test('that nobody may look up as a person is said to be not there, or not to be seen', async () => {
    gitlab.fault = ({ path }) =>
      path.endsWith('/users') ? { status: 403, body: { message: '403 Forbidden' } } : undefined
    const failure = await failureOf(openGitlab(gitlab, { repo: '/octo-person' }).forge.register(request))
    expect(failure).toMatchObject({ kind: 'not-found' })
    expect(failure.message).toContain('or the token may not see it')
  })

  test('on a host where no GitLab answers ends in a failure that names it', async () => {
    const elsewhere = await startGitlab({ path: '/git/lab' })
    const address = `${new URL(elsewhere.url).origin}/x/y`
    const failure = await failureOf(openGitlab(gitlab, { repo: address, inJob: false }).forge.findRunner('x'))
    await elsewhere.close()
    expect(failure.kind).toBe('not-found')
    expect(failure.message).toMatch(/no GitLab API answers at http:\S+, nor under any part of the path/)
    const silent = openGitlab(gitlab, { repo: 'http://127.0.0.1:9/x/y', inJob: false })
    expect(await failureOf(silent.forge.findRunner('x'))).toMatchObject({
      kind: 'unavailable',
      explanation: { code: 'ECONNREFUSED' },
    })
  })
})

describe('a registration', () => {
  test('for a machine without Docker has its jobs run in a shell there', async () => {
    const { forge } = openGitlab(gitlab, { settings: { executor: 'docker' } })
    expect(await forge.register({ ...request, docker: false })).toMatchObject({ executor: 'shell' })
    expect(forge.sampleRegistration({ ...request, docker: false })).toMatchObject({ executor: 'shell' })
    expect(forge.sampleRegistration(request)).toMatchObject({ executor: 'docker' })
  })

  test('is a runner that takes tagged jobs of this project only, and says whose it is', async () => {
    const { forge } = openGitlab(gitlab, { settings: { executor: 'shell', 'docker-volumes': ['/cache'] } })
    const registration = await forge.register({ ...request, lifetime: 7200.9 })
    const runner = gitlab.runner(request.name)!
    expect(runner).toMatchObject({
      scope: 'projects/octo-group/octo-project',
      locked: true,
      runUntagged: false,
      maximumTimeout: 7200,
      maintenanceNote: expect.stringContaining(identity),
      connected: false,
    })
    expect(runner.tags).toEqual([...request.labels, ownTag])
    expect(registration).toEqual({
      forge: 'gitlab',
      kind: 'runner',
      url: gitlab.url,
      token: expect.stringMatching(/^glrt-/),
      id: String(runner.id),
      executor: 'shell',
      dockerImage: 'ubuntu:24.04',
      dockerVolumes: ['/cache'],
    })
    expect(forge.secretsOf(registration)).toEqual([(registration as { token: string }).token])
    expect(forge.runsOn('cml-x')).toEqual(['cml-x'])
  })

  test('of a group belongs to the group, and a short life asks for no timeout that GitLab would refuse', async () => {
    await openGitlab(gitlab, { repo: '/octo-group' }).forge.register({ ...request, lifetime: 599 })
    expect(gitlab.runner(request.name)).toMatchObject({ scope: 'groups/octo-group', maximumTimeout: null })
  })

  test('whose token the server lets expire says when, and warns when that is before the machine ends', async () => {
    gitlab.dials.tokenLifetime = 2 * 3600_000
    const heard = async (lifetime: number | undefined): Promise<readonly string[]> => {
      const { forge, lines } = openGitlab(gitlab)
      const given = { ...request, name: `box-${lifetime}`, labels: ['cml'] }
      const registration = await forge.register(lifetime === undefined ? given : { ...given, lifetime })
      expect(registration).toMatchObject({ tokenEndsAt: expect.any(Number) })
      return lines.filter((line) => line.includes('ends the token'))
    }
    expect(await heard(3600)).toEqual([])
    const [said] = await heard(5 * 86_400)
    expect(said).toMatch(/at 20\d\d-\S+Z, before the machine's own end.*`max-lifetime`/)
    expect(await heard(undefined)).toHaveLength(1)
  })

  test('under a name of the user is found by that name, and by no other', async () => {
    const { forge } = openGitlab(gitlab)
    await forge.register({ ...request, name: 'gpu box, Ünïcode' })
    const elsewhere = openGitlab(gitlab).forge
    expect(await elsewhere.findRunner('gpu box, Ünïcode')).toMatchObject({ connected: false, online: false })
    expect(await elsewhere.findRunner('gpu box')).toBeUndefined()
  })

  test.each<[string, Fault, number]>([
    ['the answer is lost', 'reset-after', 1],
    ['the answer is lost twice', 'reset-after', 2],
    ['the answer is cut off', 'malformed', 1],
    ['the request is lost', 'reset-before', 1],
    ['the server fails', '5xx', 1],
    ['GitLab asks to wait', 'throttle', 2],
  ])('leaves one runner when %s, also when lists lag behind', async (_case, fault, times) => {
    gitlab.dials.visibleAfterLooks = 2
    spoil(isCreation, fault, times)
    const registration = await openGitlab(gitlab).forge.register(request)
    expect(gitlab.runners().map(({ id }) => String(id))).toEqual([(registration as { id: string }).id])
  })

  test('that cannot be had is given up when its time is over, and leaves nothing that could be seen', async () => {
    spoil(isCreation, 'reset-after', Infinity)
    const { forge, clock } = openGitlab(gitlab)
    const before = clock.now()
    const signal = withEnd(undefined, before + 600_000)
    expect((await failureOf(forge.register(request, signal))).kind).toBe('unavailable')
    expect(clock.now() - before).toBeGreaterThan(580_000)
    expect(creations().length).toBeGreaterThan(30)
    expect(gitlab.runners()).toHaveLength(1)
    gitlab.fault = undefined
    await forge.register(request)
    expect(gitlab.runners()).toHaveLength(1)
  })

  test('replaces one of this process that no machine used, and leaves one alone that a machine uses', async () => {
    const { forge } = openGitlab(gitlab)
    await forge.register(request)
    const first = gitlab.runner(request.name)!.id
    await forge.register(request)
    expect(gitlab.runners()).toHaveLength(1)
    expect(gitlab.runner(request.name)!.id).not.toBe(first)
    gitlab.stageRunner({ name: request.name, online: true })
    const failure = await failureOf(forge.register(request))
    expect(failure.kind).toBe('already-exists')
    expect(failure.message).toContain(forge.runnersPage)
    expect(gitlab.runners()).toHaveLength(1)
  })

  test('leaves that of another process alone, which tries the same launch and is about to use it', async () => {
    await openGitlab(gitlab).forge.register(request)
    const { id } = gitlab.runner(request.name)!
    const { forge } = openGitlab(gitlab)
    expect((await failureOf(forge.register(request))).kind).toBe('conflict')
    expect(gitlab.runners().map((runner) => runner.id)).toEqual([id])
    gitlab.dials.goneAfterLooks = 2
    gitlab.deleteRunner(request.name)
    await forge.register(request)
    expect(gitlab.runners()).toHaveLength(1)
  })

  test('is made without looking twice for others of its name, once', async () => {
    const { forge } = openGitlab(gitlab)
    const lists = (): number => apiCalls().filter(({ query }) => query['tag_list'] !== undefined).length
    await forge.findRunner(request.name)
    const registration = await forge.register(request)
    // The second one looks whether somebody was quicker.
    expect(lists()).toBe(2)
    expect(await forge.findRunner(request.name)).toMatchObject({ online: false })
    expect(lists()).toBe(2)
    const again = await forge.register(request)
    expect(again).not.toEqual(registration)
    expect(gitlab.runners()).toHaveLength(1)
  })

  test('that two tries make at the same moment is left to the first of them, and found by the other', async () => {
    const one = openGitlab(gitlab).forge
    // One had seen none when the other made its own.
    gitlab.fault = (entry) => {
      if (!isCreation(entry)) return undefined
      gitlab.fault = undefined
      gitlab.createRunner({ name: request.name, tags: tagsOf(request.name, request.labels) })
      return undefined
    }
    expect((await failureOf(one.register(request))).kind).toBe('conflict')
    expect(creations()).toHaveLength(1)
    const left = gitlab.runners().map(({ id }) => String(id))
    expect(left).toHaveLength(1)
    gitlab.stageRunner({ name: request.name, online: true })
    // Not the one that it made itself, which would never come online.
    expect(await one.findRunner(request.name)).toMatchObject({ id: left[0], connected: true })
  })

  test('of another try is not taken for the one whose answer was lost', async () => {
    const tried = (dueAt: number): RegistrationRequest => ({
      ...request,
      labels: [...request.labels, `cml-run-${identity}-${dueAt}-a1b2c3`],
    })
    const other = tried(1_790_000_000)
    gitlab.fault = (entry) => {
      if (!isCreation(entry)) return undefined
      gitlab.fault = undefined
      gitlab.createRunner({ name: other.name, tags: other.labels })
      return 'reset-before'
    }
    expect((await failureOf(openGitlab(gitlab).forge.register(tried(1_790_000_099)))).kind).toBe('conflict')
    expect(gitlab.runners()).toHaveLength(1)
  })

  test('is never made by a look, a list, a download or a dry run', async () => {
    const { forge } = openGitlab(gitlab)
    await forge.findRunner(request.name)
    for await (const page of forge.listRunners()) expect(page).toEqual([])
    await forge.download(arm64)
    forge.sampleRegistration(request)
    expect(creations()).toEqual([])
    expect(gitlab.runners()).toEqual([])
  })
})

describe('looking at runners', () => {
  test('tells a runner that nobody used from one whose machine has spoken, and knows it online for two hours', async () => {
    const { forge } = openGitlab(gitlab)
    await forge.register(request)
    expect(await forge.findRunner(request.name)).toMatchObject({ connected: false, online: false })
    gitlab.stageRunner({ name: request.name, online: false })
    expect(await forge.findRunner(request.name)).toMatchObject({ connected: true, online: true })
    gitlab.advance(gitlab.dials.onlineFor)
    expect(await forge.findRunner(request.name)).toMatchObject({ connected: true, online: false })
    expect(forge.noticesLoss).toBe(false)
  })

  test('after eight days still tells a runner that nobody ever used', async () => {
    const { forge } = openGitlab(gitlab)
    await forge.register(request)
    gitlab.advance(8 * 24 * 3600_000)
    expect(await openGitlab(gitlab).forge.findRunner(request.name)).toMatchObject({
      connected: false,
      online: false,
    })
  })

  test('finds the new one when another process has replaced the one it knew', async () => {
    const { forge } = openGitlab(gitlab)
    await forge.register(request)
    gitlab.deleteRunner(request.name)
    await openGitlab(gitlab).forge.register(request)
    expect((await forge.findRunner(request.name))?.id).toBe(String(gitlab.runner(request.name)!.id))
    await forge.unregister({ id: String(gitlab.runner(request.name)!.id) })
    gitlab.dials.goneAfterLooks = 2
    expect(await forge.findRunner(request.name)).toBeUndefined()
  })

  test('of several with one name prefers the one that is online, then the newest, of those that are meant', async () => {
    const { name } = request
    const find = async (forge = openGitlab(gitlab).forge, isMeant?: (runner: Runner) => boolean) =>
      (await forge.findRunner(name, undefined, isMeant))?.id
    const [old, lively, newest] = [1, 2, 3].map(() => String(gitlab.createRunner({ name, tags: [name] }).id))
    gitlab.stageRunner({ id: Number(lively), name, online: true })
    const one = openGitlab(gitlab).forge
    expect(await find(one)).toBe(lively)
    expect(await find(one, ({ online }) => !online)).toBe(newest)
    expect(await find(one, ({ id }) => id === old)).toBe(old)
    expect(await find(one, () => false)).toBeUndefined()
    gitlab.deleteRunner(name)
    expect(await find()).toBeUndefined()
  })

  test('by a name is kept by nobody who carries its tag under a name of his own', async () => {
    gitlab.stageRunner({ name: 'stranger', tags: [request.name], online: true })
    const { forge } = openGitlab(gitlab)
    expect(await forge.findRunner(request.name)).toBeUndefined()
    expect(await forge.register(request)).toMatchObject({ kind: 'runner' })
    expect(await forge.findRunner(request.name)).toMatchObject({ name: request.name })
  })

  test('asks for jobs where the server is too old to say whether a runner has one', async () => {
    const { forge } = openGitlab(gitlab)
    gitlab.stageRunner({ name: request.name, tags: [request.name], online: true, busy: true })
    const { id } = gitlab.runner(request.name)!
    const old = {
      id,
      description: request.name,
      status: 'online',
      online: true,
      tag_list: [request.name],
      contacted_at: '2026-11-21T20:00:00.000Z',
    }
    for (const jobs of [[{ id: 1 }], []]) {
      gitlab.fault = ({ path }) => {
        if (path.endsWith('/jobs')) return { status: 200, body: jobs }
        return path.endsWith(`/runners/${id}`) ? { status: 200, body: old } : undefined
      }
      expect((await forge.findRunner(request.name))?.busy).toBe(jobs.length > 0)
    }
    expect(apiCalls().at(-1)).toMatchObject({ query: { status: 'running' } })
  })

  test('lists a scope without shared runners and without those of the groups above, in any number of pages', async () => {
    const server = await startGitlab({ groups: ['octo-group/below'] })
    server.seedRunners(230, { scope: 'groups/octo-group/below', prefix: 'own' })
    server.seedRunners(5, { scope: 'groups/octo-group', prefix: 'above' })
    server.seedRunners(5, { prefix: 'project' })
    server.createRunner({ name: 'shared', scope: 'instance' })
    server.dials.countsUpTo = 100
    for (const [repo, prefix, count] of [
      ['/octo-group/below', 'own', 230],
      ['/octo-group', 'above', 5],
      ['/octo-group/octo-project', 'project', 5],
    ] as const) {
      const names: string[] = []
      for await (const page of openGitlab(server, { repo }).forge.listRunners())
        names.push(...page.map(({ name }) => name))
      expect(new Set(names).size).toBe(count)
      expect(names.every((name) => name.startsWith(prefix))).toBe(true)
    }
    await server.close()
  })

  test('reads ours alone when that is enough, and each runner’s tags once', async () => {
    gitlab.seedRunners(250)
    const { forge } = openGitlab(gitlab)
    await forge.register(request)
    gitlab.stageRunner({ name: request.name, online: true })
    const before = apiCalls().length
    const cost: number[] = []
    for (let round = 0; round < 2; round++) {
      for await (const page of forge.listRunners(undefined, 'ours'))
        expect(page).toMatchObject([
          { name: request.name, labels: expect.arrayContaining([...request.labels]) },
        ])
      cost.push(apiCalls().length - before)
    }
    expect(cost).toEqual([2, 3])
  })

  test('asks for a runner’s tags no second time, whatever its status has become', async () => {
    gitlab.seedRunners(3, { tags: [ownTag] })
    const { forge } = openGitlab(gitlab)
    const cost = async (): Promise<number> => {
      const before = apiCalls().length
      for await (const page of forge.listRunners(undefined, 'ours')) expect(page).toHaveLength(3)
      return apiCalls().length - before
    }
    expect(await cost()).toBe(2)
    gitlab.advance(8 * 24 * 3600_000)
    expect(await cost()).toBe(1)
  })

  test('does not stop at a page whose headers were dropped on the way', async () => {
    gitlab.seedRunners(150)
    const address = `${gitlab.apiUrl}/projects/octo-group%2Focto-project/runners?type=project_type&per_page=100`
    const first = await fetch(address, { headers: { 'private-token': gitlab.token() } })
    const body = await first.json()
    gitlab.fault = ({ path, query }) =>
      path.endsWith('/runners') && query['page'] === '1' ? { status: 200, body } : undefined
    let seen = 0
    for await (const page of openGitlab(gitlab).forge.listRunners()) seen += page.length
    expect(seen).toBe(150)
  })
})

describe('a runner that would do', () => {
  const names = async (wish: Partial<ServingWish>): Promise<readonly string[]> => {
    const found: string[] = []
    const asked = { labels: ['gpu'], online: true, ...wish }
    for await (const page of openGitlab(gitlab).forge.serving(asked))
      for (const seen of page) found.push((await seen.whole())?.runner.name ?? `not ${seen.name}`)
    return found
  }

  test('takes jobs: one that somebody has paused is none', async () => {
    gitlab.stageRunner({ name: 'paused', tags: ['gpu'], paused: true, online: true })
    expect(await names({ name: 'paused' })).toEqual([])
    gitlab.stageRunner({ name: 'works', tags: ['gpu'], online: true })
    expect(await names({})).toEqual(['works'])
  })

  test('of somebody else is found by its name, among all that are online', async () => {
    gitlab.seedRunners(120, { tags: ['old'] })
    gitlab.stageRunner({ name: 'lathe', tags: ['own'], online: true })
    const before = gitlab.journal.length
    expect(await names({ name: 'lathe' })).toEqual(['lathe'])
    expect(gitlab.journal.length - before).toBeLessThanOrEqual(4)
  })

  test('that may be about to come is told where it is asked for, and one that was there once is not', async () => {
    gitlab.stageRunner({ name: 'coming', tags: ['gpu'], connected: false })
    gitlab.stageRunner({ name: 'gone', tags: ['gpu'], contactedAt: gitlab.now() - gitlab.dials.onlineFor })
    expect(await names({})).toEqual([])
    expect(await names({ online: false })).toEqual(['coming'])
  })

  test('has the tags, whatever a server makes of the filter, and is there at the closer look', async () => {
    gitlab.stageRunner({ name: 'other', tags: ['cpu'], online: true })
    const row = { id: gitlab.runner('other')!.id, description: 'other', status: 'online', online: true }
    gitlab.fault = ({ path }) =>
      path.endsWith('/runners')
        ? { status: 200, headers: { 'x-next-page': '' }, body: [{ ...row, job_execution_status: 'idle' }] }
        : undefined
    expect(await names({})).toEqual(['not other'])
  })
})

describe('an answer without an end', () => {
  const pageFrom = (first: number): Fault => ({
    status: 200,
    headers: { 'x-next-page': '9' },
    body: Array.from({ length: 100 }, (_, index) => ({
      id: first + index,
      description: 'r',
      status: 'offline',
      job_execution_status: 'idle',
    })),
  })
  const details = ({ path }: JournalEntry): Fault => ({
    status: 200,
    body: {
      id: Number(path.split('/').at(-1)),
      description: 'r',
      status: 'offline',
      tag_list: [],
      contacted_at: null,
    },
  })
  const read = async (): Promise<Failure> =>
    failureOf(
      (async () => {
        for await (const page of openGitlab(gitlab).forge.listRunners()) expect(page).toHaveLength(100)
      })(),
    )

  test('is given up after 200 pages of a list', async () => {
    gitlab.fault = (entry) => {
      if (entry.query['type'] === undefined)
        return /\/runners\/\d+$/.test(entry.path) ? details(entry) : undefined
      const page = Number(entry.query['page'])
      // One of the same and one that is new, so that the next page is asked for and costs little.
      return {
        status: 200,
        headers: { 'x-next-page': String(page + 1) },
        body: [{ id: page, description: 'r', status: 'offline', job_execution_status: 'idle' }],
      }
    }
    let pages = 0
    const failure = await failureOf(
      (async () => {
        for await (const page of openGitlab(gitlab).forge.listRunners()) pages += page.length
      })(),
    )
    expect(failure.message).toMatch(/does not end within 200 pages/)
    expect(pages).toBe(200)
  })

  test('is given up when pages repeat', async () => {
    gitlab.fault = (entry) => {
      if (entry.query['type'] !== undefined) return pageFrom(1)
      return /\/runners\/\d+$/.test(entry.path) ? details(entry) : undefined
    }
    expect((await read()).message).toMatch(/page 2 holds nothing/)
  })

  test('of a publisher is given up as something that no digest can be read from', async () => {
    const fetch = (): Promise<never> => Promise.reject(new Unreadable('an answer with more than 16 MB'))
    const failure = await failureOf(openGitlab(gitlab, { fetch }).forge.download(x64))
    expect(failure).toMatchObject({
      kind: 'unavailable',
      explanation: { said: 'an answer with more than 16 MB' },
    })
  })

  test('no token of a new runner has what no token has', async () => {
    spoil(isCreation, { status: 201, body: { id: 7, token: 'glrt-a\nurl = "file:///etc/shadow"' } }, Infinity)
    const failure = await failureOf(openGitlab(gitlab).forge.register(request))
    expect(failure.message).toMatch(/no token has/)
  })
})

describe('refusals', () => {
  const refusal = async (kind: TokenKind, opening: Opening = {}): Promise<Failure> =>
    failureOf(
      openGitlab(gitlab, { token: gitlab.token(kind), tokenSource: 'REPO_TOKEN', ...opening }).forge.register(
        request,
      ),
    )

  test.each<[TokenKind, Opening, string, RegExp]>([
    ['expired', {}, 'unauthenticated', /Token is expired.*\n.*\(from REPO_TOKEN\).*\n.*create_runner/],
    ['revoked', {}, 'unauthenticated', /revoked/],
    ['create-only', {}, 'permission-denied', /insufficient_scope.*\n.*lacks a scope.*\n.*`read_api`/],
    ['manage-only', {}, 'permission-denied', /lacks a scope/],
    ['read-api', {}, 'permission-denied', /create runner .*\n.*lacks a scope.*\n.*`create_runner`/],
    ['developer', {}, 'permission-denied', /role in \S+ is too low.*\n.*the role Maintainer/],
    [
      'maintainer',
      { repo: '/octo-group' },
      'permission-denied',
      /role Owner in \S+\/octo-group; or the creation of group runners is switched off/,
    ],
    ['project', { repo: '/octo-group' }, 'permission-denied', /./],
  ])('a token of kind %s is told what it lacks (%j)', async (kind, opening, expected, message) => {
    const failure = await refusal(kind, opening)
    expect(failure.kind).toBe(expected)
    expect(failure.message).toMatch(message)
    expect(failure.message).not.toContain(gitlab.token(kind))
    expect(gitlab.runners()).toEqual([])
  })

  test('a role that would do means that the creation of runners is switched off', async () => {
    gitlab.dials.creation = 'disabled'
    const failure = await refusal('maintainer')
    expect(failure.message).toMatch(
      /Insufficient permissions\n.*has the role that is needed.*creation of project runners is switched off/,
    )
  })

  test('below a path is told before anything is made that removals need `api`, and in the refusal', async () => {
    const server = await startGitlab({ path: '/git/lab' })
    try {
      const heard = async (kind: TokenKind): Promise<readonly string[]> => {
        const { forge, lines } = openGitlab(server, { token: server.token(kind) })
        await forge.register({ ...request, name: `box-${kind}`, labels: ['cml'] })
        return lines.filter((line) => line.includes('below /git/lab'))
      }
      const [said] = await heard('runners')
      expect(said).toMatch(/only the scope `api`.*the token has create_runner, manage_runner, read_api/)
      expect(await heard('owner')).toEqual([])
      const { id } = server.runner('box-runners')!
      const narrow = openGitlab(server, { token: server.token('runners') }).forge
      const failure = await failureOf(narrow.unregister({ id: String(id) }))
      expect(failure.kind).toBe('permission-denied')
      expect(failure.message).toMatch(/below \/git\/lab: there GitLab takes `manage_runner` for nothing/)
      expect(failure.message).toMatch(/use a project, group or personal access token with the scope `api`/)
      const wide = openGitlab(server, { token: server.token('maintainer') }).forge
      expect(await wide.unregister({ id: String(id) })).toBe('gone')
    } finally {
      await server.close()
    }
  })

  test('at the root of its host nobody asks for scopes, and the narrow ones do', async () => {
    const { forge, lines } = openGitlab(gitlab)
    const { id } = (await forge.register(request)) as { id: string }
    expect(await forge.unregister({ id })).toBe('gone')
    expect(lines.filter((line) => line.includes('scope'))).toEqual([])
    expect(apiCalls().map(({ path }) => path)).not.toContain('/api/v4/personal_access_tokens/self')
  })

  test('a runner that somebody enabled for other projects is said to be one, with what to do', async () => {
    const { id } = gitlab.createRunner({ name: 'shared', alsoIn: ['projects/other/project'] })
    const failure = await failureOf(openGitlab(gitlab).forge.unregister({ id: String(id) }))
    expect(failure.kind).toBe('failed-precondition')
    expect(failure.message).toMatch(
      /Runner associated with more than one project\n.*only an administrator[^]*What to do: take it out/,
    )
  })

  test('a plan that allows no more runners is quoted, with `sweep` as what helps', async () => {
    gitlab.seedRunners(50)
    gitlab.dials.runnerLimit = 50
    const failure = await refusal('runners')
    expect(failure.kind).toBe('failed-precondition')
    expect(failure.message).toMatch(
      /Maximum number of ci registered project runners \(50\) exceeded\n.*seven days[^]*`sweep`/,
    )
    expect(creations()).toHaveLength(1)
    spoil(isCreation, { status: 400, body: { message: '400 Bad request - Something else is odd' } })
    expect(await refusal('runners')).toMatchObject({ kind: 'failed-precondition' })
  })

  test.each([
    ['a job', () => gitlab.token('job')],
    ['the job this runs in, whatever it looks like', () => 'abcdef'],
    ['a deployment', () => 'gldt-aaaaaaaaaaaaaaaaaaaa'],
    ['a runner', () => 'glrt-aaaaaaaaaaaaaaaaaaaa'],
    ['registration', () => 'GR1348941aaaaaaaaaaaaaaaaaaaa'],
  ])('a token of %s is refused before anything is asked, with what is needed', (_whose, token) => {
    const opening = { token: token(), tokenSource: 'REPO_TOKEN', variables: { CI_JOB_TOKEN: 'abcdef' } }
    expect(() => openGitlab(gitlab, opening)).toThrow(
      expect.objectContaining({
        kind: 'permission-denied',
        message: expect.stringMatching(/from REPO_TOKEN[^]*cannot create runners[^]*`create_runner`/),
      }),
    )
    expect(gitlab.journal).toEqual([])
  })

  test.each([
    ['glrt-t3_aaaaaaaaaaaaaaaaaaaa', /a runner's own token/],
    ['glrtr-aaaaaaaaaaaaaaaaaaaa', /a runner's own token/],
    ['mycompany-glrt-t1_aaaaaaaaaaaa', /a runner's own token/],
    ['my-company-glrtr-aaaaaaaaaaaa', /a runner's own token/],
    ['corp-glcbt-64_aaaaaaaaaaaa', /the token of a job/],
    ['glptt-aaaaaaaaaaaaaaaaaaaa', /triggers pipelines/],
    ['glft-aaaaaaaaaaaaaaaaaaaa', /a feed token/],
    ['glimt-aaaaaaaaaaaaaaaaaaaa', /incoming mail/],
    ['glagent-aaaaaaaaaaaaaaaaaa', /agent for Kubernetes/],
    ['glwt-aaaaaaaaaaaaaaaaaaaa', /a workspace/],
    ['glsoat-aaaaaaaaaaaaaaaaaa', /SCIM/],
    ['glffct-aaaaaaaaaaaaaaaaaa', /feature flags/],
    ['gloas-aaaaaaaaaaaaaaaaaaaa', /OAuth application/],
    ['_gitlab_session=aaaaaaaaaaaa', /cookie of a session/],
    ['mycompany-glpat-aaaaaaaaaaaa', undefined],
    ['glpat-abc-glrt-aaaaaaaaaaaaa', undefined],
    ['mycompany-glpat-x-gldt-aaaaa', undefined],
    ['corp_aaaaaaaaaaaaaaaaaaaaaaa', undefined],
    ['aaaaaaaaaaaaaaaaaaaaaaaa-glrt-aaaa', undefined],
  ])('a token that begins as %s is told by its first mark: %s', (token, what) => {
    const open = () => openGitlab(gitlab, { token })
    if (what === undefined) expect(open).not.toThrow()
    else expect(open).toThrow(what)
  })

  test('labels that are no tags for GitLab are told before anything is asked', () => {
    const tagged = (labels: readonly string[]) => () => openGitlab(gitlab, { settings: { labels } })
    const many = (count: number) => Array.from({ length: count }, (_, index) => `l${index}`)
    expect(tagged(['a'.repeat(255), 'ä'.repeat(255), '🐧'.repeat(255)])).not.toThrow()
    expect(tagged(['a'.repeat(256)])).toThrow(/"a{40}…" has 256 characters[^]*at most 255/)
    expect(tagged(many(42))).not.toThrow()
    expect(tagged([...many(42), 'l0'])).not.toThrow()
    expect(tagged([...many(43), 'b'.repeat(300)])).toThrow(/300 characters[^]*there are 44[^]*at most 42/)
    expect(gitlab.journal).toEqual([])
  })

  test('a token with a line break, and a project that is none, are told together', () => {
    expect(() => openGitlab(gitlab, { token: 'glpat-a\nb', repo: 'https://gitlab.com/' })).toThrow(
      /neither a project nor a group[^]*characters that no token has/,
    )
  })

  test('a pause that is short is waited for, and one that is long is told', async () => {
    const { forge, lines } = openGitlab(gitlab)
    spoil(() => true, { status: 429, headers: { 'retry-after': '30' }, body: 'Retry later\n' }, 2)
    expect(await forge.findRunner('x')).toBeUndefined()
    expect(lines).toContainEqual(
      expect.stringMatching(/^GitLab asks for a pause \(429\); asking again in 3\d s/),
    )
    spoil(() => true, { status: 429, headers: { 'retry-after': '600' }, body: 'Retry later\n' })
    const failure = await failureOf(forge.findRunner('x'))
    expect(failure).toMatchObject({ kind: 'rate-limited', explanation: { said: 'Retry later' } })
  })

  test('a limit of 100 requests a minute is kept to, without one refusal, by whoever lists 150 runners', async () => {
    const clock = new FakeClock(gitlab.now())
    const slow = await startGitlab({ now: () => clock.now() })
    try {
      slow.dials.rateLimit = 100
      slow.seedRunners(150)
      // As a server does that tells of one runner at a time.
      slow.fault = ({ path }) => (path.endsWith('/api/graphql') ? { status: 404 } : undefined)
      const { forge } = openGitlab(slow, { clock })
      const found: string[] = []
      const signal = withEnd(undefined, clock.now() + 600_000)
      for await (const page of forge.listRunners(signal)) found.push(...page.map(({ name }) => name))
      expect(found).toHaveLength(150)
      expect(slow.journal.filter(({ status }) => status === 429).length).toBeLessThanOrEqual(8)
    } finally {
      await slow.close()
    }
  })

  test("GitLab's own limit of one kind of request is waited out, whether or not a pause is named, and told in its words", async () => {
    const clock = new FakeClock(gitlab.now())
    for (const tellsPause of [true, false]) {
      const strict = await startGitlab({ now: () => clock.now() })
      try {
        Object.assign(strict.dials, { limiterTellsPause: tellsPause })
        strict.dials.limits.project_api = 1
        const open = () => openGitlab(strict, { clock, repo: '/octo-group/octo-project', inJob: false })
        await open().forge.findRunner('x')
        const began = clock.now()
        const { forge, lines } = open()
        const failure = await failureOf(forge.findRunner('x', withEnd(undefined, began + 30_000)))
        expect(failure).toMatchObject({
          kind: 'rate-limited',
          explanation: { said: 'This endpoint has been requested too many times. Try again later.' },
        })
        expect(failure.message).toMatch(/many requests of this kind in a minute.*has time until /s)
        expect(clock.now()).toBe(began)
        expect(await forge.findRunner('x', withEnd(undefined, began + 600_000))).toBeUndefined()
        expect(clock.now() - began).toBeGreaterThanOrEqual(60_000)
        expect(clock.now() - began).toBeLessThan(70_000)
        expect(await open().forge.findRunner('x', withEnd(undefined, clock.now() + 600_000))).toBeUndefined()
        expect(lines.join('\n')).not.toMatch(/error This/)
      } finally {
        await strict.close()
      }
    }
  })

  test('the limit before all of GitLab is waited out once, until the moment that it names', async () => {
    const clock = new FakeClock(gitlab.now())
    const strict = await startGitlab({ now: () => clock.now() })
    try {
      strict.dials.rateLimit = 3
      const { forge, lines } = openGitlab(strict, { clock })
      const look = () => forge.findRunner('x', withEnd(undefined, clock.now() + 600_000))
      // Others use the same token.
      for (let sent = 0; sent < 4; sent++)
        await fetch(`${strict.apiUrl}/version`, { headers: { 'private-token': strict.token() } })
      const reset = (Math.floor(clock.now() / 60_000) + 1) * 60_000
      expect(await look()).toBeUndefined()
      expect(clock.now()).toBeGreaterThanOrEqual(reset)
      expect(clock.now()).toBeLessThan(reset + 10_000)
      expect(lines).toContainEqual(expect.stringMatching(/^GitLab asks for a pause \(429\)/))
      expect(strict.journal.filter(({ status }) => status === 429)).toHaveLength(2)
      // Proxies let some headers through and others not.
      const again = Math.floor(clock.now() / 1000) + 20
      let left = 1
      strict.fault = () =>
        left-- > 0 ? { status: 429, headers: { 'ratelimit-reset': String(again) } } : undefined
      expect(await look()).toBeUndefined()
      expect(clock.now()).toBeGreaterThanOrEqual(again * 1000)
      expect(clock.now()).toBeLessThan(again * 1000 + 10_000)
    } finally {
      await strict.close()
    }
  })

  test('a reason that only makes a message better is not waited for', async () => {
    gitlab.dials.creation = 'disabled'
    gitlab.dials.limits.project_api = 1
    await fetch(`${gitlab.apiUrl}/projects/${gitlab.variables.CI_PROJECT_ID}`, {
      headers: { 'private-token': gitlab.token() },
    })
    const { forge, clock } = openGitlab(gitlab)
    const began = clock.now()
    const failure = await failureOf(forge.register(request))
    expect(failure).toMatchObject({ kind: 'permission-denied' })
    expect(clock.now() - began).toBeLessThan(10_000)
    expect(gitlab.journal.filter(({ status }) => status === 429)).toHaveLength(1)
  })

  test("an hour's pause is told at once, with its end, where there is less time, and waited for where there is more", async () => {
    const { forge, clock } = openGitlab(gitlab)
    spoil(() => true, { status: 429, headers: { 'retry-after': '3600' }, body: 'Retry later\n' })
    const began = clock.now()
    const failure = await failureOf(forge.findRunner('x', withEnd(undefined, began + 600_000)))
    expect(failure).toMatchObject({ kind: 'rate-limited', explanation: { until: expect.any(Number) } })
    expect(failure.message).toMatch(/asks for a pause until .*has time until /s)
    expect(clock.now()).toBe(began)
    // Whoever asks next does not knock again.
    const asked = gitlab.journal.length
    await failureOf(forge.findRunner('x', withEnd(undefined, began + 600_000)))
    expect(gitlab.journal).toHaveLength(asked)
    await forge.findRunner('x', withEnd(undefined, began + 7_200_000))
    expect(clock.now() - began).toBeGreaterThanOrEqual(3_600_000)
  })

  test('what GitLab does not accept is shown in its words', async () => {
    const labels = [...request.labels, ...Array.from({ length: 50 }, (_, index) => `l${index}`)]
    const failure = await failureOf(openGitlab(gitlab).forge.register({ ...request, labels }))
    expect(failure).toMatchObject({ kind: 'invalid-input' })
    expect(failure.message).toMatch(/limit the number of tags to 50/)
    spoil(() => true, { status: 400, body: { message: { runner: ['is odd', 'is even'] } } })
    expect((await failureOf(openGitlab(gitlab).forge.findRunner('x'))).message).toMatch(
      /runner is odd, is even/,
    )
  })

  test('a sign-in page in place of an answer is no answer, and removes nothing', async () => {
    gitlab.stageRunner({ name: request.name, tags: [request.name] })
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }
    spoil(() => true, page, Infinity)
    const { forge } = openGitlab(gitlab)
    expect((await failureOf(forge.findRunner(request.name))).message).toMatch(/sign-in page/)
    expect((await failureOf(forge.unregister({ id: '1' }))).kind).toBe('unavailable')
    expect(gitlab.runners()).toHaveLength(1)
  })

  test('a certificate of one’s own authority is named as the reason, with the variable that helps', async () => {
    const pair = await generate([{ name: 'commonName', value: 'gitlab.test' }], { keySize: 2048 })
    const server = await startGitlab({ tls: { key: pair.private, cert: pair.cert } })
    const failure = await failureOf(openGitlab(server).forge.findRunner('x'))
    expect(failure.message).toMatch(/not issued by an authority[^]*NODE_EXTRA_CA_CERTS/)
    await server.close()
  })
})

describe('what a machine fetches', () => {
  test('is pinned, and verified by what the publishers say now, asked once each', async () => {
    const { forge } = openGitlab(gitlab)
    const [first, second, third] = [
      await forge.download(x64),
      await forge.download(arm64),
      await forge.download(mac),
    ]
    expect(first).toMatchObject({
      url: `${gitlab.runnerDownloads}/v${runnerVersion}/binaries/gitlab-runner-linux-amd64`,
      version: runnerVersion,
      node: { url: `${gitlab.nodeDownloads}/v${nodeVersion}/node-v${nodeVersion}-linux-x64.tar.gz` },
    })
    expect(second.url).toMatch(/gitlab-runner-linux-arm64$/)
    expect(third).toMatchObject({
      url: expect.stringMatching(/gitlab-runner-darwin-arm64$/),
      node: { url: expect.stringMatching(/node-v[\d.]+-darwin-arm64\.tar\.gz$/) },
    })
    expect(gitlab.journal.map(({ path }) => path.split('/').at(-1))).toEqual(
      expect.arrayContaining(['release.sha256', 'SHASUMS256.txt']),
    )
    expect(gitlab.journal).toHaveLength(2)
  })

  test('comes from GitLab’s bucket and nodejs.org where nothing else is said', async () => {
    const asked: string[] = []
    const variables = { CML_GITLAB_RUNNER_DOWNLOADS: '', CML_NODE_DOWNLOADS: '' }
    const fetch = (url: string): Promise<never> => {
      asked.push(url)
      return Promise.reject(Object.assign(new Error('no way'), { code: 'ERR_PROXY_TUNNEL' }))
    }
    const failure = await failureOf(openGitlab(gitlab, { variables, fetch }).forge.download(x64))
    expect(failure.message).toMatch(/proxy in HTTPS_PROXY/)
    expect(asked).toEqual([
      `https://gitlab-runner-downloads.s3.amazonaws.com/v${runnerVersion}/release.sha256`,
      `https://nodejs.org/dist/v${nodeVersion}/SHASUMS256.txt`,
    ])
  })

  test.each([
    ['two spaces', (hash: string, file: string) => `${hash}  ${file}\n`],
    ['a star and a dot', (hash: string, file: string) => `${hash.toUpperCase()} *./${file}\r\n`],
  ])('is found in lists written with %s', async (_how, line) => {
    const file = 'binaries/gitlab-runner-linux-amd64'
    gitlab.serveFile(`/gitlab-runner/v${runnerVersion}/release.sha256`, line('ab'.repeat(32), file))
    expect((await openGitlab(gitlab).forge.download(x64)).sha256).toBe('ab'.repeat(32))
  })

  test('is never named without a digest: a list without it, one that is cut off, none at all', async () => {
    const list = `/gitlab-runner/v${runnerVersion}/release.sha256`
    const other = `${'ab'.repeat(32)}  binaries/gitlab-runner-linux-amd64`
    const twice = `${other}\n${other.replace('ab', 'cd')}\n`
    for (const text of [`${other}-fips\n`, other, `${other.slice(1)}\n`, twice]) {
      gitlab.serveFile(list, text)
      const failure = await failureOf(openGitlab(gitlab).forge.download(x64))
      expect(failure).toMatchObject({ kind: 'failed-precondition' })
      expect(failure.message).toMatch(/gives no SHA-256/)
    }
    const variables = { CML_GITLAB_RUNNER_DOWNLOADS: `${gitlab.runnerDownloads}/none` }
    expect((await failureOf(openGitlab(gitlab, { variables }).forge.download(x64))).kind).toBe('not-found')
  })
})

describe('GitLab’s own options', () => {
  const raw = (given: Record<string, string>): RawOptions => ({
    given: { cloud: 'nimbus', repo: 'https://gitlab.com/group/project', token: 'glpat-0123456789', ...given },
    variables: {},
    words: [],
    problems: [],
    prefix: '',
  })
  const { table } = catalogueOf(
    [{ name: 'nimbus', options: {} }],
    [{ name: 'gitlab', options: gitlabOptions }],
  )

  test.each([
    ['/cache', true],
    ['/data:/data:ro', true],
    ['model-cache:/models', true],
    ['data', false],
    ['/a:b', false],
  ])('a volume written %s is taken: %s', (volume, good) => {
    const read = (): unknown => parse(table, raw({ 'docker-volumes': volume }))
    if (good) expect(read()).toMatchObject({ values: { 'docker-volumes': [volume] } })
    else expect(read).toThrow(/docker-volumes/)
  })
})
