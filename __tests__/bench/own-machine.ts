import { readFileSync } from 'node:fs'
import { openBox, type Box, type Started } from '../here/box.ts'
import type { ForgeName } from '../sides/sides.ts'
import { median, type Row } from './row.ts'

/** What becomes of this machine as a runner: `cml-runner` without a cloud. */
interface Life {
  /** Seconds from the start of the process to a runner that waits for jobs, less `others`. */
  readonly own: number
  /** Seconds of that in which the forge's own program was at work. */
  readonly others: number
  /** MB. The most of the process, which is launcher and agent, and of what watches over it. */
  readonly memory: number
}

/** MB that a process had at most since it became what it is. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** It becomes another process on its way, which begins to count anew: so it is looked at all the time. */
function watch(box: Box, { pid }: Started): { peak(): number; end(): void } {
  let most = 0
  const look = (): void => {
    const guards = box.processes().filter((one) => one !== pid && !box.programs().includes(one))
    most = Math.max(most, peakOf(pid) + guards.reduce((sum, one) => sum + peakOf(one), 0))
  }
  const timer = setInterval(look, 20)
  return { peak: () => (look(), most), end: () => clearInterval(timer) }
}

/** Seconds in which the program is not ours: from its first word to the forge to the session in which it waits. */
function othersTime(box: Box, began: number): number {
  const program = box.emulator.journal.filter(
    ({ at, headers }) =>
      at >= began && /^(GitHubActionsRunner|gitlab-runner)/.test(String(headers['user-agent'])),
  )
  const [first, last] = [
    program[0]?.at ?? 0,
    program.find(({ path }) => /\/(sessions|jobs\/request)$/.test(path))?.at ?? 0,
  ]
  return Math.max(0, last - first) / 1000
}

async function live(box: Box): Promise<Life> {
  const [at, began] = [box.emulator.now(), performance.now()]
  const runner = box.start(['--labels=tf', '--idle-timeout=1'])
  const watched = watch(box, runner)
  await runner.said(/ listening/)
  const listening = (performance.now() - began) / 1000
  await runner.ended
  watched.end()
  const others = othersTime(box, at)
  return { own: listening - others, others, memory: watched.peak() }
}

/** The first life fetches the program; those that count find it. */
export async function measureOwnMachine(
  forge: ForgeName,
  times: number,
  dist: string,
): Promise<readonly Row[]> {
  const box: Box = await openBox<ForgeName>(forge, {}, dist)
  try {
    await live(box)
    const lives: Life[] = []
    for (let time = 0; time < times; time++) lives.push(await live(box))
    const own = lives.map((life) => life.own)
    const memory = lives.map((life) => life.memory)
    return [
      {
        quantity: `this machine as a runner, ${forge}: start to listening, less the forge's program`,
        value: median(own),
        unit: 's',
        how: `median of ${times}, program fetched before`,
        samples: own,
      },
      {
        quantity: `this machine as a runner, ${forge}: memory besides the forge's program`,
        value: Math.max(...memory),
        unit: 'MB',
        budget: 120,
        how: `worst of ${times}`,
        samples: memory,
      },
    ]
  } finally {
    await box.close()
  }
}
