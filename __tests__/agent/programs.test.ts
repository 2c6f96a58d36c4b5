import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

import { live } from '../../src/agent/agent.ts'
import { Console } from '../../src/agent/console.ts'
import { install } from '../../src/agent/install.ts'
import { journalTo } from '../../src/agent/journal.ts'
import { onMachine } from '../../src/agent/machine.ts'
import { run } from '../../src/agent/run.ts'
import { asRunner, findRunnerUser, runnerOptions } from '../../src/agent/runner-user.ts'
import { prepareWorkFolder, Returns } from '../../src/agent/work-folder.ts'
import type { Machine, World } from '../../src/agent/world.ts'
import { systemClock, type Clock } from '../../src/lib/clock.ts'
import type { AgentConfig } from '../../src/machine/agent-config.ts'
import { jobStartedHook } from '../../src/machine/hooks.ts'
import * as machinePaths from '../../src/machine/paths.ts'
import { FakeClock } from '../emulators/fake-clock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-programs-'))
  mkdirSync(join(folder, machinePaths.tree), { recursive: true })
  put(`${machinePaths.settled}libicu`, '')
  put('bin/id', '#!/bin/sh\necho 1001\n')
  put(
    'bin/setpriv',
    `#!/bin/sh\necho "PATH $PATH" >>'${folder}/drops'\nwhile case $1 in --*) ;; *) false ;; esac; do shift; done\necho "$*" >>'${folder}/drops'\nexec "$@"\n`,
  )
  put(machinePaths.config, '{}')
  mkdirSync(join(folder, machinePaths.state), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(path: string, text: string): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text, { mode: 0o755 })
  return join(folder, path)
}

const rootPath = () => `${join(folder, 'bin')}:/usr/bin:/bin`
const consoleText = () => readFileSync(join(folder, 'console'), 'utf8')

function world(change: Partial<Machine> = {}, config: Partial<AgentConfig> = {}): Machine & World {
  const machine: Machine = {
    root: folder,
    clock: systemClock,
    environment: { PATH: rootPath() },
    console: new Console(join(folder, 'console'), systemClock),
    journal: () => undefined,
    program: {
      worker: 'Runner.Worker',
      signals: { gently: 'SIGINT', now: 'SIGINT' },
      ephemeral: true,
      waitsFor: () => undefined,
      hooks: () => ({}),
      register: () => undefined,
      transient: () => true,
      start: () => ({ line: ['/bin/true'], environment: {} }),
      remove: () => undefined,
      read: () => undefined,
    },
    abilities: {},
    config: {
      version: 1,
      identity: 'abcdefghijklmnopqrst',
      cloud: 'nimbus',
      name: 'cml-abc',
      labels: [],
      single: false,
      idleTimeout: null,
      expiresAt: 2_000_000_000,
      startupScript: true,
      registration: { forge: 'github', kind: 'jit', config: 'x' },
      proxy: {},
      ...config,
    },
    user: {
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      home: join(folder, 'home'),
      path: '/usr/bin:/bin',
    },
    stop: new AbortController().signal,
    ...change,
  }
  return { ...machine, footing: onMachine(machine), async *notices() {} }
}

describe('the startup script', () => {
  it('may leave a daemon that holds its output open: the launch goes on, and the daemon finds its pipe emptied', async () => {
    // Waiting is this test's own: the moment of the last words passes at once.
    const clock: Clock = { ...systemClock, sleep: async () => undefined }
    const pid = join(folder, 'pid')
    const daemon = `{ seq 1 100000; : >'${folder}/emptied'; exec sleep 1000; } & echo $! >'${pid}'; echo done; exit 3`
    put(machinePaths.startupScript, daemon)
    try {
      await expect(install(world({ clock }))).rejects.toThrow('the startup script ended with 3')
      while (!existsSync(join(folder, 'emptied'))) await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL')
    }
  })

  it("has an ordinary program's score when memory runs out, not the agent's", async () => {
    const own = '/proc/self/oom_score_adj'
    const before = readFileSync(own, 'utf8')
    put(machinePaths.startupScript, `cat ${own}`)
    writeFileSync(own, '345')
    try {
      await install(world())
    } finally {
      writeFileSync(own, before)
    }
    expect(consoleText()).toContain('  | 0\n')
  })

  it('shows its first 200 lines and its last 20, and all of them in the journal', async () => {
    put(machinePaths.startupScript, 'seq -f line-%g 1 1000; exit 1')
    const journal: string[] = []
    await expect(install(world({ journal: (line) => journal.push(line) }))).rejects.toThrow('line-1000')
    const quoted = consoleText()
      .split('\n')
      .filter((line) => line.startsWith('  | '))
    expect(quoted.slice(0, 2)).toEqual(['  | line-1', '  | line-2'])
    expect(quoted[199]).toBe('  | line-200')
    expect(quoted[200]).toMatch(/780 lines are left out/)
    expect([quoted[201], quoted.at(-1), quoted.length]).toEqual(['  | line-981', '  | line-1000', 221])
    expect(journal).toHaveLength(1000)
  })

  it.each([3, 200, 201, 220])('shows each of %i lines once', async (count) => {
    put(machinePaths.startupScript, `seq -f line-%g 1 ${count}`)
    await install(world())
    const expected = Array.from({ length: count }, (_, index) => `  | line-${index + 1}`)
    expect(
      consoleText()
        .split('\n')
        .filter((line) => line.startsWith('  | ')),
    ).toEqual(expected)
  })
})

describe('a registration', () => {
  it('is told whether a try before may have made half of it', async () => {
    const tries: boolean[] = []
    const { program } = world()
    const register = (_: AgentConfig, again: boolean) => {
      tries.push(again)
      return { line: [again ? '/bin/true' : '/bin/false'], environment: {} }
    }
    await install(
      world({ clock: new FakeClock(), program: { ...program, register } }, { startupScript: false }),
    )
    expect(tries).toEqual([false, true])
  })
})

describe("what runs as the runner's user", () => {
  it('is started by root with programs of root only, and has its own PATH behind that', async () => {
    const planted = put(join(machinePaths.tree, '.local/bin/setpriv'), `#!/bin/sh\n: >'${folder}/planted'\n`)
    const user = { ...world().user, path: `.local/bin:${dirname(planted)}:/usr/bin:/bin` }
    const here = world({ user })
    const options = runnerOptions(here, { line: [], environment: { WORD: 'told' } })
    const command = asRunner(user, ['/bin/sh', '-c', 'echo "$1 $WORD"', 'x', 'a b'])
    expect(await run(command, options)).toEqual({ status: 0, lines: ['a b told'] })
    expect(existsSync(join(folder, 'planted'))).toBe(false)
    const [path, words] = readFileSync(join(folder, 'drops'), 'utf8').split('\n')
    expect(path).toBe(`PATH ${rootPath()}`)
    expect(words).toMatch(`env PATH=${user.path} /bin/bash -lc`)
  })

  it.each([
    [`PATH="/usr/bin:/bin"`, '/usr/bin:/bin'],
    [`PATH=$HOME/.local/bin:/usr/bin`, 'HOME/.local/bin:/usr/bin'],
    ['LANG=C\nPATH="${HOME}/x:.:bin:~/y:$HOMER/z::/bin"\n', 'HOME/x:/bin'],
    [`PATH='/a:/b'`, '/a:/b'],
    ['PATH=.:bin', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['LANG=C', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  ])('of %j in /etc/environment takes only whole folders', (text, expected) => {
    put('etc/environment', text)
    const { path } = findRunnerUser(folder, { PATH: rootPath() })
    expect(path).toBe(expected.replace('HOME', join(folder, machinePaths.userHome)))
  })
})

describe("a work folder's return", () => {
  const mark = () => join(folder, machinePaths.state, 'returning')

  it('is marked from the end of the job to the end of the last walk, and walks come one after the other', async () => {
    // A walk that another one would see.
    put(
      'bin/find',
      `#!/bin/sh\nmkdir '${folder}/walking' || echo two >>'${folder}/walks'\n[ -e '${mark()}' ] && echo marked >>'${folder}/walks'\nsleep 0.1\nrmdir '${folder}/walking'\n`,
    )
    const returns = new Returns(world())
    const work = prepareWorkFolder(world())
    const walks = [returns.begin(work), returns.begin(work)]
    expect(existsSync(mark())).toBe(true)
    await walks[0]
    expect(existsSync(mark())).toBe(true)
    await walks[1]
    expect(existsSync(mark())).toBe(false)
    expect(readFileSync(join(folder, 'walks'), 'utf8')).toBe('marked\nmarked\n')
  })

  it('is waited for by the hook at the start of the next job', () => {
    const hook = put(machinePaths.jobStartedHook, jobStartedHook())
    put(machinePaths.packagesDone, '')
    writeFileSync(mark(), '')
    // The hook's pause is where the return ends.
    put('bin/sleep', `#!/bin/sh\necho paused\nrm '${mark()}'\n`)
    const options = { encoding: 'utf8', env: { PATH: rootPath() } } as const
    expect(spawnSync('bash', ['-e', hook], options)).toMatchObject({
      status: 0,
      stdout: 'Waiting for files of the job before\npaused\n',
      stderr: '',
    })
    expect(spawnSync('bash', ['-e', hook], options)).toMatchObject({ status: 0, stdout: '' })
  })

  it('does not hold a job for ever', () => {
    const hook = put(machinePaths.jobStartedHook, jobStartedHook())
    writeFileSync(mark(), '')
    put('bin/sleep', '#!/bin/sh\necho paused\n')
    const { status, stdout } = spawnSync('bash', ['-e', hook], {
      encoding: 'utf8',
      env: { PATH: rootPath() },
    })
    expect([status, stdout.match(/paused/g)?.length]).toEqual([0, 360])
  })
})

describe('a console that takes nothing (XOFF)', () => {
  /** A pipe that is not read: like a stopped terminal, it takes some bytes and then none. */
  const stopped = () => {
    const path = join(folder, 'slow')
    spawnSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const read = () => {
      const buffer = Buffer.alloc(1 << 20)
      let text = ''
      try {
        for (let length = -1; length !== 0; text += buffer.toString('utf8', 0, length))
          length = readSync(reader, buffer)
      } catch (error) {
        expect(error).toMatchObject({ code: 'EAGAIN' })
      }
      return text
    }
    return { path, read, close: () => closeSync(reader) }
  }

  it('holds up nobody; what waits comes out in order, and what was too much is counted', async () => {
    const { path, read, close } = stopped()
    const clock = new FakeClock()
    const console = new Console(path, clock)
    const line = (index: number) => `${index} ${'x'.repeat(100)}`
    for (let index = 0; index < 3000; index++) console.quote(line(index))
    // Still nobody reads: the flush gives up by its own bound.
    const before = clock.now()
    await console.flush(2000)
    expect(clock.now() - before).toBeLessThanOrEqual(2200)
    let text = read()
    const flushed = console.flush(60_000)
    text += read()
    await flushed
    text += read()
    close()
    const lines = text.trimEnd().split('\n')
    const dropped = Number(/\((\d+) lines were dropped/.exec(lines.at(-1) ?? '')?.[1])
    expect(lines.length - 1 + dropped).toBe(3000)
    expect(lines.slice(0, -1)).toEqual(lines.slice(0, -1).map((_, index) => `  | ${line(index)}`))
    expect(dropped).toBeGreaterThan(1000)
  })

  it('gets the last words when it goes on in time', async () => {
    const { path, read, close } = stopped()
    const clock = new FakeClock()
    const console = new Console(path, clock)
    for (let index = 0; index < 3000; index++) console.quote('x'.repeat(100))
    console.say('failed', 'why')
    let text = ''
    clock.at(1000, () => (text += read()))
    await console.flush(2000)
    expect((text += read())).toMatch(/ failed: why\n.* lines were dropped: the console was too slow\)\n$/)
    close()
  })
})

describe('a console that was hung up', () => {
  it('gets what is said from then on by being opened anew', () => {
    const path = join(folder, 'hung')
    spawnSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const console = new Console(path, new FakeClock())
    console.say('listening')
    closeSync(reader)
    // What was opened is dead (here by EPIPE, of a terminal by EIO); the name leads to something that lives.
    rmSync(path)
    console.say('interrupted', 'why')
    expect(readFileSync(path, 'utf8')).toMatch(/^cml-runner \d+ interrupted: why\n$/)
  })
})

describe('the agent', () => {
  it('outlives the journal that it writes to', async () => {
    const stream = new PassThrough()
    const say = journalTo(stream)
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy(new Error('EPIPE'))
    await closed
    expect(() => say('into the void')).not.toThrow()
  })

  it("tells why when the forge's program cannot even be started", async () => {
    const { program } = world()
    // A NUL is what no operating system takes: spawn throws, instead of telling by an event.
    const start = () => ({ line: ['\0'], environment: {} })
    await live(world({ program: { ...program, start } }, { startupScript: false }))
    expect(consoleText()).toMatch(/ failed: .*null bytes/)
  })
})
