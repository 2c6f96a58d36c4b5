import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Forge } from '../../src/forges/forge.ts'
import { ownTag } from '../../src/forges/gitlab/tags.ts'
import { list } from '../../src/removal/list.ts'
import { sweep } from '../../src/removal/sweep.ts'
import { Failure } from '../../src/model/failure.ts'
import { placeLabel, runLabel, type Runner, uniqueLabel } from '../../src/model/runner.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import {
  type Fault,
  type GitlabEmulator,
  type GitlabOptions,
  type JournalEntry,
  startGitlab,
} from '../emulators/gitlab/gitlab.ts'
import { placesIn, RecordingHost, World } from '../emulators/ports.ts'
import { openGitlab } from './gitlab-world.ts'

const start = 1_790_000_000
const day = 24 * 3600_000

let clock: FakeClock
let gitlab: GitlabEmulator

const open = async (options: GitlabOptions = {}): Promise<void> => {
  clock = new FakeClock(start * 1000)
  gitlab = await startGitlab({ now: () => clock.now(), ...options })
}

beforeEach(() => open())

afterEach(async () => {
  await gitlab.close()
})

const asked = (): readonly JournalEntry[] => gitlab.journal.filter(({ side }) => side === 'api')
const isGraphql = ({ path }: JournalEntry): boolean => path.endsWith('/api/graphql')
const isSingle = ({ path }: JournalEntry): boolean => /\/runners\/\d+$/.test(path)

/** Launches of the day before yesterday, whose machines are gone. */
const addLaunches = (count: number, scope?: string): void => {
  for (let index = 0; index < count; index++) {
    const identity = `${'abcdefghij'[index % 10]}${'klmnopqrst'[Math.floor(index / 10) % 10]}${'uvwxyz'[Math.floor(index / 100)]}`
    const lease = { run: 'r'.repeat(20), dueAt: start - 600, nonce: 'a1b2c3' }
    const unique = uniqueLabel(identity.padEnd(20, '2'))
    gitlab.stageRunner({
      name: unique,
      tags: [`only-${index}`, unique, placeLabel('nimbus', 'north-1'), runLabel(lease), ownTag],
      contactedAt: clock.now() - 2 * day,
      ...(scope === undefined ? {} : { scope }),
    })
  }
}

const read = async (forge: Forge, which?: 'ours'): Promise<readonly Runner[]> => {
  const found: Runner[] = []
  for await (const page of forge.listRunners(undefined, which)) found.push(...page)
  return found
}

/** What every runner must be told with. */
const truth = (): readonly object[] =>
  gitlab.runners().map(({ id, tags }) => ({ id: String(id), labels: tags, connected: true }))

describe('150 runners', () => {
  test.each<[string, GitlabOptions, string | undefined, string | undefined]>([
    ['of the job’s own project', {}, undefined, undefined],
    ['of a project below a path', { path: '/git/lab' }, undefined, undefined],
    ['of a group, given in another spelling', {}, '/Octo-Group', 'groups/octo-group'],
  ])('%s are read whole in six requests at most', async (_what, options, repo, scope) => {
    await gitlab.close()
    await open(options)
    addLaunches(150, scope)
    const { forge } = openGitlab(gitlab, { clock, ...(repo === undefined ? {} : { repo }) })
    const found = await read(forge, 'ours')
    expect(found).toHaveLength(150)
    expect(found).toMatchObject(truth())
    expect(asked().length).toBeLessThanOrEqual(6)
    expect(asked().filter(isSingle)).toEqual([])
    expect(await read(forge)).toHaveLength(150)
    expect(asked().filter(isGraphql)).toHaveLength(2)
  })

  test('that nothing ever used for eight days are told from those that something did', async () => {
    addLaunches(100)
    for (let index = 0; index < 50; index++) gitlab.createRunner({ name: `unused-${index}` })
    gitlab.advance(8 * day)
    const found = await read(openGitlab(gitlab, { clock }).forge)
    expect(found.filter(({ connected }) => connected === false).map(({ name }) => name)).toEqual(
      Array.from({ length: 50 }, (_, index) => `unused-${index}`),
    )
    expect(asked().filter(isSingle)).toEqual([])
  })

  test('are listed by `list`, and looked through by `sweep`, for six requests at most besides the removals', async () => {
    addLaunches(150)
    const world = new World(clock)
    const ports = () => ({
      clouds: world.clouds,
      forge: openGitlab(gitlab, { clock }).forge,
      host: new RecordingHost(),
      clock,
      signal: new AbortController().signal,
    })
    const { launches, problems } = await list(placesIn('north-1'), ports())
    expect(problems).toEqual([])
    expect(launches).toHaveLength(150)
    expect(asked().length).toBeLessThanOrEqual(6)
    const before = asked().length
    await sweep(placesIn('north-1'), { dryRun: false }, ports())
    expect(gitlab.runners()).toEqual([])
    const looks = asked()
      .slice(before)
      .filter(({ method }) => method !== 'DELETE')
    expect(looks.length).toBeLessThanOrEqual(6)
  })

  test('of a group below another are its own alone, whatever the group above has', async () => {
    await gitlab.close()
    await open({ groups: ['octo-group/below'] })
    gitlab.seedRunners(120, { scope: 'groups/octo-group/below', prefix: 'own' })
    gitlab.seedRunners(3, { scope: 'groups/octo-group', prefix: 'above' })
    const found = await read(openGitlab(gitlab, { clock, repo: '/octo-group/below' }).forge)
    expect(found.map(({ name }) => name).filter((name) => !name.startsWith('own-'))).toEqual([])
    expect(found).toHaveLength(120)
    expect(asked().filter(isSingle)).toHaveLength(3)
  })

  test('of a group are read without those of the groups and projects below, however many they are', async () => {
    await gitlab.close()
    await open({ groups: ['octo-group/below'] })
    gitlab.seedRunners(230, { scope: 'groups/octo-group/below', prefix: 'below' })
    gitlab.seedRunners(230, { prefix: 'project' })
    gitlab.seedRunners(90, { scope: 'groups/octo-group', prefix: 'own' })
    const found = await read(openGitlab(gitlab, { clock, repo: '/octo-group' }).forge)
    expect(found).toHaveLength(90)
    expect(asked().filter(isGraphql)).toHaveLength(1)
  })

  test('that somebody deletes while they are read are left out', async () => {
    addLaunches(20)
    const [first] = gitlab.runners()
    gitlab.hold = (entry) => {
      if (isGraphql(entry)) gitlab.deleteRunner(first!.name)
      return undefined
    }
    expect(await read(openGitlab(gitlab, { clock }).forge)).toHaveLength(19)
  })
})

describe('where the details of many are refused, each is asked for by itself, and the many never again', () => {
  const page = (body: unknown, status = 200): Fault => ({ status, body })
  const nodes = (...list: readonly object[]): Fault =>
    page({
      data: { project: { runners: { nodes: list, pageInfo: { hasNextPage: false, endCursor: null } } } },
    })

  test.each<[string, Fault]>([
    ['by a server that has no such API', page({ error: '404 Not Found' }, 404)],
    ['by a token without the scope', page({ errors: [{ message: 'Invalid token' }] }, 401)],
    ['by a proxy', { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>no</html>' }],
    [
      'by a sign-in page',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' },
    ],
    ['by a failure within', page({ errors: [{ message: 'Internal server error' }] }, 500)],
    ['by a query that takes too long', page({ errors: [{ message: 'Request timed out.' }] }, 503)],
    [
      'for an unknown field',
      page({ errors: [{ message: "Field 'tagList' doesn't exist on type 'CiRunner'" }] }),
    ],
    [
      'for a missing right, beside an empty answer',
      page({ data: { project: { runners: null } }, errors: [{ message: 'no permission' }] }),
    ],
    ['without a word', page({ data: { project: null } })],
    [
      'by runners without tags',
      nodes({ id: 'gid://gitlab/Ci::Runner/41', tagList: null, contactedAt: null }),
    ],
    ['by ids of something else', nodes({ id: 'gid://gitlab/Project/41', tagList: ['x'], contactedAt: null })],
  ])('%s', async (_how, answer) => {
    addLaunches(12)
    gitlab.fault = (entry) => (isGraphql(entry) ? answer : undefined)
    const { forge } = openGitlab(gitlab, { clock })
    expect(await read(forge, 'ours')).toMatchObject(truth())
    expect(asked().filter(isSingle)).toHaveLength(12)
    gitlab.createRunner({ name: 'one', tags: [ownTag] })
    gitlab.createRunner({ name: 'two', tags: [ownTag] })
    expect(await read(forge, 'ours')).toHaveLength(14)
    expect(asked().filter(isGraphql)).toHaveLength(1)
  })

  test('and what may pass is waited for', async () => {
    addLaunches(12)
    let left = 2
    gitlab.fault = (entry) => (isGraphql(entry) && left-- > 0 ? '5xx' : undefined)
    expect(await read(openGitlab(gitlab, { clock }).forge)).toHaveLength(12)
    expect(asked().filter(isSingle)).toEqual([])
  })
})

describe('details without an end', () => {
  const pages = (idOf: (page: number) => number): Fault[] =>
    Array.from({ length: 201 }, (_, page) => ({
      status: 200,
      body: {
        data: {
          project: {
            runners: {
              nodes: [{ id: `gid://gitlab/Ci::Runner/${idOf(page)}`, tagList: [], contactedAt: null }],
              pageInfo: { hasNextPage: true, endCursor: `c${page}` },
            },
          },
        },
      },
    }))

  test.each([
    ['are given up after 200 pages', pages((page) => 1_000_000 + page), /does not end within 200 pages/],
    ['are given up when pages repeat', pages(() => 1_000_000), /page 2 holds nothing/],
  ])('%s', async (_what, answers, said) => {
    addLaunches(3)
    let page = 0
    gitlab.fault = (entry) => (isGraphql(entry) ? answers[page++] : undefined)
    const failure: unknown = await read(openGitlab(gitlab, { clock }).forge).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect((failure as Failure).message).toMatch(said)
  })
})
