import { afterEach, expect, test } from '@jest/globals'
import { readRegistrationToken, readRunner } from '../../src/forges/github/answers.ts'
import { createGithub } from '../../src/forges/github/index.ts'
import type { Forge, RegistrationRequest } from '../../src/forges/forge.ts'
import type { Runner } from '../../src/model/runner.ts'
import { Secret } from '../../src/model/secret.ts'
import { silentLog } from '../../src/lib/log.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { folder, readRecordings } from './recordings.ts'
import { failureOf, said as saidIn, startReplay, to, type Replay, type Said } from './replay.ts'
import { withRecordings } from './with-recordings.ts'

const request: RegistrationRequest = {
  name: 'self_hosted',
  labels: ['default'],
  platform: { os: 'linux', architecture: 'x64' },
  single: true,
}

withRecordings('what GitHub has answered', () => {
  const recordings = readRecordings(folder, 'github')
  const said = (name: string): readonly Said[] => saidIn(recordings, name)
  let replay: Replay
  let clock: FakeClock

  afterEach(() => replay.close())

  async function open(
    answers: readonly Said[],
    { repo = 'test-owner', registration = 'token' } = {},
  ): Promise<Forge> {
    replay = await startReplay('github', answers)
    clock = new FakeClock(Date.parse('2025-02-17T06:00:00Z'))
    const variables = { GITHUB_SERVER_URL: replay.url, GITHUB_API_URL: replay.url }
    return createGithub(
      {
        repo: new URL(`${replay.url}/${repo}`),
        token: new Secret('ghp_x'),
        registration,
        'runner-group': undefined,
      },
      { variables, clock, log: silentLog },
    )
  }

  async function firstPage(forge: Forge): Promise<readonly Runner[]> {
    for await (const page of forge.listRunners()) return page
    return []
  }

  type Raw = Readonly<Record<string, unknown>> & {
    readonly runners: readonly Raw[]
    readonly labels: readonly Raw[]
  }

  /** What the recording says stays in the recording. */
  const bodies = (name: string): readonly Raw[] =>
    said(name).map(({ body }) => (body === undefined ? {} : JSON.parse(body)) as Raw)

  /** A runner as it was recorded, in our words. */
  const recorded = ({ id, name, status, busy, labels }: Raw) => ({
    id: String(id),
    name,
    online: status === 'online',
    busy,
    labels: labels.map((label) => label.name),
  })

  test('of a runner made just in time: it is there at once, offline, and goes', async () => {
    const [made, listed] = bodies('org-jitconfig-list-get-delete')
    const forge = await open(said('org-jitconfig-list-get-delete'), { registration: 'jit' })
    const { name } = made!.runner as Raw
    const config = made!.encoded_jit_config
    expect(await forge.register({ ...request, name: String(name) })).toEqual({
      forge: 'github',
      kind: 'jit',
      config,
    })
    const runner = await forge.findRunner(String(name))
    expect(runner).toEqual(recorded(listed!.runners.find((one) => one.name === name)!))
    expect(runner).toMatchObject({ online: false, busy: false, labels: [expect.any(String)] })
    expect(await forge.unregister(runner!)).toBe('gone')
    expect(replay.asked.filter((one) => !one.endsWith('/runner-groups'))).toEqual([
      'POST /orgs/*/actions/runners/generate-jitconfig',
      'GET /orgs/*/actions/runners',
      'DELETE /orgs/*/actions/runners/*',
    ])
  })

  test('of an organisation’s runners, some of which are GitHub’s own and carry no label', async () => {
    const page = await firstPage(await open(said('org-jitconfig-list-get-delete')))
    expect(page).toEqual(bodies('org-jitconfig-list-get-delete')[1]!.runners.map(recorded))
    expect(page.filter(({ labels }) => labels.length === 0)).toHaveLength(5)
  })

  test('of a page of many', async () => {
    const page = await firstPage(await open(said('org-list-paged')))
    expect(page).toEqual(bodies('org-list-paged')[0]!.runners.map(recorded))
    expect(page).toEqual([expect.objectContaining({ online: true, busy: true })])
  })

  test('of a repository’s runners, before and after one is removed', async () => {
    const [first, , second] = bodies('repo-list-delete-list')
    const forge = await open(said('repo-list-delete-list'), { repo: 'test-owner/test-repo' })
    const before = await firstPage(forge)
    expect(before).toEqual(first!.runners.map(recorded))
    expect(await forge.unregister(before[0]!)).toBe('gone')
    const after = await firstPage(forge)
    expect(after).toEqual(second!.runners.map(recorded))
    expect(after.map(({ id }) => id)).not.toContain(before[0]!.id)
    expect(replay.asked).toEqual([
      'GET /repos/*/*/actions/runners',
      'DELETE /repos/*/*/actions/runners/*',
      'GET /repos/*/*/actions/runners',
    ])
  })

  test('of one runner, as it stands in lists too', async () => {
    await open([])
    const [runner] = bodies('repo-get-runner')
    expect(readRunner(runner)).toEqual(recorded(runner!))
  })

  /** Of a time in words: unix seconds. */
  const seconds = (time: unknown): number => Math.floor(new Date(String(time)).getTime() / 1000)

  test('of a registration token, whose end has an offset', async () => {
    const [issued] = bodies('org-registration-token-201')
    const { token, expires_at: end } = issued!
    expect(end).toMatch(/-08:00$/)
    const forge = await open(said('org-registration-token-201'))
    const registration = await forge.register({ ...request, single: false })
    expect(registration).toMatchObject({ kind: 'token', token, expiresAt: seconds(end) })
    expect(replay.asked).toContain('POST /orgs/*/actions/runners/registration-token')
    const [removal] = bodies('org-remove-token-201')
    const expiresAt = seconds(removal!.expires_at)
    expect(readRegistrationToken(removal)).toEqual({ token: removal!.token, expiresAt })
  })

  test.each(['x64', 'arm64'] as const)(
    'of the runner program for %s, with its digest',
    async (architecture) => {
      const forge = await open(said('org-runner-applications'))
      const offered = bodies('org-runner-applications')[0] as unknown as readonly Raw[]
      const wanted = offered.find((one) => one.os === 'linux' && one.architecture === architecture)!
      const { url, sha256, version } = await forge.download({ os: 'linux', architecture })
      expect([url, sha256]).toEqual([wanted.download_url, wanted.sha256_checksum])
      expect(wanted.filename).toBe(`actions-runner-linux-${architecture}-${version}.tar.gz`)
    },
  )

  test('of a removal', async () => {
    const forge = await open(said('org-delete-204'))
    expect(await forge.unregister({ id: '42' })).toBe('gone')
  })

  const list = 'GET /orgs/*/actions/runners'

  test.each(['actions-404', 'app-installation-token-404'])(
    'of what is not there (%s): gone when it is to be removed, a question of rights when it is to be read',
    async (name) => {
      const removal = 'DELETE /orgs/*/actions/runners/*'
      const forge = await open([...to(removal, said(name)), ...to(list, said(name))])
      expect(await forge.unregister({ id: '42' })).toBe('gone')
      const { kind, message } = await failureOf(firstPage(forge))
      expect(kind).toBe('not-found')
      expect(message).toMatch(
        /^Could not list the runners of \S+\/test-owner: Not Found\nEither there is no organisation/,
      )
      // It asks once more, whether this is a person's account.
      expect(replay.asked).toEqual([removal, list, 'GET /users/*'])
    },
  )

  test('of a token that it does not know', async () => {
    const forge = await open(to(list, said('bad-credentials-401')))
    const { kind, message } = await failureOf(firstPage(forge))
    expect(kind).toBe('unauthenticated')
    expect(message).toMatch(/test-owner: Bad credentials\nGitHub does not know the token: it has expired/)
    expect(replay.asked).toEqual([list])
  })

  test('of its limit: it waits as long as GitHub asks for, a minute where GitHub does not say', async () => {
    const forge = await open([...to(list, said('rate-limit-403')), ...said('org-list-paged')])
    const before = clock.now()
    expect(await firstPage(forge)).toHaveLength(1)
    expect(clock.now() - before).toBeGreaterThanOrEqual(60_000)
    expect(replay.asked).toEqual([list, list])
  })

  test('of arguments that it does not take', async () => {
    const order = 'POST /orgs/*/actions/runners/generate-jitconfig'
    const forge = await open(to(order, said('validation-failed-422')), { registration: 'jit' })
    const { kind, message } = await failureOf(forge.register(request))
    expect(kind).toBe('failed-precondition')
    const [refusal] = bodies('validation-failed-422')
    const [{ field, message: why }] = refusal!.errors as readonly [Raw]
    expect(message).toContain(`${String(refusal!.message)}; ${String(field)}: ${String(why)}`)
  })
})
