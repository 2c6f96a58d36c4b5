import { inLog, ownState, type Caller, type Outputs, type RawOptions } from './host.ts'
import { levelledLog, type LevelledLog, type LogLevel } from './log-level.ts'
import { Masks } from './masks.ts'
import { githubOrigin, gitlabOrigin, terminalOrigin, type Variables } from './origin.ts'
import { listenForSignals } from './signals.ts'
import { printable } from '../lib/printable.ts'
import { styleText } from 'node:util'
import type { Origin } from '../model/identity.ts'

export interface TerminalHost extends Caller {
  readonly log: LevelledLog
  readonly insistence: AbortSignal
}

export interface CommandLineHost extends TerminalHost {
  readOptions(): RawOptions
}

/** A command line, by hand or in the script of a job: log on stderr, the outputs as one line of JSON on stdout. */
export function terminalHost(variables: Variables = process.env): TerminalHost {
  const masks = new Masks()
  const log = levelledLog((level, text) => void process.stderr.write(`${masks.apply(render(level, text))}\n`))
  const signals = listenForSignals()
  // A reader that went away (`… 2>&1 | head -1`, a closed terminal) must not end a launch in the middle.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const origin = originOf(variables)
  return {
    name: 'terminal',
    log,
    ...signals,
    postStep: 'post step',
    postFollows: false,
    hurried: [variables.CI, variables.GITHUB_ACTIONS, variables.GITLAB_CI].some((value) => value === 'true'),
    origin: () => origin,
    mask: (secret) => void masks.add(secret),
    async group(title, body) {
      log.info(title)
      return body()
    },
    output: (outputs: Outputs) => void process.stdout.write(`${JSON.stringify(outputs)}\n`),
    ...inLog(log),
    ...(process.stdout.isTTY ? { width: process.stdout.columns } : {}),
    print: (text) => void process.stdout.write(`${masks.apply(printable(text))}\n`),
    // A command line in the script of a step is read for commands on either stream.
    note: (text) =>
      void process.stderr.write(
        `${variables.GITHUB_ACTIONS === 'true' ? '::notice::' : ''}${masks.apply(printable(text))}\n`,
      ),
    links: () => undefined,
    ...ownState(),
  }
}

function originOf(variables: Variables): Origin {
  if (variables.GITLAB_CI === 'true') return gitlabOrigin(variables)
  if (variables.GITHUB_ACTIONS === 'true') return githubOrigin(variables, undefined)
  return terminalOrigin(variables)
}

const marks: Readonly<Record<LogLevel, string>> = {
  error: 'error: ',
  warn: 'warning: ',
  info: '',
  debug: 'debug: ',
}

const colours = { error: 'red', warn: 'yellow', info: 'reset', debug: 'dim' } as const

/** Colours on a terminal alone, and where NO_COLOR is not set. */
function render(level: LogLevel, text: string): string {
  const mark = marks[level]
  return (mark && styleText(colours[level], mark, { stream: process.stderr })) + printable(text)
}
