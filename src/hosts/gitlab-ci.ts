import { resolve } from 'node:path'
import { systemClock, type Clock } from '../lib/clock.ts'
import { printable } from '../lib/printable.ts'
import { rawOptionsOf, type Arguments } from './arguments.ts'
import { renderDotenv } from './dotenv.ts'
import { forget, noState, reasonOf, replaceFile, stateOf, statePath } from './gitlab-files.ts'
import type { Host, Outputs, RawOptions } from './host.ts'
import { levelledLog, type LevelledLog, type LogLevel } from './log-level.ts'
import { Masks } from './masks.ts'
import { gitlabOrigin, type Variables } from './origin.ts'
import { listenForSignals } from './signals.ts'

export interface GitlabHost extends Host {
  readonly log: LevelledLog
  readonly insistence: AbortSignal
  readOptions(): RawOptions
}

export interface GitlabCall {
  /** The command line; in an after_script its first word is `post`. */
  readonly arguments: Arguments
  /** What an input of the component holds when nobody gave it, by option name. */
  readonly unsaid: Readonly<Record<string, string>>
}

/** Variables that the component sets for its own job, and that are no options. */
const own = {
  inputs: 'CML_RUNNER_INPUT_',
  /** Path of the dotenv report, from the project's folder. */
  dotenv: 'CML_RUNNER_DOTENV',
  prefix: 'CML_RUNNER_DOTENV_PREFIX',
  /** `true` when the job's after_script calls `post`. */
  post: 'CML_RUNNER_POST',
  /** The words that call this program. */
  cli: 'CML_RUNNER_CLI',
  /** What the script around it reads for the cloud's credentials and for npm. */
  awsToken: 'CML_RUNNER_AWS_TOKEN',
  awsRole: 'CML_RUNNER_AWS_ROLE',
  npmRegistry: 'CML_RUNNER_NPM_REGISTRY',
} as const

/**
 * A job of GitLab CI, by hand or of the component: log with collapsible sections on stderr, outputs as one line of JSON on stdout and as a
 * dotenv report. GitLab can not be told of a secret while a job runs, so everything that is printed is masked here.
 */
export function gitlabCiHost(
  stage: 'main' | 'post',
  call: GitlabCall,
  variables: Variables = process.env,
  clock: Clock = systemClock,
): GitlabHost {
  const masks = new Masks()
  const shown = (text: string): string => masks.apply(printable(text))
  const print = (text: string): void => void process.stderr.write(text)
  const log = levelledLog((level, text) => print(`${coloured(level, shown(text))}\n`))
  // Somebody wants to see everything of this job.
  if (variables.CI_DEBUG_TRACE === 'true') log.level = 'debug'
  // A reader that went away must not end a launch in the middle.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  const { signal, insistence } = listenForSignals()
  const followed = variables[own.post] === 'true'
  const state = followed ? stateOf(stage, statePath(variables), log) : noState
  return {
    name: 'gitlab-ci',
    log,
    signal,
    insistence,
    postFollows: stage === 'main' && followed && afterScriptFollowsCancel(variables),
    hurried: true,
    readOptions() {
      const report = reportPath(variables)
      if (stage === 'main')
        forget({ ...(report ? { report } : {}), ...(followed ? { state: statePath(variables) } : {}) })
      return readInputs(stage, call, variables)
    },
    origin: () => gitlabOrigin(variables),
    mask: (secret) => void masks.add(secret),
    group: (title, body) => inSection(shown(title), body, { print, log, clock }),
    output: (outputs) => writeOutputs(outputs, variables, log),
    print: (text) => void process.stdout.write(`${shown(text)}\n`),
    // GitLab has no place for it on a job's page.
    summary: () => Promise.resolve(),
    ...state,
  }
}

/**
 * The inputs of the component arrive as CML_RUNNER_INPUT_<NAME>, apart from CML_RUNNER_<NAME>: those may be set for a whole project, and
 * GitLab would let them win over the variables of the job. A flag on the command line wins over an input.
 */
export function readInputs(
  stage: 'main' | 'post',
  { arguments: read, unsaid }: GitlabCall,
  variables: Variables,
): RawOptions {
  const inputs = Object.entries(variables).flatMap(([variable, text = '']): [string, string][] => {
    if (!variable.startsWith(own.inputs)) return []
    const name = variable.slice(own.inputs.length).toLowerCase().replaceAll('_', '-')
    return text.trim() === (unsaid[name] ?? '') ? [] : [[name, text]]
  })
  const internal = new Set<string>(Object.values(own))
  const others = Object.entries(variables).filter(
    ([variable]) => !internal.has(variable) && !variable.startsWith(own.inputs),
  )
  const raw = rawOptionsOf(read, Object.fromEntries(others))
  return {
    ...raw,
    given: { ...Object.fromEntries(inputs), ...raw.given },
    // `post launch` asks for the end of what `launch` began.
    words: stage === 'post' ? raw.words.slice(1) : raw.words,
    prefix: inputs.length > 0 && Object.keys(raw.given).length === 0 ? '' : raw.prefix,
  }
}

/**
 * Whether a cancelled job runs its after_script: GitLab 17.0 and gitlab-runner 16.11.1 brought it. Where it does not, the launch has to
 * remove what it made before it ends. Source: GitLab docs, "after_script".
 */
function afterScriptFollowsCancel({ CI_SERVER_VERSION, CI_RUNNER_VERSION }: Variables): boolean {
  return isAtLeast(CI_SERVER_VERSION, [17, 0, 0]) && isAtLeast(CI_RUNNER_VERSION, [16, 11, 1])
}

function isAtLeast(version: string | undefined, least: readonly number[]): boolean {
  const [, ...parts] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []
  const different = parts.findIndex((part, index) => Number(part) !== least[index])
  return parts.length > 0 && (different === -1 || Number(parts[different]) > least[different]!)
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

function reportPath({ CI_PROJECT_DIR = '', [own.dotenv]: path }: Variables): string | undefined {
  return path ? resolve(CI_PROJECT_DIR, path) : undefined
}

/** A report that can not be written is no reason to give up a machine that works: its tag is known without it. */
function writeOutputs(outputs: Outputs, variables: Variables, log: LevelledLog): void {
  process.stdout.write(`${JSON.stringify(outputs)}\n`)
  const path = reportPath(variables)
  if (!path) return
  const { text, left } = renderDotenv(outputs, prefixIn(variables))
  if (left.length > 0) log.warn(`The dotenv report can not carry ${left.join(', ')}.`)
  try {
    // Whoever uploads it may be another user, in another container.
    replaceFile(path, text, 0o644)
  } catch (error) {
    log.warn(`Later jobs get no variables, since ${path} could not be written: ${reasonOf(error)}`)
  }
}

/** None when it could not begin a name: the component says so with a sign. */
function prefixIn({ [own.prefix]: prefix = '' }: Variables): string {
  return /^[A-Za-z_]\w*$/.test(prefix) ? prefix : ''
}
