import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startGithub, type Github } from './github.ts'

describe('the emulated GitHub answers in the shapes that were recorded of GitHub', () => {
  let github: Github

  beforeAll(async () => {
    github = await startGithub()
  })
  afterAll(() => github.close())

  const ask = async (
    method: string,
    path: string,
    { body, headers, token = github.token() }: { body?: unknown; headers?: object; token?: string } = {},
  ): Promise<Response> =>
    fetch(`${github.apiUrl}${path}`, {
      method,
      headers: {
        'user-agent': 'test',
        authorization: `token ${token}`,
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  test.each(['/orgs/octo-org', '/repos/octo-org/octo-repo'])('of the runners of %s', async (scope) => {
    const runners = `${scope}/actions/runners`
    const order = { name: 'jit', runner_group_id: 1, labels: ['cml'] }
    expect((await ask('POST', `${runners}/generate-jitconfig`, { body: order })).status).toBe(201)
    github.stageRunner({ name: 'staged', scope: scope.slice(1), labels: ['cml'] })
    const list = await ask('GET', runners)
    await ask('GET', runners, { headers: { 'if-none-match': list.headers.get('etag') } })
    await ask('GET', `${runners}?per_page=1`)
    const { id } = github.runners().find((one) => one.name === 'jit' && one.scope === scope.slice(1))!
    await ask('GET', `${runners}/${id}`)
    expect((await ask('DELETE', `${runners}/${id}`)).status).toBe(204)
    expect((await ask('GET', `${runners}/${id}`)).status).toBe(404)
    for (const kind of ['registration', 'remove'])
      expect((await ask('POST', `${runners}/${kind}-token`)).status).toBe(201)
    github.dials.checksums = true
    await ask('GET', `${runners}/downloads`)
    github.dials.checksums = false
    github.dials.downloadToken = 'secret'
    await ask('GET', `${runners}/downloads`)
    expect(github.refused).toEqual([])
  })

  test('of the jobs of a run', async () => {
    const { id } = github.queueRun('CI', [{ name: 'train', labels: ['cml'], steps: [] }])
    await ask('GET', `/repos/octo-org/octo-repo/actions/runs/${id}/jobs`)
    expect(github.refused).toEqual([])
  })

  test('when it refuses, whatever it was asked', async () => {
    const runners = '/orgs/octo-org/actions/runners'
    for (const kind of ['expired', 'not-admin', 'without-sso', 'fine-grained-without-permission'] as const)
      expect((await ask('GET', runners, { token: github.token(kind) })).status).toBeGreaterThan(400)
    github.stageRunner({ name: 'busy', scope: 'orgs/octo-org', online: true, busy: true })
    expect((await ask('DELETE', `${runners}/${github.runner('busy')!.id}`)).status).toBe(422)
    const order = { name: 'busy', runner_group_id: 1, labels: ['cml'] }
    expect((await ask('POST', `${runners}/generate-jitconfig`, { body: order })).status).toBe(409)
    github.dials.rateLimit = 1
    expect((await ask('GET', runners)).status).toBe(403)
    github.dials.rateLimit = 5000
    github.dials.secondary = { points: { size: 0, perSecond: 0 }, writes: { size: 0, perSecond: 0 } }
    expect((await ask('GET', runners)).status).toBe(403)
    expect(github.refused).toEqual([])
  })

  test('and to all operations that were recorded, save those that nothing of ours asks for', () => {
    expect(github.conformity!.recorded.filter((one) => !github.conformity!.judged.includes(one))).toEqual([
      'GET /repos/*/*/actions/artifacts/* 404',
      'GET /repos/*/*/installation 200',
      'GET /user 401',
      'GET /users/* 403',
      'POST /app/installations/*/access_tokens 201',
      'POST /app/installations/*/access_tokens 404',
      'POST /user/keys 422',
    ])
  })

  test('and differs from them nowhere else than is said', () => {
    expect(github.conformity!.idle).toEqual([])
  })
})
