import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { readArguments, type Arguments } from '../hosts/arguments.ts'
import { afterScriptHost, commandLineHost } from '../hosts/command-line.ts'
import { exitCodeOf } from '../hosts/signals.ts'
import type { CommandLineHost, TerminalHost } from '../hosts/terminal.ts'
import { systemClock } from '../lib/clock.ts'
import { withoutCml } from '../options/command.ts'
import { shapeOf } from '../options/shape.ts'
import { catalogue } from './catalogue.ts'
import { conclude, newWork, type Work } from './conclude.ts'
import { workingOn } from './working-on.ts'

/** The command line. Returns the exit code. */
export async function cli(dist: string, argv: readonly string[]): Promise<number> {
  if (argv[0] === workingOn && argv.length === 1) return (await import('./here.ts')).hereDoor()
  const read = readArguments(argv, shapeOf(catalogue.table))
  const [first, second] = withoutCml(read.words)
  if (read.version || first === 'version') return print(`${await versionOf(dist)}\n`)
  if (read.help || first === 'help') {
    const { helpOf } = await import('./help.ts')
    return print(helpOf(await versionOf(dist), read.help ? first : second, paint))
  }
  const after = afterScriptHost(read)
  if (after) return (await import('./post.ts')).post(after)
  const host = await commandLineHost(read)
  const work = newWork()
  return Promise.race([conclude(host, () => carryOut(dist, host, read, work), work), forsaken(host, work)])
}

/** Nothing but text where no terminal shows it, and where NO_COLOR is set. */
function paint(how: 'bold' | 'dim' | 'cyan', text: string): string {
  return styleText(how, text, { stream: process.stdout })
}

/** Loaded late: help and version need none of it. */
async function carryOut(dist: string, host: CommandLineHost, read: Arguments, work: Work): Promise<void> {
  const { compose } = await import('./compose.ts')
  const { obey } = await import('./commands.ts')
  await obey(await compose(host, host.readOptions()), dist, work, read)
}

/**
 * Milliseconds from the first signal after which the process leaves: what a job of CI gives it, as far as that can be relied on, or early
 * where a step follows that goes on with the removal and gets its time only then.
 */
const mercy = { alone: 7_800, followed: 1_500 } as const

/**
 * Whoever sends a second signal will not wait for the removal, and a job of CI cannot: a person must know what may be left. Verbs keep within
 * that time themselves; this holds when something else does not answer.
 */
async function forsaken(host: TerminalHost, work: Work): Promise<number> {
  const { signal, insistence, hurried, log } = host
  // Whether a step follows is known only when the signal comes: at the end of its time a job of GitLab has none.
  const time = (): number => (host.postFollows ? mercy.followed : mercy.alone)
  const overdue = hurried ? [aborted(signal).then(() => systemClock.sleep(time()))] : []
  await Promise.race([aborted(insistence), ...overdue])
  if (!host.postFollows) for (const line of await work.left()) log.warn(line)
  return exitCodeOf(insistence.aborted ? insistence.reason : signal.reason)
}

async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}

/** The package's version, beside the folder of the doors in every way this program is shipped. */
async function versionOf(dist: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dist, '..', 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

function print(text: string): 0 {
  process.stdout.write(text)
  return 0
}
