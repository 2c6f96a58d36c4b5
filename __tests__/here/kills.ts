import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ForgeName } from '../sides/sides.ts'
import {
  homeOf,
  isGithub,
  jobOf,
  leftRunning,
  openBox,
  type Box,
  type PlainJob,
  type Started,
} from './box.ts'

/** A point of a runner's life at which something may happen to it. */
export interface Moment {
  readonly title: string
  /** A request on its way; else a state that lasts. */
  readonly request: boolean
  /** A job is at work until it is let go. */
  readonly busy: boolean
  /** Its own program is there, beside the process that a person started. */
  readonly program: boolean
  /** Resolves when it is there. What is kept on its way meanwhile goes on after `release`. */
  arrange(box: Box, runner: Started, job: Promise<PlainJob>): Promise<void>
}

interface Asked {
  readonly method: string
  readonly path: string
}

/** The same for every box and every run. */
const shapeOf = ({ method, path }: Asked): string =>
  `${method} ${path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '*')
    .replace(/[0-9a-f]{64}/g, '*')
    .replace(/\/\d+(?=\/|$)/g, '/*')}`

const idle = '--idle-timeout=1'

/** Every kind of request that a life with one job makes, in their order, and whose program makes it. */
async function requestsOf(forge: ForgeName): Promise<ReadonlyMap<string, 'launcher' | 'program'>> {
  const box: Box = await openBox<ForgeName>(forge)
  try {
    const runner = box.start(['--labels=tf', idle])
    await runner.said(/ listening/)
    await jobOf(box, 'tf', 'true').completed
    await runner.ended
    const whose = ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) =>
      /^(GitHubActionsRunner|gitlab-runner|config)/i.test(String(headers['user-agent']))
        ? 'program'
        : 'launcher'
    return new Map(box.emulator.journal.map((entry) => [shapeOf(entry), whose(entry)] as const).toReversed())
  } finally {
    await box.close()
  }
}

/** Kept on its way before the forge looks at it; or heard by the forge, which is not heard any more. */
const sides = ['before', 'after'] as const

function momentOf(shape: string, whose: 'launcher' | 'program', side: (typeof sides)[number]): Moment {
  return {
    title: `${side} ${whose === 'launcher' ? 'its' : "its program's"} ${shape}`,
    request: true,
    busy: false,
    program: whose === 'program',
    arrange: (box) =>
      new Promise((reached) => {
        let struck = false
        const isMeant = (entry: Asked): boolean => !struck && shapeOf(entry) === shape
        if (side === 'before')
          box.emulator.hold = (entry: Asked) => {
            if (!isMeant(entry)) return undefined
            struck = true
            reached()
            return released(box)
          }
        else
          box.emulator.fault = (entry: Asked) => {
            if (!isMeant(entry)) return undefined
            struck = true
            // What it asks for is done by then.
            setImmediate(reached)
            // Its program waits for ever for an answer; no network does.
            return whose === 'program' ? 'reset-after' : 'unheard'
          }
      }),
  }
}

const waiting = new WeakMap<Box, () => void>()
const released = (box: Box): Promise<void> => new Promise((resolve) => void waiting.set(box, resolve))

/** Lets everything go on that is kept on its way. */
export function release(box: Box): void {
  box.emulator.hold = undefined
  box.emulator.fault = undefined
  waiting.get(box)?.()
}

/** Lets the job end by itself. */
export const letGo = (box: Box): void => writeFileSync(goOf(box), '')

const goOf = ({ home }: Box): string => join(home, 'go')

const states: readonly Moment[] = [
  {
    title: 'while it waits for a job',
    request: false,
    busy: false,
    program: true,
    arrange: async (_, runner) => void (await runner.said(/ listening/)),
  },
  {
    title: 'while a job runs',
    request: false,
    busy: true,
    program: true,
    async arrange(box, runner, job) {
      const text = await job
      await runner.said(/ job-started/)
      await box.emulator.until(() => /began/.test(text.text()))
    },
  },
  {
    title: 'while it leaves',
    request: false,
    busy: false,
    program: true,
    arrange: async (_, runner) => void (await runner.said(/ ending/)),
  },
]

export async function momentsOf(forge: ForgeName): Promise<readonly Moment[]> {
  const requests = [...(await requestsOf(forge))].toReversed()
  return [
    ...requests.flatMap(([shape, whose]) => sides.map((side) => momentOf(shape, whose, side))),
    ...states,
  ]
}

/** Something that happens to it, and what it may end with. */
export interface Deed {
  readonly title: string
  readonly codes: readonly (number | string)[]
  /** Nothing of it is left at the forge, either. */
  readonly clean: boolean
  /** A job that runs may end by itself. */
  readonly lets?: boolean
  /** Somebody is left to end a job that runs, so that the forge hears of it at once; else it finds out by silence. */
  readonly tells: boolean
  /** What has nobody to end it works on, until the next start. */
  readonly alone?: boolean
  /** Needs the runner's program. */
  readonly program?: boolean
  act(box: Box, runner: Started): void
}

/** Of two signals at once either may be heard first. */
const told = (codes: readonly number[], ...signals: readonly NodeJS.Signals[]): Deed => ({
  title: `told by ${signals.join(' and ')}`,
  codes,
  clean: true,
  tells: true,
  lets: signals.length === 1,
  act: (_, runner) => signals.forEach((signal) => runner.signal(signal)),
})

const guards = (box: Box): readonly number[] => box.processes().filter((pid) => !box.programs().includes(pid))
const programs = (box: Box, { pid }: Started): readonly number[] =>
  box.programs().filter((one) => one !== pid)

export const deeds: readonly Deed[] = [
  told([130], 'SIGINT'),
  told([143], 'SIGTERM'),
  // Two of one kind may arrive as one.
  told([130, 143], 'SIGINT', 'SIGTERM'),
  {
    title: 'killed',
    codes: ['SIGKILL'],
    clean: false,
    tells: true,
    act: (_, { pid }) => killAll([pid]),
  },
  {
    title: 'robbed of its program',
    // What cannot even be configured is no runner.
    codes: [0, 1],
    clean: true,
    tells: false,
    program: true,
    act: (box, runner) => killAll(programs(box, runner)),
  },
  {
    title: 'killed with everything',
    codes: ['SIGKILL'],
    clean: false,
    tells: false,
    act: (box, { pid }) => killAll([...guards(box), pid, ...box.processes()]),
  },
  {
    title: 'killed with its guard',
    codes: ['SIGKILL'],
    clean: false,
    tells: true,
    alone: true,
    act: (box, { pid }) => killAll([...guards(box), pid]),
  },
]

function killAll(pids: readonly number[]): void {
  for (const pid of pids)
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
}

/** What no runner may touch: processes and files of others on this machine, and the machine itself. */
export class Others {
  readonly #box: Box
  readonly #process: ChildProcess
  readonly #told: string
  /** In front of all other programs. */
  readonly path: string

  constructor(box: Box) {
    this.#box = box
    this.#told = join(box.home, 'told')
    this.path = join(box.home, 'stand-ins')
    mkdirSync(this.path)
    for (const name of ['shutdown', 'poweroff', 'halt', 'reboot', 'systemctl']) {
      writeFileSync(join(this.path, name), `#!/bin/sh\necho ${name} "$@" >>'${this.#told}'\n`)
      chmodSync(join(this.path, name), 0o755)
    }
    writeFileSync(join(box.home, 'thesis.txt'), 'mine')
    this.#process = spawn('sleep', ['600'], { cwd: box.home, stdio: 'ignore', detached: true })
  }

  /** The number of the runner's program becomes that of a process of somebody else, as it may after a while. */
  takeNumber(): void {
    if (existsSync(join(homeOf(this.#box), 'pid')))
      writeFileSync(join(homeOf(this.#box), 'pid'), `${this.#process.pid}\n`)
  }

  /** What was touched: sentences. */
  touched(): readonly string[] {
    const { exitCode, signalCode } = this.#process
    const ours = ['.cml-runner', 'go', 'stand-ins', 'thesis.txt', 'told']
    const more = readdirSync(this.#box.home).filter((name) => !ours.includes(name))
    return [
      ...(exitCode === null && signalCode === null
        ? []
        : [`somebody's process ended with ${exitCode ?? signalCode}`]),
      ...(existsSync(this.#told) ? [`the machine was told: ${readFileSync(this.#told, 'utf8')}`] : []),
      ...(readFileSync(join(this.#box.home, 'thesis.txt'), 'utf8') === 'mine'
        ? []
        : ["somebody's file was changed"]),
      ...more.map((name) => `there is a new file: ${name}`),
    ]
  }

  end(): void {
    this.#process.kill('SIGKILL')
  }
}

/** ms after which a forge knows that nobody works on a job any more. */
const silence = (box: Box): number => (isGithub(box) ? 16 : 61) * 60_000

/** What a job came to as the forge shows it: it has ended, or waits for somebody else. Resolves when that can be seen. */
export async function seenToEnd(box: Box, job: PlainJob): Promise<void> {
  const waits = box.emulator.until(() => job.waits())
  waits.catch(() => undefined)
  await Promise.race([job.completed, waits])
}

/** One life to which something happens, and the next one in the same folder. */
export class Story {
  readonly #box: Box
  readonly #others: Others
  #job: PlainJob | undefined
  readonly first: Started

  constructor(box: Box, others: Others, moment: Moment) {
    this.#box = box
    this.#others = others
    box.noticeSoon()
    if (!moment.busy) letGo(box)
    this.first = this.#start()
  }

  #start(): Started {
    return this.#box.start(['--labels=tf', idle], { PATH: `${this.#others.path}:${process.env.PATH}` })
  }

  /** Rejects when it ends without. */
  async reach(moment: Moment): Promise<void> {
    const go = goOf(this.#box)
    const job = this.first
      .said(/ listening/)
      .then(
        () => (this.#job = jobOf(this.#box, 'tf', `echo began; while [ ! -e '${go}' ]; do sleep 0.1; done`)),
      )
    job.catch(() => undefined)
    const early = this.first.ended.then((code) => {
      throw new Error(`It ended with ${code}, and never was ${moment.title}:\n${this.first.log()}`)
    })
    await Promise.race([moment.arrange(this.#box, this.first, job), early])
  }

  /** Time goes by at the forge, once it knows that nobody is there, and it gives up the job. */
  async forgeNotices(): Promise<void> {
    const { emulator } = this.#box
    // The other one sees no connections.
    if (isGithub(this.#box)) await emulator.until(() => emulator.runners().every(({ online }) => !online))
    emulator.advance(silence(this.#box))
  }

  /** The next start. Gives its exit code. */
  async again(): Promise<number | string> {
    const second = this.#start()
    const code = await second.ended
    if (code !== 0) throw new Error(`The next start ended with ${code}:\n${second.log()}`)
    return code
  }

  /** The forge has heard what became of the job. Rejects where nobody is left who could tell it: waiting for that would have no end. */
  async jobWasTold(): Promise<void> {
    const left = await leftRunning(this.#box)
    const over = this.jobIsOver().then(() => true)
    if (left.length > 0 || (await Promise.race([over, nextTurn().then(() => false)])))
      return void (await over)
    throw new Error(
      `Nobody is left, and the forge was not told what became of the job:\n${this.#job?.text()}\n${this.first.log()}`,
    )
  }

  /** False where there was none, or where it has failed. */
  async jobIsOver(): Promise<boolean> {
    if (this.#job) await seenToEnd(this.#box, this.#job)
    return this.#job?.succeeded ?? false
  }
}
