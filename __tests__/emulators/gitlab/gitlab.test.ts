import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { projectsApi } from './api-projects.ts'
import { runnersApi } from './api-runners.ts'
import { type Asking, createAsking, startTeam, system } from './asking.ts'
import { type Fault, type GitlabEmulator, type NewRunner, startGitlab, type TokenKind } from './gitlab.ts'
import { runnerApi } from './runner-api.ts'
import { Schema } from './schema.ts'

let gitlab: GitlabEmulator
const { ask, poll, update, project } = createAsking(() => gitlab)

beforeEach(async () => {
  gitlab = await startTeam()
})

afterEach(async () => {
  await gitlab.close()
})

describe('what a launcher asks', () => {
  test('a runner is made, shown, found by its tags and deleted, in a project and in a group', async () => {
    const id = await project()
    const group = (await ask('GET /groups/team%2Fsub')).data.id
    for (const [scope, place] of [
      [{ runner_type: 'project_type', project_id: id }, `/projects/${id}`],
      [{ runner_type: 'group_type', group_id: group }, '/groups/team%2Fsub'],
    ] as const) {
      const made = await ask('POST /user/runners', {
        body: {
          ...scope,
          description: 'cml-1',
          tag_list: 'cml, one,one,',
          run_untagged: false,
          locked: true,
          maximum_timeout: 86_400,
          maintenance_note: 'of a launch',
        },
      })
      expect(made.status).toBe(201)
      expect(made.data).toEqual({
        id: expect.any(Number),
        token: expect.stringMatching(/^glrt-\S{20,}$/),
        token_expires_at: null,
      })
      expect(gitlab.runner('cml-1')).toMatchObject({
        tags: ['cml', 'one'],
        locked: true,
        runUntagged: false,
        connected: false,
        online: false,
      })
      const { data: details } = await ask(`GET /runners/${made.data.id}`)
      expect(details).toMatchObject({
        description: 'cml-1',
        tag_list: ['cml', 'one'],
        maximum_timeout: 86_400,
        maintenance_note: 'of a launch',
        status: 'never_contacted',
        contacted_at: null,
        job_execution_status: 'idle',
      })
      const listed = await ask(`GET ${place}/runners?tag_list=cml,one`)
      expect(listed.data.map((row: { id: number }) => row.id)).toEqual([made.data.id])
      expect(listed.data[0]).not.toHaveProperty('tag_list')
      expect((await ask(`GET ${place}/runners?tag_list=cml,two`)).data).toEqual([])
      expect((await ask(`DELETE /runners/${made.data.id}`)).status).toBe(204)
      expect(await ask(`DELETE /runners/${made.data.id}`)).toMatchObject({
        status: 404,
        data: { message: '404 Runner Not Found' },
      })
      expect(gitlab.leftovers().registrations).toEqual([])
    }
  })

  test('a list for a project holds the runners of its groups and of the instance, and not those of its neighbours', async () => {
    for (const scope of [
      'projects/team/sub/app',
      'projects/team/other',
      'groups/team',
      'groups/team/sub',
      'instance',
    ])
      gitlab.createRunner({ name: scope, scope })
    const names = async (what: string): Promise<string[]> =>
      (await ask(what)).data.map((row: { description: string }) => row.description).toSorted()
    expect(await names('GET /projects/team%2Fsub%2Fapp/runners')).toEqual([
      'groups/team',
      'groups/team/sub',
      'instance',
      'projects/team/sub/app',
    ])
    expect(await names('GET /projects/team%2Fsub%2Fapp/runners?type=project_type')).toEqual([
      'projects/team/sub/app',
    ])
    expect(await names('GET /groups/team/runners?type=group_type')).toEqual(['groups/team'])
  })

  test('a person’s own list holds what serves his projects, whoever’s it is, and his groups’, and no administrator has more', async () => {
    gitlab.createRunner({ name: 'own', scope: 'projects/team/sub/app' })
    gitlab.createRunner({
      name: 'lent',
      scope: 'projects/team/other',
      alsoIn: ['projects/team/sub/app'],
      locked: false,
    })
    gitlab.createRunner({ name: 'neighbour', scope: 'projects/team/other' })
    gitlab.createRunner({ name: 'group', scope: 'groups/team' })
    gitlab.createRunner({ name: 'instance', scope: 'instance' })
    const names = async (token: TokenKind, path = '/runners'): Promise<string[]> =>
      (await ask(`GET ${path}`, { token })).data.map((row: { description: string }) => row.description)
    expect(await names('owner')).toEqual(['own', 'lent', 'neighbour', 'group'])
    expect(await names('maintainer')).toEqual(['own', 'lent', 'neighbour'])
    expect(await names('project')).toEqual(['own', 'lent'])
    expect([await names('developer'), await names('admin')]).toEqual([[], []])
    expect(await names('owner', '/projects/team%2Fsub%2Fapp/runners?type=project_type')).toEqual([
      'own',
      'lent',
    ])
  })

  test.each<[TokenKind, string, readonly number[]]>([
    // Looks, jobs, change, removal.
    ['project', 'own', [200, 200, 200, 204]],
    ['project', 'lent', [200, 200, 200, 403]],
    ['project', 'neighbour', [403, 403, 403, 403]],
    ['project', 'group', [200, 403, 403, 403]],
    ['project', 'instance', [200, 403, 403, 403]],
    ['maintainer', 'group', [200, 403, 403, 403]],
    ['owner', 'group', [200, 200, 200, 204]],
    ['owner', 'lent', [200, 200, 200, 403]],
    ['admin', 'lent', [200, 200, 200, 204]],
    ['developer', 'own', [403, 403, 403, 403]],
  ])(
    'with the token "%s" the runner "%s" is seen, read, changed and removed so: %j',
    async (token, name, statuses) => {
      const there: Readonly<Record<string, NewRunner>> = {
        own: { scope: 'projects/team/sub/app' },
        lent: { scope: 'projects/team/other', alsoIn: ['projects/team/sub/app'], locked: false },
        neighbour: { scope: 'projects/team/other' },
        group: { scope: 'groups/team' },
        instance: { scope: 'instance' },
      }
      const { id } = gitlab.createRunner(there[name])
      const heard = [
        await ask(`GET /runners/${id}`, { token }),
        await ask(`GET /runners/${id}/jobs`, { token }),
        await ask(`PUT /runners/${id}`, { token, body: { maintenance_note: 'x' } }),
        await ask(`DELETE /runners/${id}`, { token }),
      ]
      expect(heard.map(({ status }) => status)).toEqual(statuses)
    },
  )

  test('who made a runner is told where that somebody is still there', async () => {
    const [made, orphan] = [gitlab.createRunner(), gitlab.createRunner({ hasCreator: false })]
    const look = async ({ id }: { readonly id: number }) => (await ask(`GET /runners/${id}`)).data
    expect(await look(made)).toMatchObject({ created_by: { username: 'octavia' } })
    expect(await look(orphan)).not.toHaveProperty('created_by')
    const [, listed] = (await ask('GET /runners')).data
    expect(listed).not.toHaveProperty('created_by')
  })

  test.each<[TokenKind | 'none', string, number, unknown]>([
    ['none', 'GET /version', 401, { message: '401 Unauthorized' }],
    ['expired', 'GET /version', 401, { error: 'invalid_token' }],
    ['revoked', 'GET /version', 401, { error: 'invalid_token' }],
    ['job', 'GET /runners', 401, { message: '401 Unauthorized' }],
    ['job', 'POST /user/runners', 401, { message: '401 Unauthorized' }],
    ['create-only', 'GET /personal_access_tokens/self', 200, { scopes: ['create_runner'], active: true }],
    [
      'create-only',
      'GET /projects/team%2Fother',
      403,
      { error: 'insufficient_scope', scope: 'api read_api' },
    ],
    ['create-only', 'POST /user/runners', 201, {}],
    ['create-only', 'DELETE /runners/41', 403, { error: 'insufficient_scope', scope: 'api manage_runner' }],
    ['manage-only', 'GET /runners/41', 200, { id: 41 }],
    ['manage-only', 'GET /projects/team%2Fother/runners', 403, { error: 'insufficient_scope' }],
    ['manage-only', 'DELETE /runners/41', 204, undefined],
    ['manage-only', 'POST /user/runners', 403, { error: 'insufficient_scope', scope: 'api create_runner' }],
    ['read-api', 'POST /user/runners', 403, { error: 'insufficient_scope' }],
    ['read-user', 'GET /metadata', 200, { version: '19.4.0-ee' }],
    ['developer', 'POST /user/runners', 403, { message: '403 Forbidden - Insufficient permissions' }],
    ['developer', 'GET /projects/team%2Fother/runners', 403, { message: '403 Forbidden' }],
    ['developer', 'DELETE /runners/41', 403, { message: '403 Forbidden - No access granted' }],
    ['maintainer', 'POST /user/runners', 201, {}],
    ['project', 'POST /user/runners', 403, { message: '403 Forbidden - Insufficient permissions' }],
    ['outsider', 'GET /projects/team%2Fother', 200, {}],
    ['runners', 'POST /user/runners', 201, {}],
  ])('a token of the kind "%s" hears about %s: %d', async (token, what, status, data) => {
    gitlab.createRunner()
    const { data: other } = await ask('GET /projects/team%2Fother')
    const body = what.startsWith('POST') ? { runner_type: 'project_type', project_id: other.id } : undefined
    const heard = await ask(what, { token, ...(body ? { body } : {}) })
    expect(heard.status).toBe(status)
    if (data) expect(heard.data).toMatchObject(data)
  })

  test('the dials take rights away, and private places are not found', async () => {
    const id = await project()
    const create = (token: TokenKind, more: object = { runner_type: 'project_type', project_id: id }) =>
      ask('POST /user/runners', { token, body: more }).then(({ status }) => status)
    gitlab.dials.creation = 'disabled'
    expect([await create('owner'), await create('admin')]).toEqual([403, 201])
    expect([
      await create('owner', { runner_type: 'instance_type' }),
      await create('admin', { runner_type: 'instance_type' }),
    ]).toEqual([403, 201])
    gitlab.dials.privateProjects = true
    expect(await ask('GET /projects/team%2Fother', { token: 'outsider' })).toMatchObject({
      status: 404,
      data: { message: '404 Project Not Found' },
    })
    expect((await ask('GET /projects/team%2Fother', { token: 'project' })).status).toBe(404)
    expect((await ask('GET /projects/team%2Fsub%2Fapp', { token: 'project' })).status).toBe(200)
    expect((await ask(`GET ${gitlab.url}/team/api/v4/version`)).status).toBe(404)
    // A bearer's token is the same to GitLab.
    const bearer = await ask('GET /version', {
      token: 'none',
      headers: { authorization: `Bearer ${gitlab.token()}` },
    })
    expect(bearer.status).toBe(200)
  })

  test('a runner that could not be saved is refused in the words of GitLab', async () => {
    const id = await project()
    const create = (more: object) =>
      ask('POST /user/runners', { body: { runner_type: 'project_type', project_id: id, ...more } })
    expect((await create({ run_untagged: false })).data).toEqual({
      message: '400 Bad request - Tags list cannot be empty when runner is not allowed to pick untagged jobs',
    })
    expect((await create({ maximum_timeout: 599 })).data.message).toMatch(
      /Maximum timeout needs to be at least 10 minutes/,
    )
    expect((await create({ maximum_timeout: 600 })).status).toBe(201)
    expect((await create({ project_id: 1 })).data).toEqual({
      message: '400 Bad request - Missing/invalid project',
    })
    expect((await create({ tag_list: 'a'.repeat(256) })).data.message).toMatch(/too long/)
    expect((await create({ tag_list: 'a'.repeat(255) })).status).toBe(201)
    const runner = gitlab.createRunner({ name: 'x', tags: ['a'] })
    expect(
      (await ask(`PUT /runners/${runner.id}`, { body: { paused: true, tag_list: ['b', 'c'] } })).data,
    ).toMatchObject({ paused: true, tag_list: ['b', 'c'] })
    expect(gitlab.runner('x')).toMatchObject({ paused: true, tags: ['b', 'c'] })
    expect((await ask(`PUT /runners/${runner.id}`, { body: { tag_list: '' } })).status).toBe(400)
  })

  test('below a path, `manage_runner` removes nothing, and only `api` does', async () => {
    const at = await startTeam('/git/lab')
    try {
      for (const above of ['', '/git', '/git/lab/team'])
        expect((await ask(`GET ${new URL(at.url).origin}${above}/api/v4/version`, { at })).status).toBe(404)
      const { id } = at.createRunner({ name: 'x' })
      expect(await ask(`DELETE /runners/${id}`, { at })).toMatchObject({
        status: 403,
        data: { error: 'insufficient_scope', scope: 'api' },
      })
      expect((await ask(`GET /runners/${id}`, { at })).status).toBe(200)
      expect((await ask(`GET /runners/${id}`, { at, token: 'manage-only' })).status).toBe(403)
      expect((await ask(`DELETE /runners/${id}`, { at, token: 'owner' })).status).toBe(204)
    } finally {
      await at.close()
    }
  })

  test('a runner that other projects use too is removed by an administrator alone', async () => {
    const { id, token } = gitlab.createRunner({ alsoIn: ['projects/team/other'] })
    expect((await ask(`GET /runners/${id}`)).data.projects).toHaveLength(2)
    expect((await ask(`GET /runners/${id}?include_projects=false`)).data).not.toHaveProperty('projects')
    expect(await ask(`DELETE /runners/${id}`, { token: 'owner' })).toMatchObject({
      status: 403,
      data: { message: '403 Forbidden - Runner associated with more than one project' },
    })
    expect((await ask(`DELETE /runners/${id}`, { token: 'admin' })).status).toBe(204)
    const own = gitlab.createRunner({ alsoIn: ['projects/team/other'] })
    expect((await ask('DELETE /runners', { token: 'none', body: { token: own.token } })).status).toBe(204)
    expect(token).not.toBe(own.token)
  })

  test('a plan allows so many runners, and those that were made or used within a week count', async () => {
    gitlab.dials.runnerLimit = 2
    const id = await project()
    const create = () => ask('POST /user/runners', { body: { runner_type: 'project_type', project_id: id } })
    expect([(await create()).status, (await create()).status]).toEqual([201, 201])
    const used = gitlab.runners()[0]!
    expect((await create()).data).toEqual({
      message: '400 Bad request - Maximum number of ci registered project runners (2) exceeded',
    })
    gitlab.advance(7 * 24 * 3600_000)
    gitlab.stageRunner({ name: used.name, online: true })
    expect([(await create()).status, (await create()).status]).toEqual([201, 400])
    expect(gitlab.runners()).toHaveLength(3)
  })

  test('a token of a runner ends when the instance says so, and is then refused like an unknown one', async () => {
    gitlab.dials.tokenLifetime = 2 * 3600_000
    const made = await ask('POST /user/runners', {
      body: { runner_type: 'project_type', project_id: await project() },
    })
    expect(Date.parse(made.data.token_expires_at) - gitlab.now()).toBeGreaterThan(7_100_000)
    expect((await poll(made.data.token)).status).toBe(204)
    gitlab.advance(2 * 3600_000)
    expect((await poll(made.data.token)).status).toBe(403)
    const removed = await ask('DELETE /runners', { token: 'none', body: { token: made.data.token } })
    expect([removed.status, gitlab.runners().length]).toEqual([403, 1])
  })

  test('lists come in pages that link to each other, uncounted when they are long', async () => {
    gitlab.seedRunners(245)
    const first = await ask('GET /projects/team%2Fsub%2Fapp/runners?per_page=500')
    expect(first.data).toHaveLength(100)
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-page': '1',
      'x-per-page': '100',
      'x-next-page': '2',
      'x-prev-page': '',
      'x-total': '245',
      'x-total-pages': '3',
    })
    const seen = new Set<number>()
    let next: string | undefined =
      `${gitlab.apiUrl}/projects/team%2Fsub%2Fapp/runners?per_page=100&status=offline`
    let pages = 0
    while (next) {
      const page = await ask(`GET ${next}`)
      for (const { id } of page.data) seen.add(id)
      next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
      pages++
    }
    expect([seen.size, pages]).toEqual([245, 3])
    gitlab.dials.countsUpTo = 200
    const uncounted = await ask('GET /projects/team%2Fsub%2Fapp/runners')
    expect(uncounted.data).toHaveLength(20)
    expect(uncounted.headers.get('x-total')).toBeNull()
    expect(uncounted.headers.get('link')).not.toMatch(/rel="last"/)
    expect((await ask('GET /projects/team%2Fsub%2Fapp/runners?page=14')).data).toEqual([])
  })

  test('jobs are listed by state and run again, one or a pipeline of them', async () => {
    const { token } = gitlab.createRunner({ tags: ['t'] })
    const pipeline = gitlab.queuePipeline(
      ['one', 'two', 'waits'].map((name) => ({ name, tags: name === 'waits' ? ['far'] : ['t'] })),
    )
    for (const state of ['success', 'failed']) await update((await poll(token)).data, { state })
    const id = await project()
    const states = async (query = ''): Promise<unknown> =>
      (await ask(`GET /projects/${id}/jobs${query}`)).data.map(
        (job: { name: string; status: string }) => `${job.name} ${job.status}`,
      )
    expect(await states()).toEqual(['waits pending', 'two failed', 'one success'])
    expect(await states('?scope[]=pending&scope[]=failed')).toEqual(['waits pending', 'two failed'])
    expect(await states('?scope=success')).toEqual(['one success'])
    const [one, , waits] = pipeline.jobs
    expect((await ask(`GET /projects/${id}/jobs/${waits!.id}`)).data).toMatchObject({
      tag_list: ['far'],
      runner: null,
    })
    expect((await ask(`POST /projects/${id}/jobs/${waits!.id}/retry`, { token: 'owner' })).data).toEqual({
      message: '403 Forbidden - Job is not retryable',
    })
    expect((await ask(`POST /projects/${id}/jobs/${one!.id}/retry`)).status).toBe(403)
    const again = await ask(`POST /projects/${id}/jobs/${one!.id}/retry`, { token: 'developer' })
    expect(again).toMatchObject({ status: 201, data: { name: 'one', status: 'pending', tag_list: ['t'] } })
    expect(again.data.id).not.toBe(one!.id)
    const twice = await ask(`POST /projects/${id}/jobs/${one!.id}/retry`, { token: 'developer' })
    expect(twice.status).toBe(403)
    expect(
      (await ask(`POST /projects/${id}/pipelines/${pipeline.id}/retry`, { token: 'developer' })).data,
    ).toMatchObject({ id: pipeline.id, status: 'pending' })
    expect(await states()).toEqual(['two pending', 'one pending', 'waits pending'])
    expect(await states('?include_retried=true')).toHaveLength(5)
    expect((await ask(`GET /projects/${await project('team/other')}/jobs`)).data).toEqual([])
  })

  test('what no GitLab would understand is refused loudly, and every operation of the description is there', async () => {
    const at = await startGitlab()
    try {
      const refusals: [string, number, RegExp, Asking?][] = [
        ['GET /nope', 404, /no such operation/],
        ['GET /projects/octo-group/octo-project', 404, /no such operation/],
        ['PATCH /runners/1', 404, /no such operation/],
        ['GET /runners?tags=a', 400, /tags is no parameter/],
        ['GET /runners?private_token=x', 400, /private_token is no parameter/],
        ['GET /runners?status=on', 400, /status does not have a valid value/],
        ['GET /runners?per_page=many', 400, /per_page is invalid/],
        ['POST /user/runners', 400, /runner_type is missing/],
        [
          'POST /user/runners',
          400,
          /tags is no parameter/,
          { body: { runner_type: 'instance_type', tags: ['a'] } },
        ],
        ['POST /user/runners', 400, /content type is text\/plain/, { body: '{}' }],
        [
          'POST /user/runners',
          400,
          /no JSON/,
          { body: '{', headers: { 'content-type': 'application/json' } },
        ],
        ['POST /jobs/request', 400, /token is missing/, { token: 'none', body: { system_id: system } }],
        [
          'POST /jobs/request',
          400,
          /system_id must match/,
          { token: 'none', body: { token: 'x', system_id: 'me' } },
        ],
        [
          'DELETE /runners',
          400,
          /differ/,
          { token: 'none', body: { token: 'x' }, headers: { 'runner-token': 'y' } },
        ],
      ]
      for (const [what, status, why, asking] of refusals) {
        expect((await ask(what, { token: 'owner', ...asking, at })).status).toBe(status)
        expect(at.takeRefused()).toEqual([expect.stringMatching(why)])
      }
      expect((await ask(`GET ${at.url}/octo-group/octo-project`, { at })).status).toBe(404)
      expect(at.takeRefused()).toHaveLength(1)
    } finally {
      await at.close()
    }
    const implemented = Object.keys({ ...runnerApi, ...runnersApi, ...projectsApi('19.4.0') })
    expect(implemented.toSorted()).toEqual([...new Schema().operations].toSorted())
  })
})

describe('what cannot be relied on', () => {
  const minute = 60_000
  const shown = async (id: number): Promise<unknown> => {
    const { data } = await ask(`GET /runners/${id}`)
    return [data.status, data.online, data.contacted_at && Date.parse(data.contacted_at)]
  }

  test('online means within two hours of a contact, and an idle runner is heard of once an hour', async () => {
    const { id, token } = gitlab.createRunner({ name: 'machine' })
    expect(await shown(id)).toEqual(['never_contacted', false, null])
    const known = (await poll(token)).headers.get('x-gitlab-last-update')
    const [, , first] = (await shown(id)) as [string, boolean, number]
    gitlab.advance(40 * minute)
    // Who knows the state of the queue is answered before GitLab hears of it.
    await poll(token, { last_update: known })
    expect(await shown(id)).toEqual(['online', true, first])
    expect(gitlab.runner('machine')).toMatchObject({ online: true })
    gitlab.advance(20 * minute)
    const renewed = await poll(token, { last_update: known })
    expect(renewed.headers.get('x-gitlab-last-update')).not.toBe(known)
    const [, , second] = (await shown(id)) as [string, boolean, number]
    expect(second - first).toBeGreaterThanOrEqual(60 * minute)
    gitlab.advance(119 * minute)
    expect(await shown(id)).toEqual(['online', true, second])
    expect(gitlab.runner('machine')).toMatchObject({ online: false, connected: true })
    gitlab.advance(2 * minute)
    expect(await shown(id)).toEqual(['offline', false, second])
    await poll(token)
    expect(await shown(id)).toEqual(['online', true, expect.any(Number)])
    // A filter goes by the database, which hears of it later.
    gitlab.advance(46 * minute)
    await poll(token)
    gitlab.advance(80 * minute)
    expect(await shown(id)).toMatchObject(['online', true, expect.any(Number)])
    expect((await ask('GET /runners?status=online')).data).toEqual([])
    expect((await ask(`GET /runners/${id}/managers`)).data).toMatchObject([
      { system_id: system, status: 'online', job_execution_status: 'idle' },
    ])
    gitlab.advance(7 * 24 * 60 * minute)
    expect(await shown(id)).toMatchObject(['stale', false, expect.any(Number)])
    gitlab.createRunner({ name: 'new', paused: true })
    const found = async (query: string): Promise<unknown> =>
      (await ask(`GET /runners?${query}`)).data.map((row: { description: string }) => row.description)
    expect(await found('status=stale')).toEqual(['machine'])
    expect(await found('status=never_contacted')).toEqual(['new'])
    expect([await found('paused=true'), await found('status=paused')]).toEqual([['new'], ['new']])
    expect(await found('paused=false&version_prefix=19')).toEqual([])
    gitlab.dials.status = () => 'online'
    gitlab.dials.jobExecutionStatus = () => 'active'
    expect((await ask(`GET /runners/${id}`)).data).toMatchObject({
      status: 'online',
      job_execution_status: 'active',
    })
  })

  test('lists lag: new ones are not in them yet, and deleted ones still are', async () => {
    Object.assign(gitlab.dials, { visibleAfterLooks: 2, goneAfterLooks: 1 })
    const { id } = gitlab.createRunner({ name: 'machine' })
    const looks = async (): Promise<number> => (await ask('GET /runners')).data.length
    expect([await looks(), await looks(), await looks()]).toEqual([0, 0, 1])
    expect((await ask(`DELETE /runners/${id}`)).status).toBe(204)
    expect([await looks(), (await ask(`GET /runners/${id}`)).status, await looks()]).toEqual([1, 404, 0])
  })

  test('the network and the server fail as they are told to, and everything is written down', async () => {
    const fail = async (fault: Fault, what = 'POST /user/runners'): Promise<unknown> => {
      let left = 1
      gitlab.fault = ({ side }) => (side === 'api' && left-- > 0 ? fault : undefined)
      const body = what.startsWith('POST') ? { body: { runner_type: 'project_type', project_id: id } } : {}
      const heard = await ask(what, body).catch(() => 'broken')
      return [typeof heard === 'string' ? heard : heard.status, gitlab.runners().length]
    }
    const id = await project()
    expect(await fail('reset-before')).toEqual(['broken', 0])
    expect(await fail('reset-after')).toEqual(['broken', 1])
    expect(await fail('5xx')).toEqual([502, 1])
    expect(await fail('throttle')).toEqual([429, 1])
    expect(await fail('malformed')).toEqual(['broken', 2])
    expect(await fail({ status: 418 })).toEqual([418, 2])
    gitlab.fault = () => 'silent'
    const impatient = fetch(`${gitlab.apiUrl}/version`, { signal: AbortSignal.timeout(50) })
    await expect(impatient).rejects.toThrow(/timeout/)
    gitlab.fault = undefined
    const { journal } = gitlab
    expect(journal.slice(1, 4).map(({ status }) => status)).toEqual([0, 0, 502])
    expect(journal[3]).toMatchObject({
      side: 'api',
      method: 'POST',
      path: '/api/v4/user/runners',
      body: { project_id: id },
      headers: { 'private-token': gitlab.token() },
    })
    gitlab.dials.rateLimit = 0
    const limited = await ask('GET /version')
    expect([limited.status, limited.text, Number(limited.headers.get('retry-after')) <= 60]).toEqual([
      429,
      'Retry later\n',
      true,
    ])
  })

  test("the API's own limits count one operation by the user or the token, in minutes of the clock", async () => {
    let now = 1_800_000_000_000
    const strict = await startGitlab({ projects: ['team/sub/app', 'team/other'], now: () => now })
    try {
      const { limits } = strict.dials
      expect(limits).toMatchObject({ project_api: 400, group_api: 400, runner_jobs_api: 200 })
      Object.assign(limits, { project_api: 2, group_api: 0, runner_jobs_request_api: 1 })
      const look = async (path = '/projects/team%2Fother', token: TokenKind = 'runners') =>
        (await ask(`GET ${path}`, { at: strict, token })).status
      expect([await look(), await look('/projects/team%2Fsub%2Fapp'), await look()]).toEqual([200, 200, 429])
      expect([await look('/groups/team'), await look('/groups/team'), await look('/groups/team')]).toEqual([
        200, 200, 200,
      ])
      expect([
        await look('/projects/team%2Fother', 'owner'),
        await look('/projects/team%2Fother/runners'),
      ]).toEqual([200, 200])
      const refusal = await ask('GET /projects/none%2Fsuch', { at: strict })
      expect([refusal.status, refusal.data, refusal.headers.get('retry-after')]).toEqual([
        429,
        { message: { error: 'This endpoint has been requested too many times. Try again later.' } },
        '60',
      ])
      expect([...refusal.headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([])
      strict.dials.limiterTellsPause = false
      expect((await ask('GET /projects/none%2Fsuch', { at: strict })).headers.has('retry-after')).toBe(false)
      const request = async (token: string) =>
        (await ask('POST /jobs/request', { at: strict, token: 'none', body: { token } })).status
      const { token } = strict.createRunner()
      expect([await request(token), await request(token), await request('glrt-none')]).toEqual([
        204, 429, 403,
      ])
      now += 60_000
      expect([await look(), await request(token)]).toEqual([200, 204])
    } finally {
      await strict.close()
    }
  })

  test('staged and seeded runners are there without a program, and a test hears of every change', async () => {
    gitlab.stageRunner({ name: 'staged', tags: ['a'], online: true, busy: true })
    gitlab.seedRunners(2, { prefix: 'old', tags: ['b'], scope: 'groups/team' })
    gitlab.queueJob({ name: 'job', tags: ['a'] })
    const rows = (await ask('GET /projects/team%2Fsub%2Fapp/runners')).data
    expect(
      rows.map((row: Record<string, unknown>) => [row.description, row.status, row.job_execution_status]),
    ).toEqual([
      ['staged', 'online', 'active'],
      ['old-1', 'offline', 'idle'],
      ['old-2', 'offline', 'idle'],
    ])
    gitlab.stageRunner({ name: 'staged', online: false })
    expect(gitlab.runner('staged')).toMatchObject({ online: false, busy: false, tags: ['a'] })
    const gone = gitlab.until(() => gitlab.runner('staged') === undefined)
    gitlab.deleteRunner('staged')
    await gone
  })
})

describe('where programs come from', () => {
  test('publishers serve what they are given, with digests of those very bytes', async () => {
    gitlab.publishRunner('v19.4.0', { amd64: 'binary', arm64: Buffer.from([0, 255]) })
    gitlab.publishNode('v24.21.0', { 'linux-x64.tar.gz': 'archive' })
    const get = async (url: string): Promise<[number, Buffer]> => {
      const response = await fetch(url)
      return [response.status, Buffer.from(await response.arrayBuffer())]
    }
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    const runner = `${gitlab.runnerDownloads}/v19.4.0`
    const sums = (await get(`${runner}/release.sha256`))[1].toString()
    for (const name of ['amd64', 'arm64']) {
      const [status, bytes] = await get(`${runner}/binaries/gitlab-runner-linux-${name}`)
      expect(status).toBe(200)
      expect(sums).toContain(`${digest(bytes)}  binaries/gitlab-runner-linux-${name}\n`)
    }
    const node = `${gitlab.nodeDownloads}/v24.21.0`
    const [, archive] = await get(`${node}/node-v24.21.0-linux-x64.tar.gz`)
    expect((await get(`${node}/SHASUMS256.txt`))[1].toString()).toContain(
      `${digest(archive)}  node-v24.21.0-linux-x64.tar.gz\n`,
    )
    expect([
      (await get(`${gitlab.runnerDownloads}/v1/release.sha256`))[0],
      (await get(`${gitlab.nodeDownloads}/v1/SHASUMS256.txt`))[0],
    ]).toEqual([403, 404])
    gitlab.serveFile('/gitlab-runner/v19.4.0/release.sha256', 'no such list\n')
    expect((await get(`${runner}/release.sha256`))[1].toString()).toBe('no such list\n')
    expect(gitlab.journal.every(({ side }) => side === 'files')).toBe(true)
  })
})
