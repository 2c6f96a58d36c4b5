import { resolve } from 'node:path'
import { systemClock, type Clock } from '../lib/clock.ts'
import { printable } from '../lib/printable.ts'
import { renderAnnotations } from './annotations.ts'
import type { Arguments } from './arguments.ts'
import { componentVariables } from './component-variables.ts'
import { renderDotenv, standardPrefix } from './dotenv.ts'
import { afterScriptFollows } from './gitlab-deadline.ts'
import { forget, reasonOf, replaceFile, stateOf, statePath } from './gitlab-files.ts'
import { readInputs } from './gitlab-inputs.ts'
import { inLog, ownState, type Caller, type Link, type Outputs, type RawOptions } from './host.ts'
import { levelledLog, type LevelledLog, type LogLevel } from './log-level.ts'
import { Masks } from './masks.ts'
import { gitlabOrigin, type Variables } from './origin.ts'
import { listenForSignals } from './signals.ts'

export interface GitlabHost extends Caller {
  readonly log: LevelledLog
  readonly insistence: AbortSignal
  readOptions(): RawOptions
}

/**
 * A job of GitLab CI, by hand or of the component: log with collapsible sections on stderr, outputs as one line of JSON on stdout and as a
 * dotenv report. GitLab cannot be told of a secret while a job runs, so everything that is printed is masked here.
 */
export function gitlabCiHost(
  stage: 'main' | 'post',
  read: Arguments,
  variables: Variables = process.env,
  clock: Clock = systemClock,
): GitlabHost {
  const masks = new Masks()
  const shown = (text: string): string => masks.apply(printable(text))
  const print = (text: string): void => void process.stderr.write(text)
  const log = levelledLog((level, text) => print(`${coloured(level, shown(text))}\n`))
  // Somebody wants to see everything of this job.
  if (variables.CI_DEBUG_TRACE === 'true') log.level = 'debug'
  outliveReaders()
  const followed = variables[componentVariables.post] === 'true'
  const state = followed ? stateOf(stage, statePath(variables), log) : ownState()
  return {
    name: 'gitlab-ci',
    log,
    ...listenForSignals(),
    postStep: 'after_script',
    get postFollows() {
      return stage === 'main' && followed && afterScriptFollows(variables, clock.now())
    },
    hurried: true,
    readOptions() {
      if (stage === 'main') forget(filesOf(variables, followed))
      return readInputs(stage, read, variables)
    },
    origin: () => gitlabOrigin(variables),
    mask: (secret) => void masks.add(secret),
    group: (title, body) => inSection(shown(title), body, { print, log, clock }),
    output: (outputs) => writeOutputs(outputs, variables, prefixOf(readInputs(stage, read, variables)), log),
    ...inLog(log),
    links: (links) => writeLinks(links, shown, variables, log),
    print: (text) => void process.stdout.write(`${shown(text)}\n`),
    note: (text) => print(`${shown(text)}\n`),
    ...callOf(variables),
    ...state,
  }
}

/** A job of the component says how it calls the program. */
function callOf(variables: Variables): Pick<GitlabHost, 'calledBy'> {
  const calledBy = variables[componentVariables.cli]?.trim()
  return calledBy ? { calledBy } : {}
}

/** A reader that went away must not end a launch in the middle. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
}

/** GitLab reads these colours; everything else that steers a terminal, its own section marks included, is taken out of the text. */
const colours: Readonly<Record<LogLevel, readonly [string, string]>> = {
  error: ['\u001b[31;1merror: ', '\u001b[0m'],
  warn: ['\u001b[33mwarning: ', '\u001b[0m'],
  info: ['', ''],
  debug: ['debug: ', ''],
}

function coloured(level: LogLevel, text: string): string {
  const [before, after] = colours[level]
  return `${before}${text}${after}`
}

interface Page {
  readonly print: (text: string) => void
  readonly log: LevelledLog
  readonly clock: Clock
}

let sections = 0

/** A section that can be collapsed. Source: GitLab docs, "Custom collapsible sections". */
async function inSection<T>(title: string, body: () => Promise<T>, { print, log, clock }: Page): Promise<T> {
  if (log.level === 'error' || log.level === 'warn') return body()
  const name = `cml_runner_${++sections}`
  const seconds = (): number => Math.floor(clock.now() / 1000)
  print(`\u001b[0Ksection_start:${seconds()}:${name}\r\u001b[0K${title.replaceAll('\n', ' ')}\n`)
  try {
    return await body()
  } finally {
    print(`\u001b[0Ksection_end:${seconds()}:${name}\r\u001b[0K\n`)
  }
}

/** Files that this job is going to write, and that may be there from another. */
function filesOf(variables: Variables, followed: boolean): Parameters<typeof forget>[0] {
  const { dotenv, annotations } = componentVariables
  const reports = [dotenv, annotations].flatMap((variable) => reportPath(variables, variable) ?? [])
  return { reports, ...(followed ? { state: statePath(variables) } : {}) }
}

function reportPath(variables: Variables, variable: string): string | undefined {
  const path = variables[variable]
  return path ? resolve(variables.CI_PROJECT_DIR ?? '', path) : undefined
}

function writeOutputs(outputs: Outputs, variables: Variables, prefix: string, log: LevelledLog): void {
  process.stdout.write(`${JSON.stringify(outputs)}\n`)
  const path = reportPath(variables, componentVariables.dotenv)
  if (!path) return
  const { text, left } = renderDotenv(outputs, prefix)
  if (left.length > 0) log.warn(`The dotenv report cannot carry ${left.join(', ')}.`)
  writeReport(path, text, 'Later jobs get no variables', log)
}

function writeLinks(
  links: readonly Link[],
  shown: (text: string) => string,
  variables: Variables,
  log: LevelledLog,
): void {
  const path = reportPath(variables, componentVariables.annotations)
  const text = renderAnnotations(links.map(({ label, url }) => ({ label: shown(label), url })))
  writeReport(path, text, 'The job has no links', log)
}

/** A report that cannot be written is no reason to give up a machine that works: its tag is known without it. `lost`: what nobody gets then. */
function writeReport(path: string | undefined, text: string, lost: string, log: LevelledLog): void {
  if (!path) return
  try {
    // Whoever uploads it may be another user, in another container.
    replaceFile(path, text, 0o644)
  } catch (error) {
    log.warn(`${lost}, since ${path} could not be written: ${reasonOf(error)}`)
  }
}

/** `output-prefix`, as far as it is given; the launch has refused what could begin no name. */
function prefixOf({ given, variables }: RawOptions): string {
  const prefix = given['output-prefix'] || variables.CML_RUNNER_OUTPUT_PREFIX || standardPrefix
  return prefix === 'none' ? '' : prefix
}
