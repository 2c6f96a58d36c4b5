import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createAsking, type Heard } from './asking.ts'
import { type GitlabEmulator, startGitlab, type TokenKind } from './gitlab.ts'

let gitlab: GitlabEmulator
const { ask } = createAsking(() => gitlab)

beforeEach(async () => {
  gitlab = await startGitlab({ path: '/git/lab', groups: ['octo-group/below'] })
})

afterEach(() => gitlab.close())

const query = (text: string, token: TokenKind = 'runners', method = 'GET'): Promise<Heard> => {
  const address = `${gitlab.url}/api/graphql`
  return method === 'GET'
    ? ask(`GET ${address}?query=${encodeURIComponent(text)}`, { token })
    : ask(`${method} ${address}`, { token, body: { query: text } })
}

const runners = (place: string, args: string): string =>
  `{ ${place} { runners${args} { nodes { id tagList contactedAt } pageInfo { hasNextPage endCursor } } } }`
const project = 'project(fullPath: "octo-group/octo-project")'
const group = 'group(fullPath: "octo-group")'

const idsOf = ({ data }: Heard, kind = 'project'): string[] =>
  data.data[kind].runners.nodes.map(({ id }: { id: string }) => id)
const gid = (id: number): string => `gid://gitlab/Ci::Runner/${id}`

describe('GraphQL, as GitLab answers it', () => {
  test('gives a runner’s tags and last contact, to GET and POST alike', async () => {
    const { id } = gitlab.createRunner({ name: 'one', tags: ['b', 'a'] })
    for (const method of ['GET', 'POST'])
      expect((await query(runners(project, ''), 'runners', method)).data).toEqual({
        data: {
          project: {
            runners: {
              nodes: [{ id: gid(id), tagList: ['b', 'a'], contactedAt: null }],
              pageInfo: { hasNextPage: false, endCursor: expect.any(String) },
            },
          },
        },
      })
  })

  test('gives no more than a hundred at once, the newest first or in the order that is asked for', async () => {
    gitlab.seedRunners(130)
    const numbers = gitlab.runners().map(({ id }) => gid(id))
    const first = await query(runners(project, '(first: 500, sort: CREATED_ASC)'))
    expect(idsOf(first)).toEqual(numbers.slice(0, 100))
    const { endCursor, hasNextPage } = first.data.data.project.runners.pageInfo
    expect(hasNextPage).toBe(true)
    gitlab.deleteRunner('stale-100')
    const rest = await query(runners(project, `(sort: CREATED_ASC, after: "${endCursor}")`))
    expect(idsOf(rest)).toEqual(numbers.slice(100))
    expect(rest.data.data.project.runners.pageInfo.hasNextPage).toBe(false)
    expect(idsOf(await query(runners(project, '(first: 1)')))).toEqual([numbers.at(-1)])
    expect((await query(runners(project, '(after: "?")'))).data.errors[0].message).toMatch(/valid cursor/)
  })

  test('takes a project’s runners with those of its groups and the instance, a group’s with those below, unless told otherwise', async () => {
    const own = gid(gitlab.createRunner({ tags: ['x', 'y'] }).id)
    const above = gid(gitlab.createRunner({ scope: 'groups/octo-group' }).id)
    const below = gid(gitlab.createRunner({ scope: 'groups/octo-group/below' }).id)
    const shared = gid(gitlab.createRunner({ scope: 'instance' }).id)
    expect(idsOf(await query(runners(project, '')))).toEqual([shared, above, own])
    expect(idsOf(await query(runners(project, '(type: PROJECT_TYPE)')))).toEqual([own])
    expect(idsOf(await query(runners(project, '(tagList: ["x", "y"])')))).toEqual([own])
    expect(idsOf(await query(runners(project, '(tagList: ["x", "z"])')))).toEqual([])
    expect(idsOf(await query(runners(group, '')), 'group')).toEqual([below, above, own])
    expect(idsOf(await query(runners(group, '(membership: DIRECT)')), 'group')).toEqual([above])
  })

  test('knows a path in any case, and answers null for what is not there or not to be seen', async () => {
    expect(
      (await query(runners('project(fullPath: "OCTO-group/Octo-Project")', ''))).data.data.project,
    ).not.toBe(null)
    expect((await query(runners('project(fullPath: "octo-group/none")', ''))).data).toEqual({
      data: { project: null },
    })
    gitlab.dials.privateProjects = true
    expect((await query(runners(project, ''), 'outsider')).data).toEqual({ data: { project: null } })
  })

  test.each<[TokenKind, number]>([
    ['read-api', 200],
    ['owner', 200],
    ['project', 200],
    ['create-only', 401],
    ['manage-only', 401],
    ['read-user', 401],
    ['expired', 401],
    ['job', 401],
  ])('answers the token "%s" with %d', async (token, status) => {
    const { status: heard, data } = await query(runners(project, ''), token)
    expect(heard).toBe(status)
    if (status === 401) expect(data).toEqual({ errors: [{ message: 'Invalid token' }] })
    else expect(data.errors).toBeUndefined()
  })

  test('tells a missing right with status 200, beside a null', async () => {
    const { status, data } = await query(runners(project, ''), 'developer')
    expect(status).toBe(200)
    expect(data.data).toEqual({ project: { runners: null } })
    expect(data.errors[0].message).toMatch(/does not exist or you don't have permission/)
  })

  test('refuses what its schema has not, and notes it', async () => {
    const unknown = await query('{ project(fullPath: "octo-group/octo-project") { jokes } }')
    expect(unknown).toMatchObject({ status: 200, data: { errors: [{ message: expect.any(String) }] } })
    expect((await query('{ project(')).data.errors).toHaveLength(1)
    expect((await query('', 'runners', 'DELETE')).status).toBe(400)
    expect(gitlab.takeRefused()).toHaveLength(3)
    expect((await query(`{ ${project} { id } }`.padEnd(10_001), 'runners', 'POST')).status).toBe(422)
  })
})
