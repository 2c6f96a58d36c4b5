import { closeSync, readFileSync } from 'node:fs'
import type { Arguments } from '../hosts/arguments.ts'
import { commandLineHost } from '../hosts/command-line.ts'
import { githubActionsHost } from '../hosts/github-actions.ts'
import { exitCodeOf } from '../hosts/signals.ts'
import { toldVariables, visibleEnvironment } from '../hosts/environment.ts'
import { Failure } from '../model/failure.ts'
import { secretsOf } from '../options/parse.ts'
import { catalogue } from './catalogue.ts'
import { compose, type Composition, type EntryHost } from './compose.ts'
import { conclude } from './conclude.ts'
import { hereOrderOf } from './here-order.ts'
import { workingOn } from './working-on.ts'

/** What that process is told through a pipe, and what nobody can read later: neither its arguments nor its environment hold any of it. */
interface Told {
  /** Of a command line; absent for a step of an action. */
  readonly read?: Arguments
  readonly variables: Readonly<Record<string, string>>
}

const pipe = 3

/**
 * Shell: takes a text out of the environment into a pipe, and becomes the program that reads it there. A heredoc is a pipe in most shells, in some a
 * file without a name.
 */
const handOver = `exec env -u CML_TOLD "$@" ${pipe}<<END
$CML_TOLD
END
`

/** Linux takes no longer text in an environment, less the name of the variable. */
const longestTold = 128 * 1024 - 64

/**
 * Becomes a process that holds the token in memory alone: jobs that run as the same user can read environment and arguments of every process of
 * theirs. It is the same process to whoever started it. Does not return.
 */
export function workOn(read: Arguments | undefined, { raw, ports }: Composition): never {
  const { execve, env, execPath, execArgv, argv } = process
  const secrets = secretsOf(catalogue.table, raw)
  const told = JSON.stringify({ ...(read ? { read } : {}), variables: toldVariables(env) } satisfies Told)
  if (Buffer.byteLength(told) > longestTold) throw tooMuch()
  const visible = visibleEnvironment(env, secrets)
  const line = ['sh', '-c', handOver, 'sh', execPath, ...execArgv, argv[1] ?? '', workingOn]
  ports.host.log.debug('Starting anew, without the token in the environment and the arguments.')
  if (!execve) throw tooOld()
  execve.call(process, '/bin/sh', line, { ...visible, CML_TOLD: told })
  throw tooOld()
}

function tooMuch(): Failure {
  return new Failure('invalid-input', {
    tried: 'start the runner',
    said: `the options and the variables that they are read from have more than ${longestTold} bytes`,
    fix: 'unset variables whose names begin with CML_, GITHUB_, GITLAB_, CI_ or RUNNER_ and that are not needed.',
  })
}

function tooOld(): Failure {
  return new Failure('unimplemented', {
    tried: 'start the runner without its token in the environment',
    said: `Node ${process.versions.node} cannot do that`,
    fix: 'use Node 22.19 or newer.',
  })
}

/** The process that works on: reads what it is told, and is the runner. Returns the exit code. */
export async function hereDoor(): Promise<number> {
  const told = readTold()
  if (!told) return 2
  const { read, variables } = told
  const merged = { ...process.env, ...variables }
  const host = read ? await commandLineHost(read, merged) : githubActionsHost('main', merged)
  return Promise.race([
    conclude(host, async () => {
      const composition = await compose(host, host.readOptions(), { again: true })
      const order = await hereOrderOf(composition, process.env)
      const { beRunner } = await import('../here/runner.ts')
      await beRunner(order, composition.ports)
      host.signal.throwIfAborted()
    }),
    forsaken(host),
  ])
}

function readTold(): Told | undefined {
  try {
    const told = JSON.parse(readFileSync(pipe, 'utf8')) as Told
    closeSync(pipe)
    return told
  } catch {
    // Nobody but this program can tell it.
    process.stderr.write(`error: \`${workingOn}\` is a word that cml-runner says to itself: leave it out.\n`)
    return undefined
  }
}

/** Whoever sends a third signal leaves the rest to itself: the runner's program ends by its guard, and its registration stays. */
async function forsaken(host: EntryHost): Promise<number> {
  await aborted(host.insistence)
  await aborted(host.nextSignal?.())
  host.log.warn(
    'Left at once. The runner ends within a minute. Its registration stays, offline, until cml-runner is started in the same folder again.',
  )
  return exitCodeOf(host.insistence?.reason)
}

async function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (!signal?.aborted)
    await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }))
}
