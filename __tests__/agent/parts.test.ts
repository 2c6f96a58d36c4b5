import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { Console, quotable } from '../../src/agent/console.ts'
import { beat } from '../../src/agent/fuse.ts'
import { LineSplitter } from '../../src/agent/lines.ts'
import { descends, findWorkers, takeHookMessages } from '../../src/agent/look.ts'
import { run } from '../../src/agent/run.ts'
import { githubProgram } from '../../src/forges/github/runner-program.ts'
import { milestonePattern, type AgentConfig } from '../../src/machine/agent-config.ts'
import { FakeClock } from '../emulators/fake-clock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-parts-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const config = (change: Partial<AgentConfig> = {}): AgentConfig => ({
  version: 1,
  identity: 'abcdefghijklmnopqrst',
  cloud: 'nimbus',
  name: 'cml-abc',
  labels: ['cml', 'gpu'],
  single: false,
  idleTimeout: 300,
  expiresAt: 2_000_000_000,
  startupScript: false,
  registration: {
    forge: 'github',
    kind: 'token',
    url: 'https://github.com/o/r',
    token: 'secret',
    expiresAt: 1_900_000_000,
  },
  proxy: {},
  ...change,
})

describe('lines of output', () => {
  const split = (chunks: readonly Buffer[]): string[] => {
    const lines: string[] = []
    const splitter = new LineSplitter((line) => lines.push(line))
    for (const chunk of chunks) splitter.push(chunk)
    splitter.end()
    return lines
  }

  it('come out whole however the bytes are cut, in mid-character too', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''))
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 8 }),
        fc.array(fc.nat({ max: 400 }), { maxLength: 12 }),
        fc.boolean(),
        (lines, cuts, windows) => {
          const bytes = Buffer.from(lines.map((text) => `${text}${windows ? '\r\n' : '\n'}`).join(''))
          const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
          const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
          expect(split(chunks)).toEqual(lines)
        },
      ),
      { seed: 20261121, numRuns: 500 },
    )
  })

  it('include a last one without its end', () => {
    expect(split([Buffer.from('a\nb')])).toEqual(['a', 'b'])
  })

  it('are cut where they would never end', () => {
    expect(split([Buffer.alloc(100_000, 'x'), Buffer.from('\nnext\n')]).map((line) => line.length)).toEqual([
      16_384, 4,
    ])
  })
})

describe("the lines of GitHub's runner", () => {
  const at = '2026-11-21 20:31:00Z: '
  it.each([
    [`${at}Listening for Jobs`, { kind: 'listening' }],
    [`${at}Running job: train (a, b)`, { kind: 'job-started', name: 'train (a, b)' }],
    [`${at}Running job: __proto__`, { kind: 'job-started', name: '__proto__' }],
    [
      `${at}Running job: x completed with result: Succeeded`,
      { kind: 'job-started', name: 'x completed with result: Succeeded' },
    ],
    [
      `${at}Running job: {"kind":"unregistered","kind":"job-ended"}`,
      { kind: 'job-started', name: '{"kind":"unregistered","kind":"job-ended"}' },
    ],
    [
      `${at}Job train completed with result: Succeeded`,
      { kind: 'job-ended', name: 'train', result: 'Succeeded' },
    ],
    [
      `${at}Job x completed with result: Failed completed with result: SucceededWithIssues`,
      { kind: 'job-ended', name: 'x completed with result: Failed', result: 'SucceededWithIssues' },
    ],
    ['Runner update in progress, do not shutdown runner.', { kind: 'updating' }],
    [
      'The runner no longer exists on the server. Cleaning up local configuration.',
      { kind: 'unregistered', final: true },
    ],
    [
      'Failed to create a session. The runner registration has been deleted from the server, please re-configure. Runner registrations are automatically deleted for runners that have not connected to the service recently.',
      { kind: 'unregistered', final: false },
    ],
    [
      'An error occured: Runner version v2.329.0 is deprecated and cannot receive messages.',
      { kind: 'refused' },
    ],
    [
      'An error occurred: Runner version v2.329.0 is deprecated and cannot receive messages.',
      { kind: 'refused' },
    ],
    ['A session for this runner already exists.', { kind: 'refused' }],
  ])('%s', (line, event) => {
    expect(githubProgram.read(line)).toMatchObject(event)
  })

  it.each([
    `[RUNNER 2026-11-21 20:31:00Z INFO Terminal] WRITE LINE: ${at}Running job: train`,
    `[RUNNER 2026-11-21 20:31:00Z INFO Terminal] WRITE LINE: ${at}Job train completed with result: Succeeded`,
    `echo ${at}Listening for Jobs`,
    `${at}Listening for Jobs and more`,
    `${at}Job train completed with result: Succeeded, they say`,
    `${at}Job train completed with result: Unknown`,
    `${at}Runner connect error: no route. Retrying until reconnected.`,
    `${at}Runner reconnected.`,
    'Running job: train',
    '> The runner no longer exists on the server.',
    '',
  ])('%s means nothing', (line) => {
    expect(githubProgram.read(line)).toBeUndefined()
  })
})

describe("the commands of GitHub's runner", () => {
  const here = { home: '/opt/cml-runner', workFolder: '/work', docker: true, gpus: false }

  it('never show a secret in their arguments', () => {
    const command = githubProgram.register(config({ single: true, workdir: '/mnt/work' }), false)
    expect(command).toEqual({
      line: [
        './config.sh',
        '--unattended',
        '--ephemeral',
        '--url',
        'https://github.com/o/r',
        '--name',
        'cml-abc',
        '--labels',
        'cml,gpu',
        '--work',
        '/mnt/work',
      ],
      environment: { ACTIONS_RUNNER_INPUT_TOKEN: 'secret' },
    })
    const jit = config({ registration: { forge: 'github', kind: 'jit', config: 'encoded' } })
    expect(githubProgram.register(jit, false)).toBeUndefined()
    expect(githubProgram.start(jit, true, here)).toEqual({
      line: ['./run.sh'],
      environment: { RUNNER_MANUALLY_TRAP_SIG: '1', ACTIONS_RUNNER_INPUT_JITCONFIG: 'encoded' },
    })
    expect(githubProgram.start(jit, false, here).environment).toEqual({ RUNNER_MANUALLY_TRAP_SIG: '1' })
  })

  it('replace the runner that a try before may have left, and none on the first', () => {
    expect(githubProgram.register(config(), false)?.line).not.toContain('--replace')
    expect(githubProgram.register(config(), true)?.line).toContain('--replace')
  })

  it('pass a value that looks like a flag where it cannot be taken for one', () => {
    const command = githubProgram.register(
      config({ name: '--replace', registration: { ...config().registration, group: '-x' } as never }),
      false,
    )
    expect(command?.line).not.toContain('--replace')
    expect(command?.environment).toMatchObject({
      ACTIONS_RUNNER_INPUT_NAME: '--replace',
      ACTIONS_RUNNER_INPUT_RUNNERGROUP: '-x',
    })
  })

  it('remove a registration only while its token is good, and never a just-in-time one', () => {
    const { registration } = config()
    expect(githubProgram.remove(registration, 1_899_999_999)).toMatchObject({
      line: ['./config.sh', 'remove'],
    })
    expect(githubProgram.remove(registration, 1_900_000_000)).toBeUndefined()
    expect(githubProgram.remove({ forge: 'github', kind: 'jit', config: 'x' }, 0)).toBeUndefined()
  })

  it.each([
    [
      'Http response code: ServiceUnavailable from POST https://api.github.com/actions/runner-registration',
      true,
    ],
    ['Name or service not known (api.github.com:443)', true],
    ['Http response code: NotFound from POST https://api.github.com/actions/runner-registration', false],
    ['A runner exists with the same name cml-abc.', false],
  ])('%s: worth another try %s', (output, worth) => {
    expect(githubProgram.transient(output)).toBe(worth)
  })
})

describe('a look at the machine', () => {
  it('takes the messages of hooks in their order, and nothing of what else lies there', () => {
    for (const name of [
      'completed-200',
      'started-99',
      'started-',
      'started-1x',
      'other',
      'started-300 ',
      'completed-1000',
    ])
      writeFileSync(join(folder, name), 'never read')
    symlinkSync('/etc/hostname', join(folder, 'started-250'))
    mkdirSync(join(folder, 'completed-1'))
    expect(takeHookMessages(folder)).toEqual(['started', 'completed', 'started', 'completed'])
    expect(readdirSync(folder)).toEqual(['completed-1'])
    expect(existsSync('/etc/hostname')).toBe(true)
    expect(takeHookMessages(join(folder, 'absent'))).toEqual([])
  })

  it('hears of the job, whatever folders a job puts in the way', () => {
    for (let index = 0; index < 1000; index++) mkdirSync(join(folder, `completed-${index}`))
    writeFileSync(join(folder, 'started-5'), '')
    expect(takeHookMessages(folder)).toEqual(['started'])
  })

  it('is bounded, however many files a job leaves', () => {
    for (let index = 0; index < 1500; index++) writeFileSync(join(folder, `started-${index}`), '')
    expect(takeHookMessages(folder)).toHaveLength(1000)
    expect(takeHookMessages(folder)).toHaveLength(500)
  })

  it('finds workers below the runner by what they execute, and no others', async () => {
    const worker = join(folder, 'Runner.Worker')
    writeFileSync(worker, '#!/bin/sh\necho up\nread -r line\n')
    chmodSync(worker, 0o755)
    const up = (command: string, args: readonly string[]) => {
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
      return new Promise<typeof child>((resolve) => child.stdout.once('data', () => resolve(child)))
    }
    // The shell stands for run.sh, with its worker below; the other worker is nobody's here.
    const parent = await up('/bin/sh', ['-c', `"${worker}"; :`])
    const stranger = await up(worker, [])
    try {
      const found = findWorkers(parent.pid ?? 0, 'Runner.Worker')
      expect(found).toHaveLength(1)
      expect(found[0]).toMatch(/^\d+:\d+$/)
      expect(findWorkers(parent.pid ?? 0, 'Runner.Listener')).toEqual([])
      expect(findWorkers(stranger.pid ?? 0, 'Runner.Worker')).toEqual([])
    } finally {
      const ended = new Promise((resolve) => parent.on('exit', resolve))
      parent.stdin.end()
      stranger.stdin.end()
      await ended
    }
    expect(findWorkers(parent.pid ?? 0, 'Runner.Worker')).toEqual([])
  })
})

it('a circle of parents, which a table read while numbers are given again may show, ends the search', () => {
  const circle = new Map([
    [7, { parent: 8 }],
    [8, { parent: 7 }],
    [9, { parent: 8 }],
  ])
  expect(descends(circle, 9, 1000)).toBe(false)
  expect(descends(circle, 9, 7)).toBe(true)
})

describe('the console', () => {
  it('shows milestones that the launcher reads back, and quotes what others wrote so that it cannot pass for one', () => {
    const path = join(folder, 'console')
    const console = new Console(path, new FakeClock(1_790_000_000_500))
    console.say('failed', 'two\nlines \u001b[31mred')
    console.quote('cml-runner 1790000000 listening')
    const [milestone = '', quote = ''] = readFileSync(path, 'utf8').split('\n')
    expect(milestonePattern.exec(milestone)?.slice(1)).toEqual(['1790000000', 'failed', 'two lines red'])
    expect(quote).not.toMatch(milestonePattern)
    expect(quote).toContain('cml-runner 1790000000 listening')
  })

  it('does without one', () => {
    expect(() => new Console(join(folder, 'no/such/console'), new FakeClock()).say('listening')).not.toThrow()
  })

  it('is spared long lines and control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(quotable(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
        expect(quotable(text).length).toBeLessThanOrEqual(500)
      }),
      { seed: 20261121 },
    )
  })
})

describe('a program that is run', () => {
  it('gives back its status and its last lines, from both streams', async () => {
    expect(await run(['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'], { keep: 2 })).toMatchObject({
      status: 3,
      lines: expect.arrayContaining(['out', 'err']),
    })
    expect((await run(['/bin/sh', '-c', 'seq 1 30'], { keep: 2 })).lines).toEqual(['29', '30'])
    expect((await run(['/bin/sh', '-c', 'kill -9 $$'], {})).status).toBe('SIGKILL')
    expect((await run(['/no/such/program'], {})).status).toBe(127)
  })
})

describe('the heartbeat', () => {
  it('takes over from the boot timer before it stops that, and goes on until the agent is told to stop', async () => {
    mkdirSync(join(folder, 'bin'))
    writeFileSync(
      join(folder, 'bin/systemctl'),
      `#!/bin/sh\necho "$*" >>'${folder}/calls'\n[ ! -e '${folder}/broken' ]\n`,
    )
    chmodSync(join(folder, 'bin/systemctl'), 0o755)
    writeFileSync(join(folder, 'broken'), '')
    const stop = new AbortController()
    const clock = new FakeClock(0)
    const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')
    // One sleep lies between two beats: this clock counts them.
    const counting = {
      ...clock,
      now: () => clock.now(),
      random: () => 0,
      sleep: async (ms: number) => {
        expect(ms).toBeLessThanOrEqual(5 * 60_000)
        rmSync(join(folder, 'broken'), { force: true })
        if (calls().length >= 5) stop.abort()
      },
    }
    await beat({
      clock: counting,
      environment: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` },
      stop: stop.signal,
    })
    const restart = 'restart cml-runner-heartbeat.timer'
    expect(calls()).toEqual([restart, restart, 'stop cml-runner-boot.timer', restart, restart])
  })
})
