import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { gzipSync } from 'node:zlib'
import { createAsking, type Heard, startTeam, system } from './asking.ts'
import type { GitlabEmulator, JobSpec, NewRunner } from './gitlab.ts'
import { type Exchange, exchangeOf, fill, readRecording, type Story, valuesOfLog } from './replay.ts'

let gitlab: GitlabEmulator
const { ask, poll, update, send, project } = createAsking(() => gitlab)

beforeEach(async () => {
  gitlab = await startTeam()
})

afterEach(async () => {
  await gitlab.close()
})

describe('what gitlab-runner says, as recorded', () => {
  const recording = readRecording()

  test.each(recording.stories.map((story) => [story.name, story] as const))('%s', async (_, story) => {
    await replay(story)
  })

  async function replay(story: Story): Promise<void> {
    const runner = gitlab.createRunner({ name: 'machine', tags: ['cml'] })
    if (story.failureReasons) gitlab.dials.failureReasons = story.failureReasons
    const values: Record<string, unknown> = {
      runner: runner.token,
      system,
      info: recording.info,
      ...valuesOfLog(recording.log.text),
    }
    let job: ReturnType<GitlabEmulator['queueJob']> | undefined
    for (const step of story.exchanges) {
      if ('server' in step) {
        if (step.server === 'queue a job')
          job = gitlab.queueJob({ name: 'train', tags: ['cml'], script: ['date'] })
        else if (step.server === 'delete the runner') gitlab.deleteRunner('machine')
        else gitlab.cancelJob(job!)
        continue
      }
      const { request, answer } = exchangeOf(step)
      const heard = await exchange(fill(request, { ...values, id: `req-${gitlab.journal.length}` }))
      expect({ ...request, status: heard.status }).toEqual({ ...request, status: answer.status })
      for (const [name, value] of Object.entries(fill(answer.headers ?? {}, values)))
        expect([name, heard.headers.get(name)]).toEqual([name, expect.stringMatching(like(value))])
      if (answer.body) expect(heard.data).toEqual({ ...fill(answer.body, values), id: runner.id })
      values['update'] = heard.headers.get('x-gitlab-last-update') ?? values['update']
      if (heard.status === 201) Object.assign(values, { job: heard.data.id, 'job-token': heard.data.token })
    }
    if (story.ends) expect(job).toMatchObject({ ...story.ends, trace: recording.log.text })
    if (story.ends && job!.status === 'success') expect(job!.checksumMatches).toBe(true)
    if (story.remains !== undefined) expect(gitlab.runner('machine') !== undefined).toBe(story.remains)
    if (story.failureReasons) expect(orderedFeatures).toEqual(story.failureReasons)
  }

  let orderedFeatures: unknown

  async function exchange(request: Exchange['request']): Promise<Heard> {
    const { method, path, headers = {}, body, text } = request
    const heard = await ask(`${method} ${gitlab.url}${path}`, {
      token: 'none',
      headers,
      ...(body ? { body } : text === undefined ? {} : { body: text }),
    })
    if (heard.data?.features) orderedFeatures = heard.data.features.failure_reasons
    return heard
  }

  /** Names that no value is known for are what the server chooses. */
  function like(value: unknown): RegExp {
    const escaped = String(value).replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
    return new RegExp(`^${escaped.replace(/\{number\}/g, String.raw`\d+`).replace(/\{\w+\}/g, '.+')}$`)
  }
})

describe('which runner gets which job', () => {
  test.each<[string, NewRunner, Omit<JobSpec, 'name'> & { project?: string }, boolean]>([
    ['all its tags are there', { tags: ['a', 'b'] }, { tags: ['a'] }, true],
    ['a tag is missing', { tags: ['a'] }, { tags: ['a', 'b'] }, false],
    ['tags differ in case', { tags: ['A'] }, { tags: ['a'] }, false],
    ['it has no tags and the runner takes such', { tags: ['a'], runUntagged: true }, { tags: [] }, true],
    ['it has no tags and the runner takes none such', { tags: ['a'] }, { tags: [] }, false],
    ['the runner is paused', { tags: ['a'], paused: true }, { tags: ['a'] }, false],
    [
      'the runner is for protected refs',
      { tags: ['a'], accessLevel: 'ref_protected' },
      { tags: ['a'] },
      false,
    ],
    [
      'its ref is protected too',
      { tags: ['a'], accessLevel: 'ref_protected' },
      { tags: ['a'], protectedRef: true },
      true,
    ],
    ['it is of another project', { tags: ['a'] }, { tags: ['a'], project: 'team/other' }, false],
    ['the runner is of a group above', { tags: ['a'], scope: 'groups/team' }, { tags: ['a'] }, true],
    [
      'the runner is of a group beside',
      { tags: ['a'], scope: 'groups/team/sub' },
      { tags: ['a'], project: 'team/other' },
      false,
    ],
  ])('when %s', async (_, runner, job, gets) => {
    const { token } = gitlab.createRunner(runner)
    gitlab.queueJob({ name: 'job', ...job })
    expect((await poll(token)).status).toBe(gets ? 201 : 204)
  })

  test('an order holds what the job needs, and the runner shortens its timeout', async () => {
    const { id, token } = gitlab.createRunner({ tags: ['a'], name: 'machine', maximumTimeout: 1200 })
    const job = gitlab.queueJob({
      name: 'train',
      tags: ['a'],
      script: ['nvidia-smi', 'python train.py'],
      afterScript: ['date'],
      variables: { EPOCHS: '3' },
      masked: { KEY: 'hidden' },
      image: 'python:3',
      artifacts: { paths: ['model'], dotenv: 'out.env' },
    })
    const { data } = await poll(token)
    expect(data).toMatchObject({
      id: job.id,
      token: job.token,
      job_info: { name: 'train', stage: 'test', project_full_path: 'team/sub/app' },
      runner_info: { timeout: 1200 },
      steps: [
        { name: 'script', script: ['nvidia-smi', 'python train.py'] },
        { name: 'after_script', when: 'always' },
      ],
      image: { name: 'python:3' },
      artifacts: [
        { paths: ['model'] },
        { paths: ['out.env'], artifact_type: 'dotenv', artifact_format: 'gzip' },
      ],
    })
    expect(data.git_info.repo_url).toBe(
      `${gitlab.url.replace('://', `://gitlab-ci-token:${job.token}@`)}/team/sub/app.git`,
    )
    expect(data.variables).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: 'EPOCHS', value: '3', masked: false }),
        expect.objectContaining({ key: 'KEY', value: 'hidden', masked: true, public: false }),
        expect.objectContaining({ key: 'CI_API_V4_URL', value: gitlab.apiUrl }),
        expect.objectContaining({ key: 'CI_RUNNER_ID', value: String(id) }),
      ]),
    )
    await job.started
    expect(gitlab.runner('machine')).toMatchObject({ busy: true, online: true, systems: [system] })
    expect((await ask(`GET /runners/${id}/jobs?status=running`)).data).toMatchObject([
      { id: job.id, runner: { id } },
    ])
    expect((await ask(`GET /runners/${id}`)).data).toMatchObject({
      job_execution_status: 'active',
      status: 'online',
    })
  })

  test('who knows the latest word about the queue is told nothing new, until a job for it is queued', async () => {
    const { token } = gitlab.createRunner({ tags: ['a'] })
    const word = (await poll(token)).headers.get('x-gitlab-last-update')
    gitlab.queueJob({ name: 'not for it', tags: ['b'] })
    expect((await poll(token, { last_update: word })).headers.get('x-gitlab-last-update')).toBe(word)
    gitlab.queueJob({ name: 'for it', tags: ['a'] })
    expect((await poll(token, { last_update: word })).data).toMatchObject({ job_info: { name: 'for it' } })
    expect((await poll('glrt-unknown')).status).toBe(403)
  })

  test('a runner that takes jobs in two steps has a pending one until it begins, and loses it by silence', async () => {
    const { token } = gitlab.createRunner({ tags: ['a'] })
    const info = { features: { two_phase_job_commit: true } }
    const first = gitlab.queueJob({ name: 'first', tags: ['a'] })
    const order = (await poll(token, { info })).data
    expect([first.status, first.isOffered, (await poll(token)).status]).toEqual(['pending', true, 204])
    expect([
      (await update(order, { state: 'success' })).status,
      (await update(order, { state: 'pending' })).status,
    ]).toEqual([400, 200])
    expect((await update(order, { state: 'running' })).headers.get('job-status')).toBe('running')
    expect((await update(order, { state: 'pending' })).status).toBe(400)
    const second = gitlab.queueJob({ name: 'second', tags: ['a'] })
    await poll(token, { info })
    gitlab.advance(gitlab.dials.acknowledgeWithin + 1)
    await second.completed
    expect(second).toMatchObject({ status: 'failed', failureReason: 'runner_provisioning_timeout' })
    expect(first.status).toBe('running')
  })
})

describe('what becomes of a job', () => {
  const working = async (features: object = {}) => {
    const { token } = gitlab.createRunner({ tags: ['a'], name: 'machine' })
    const job = gitlab.queueJob({ name: 'job', tags: ['a'] })
    await poll(token, { info: { features } })
    return { job, token }
  }

  test('a cancelled job is told to a runner that can cancel gently, and forbidden to one that cannot', async () => {
    const { job } = await working({ cancel_gracefully: true })
    gitlab.cancelJob(job)
    expect((await send(job, 0, 'bye')).headers.get('job-status')).toBe('canceling')
    expect((await update(job, { state: 'failed', failure_reason: 'job_canceled' })).status).toBe(200)
    expect(job).toMatchObject({ status: 'canceled', failureReason: undefined })
    const { job: abrupt } = await working()
    gitlab.cancelJob(abrupt)
    const heard = await update(abrupt, { state: 'running' })
    expect([heard.status, heard.headers.get('job-status'), heard.data.message]).toEqual([
      403,
      'canceled',
      '403 Forbidden - Job is not processing on runner',
    ])
  })

  test('pieces of a log are put where they belong, and a gap is refused with what is there', async () => {
    const { job } = await working()
    expect(Object.fromEntries((await send(job, 0, 'one ')).headers)).toMatchObject({
      range: '0-4',
      'job-status': 'running',
      'x-gitlab-trace-update-interval': '3',
    })
    const gap = await send(job, 6, 'later')
    expect([gap.status, gap.headers.get('range')]).toEqual([416, '0-4'])
    expect((await send(job, 2, 'e two')).status).toBe(202)
    expect(job.trace).toBe('one two')
    expect((await send({ ...job, id: job.id, token: 'glcbt-other' }, 0, 'x')).status).toBe(403)
    const unranged = await ask(`PATCH /jobs/${job.id}/trace`, {
      token: 'none',
      headers: { 'job-token': job.token, 'content-type': 'text/plain' },
      body: 'x',
    })
    expect(unranged.status).toBe(400)
    await update(job, { state: 'success', output: { checksum: 'crc32:00000000', bytesize: 7 } })
    expect(job).toMatchObject({ status: 'success', checksumMatches: false })
  })

  test('the server asks again for the end, for the log, and for a piece of it, as often as it is told to', async () => {
    const { job, token } = await working()
    Object.assign(gitlab.dials, { lostPieces: 1, unfinishedUpdates: 2, lostTraces: 1 })
    expect([(await send(job, 0, 'log')).status, (await send(job, 0, 'log')).status]).toEqual([416, 202])
    const statuses: number[] = []
    for (let once = 0; once < 4; once++) statuses.push((await update(job, { state: 'success' })).status)
    expect(statuses).toEqual([202, 202, 412, 200])
    expect(job.trace).toBe('')
    gitlab.queueJob({ name: 'next', tags: ['a'] })
    gitlab.dials.conflicts = 1
    expect([(await poll(token)).status, (await poll(token)).status]).toEqual([409, 201])
  })

  test('artifacts arrive as forms, and a dotenv report gives variables to later jobs', async () => {
    const { job } = await working()
    const form = new FormData()
    const zip = Buffer.from([0x50, 0x4b, 0, 0xff, 13, 10, 45, 45])
    form.append('file', new Blob([zip]), 'artifacts.zip')
    const upload = (query: string, body: FormData) =>
      fetch(`${gitlab.apiUrl}/jobs/${job.id}/artifacts?${query}`, {
        method: 'POST',
        headers: { 'job-token': job.token },
        body,
      })
    expect((await upload('artifact_format=zip&artifact_type=archive&expire_in=7d', form)).status).toBe(201)
    const report = new FormData()
    report.append('file', new Blob([gzipSync('RUNNER=one\nURL=http://a/?b=c\n')]), 'out.env.gz')
    expect((await upload('artifact_format=gzip&artifact_type=dotenv', report)).status).toBe(201)
    expect(job.artifacts[0]).toEqual({ type: 'archive', format: 'zip', name: 'artifacts.zip', bytes: zip })
    expect(job.outputs).toEqual({ RUNNER: 'one', URL: 'http://a/?b=c' })
    const id = await project()
    expect((await ask(`GET /projects/${id}/jobs/${job.id}`)).data.artifacts).toHaveLength(2)
  })

  test('a runner can be deleted while it works: the job goes on, and the next request for one is forbidden', async () => {
    const { job, token } = await working()
    const { id } = gitlab.runner('machine')!
    expect((await ask(`DELETE /runners/${id}`)).status).toBe(204)
    expect((await send(job, 0, 'still here')).status).toBe(202)
    expect((await poll(token)).status).toBe(403)
    await update(job, { state: 'success' })
    expect(job).toMatchObject({ status: 'success', trace: 'still here', runnerName: 'machine', runnerId: id })
    const { job: kept } = await working()
    gitlab.dials.deleteBusy = false
    expect((await ask(`DELETE /runners/${kept.runnerId}`)).status).toBe(403)
  })

  test('a job that nothing is heard of is dropped', async () => {
    const { job } = await working()
    gitlab.advance(gitlab.dials.stuckAfter - 1000)
    expect((await send(job, 0, 'alive')).status).toBe(202)
    gitlab.advance(gitlab.dials.stuckAfter - 1000)
    expect(job.status).toBe('running')
    gitlab.advance(2000)
    await job.completed
    expect(job).toMatchObject({ status: 'failed', failureReason: 'no_updates_running' })
  })
})

describe('what a runner does with its own token', () => {
  test('it leaves by a form as by JSON, forgets one machine of many, and gets another token', async () => {
    const { token } = gitlab.createRunner({ name: 'machine' })
    const open = { token: 'none' as const }
    await poll(token)
    await ask('POST /runners/verify', { ...open, body: { token, system_id: 's_0123456789ab' } })
    expect(gitlab.runner('machine')!.systems).toEqual([system, 's_0123456789ab'])
    const { data } = await ask('POST /runners/reset_authentication_token', { ...open, body: { token } })
    expect([(await poll(token)).status, (await poll(data.token)).status]).toEqual([403, 204])
    const body = { token: data.token, system_id: 'unknown' }
    expect((await ask('DELETE /runners/managers', { ...open, body })).status).toBe(404)
    expect(
      (await ask('DELETE /runners/managers', { ...open, body: { ...body, system_id: system } })).status,
    ).toBe(204)
    expect(gitlab.runner('machine')!.systems).not.toContain(system)
    const form = {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `token=${data.token}`,
    }
    expect((await ask('DELETE /runners', { ...open, ...form })).status).toBe(204)
    expect((await ask('DELETE /runners', { ...open, ...form })).status).toBe(403)
    expect(gitlab.leftovers().registrations).toEqual([])
    const known = gitlab.secrets()
    expect(known).toEqual(
      expect.arrayContaining([token, data.token, gitlab.token('job'), gitlab.token('admin')]),
    )
  })
})
