import { mkdirSync, chownSync } from 'node:fs'

import { live } from '../agent/agent.ts'
import { readConfig } from '../agent/config.ts'
import { Console } from '../agent/console.ts'
import { journalTo } from '../agent/journal.ts'
import { onMachine } from '../agent/machine.ts'
import { findRunnerUser } from '../agent/runner-user.ts'
import type { Abilities, Machine } from '../agent/world.ts'
import { steadyClock } from '../lib/clock.ts'
import type { CloudHalf } from '../machine/cloud-half.ts'
import * as machinePaths from '../machine/paths.ts'
import type { RunnerProgram } from '../machine/runner-program.ts'

/** How long the last words may take to reach the console, ms. */
const lastWords = 2000

/** The program on the machine, for one forge's runner on one cloud. Its exit, whatever the code, ends the machine: the unit says so. */
export async function runAgent(
  program: RunnerProgram,
  half: CloudHalf,
  abilities: Abilities = {},
): Promise<void> {
  const { CML_RUNNER_ROOT: root = '', PATH = '/usr/sbin:/usr/bin:/sbin:/bin' } = process.env
  const console = new Console(root + machinePaths.console, steadyClock)
  try {
    const machine = makeMachine(root, { PATH }, console)
    await live({
      ...machine,
      program,
      footing: onMachine({ ...machine, program, abilities }),
      notices: (signal) => half.notices({ clock: steadyClock, signal, variables: process.env }),
    })
    await console.flush(lastWords)
    process.exit(0)
  } catch (error) {
    console.say('failed', error instanceof Error ? error.message : String(error))
    await console.flush(lastWords)
    process.exit(1)
  }
}

function makeMachine(
  root: string,
  environment: Readonly<Record<string, string>>,
  console: Console,
): Omit<Machine, 'program' | 'abilities'> {
  const config = readConfig(root)
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort())
  const user = findRunnerUser(root, environment)
  mkdirSync(root + machinePaths.hooks, { recursive: true, mode: 0o700 })
  chownSync(root + machinePaths.hooks, user.uid, user.gid)
  return {
    root,
    clock: steadyClock,
    environment,
    console,
    journal: journalTo(process.stdout),
    config,
    user,
    stop: stop.signal,
  }
}
