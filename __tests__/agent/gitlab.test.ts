import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

import { birth, type Effect, type LifeEvent, type Rules } from '../../src/agent/life-state.ts'
import { step } from '../../src/agent/life.ts'
import { request } from '../../src/agent/request.ts'
import { gitlabProgram } from '../../src/forges/gitlab/runner-program.ts'
import type { AgentConfig, Registration } from '../../src/machine/agent-config.ts'
import * as machinePaths from '../../src/machine/paths.ts'
import type { ProgramEvent, Surroundings } from '../../src/machine/runner-program.ts'
import { describeWith } from '../needs.ts'

interface Told {
  readonly line: string
  readonly event: ProgramEvent | null
}

const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/gitlab-runner-lines.json'), 'utf8'),
) as Record<'recorded' | 'source' | 'hostile', readonly Told[]> & { readonly about: string }
const { about: _about, ...told } = fixture

type GitlabRegistration = Extract<Registration, { forge: 'gitlab' }>

const registration = (change: Partial<GitlabRegistration> = {}): GitlabRegistration => ({
  forge: 'gitlab',
  kind: 'runner',
  url: 'https://gitlab.example/tools',
  token: 'glrt-secret',
  id: '7',
  executor: 'docker',
  dockerImage: 'python:3.13',
  dockerVolumes: [],
  ...change,
})

const config = (change: Partial<AgentConfig> = {}): AgentConfig => ({
  version: 1,
  identity: 'abcdefghijklmnopqrst',
  cloud: 'nimbus',
  name: 'cml-abc',
  labels: ['cml'],
  single: false,
  idleTimeout: 300,
  expiresAt: 2_000_000_000,
  startupScript: false,
  registration: registration(),
  proxy: {},
  ...change,
})

const here: Surroundings = { home: '/opt/cml-runner', workFolder: '/work', docker: true, gpus: false }
const wordsOf = (given: AgentConfig, surroundings = here) =>
  gitlabProgram.start(given, true, surroundings).line

describe("the lines of GitLab's runner", () => {
  it.each(Object.values(told).flatMap((lines) => lines.map(({ line, event }) => [line, event] as const)))(
    '%s',
    (line, event) => expect(gitlabProgram.read(line) ?? null).toEqual(event),
  )
})

describe("the command of GitLab's runner", () => {
  it('has its token in the environment alone', () => {
    expect(gitlabProgram.start(config(), true, here)).toEqual({
      line: [
        '/opt/cml-runner/gitlab-runner',
        '--log-format=json',
        'run-single',
        '--executor=docker',
        '--name=cml-abc',
        '--wait-timeout=0',
        '--docker-image=python:3.13',
        '--docker-volumes=/cache',
      ],
      environment: { CI_SERVER_URL: 'https://gitlab.example/tools', CI_SERVER_TOKEN: 'glrt-secret' },
    })
    expect(gitlabProgram.register(config(), false)).toBeUndefined()
  })

  it('takes one job for a single runner', () => {
    expect(wordsOf(config({ single: true }))).toContain('--max-builds=1')
    expect(wordsOf(config())).not.toContain('--max-builds=1')
  })

  it('keeps the work of a shell in the work folder, behind the hook that waits for it', () => {
    const shell = config({ registration: registration({ executor: 'shell' }) })
    const expected = [
      '--executor=shell',
      '--name=cml-abc',
      '--wait-timeout=0',
      '--builds-dir=/work/builds',
      '--cache-dir=/work/cache',
      '--pre-get-sources-script=/opt/cml-runner/hooks/job-started.sh',
      '--pre-build-script=/opt/cml-runner/hooks/job-started.sh',
      '--env=CI_SERVER_TOKEN=',
    ]
    expect(wordsOf(shell).slice(3)).toEqual(expected)
    expect(wordsOf(config(), { ...here, docker: false }).slice(3)).toEqual(expected)
    expect(gitlabProgram.waitsFor(shell)).toBeUndefined()
    expect(gitlabProgram.waitsFor(config())).toBe('docker')
  })

  it('tells jobs their machine, in a remark that any shell takes', () => {
    const card = 'm7i.large spot in north-1a, 0.2 USD/h, ends by 2026-12-01T12:00Z'
    expect(wordsOf(config({ card }))).toContain(`--pre-build-script= # ${card}`)
    const shell = config({ card, registration: registration({ executor: 'shell' }) })
    expect(wordsOf(shell)).toContain(`--pre-build-script=/opt/cml-runner/hooks/job-started.sh # ${card}`)
  })

  it('says when jobs run otherwise than they were meant to', () => {
    expect(gitlabProgram.caveat?.(config(), { ...here, docker: false })).toMatch(/no Docker/)
    expect(gitlabProgram.caveat?.(config(), here)).toBeUndefined()
    const shell = config({ registration: registration({ executor: 'shell' }) })
    expect(gitlabProgram.caveat?.(shell, { ...here, docker: false })).toBeUndefined()
  })

  it.each([
    [[], undefined, ['/cache']],
    [['/cache'], undefined, ['/cache']],
    [['/mnt/cache:/cache:rw', '/data'], undefined, ['/mnt/cache:/cache:rw', '/data']],
    [[], 'disk', ['/work/builds:/builds', '/work/cache:/cache']],
    [['/fast:/builds'], 'disk', ['/fast:/builds', '/work/cache:/cache']],
  ])('with volumes %j and the work folder %s mounts %j', (dockerVolumes, workdir, expected) => {
    const given = config({
      registration: registration({ dockerVolumes }),
      ...(workdir === undefined ? {} : { workdir }),
    })
    const mark = '--docker-volumes='
    expect(
      wordsOf(given)
        .filter((word) => word.startsWith(mark))
        .map((word) => word.slice(mark.length)),
    ).toEqual(expected)
  })

  it('tells containers of the proxy, which know nothing of the machine', () => {
    const proxy = { https: 'http://proxy.example:3128', no: 'gitlab.example' }
    const flags = (given: AgentConfig) => wordsOf(given).filter((word) => word.startsWith('--env='))
    expect(flags(config({ proxy }))).toEqual([
      '--env=https_proxy=http://proxy.example:3128',
      '--env=HTTPS_PROXY=http://proxy.example:3128',
      '--env=no_proxy=gitlab.example',
      '--env=NO_PROXY=gitlab.example',
    ])
    expect(flags(config())).toEqual([])
  })

  it('removes its registration with its own token, below the path of the server', () => {
    expect(gitlabProgram.remove(registration(), 0)).toEqual({
      method: 'DELETE',
      url: 'https://gitlab.example/tools/api/v4/runners',
      form: { token: 'glrt-secret' },
      gone: [403, 404],
    })
  })

  it('does not take a token that has ended for a registration that is gone', () => {
    const ending = registration({ tokenEndsAt: 1_800_000_000 })
    const forbidden = JSON.stringify({ msg: 'Checking for jobs... forbidden', status: '403 Forbidden' })
    const text = (now: number) => gitlabProgram.read(forbidden, ending, now)
    expect(text(1_799_999_999)).toEqual({ kind: 'deaf', text: 'its registration is gone', final: false })
    expect(text(1_800_000_000)).toEqual({
      kind: 'deaf',
      final: true,
      text: 'the token of its registration ended at 2027-01-15T08:00:00.000Z',
    })
    const gone = (now: number) => gitlabProgram.remove(ending, now)
    expect(gone(1_799_999_999)).toMatchObject({ gone: [403, 404] })
    expect(gone(1_800_000_000)).toMatchObject({ gone: [404] })
  })
})

describe('a life with lines alone', () => {
  const second = 1000
  const minute = 60 * second
  const rules: Rules = { idleTimeout: 5 * minute, single: false, ephemeral: false, finishes: true }
  type Happening = LifeEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never

  const said = (event: ProgramEvent): Happening => ({ kind: 'said', event })
  const look: Happening = { kind: 'looked', workers: [], hooks: [] }
  const looks = (from: number, to: number): (readonly [number, Happening])[] =>
    Array.from({ length: Math.ceil((to - from) / (2 * second)) }, (_, index) => [
      from + index * 2 * second,
      look,
    ])
  const started = said({ kind: 'job-started', name: 'job 7', title: 'train (job 7)' })
  const ended = said({ kind: 'job-ended', name: 'job 7', result: 'success' })
  const online: readonly (readonly [number, Happening])[] = [
    [0, { kind: 'registered' }],
    [second, said({ kind: 'listening' })],
  ]

  function play(story: readonly (readonly [number, Happening])[], given = rules) {
    let life = { ...birth, registered: true }
    const effects: Effect[] = []
    for (const [at, happening] of story) {
      const [next, more] = step(given, life, { ...happening, at })
      life = { ...next }
      effects.push(...more)
    }
    return { life, effects }
  }

  it('tells jobs apart by their numbers and shows their names', () => {
    const { life, effects } = play([...online, [minute, started], [2 * minute, ended]])
    expect(life.state).toBe('idle')
    expect(effects.filter((effect) => effect.kind === 'say').map(({ text }) => text)).toEqual([
      undefined,
      'train (job 7)',
      'train (job 7): success',
    ])
  })

  it('is busy as long as the job, though nothing else shows it', () => {
    expect(play([...online, [minute, started], ...looks(minute, 300 * minute)]).life.state).toBe('busy')
  })

  it('is not busy for ever with a job that was cancelled and whose end goes untold', () => {
    const cancelled = said({ kind: 'job-cancelled', name: 'job 7' })
    const story = [...online, [minute, started], [2 * minute, cancelled], [3 * minute, cancelled]] as const
    expect(play([...story, ...looks(3 * minute, 16 * minute)]).life.state).toBe('busy')
    expect(play([...story, ...looks(3 * minute, 18 * minute)]).life.state).toBe('idle')
    const other = said({ kind: 'job-cancelled', name: 'job 8' })
    const foreign = [...online, [minute, started], [2 * minute, other]] as const
    expect(play([...foreign, ...looks(2 * minute, 60 * minute)]).life.state).toBe('busy')
  })

  const deaf = said({ kind: 'deaf', text: 'why', final: false })

  it.each([
    ['waiting', [...online, [5 * minute, deaf], [5 * minute, { kind: 'exited' }]] as const],
    ['busy', [...online, [minute, started]] as const],
  ])(
    'ends when the runner has fallen deaf while %s (a waiting one: again), and takes its registration along',
    (_, story) => {
      const { life, effects } = play([...story, [6 * minute, deaf]])
      expect(life.state).toBe('gone')
      expect(effects.slice(-2)).toEqual([
        { kind: 'say', milestone: 'ending', text: 'why' },
        { kind: 'leave', registered: true },
      ])
    },
  )

  it('ends at once when that is certain, as with a token that has ended', () => {
    const { effects } = play([...online, [5 * second, said({ kind: 'deaf', text: 'why', final: true })]])
    expect(effects.at(-1)).toEqual({ kind: 'leave', registered: true })
  })

  it('starts a runner again that was refused once, though it falls silent instead of ending', () => {
    const { life, effects } = play([...online, [second, deaf], [2 * second, { kind: 'exited' }]])
    expect(life.state).toBe('idle')
    expect(effects.slice(-3)).toEqual([
      { kind: 'stop', now: true },
      { kind: 'say', milestone: 'registering', text: 'why; trying again' },
      { kind: 'start', after: 30 * second, first: false },
    ])
  })

  it('shows once that GitLab cannot be reached, and why, and goes on', () => {
    const trouble = (text: string) => said({ kind: 'trouble', text })
    const { life, effects } = play([
      ...online,
      [minute, trouble('x509')],
      [minute + 3000, trouble('x509')],
      [2 * minute, trouble('timeout')],
    ])
    expect(life.state).toBe('idle')
    expect(effects.slice(2)).toEqual([
      { kind: 'say', milestone: 'registering', text: 'x509; trying again' },
      { kind: 'say', milestone: 'registering', text: 'timeout; trying again' },
    ])
  })

  it('asks gently for an idle end, and at once for an interruption', () => {
    const idle = play([...online, ...looks(2 * second, 6 * minute)]).effects
    expect(idle.filter(({ kind }) => kind === 'stop')).toEqual([{ kind: 'stop', now: false }])
    const taken = play([
      ...online,
      [minute, started],
      [2 * minute, { kind: 'interrupted', why: 'spot', urgent: true }],
    ])
    expect(taken.effects.at(-1)).toEqual({ kind: 'stop', now: true })
    // After a gentle word the strong one still comes; after that, none.
    const both = play([
      ...online,
      ...looks(2 * second, 6 * minute),
      [6 * minute, { kind: 'interrupted', why: 'spot', urgent: true }],
      [6 * minute + 1, { kind: 'interrupted', why: 'power', urgent: true }],
    ])
    expect(both.effects.filter(({ kind }) => kind === 'stop')).toEqual([
      { kind: 'stop', now: false },
      { kind: 'stop', now: true },
    ])
  })

  it('of a single runner leaves a registration to remove', () => {
    const story = [
      ...online,
      [minute, started],
      [2 * minute, ended],
      [2 * minute, { kind: 'exited' }],
    ] as const
    expect(play(story, { ...rules, single: true }).effects.at(-1)).toEqual({
      kind: 'leave',
      registered: true,
    })
  })

  it('that fails before it began leaves the registration that the launcher made', () => {
    expect(play([[0, { kind: 'failed', why: 'x' }]]).effects.at(-1)).toEqual({
      kind: 'leave',
      registered: true,
    })
  })
})

describeWith(['curl'])("the agent's own request", () => {
  let folder = ''
  let server: Server
  let answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = []
  const bodies: string[] = []
  const paths: string[] = []

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agent-request-'))
    mkdirSync(join(folder, machinePaths.state), { recursive: true })
    bodies.length = 0
    paths.length = 0
    server = createServer((incoming, response) => {
      paths.push(`${incoming.method} ${incoming.url}`)
      let body = ''
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
      incoming.on('end', () => {
        bodies.push(body)
        const [answer = (_, last) => void last.writeHead(204).end()] = answers.splice(0, 1)
        answer(incoming, response)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const status = (code: number) => (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(code, { 'content-type': 'application/json' }).end('{"message":"no"}')
  const send = (url = `${base()}/api/v4/runners`, given: Partial<AgentConfig> = {}) => {
    const world = {
      root: folder,
      environment: { PATH: '/usr/bin:/bin' },
      config: config(given),
      journal: () => undefined,
    }
    return request(world, { method: 'DELETE', url, form: { token: 'a&b "c\\d' }, gone: [403, 404] })
  }

  it('carries its secret in the body, from a file that is gone afterwards', async () => {
    const file = join(folder, machinePaths.request)
    // A file that was left there is replaced, whoever could read it.
    writeFileSync(file, 'old')
    expect(await send()).toBeUndefined()
    expect(paths).toEqual(['DELETE /api/v4/runners'])
    expect(new URLSearchParams(bodies[0]).get('token')).toBe('a&b "c\\d')
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })

  it.each([403, 404])('is content when %i says that there is nothing to remove', async (code) => {
    answers = [status(code)]
    expect(await send()).toBeUndefined()
    expect(paths).toHaveLength(1)
  })

  it('is made again when the server may be fine soon, and otherwise says what went wrong', async () => {
    answers = [status(503), status(200)]
    expect(await send()).toBeUndefined()
    expect(paths).toHaveLength(2)
    answers = [status(400)]
    expect(await send()).toBe('HTTP 400')
    expect(await send('http://127.0.0.1:1/x')).toMatch(/^curl: \(7\)/)
  })

  it('goes through the proxy that the machine was given', async () => {
    expect(
      await send('http://gitlab.example/api/v4/runners', { proxy: { http: base(), no: 'other.example' } }),
    ).toBeUndefined()
    expect(paths).toEqual(['DELETE http://gitlab.example/api/v4/runners'])
  })
})
