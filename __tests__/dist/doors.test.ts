import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runAction, type ActionOptions } from '../emulators/action-runner.ts'
import { clouds } from '../../src/clouds/registry.ts'
import type { EmulatedCloud } from '../sides/cloud-side.ts'
import { usualCloud } from '../sides/sides.ts'
import { startGithub, type GithubEmulator } from '../emulators/github/github.ts'
import { helpOf } from '../../src/entry/help.ts'
import { testWith } from '../needs.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const dist = join(root, 'dist')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

let cloud: EmulatedCloud
let github: GithubEmulator
let temp: string

beforeAll(() => {
  temp = mkdtempSync(join(tmpdir(), 'doors-test-'))
})
afterAll(() => rmSync(temp, { recursive: true }))
afterEach(async () => {
  await Promise.all([cloud.close(), github.close()])
})

function step(inputs: Record<string, string>, rest: Partial<ActionOptions> = {}) {
  const token = github.token()
  const given = { cloud: usualCloud().name, token, ...inputs }
  const env = { ...cloud.variables, ...github.variables, ...rest.env }
  return runAction({ dist, secrets: [token], ...rest, inputs: given, env })
}

interface CliOptions {
  readonly env?: Record<string, string>
  readonly cwd?: string
  /** Sends a SIGINT once the log holds each of these. */
  readonly interruptAt?: readonly string[]
}

async function cli(argv: readonly string[], { env = {}, cwd = temp, interruptAt = [] }: CliOptions = {}) {
  const base = { PATH: process.env.PATH ?? '', HOME: temp, ...cloud.variables }
  const child = spawn(process.execPath, [join(dist, 'cli.js'), ...argv], {
    cwd,
    env: { ...base, ...env },
  })
  const texts = { stdout: '', stderr: '' }
  const pending = [...interruptAt]
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
      if (pending[0] !== undefined && texts.stderr.includes(pending[0])) {
        pending.shift()
        child.kill('SIGINT')
      }
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { ...texts, code }
}

const nothingAsked = () => expect([...cloud.calls(), ...github.journal]).toEqual([])

describe('the action’s doors', () => {
  beforeEach(async () => {
    ;[cloud, github] = await Promise.all([usualCloud().start(), startGithub()])
  })

  test('unusable inputs are told in one annotation, ask nobody anything, and leave the post step nothing to do', async () => {
    const { main, post } = await step({ cloud: 'asw', 'cloud-hdd-size': 'big', 'idle-timout': '5m' })
    expect(main.exitCode).toBe(2)
    expect(main.log.match(/##\[error\]/g)).toHaveLength(1)
    for (const part of [
      '3 problems',
      '`cloud`: "asw"',
      '`cloud-hdd-size`: "big"',
      'Did you mean `idle-timeout`?',
    ])
      expect(main.log).toContain(part)
    expect(post).toMatchObject({ exitCode: 0, log: 'Nothing was launched: the options were refused.' })
    nothingAsked()
  })

  test.each([
    [{ cloud: '' }, '`cloud` is missing'],
    [
      { command: 'docter' },
      'There is no command "docter"; there are launch, stop, sweep, list, doctor, rerun. Did you mean `doctor`?',
    ],
    [{ 'reuse-idle': 'true', single: 'true' }, '`single` and `reuse-idle` exclude each other'],
    [{ repo: 'https://bitbucket.org/org/project' }, 'Could not use bitbucket: this version knows github'],
  ])('%j is refused with a clear line', async (inputs, line) => {
    const { main, post } = await step(inputs)
    expect([main.exitCode, post?.exitCode]).toEqual([2, 0])
    expect(main.log).toContain(line)
    nothingAsked()
  })

  test('a dry run tells its decisions and makes nothing', async () => {
    const { main, post, outputs } = await step({ 'dry-run': 'true' })
    expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
    expect(main.log).toContain('What would be tried, in this order:')
    expect(main.log).toContain('Dry run: nothing was created.')
    expect([outputs, post?.log]).toEqual([{ candidates: expect.stringContaining('"spot":false') }, ''])
    expect(cloud.calls('create')).toEqual([])
    expect(github.journal.filter(({ method }) => method !== 'GET')).toEqual([])
  })

  test('a dry run tells its decisions however little is to be logged', async () => {
    const { main } = await step({ 'dry-run': 'true', log: 'error' })
    expect(main.exitCode).toBe(0)
    expect(main.log).toContain('Dry run: nothing was created.')
  })

  test('a variable of ours that is no option warns', async () => {
    const { main } = await step({ 'dry-run': 'true' }, { env: { CML_RUNNER_IDLE_TIMOUT: '1' } })
    expect(main.exitCode).toBe(0)
    expect(main.log).toContain(
      '##[warning]The variable CML_RUNNER_IDLE_TIMOUT is not an option of cml-runner',
    )
  })

  test('a token is masked before anything else is said, and said nowhere', async () => {
    const { main } = await step(
      { name: `${github.token()}\nx`, 'cloud-gpu': github.token() },
      { secrets: [] },
    )
    expect(main.exitCode).toBe(2)
    expect(main.raw.startsWith(`::add-mask::${github.token()}`)).toBe(true)
    expect(main.raw.replaceAll(`::add-mask::${github.token()}`, '')).not.toContain(github.token())
  })
})

describe('a proxy', () => {
  beforeEach(async () => {
    ;[cloud, github] = await Promise.all([usualCloud().start(), startGithub()])
  })

  test('password is masked, and stays off the machine', async () => {
    const env = { HTTPS_PROXY: 'http://me:proxy-password@proxy.example:9', NO_PROXY: '127.0.0.1' }
    const { main } = await step({ 'dry-run': 'true' }, { env })
    expect(main.exitCode).toBe(0)
    expect(main.masks).toContain('proxy-password')
    expect(main.log).toContain('##[warning]The proxy credentials are not passed on to the runner')
  })
})

describe('the command line', () => {
  // Outside a job nothing but the repository's address tells where the API is: that of a GitHub Enterprise Server.
  beforeEach(async () => {
    ;[cloud, github] = await Promise.all([usualCloud().start(), startGithub({ api: '/api/v3' })])
  })

  const asked = () => [
    '--cloud',
    usualCloud().name,
    '--token',
    github.token(),
    '--repo',
    `${github.url}/octo-org/octo-repo`,
  ]

  test('help and version go to stdout and need nothing else', async () => {
    const [help, told] = await Promise.all([cli(['--help']), cli(['runner', 'launch', '--version'])])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    // The texts lie in a chunk of their own there.
    expect(help.stdout).toBe(helpOf(told.stdout.trim()))
    expect(told).toEqual({ code: 0, stderr: '', stdout: `${version}\n` })
    const words = [['help'], ['version'], ['help', 'stop'], ['stop', '--help']]
    const [asWord, versionWord, ofStop, ofStopToo] = await Promise.all(words.map((argv) => cli(argv)))
    expect([asWord, versionWord]).toEqual([help, told])
    expect(ofStop).toEqual(ofStopToo)
    expect(ofStop?.stdout).toContain(`cml-runner stop --cloud ${clouds[0].name} --name trainer`)
    expect(ofStop?.stdout).not.toContain('--cloud-spot')
    nothingAsked()
  })

  test('unusable arguments are told on stderr with exit code 2', async () => {
    const { code, stdout, stderr } = await cli([
      'lanch',
      '--cloud',
      usualCloud().name,
      '--reuse',
      '--single',
      '--idle-timeout',
    ])
    expect([code, stdout]).toEqual([2, ''])
    for (const part of [
      'Did you mean `launch`?',
      '`--single` and `--reuse` exclude each other',
      '`--idle-timeout` needs a value',
      '`--token` is missing',
      '`--repo` is missing',
    ]) {
      expect(stderr).toContain(part)
    }
  })

  testWith(['git'])('the repository is that of the git remote, whose credentials are not shown', async () => {
    const cwd = join(temp, 'clone')
    const git = (...args: readonly string[]) =>
      execFileSync('git', args, { env: { PATH: process.env.PATH, HOME: temp } })
    git('init', '--quiet', cwd)
    git(
      '-C',
      cwd,
      'remote',
      'add',
      'origin',
      github.url.replace('://', '://me:remote-password@') + '/octo-org/octo-repo.git',
    )
    const { code, stdout, stderr } = await cli(
      ['--cloud', usualCloud().name, '--token', github.token(), '--driver', 'github', '--dry-run'],
      { cwd },
    )
    expect(stdout + stderr).not.toContain('remote-password')
    expect(stdout).toContain('/octo-org/octo-repo. Labels:')
    expect(code).toBe(0)
  })

  test('an interrupted launch removes what it made before it ends with 130', async () => {
    const { code, stdout, stderr } = await cli([...asked(), '--driver', 'github'], {
      interruptAt: ['Waiting for runner'],
    })
    expect(stderr).toContain('Interrupted by SIGINT')
    expect([code, stdout]).toEqual([130, ''])
    expect(cloud.calls('create')).toHaveLength(1)
    expect(cloud.leftovers()).toBe(0)
  })

  test('a second interrupt ends the waiting, and tells what may be left and where', async () => {
    const { code, stderr } = await cli([...asked(), '--driver', 'github'], {
      interruptAt: ['Waiting for runner', 'Removing i-'],
    })
    expect(code).toBe(130)
    expect(stderr).toMatch(
      /warning: Stopped before the removal was confirmed\. Look in \w+ \S+ for machines with .*[a-z2-7]{20}/,
    )
    expect(stderr).not.toContain('Nothing of this launch is left')
  })
})
