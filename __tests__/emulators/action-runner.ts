import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'yaml'
import { OutputReader, parseKeyValueFile, SecretMasker } from './actions-runner/commands.ts'

/** One step `uses: …` of one job, as actions/runner would run it. */
export interface ActionOptions {
  /** Folder of the built doors; `action.yml` lies beside it. */
  readonly dist: string
  /** `with:` of the step. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Environment of the job and step over the usual GITHUB_* variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Values of `secrets.*`, which the runner masks from the start. */
  readonly secrets?: readonly string[]
  /** What `${{ … }}` in defaults of inputs stands for: `job.check_run_id` → `123`. Absent = empty, as for unknown members. */
  readonly contexts?: Readonly<Record<string, string>>
  /** Each line as a person sees it, masks applied. */
  readonly onLine?: (line: string, stage: Stage) => void
  /** Cancels the job while main runs, once a line makes it true. */
  readonly cancelWhen?: (line: string) => boolean
  /** The runner's host dies while main runs, once a line makes it true: SIGKILL, no post step. */
  readonly killWhen?: (line: string) => boolean
  /** Cancels the job while main runs. */
  readonly cancel?: AbortSignal
  /** Told of every process as soon as it is there. */
  readonly onSpawn?: (child: ChildProcess, stage: Stage) => void
}

export type Stage = 'main' | 'post'

export interface StageResult {
  /** Null when a signal ended the process. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** As shown: masks applied. */
  readonly log: string
  /** As written, both streams in the order they came. */
  readonly raw: string
  /** Step outputs. */
  readonly outputs: Readonly<Record<string, string>>
  /** Masked line by line, as GitHub shows it. */
  readonly summary: string
  readonly rawSummary: string
  /** Everything masked so far in this job. */
  readonly masks: readonly string[]
  /** From the first signal of a cancel to the end of the process, in ms. */
  readonly stopMilliseconds?: number
}

export interface ActionResult {
  readonly main: StageResult
  /** Absent when the host died. */
  readonly post?: StageResult
  /** Both stages' logs. */
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly masks: readonly string[]
}

/** Pauses between the signals of a cancel, in ms. Source: actions/runner, src/Runner.Sdk/ProcessInvoker.cs. */
export const cancelPauses = { terminate: 7_500, kill: 2_500 } as const

/** Runs main, then post as the end of the job does, also after a failure or a cancel. */
export async function runAction(options: ActionOptions): Promise<ActionResult> {
  const action = await prepareAction(options)
  try {
    const main = await action.main()
    const died = main.signal === 'SIGKILL' && main.stopMilliseconds === undefined
    const post = died ? undefined : await action.post()
    const { state } = action
    const log = post ? `${main.log}\n${post.log}` : main.log
    const masks = post?.masks ?? main.masks
    return { main, ...(post ? { post } : {}), log, outputs: main.outputs, state: state(), masks }
  } finally {
    await action.dispose()
  }
}

/**
 * The job's view of an output: the runner warns and hands on nothing when it holds a masked text.
 * Source: actions/runner, src/Runner.Worker/JobExtension.cs.
 */
export function jobOutputs({
  outputs,
  masks,
}: Pick<ActionResult, 'outputs' | 'masks'>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [
      name,
      masks.some((mask) => value.includes(mask)) ? '' : value,
    ]),
  )
}

export interface PreparedAction {
  main(): Promise<StageResult>
  post(): Promise<StageResult>
  /** State saved so far. */
  state(): Readonly<Record<string, string>>
  /** The running process, for tests that need more than `cancel`. */
  child(): ChildProcess | undefined
  dispose(): Promise<void>
}

interface Metadata {
  readonly inputs?: Readonly<Record<string, { readonly default?: string | number | boolean }>>
  readonly runs: { readonly using: string; readonly main: string; readonly post: string }
}

/** The two stages one by one, for stories in which something happens between them. */
export async function prepareAction(options: ActionOptions): Promise<PreparedAction> {
  const folder = dirname(options.dist)
  const metadata = parse(await readFile(join(folder, 'action.yml'), 'utf8')) as Metadata
  if (metadata.runs.using !== 'node24')
    throw new Error(`This runner knows node24, not ${metadata.runs.using}`)
  const temp = await mkdtemp(join(tmpdir(), 'action-runner-'))
  const masker = new SecretMasker()
  for (const secret of options.secrets ?? []) masker.add(secret)
  const base = environmentOf(options, metadata, temp)
  let state: Readonly<Record<string, string>> = {}
  let child: ChildProcess | undefined

  async function stage(name: Stage): Promise<StageResult> {
    const files = await commandFiles(temp)
    const states = Object.entries(state).map(([key, value]) => [`STATE_${key}`, value])
    const env = { ...base, ...files, ...(name === 'post' ? Object.fromEntries(states) : {}) } as Record<
      string,
      string
    >
    const program = join(folder, metadata.runs[name])
    child = spawn(process.execPath, [program], {
      env,
      cwd: env.GITHUB_WORKSPACE,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    options.onSpawn?.(child, name)
    const end = await follow(child, name, options, { masker, debug: env.RUNNER_DEBUG === '1' })
    state = { ...state, ...parseKeyValueFile(await readFile(files.GITHUB_STATE, 'utf8')) }
    const rawSummary = await readFile(files.GITHUB_STEP_SUMMARY, 'utf8')
    const outputs = parseKeyValueFile(await readFile(files.GITHUB_OUTPUT, 'utf8'))
    const summary = rawSummary
      .split('\n')
      .map((line) => masker.mask(line))
      .join('\n')
    return { ...end, outputs, summary, rawSummary, masks: masker.values }
  }

  return {
    main: () => stage('main'),
    post: () => stage('post'),
    state: () => state,
    child: () => child,
    dispose: () => rm(temp, { recursive: true, force: true }),
  }
}

/** The test's own environment stays out, save what finds programs. */
function environmentOf(options: ActionOptions, metadata: Metadata, temp: string): Record<string, string> {
  const usual = {
    PATH: process.env.PATH,
    HOME: temp,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octocat',
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_JOB: 'deploy',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'org/repo',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '7100000001',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKFLOW: 'train',
    GITHUB_WORKSPACE: temp,
    RUNNER_ARCH: 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TRACKING_ID: `github_${randomUUID()}`,
  }
  const all = { ...usual, ...inputVariables(options, metadata), ...options.env }
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** Every declared input is passed, empty when it has neither value nor default; undeclared ones are passed too, with a warning. */
function inputVariables(
  { inputs = {}, contexts = {}, onLine }: ActionOptions,
  { inputs: declared = {} }: Metadata,
): Record<string, string> {
  const known = Object.keys(declared).map((name) => name.toLowerCase())
  const unexpected = Object.keys(inputs).filter((name) => !known.includes(name.toLowerCase()))
  if (unexpected.length > 0) onLine?.(`##[warning]Unexpected input(s) '${unexpected.join("', '")}'`, 'main')
  const defaults = Object.entries(declared).map(([name, row]) => [
    name,
    evaluate(String(row.default ?? ''), contexts),
  ])
  const values = { ...Object.fromEntries(defaults), ...inputs } as Record<string, string>
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  )
}

function evaluate(text: string, contexts: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, member: string) => contexts[member] ?? '')
}

async function commandFiles(temp: string) {
  const path = (name: string) => join(temp, `${name}_${randomUUID()}`)
  const files = {
    GITHUB_OUTPUT: path('set_output'),
    GITHUB_STATE: path('save_state'),
    GITHUB_ENV: path('set_env'),
    GITHUB_PATH: path('add_path'),
    GITHUB_STEP_SUMMARY: path('step_summary'),
  }
  await Promise.all(Object.values(files).map((file) => writeFile(file, '')))
  return files
}

type StageEnd = Pick<StageResult, 'exitCode' | 'signal' | 'log' | 'raw' | 'stopMilliseconds'>

/** Reads a stage to its end, cancelling or killing it where the options say so. */
async function follow(
  child: ChildProcess,
  stage: Stage,
  options: ActionOptions,
  { masker, debug }: { readonly masker: SecretMasker; readonly debug: boolean },
): Promise<StageEnd> {
  const lines: string[] = []
  const raw: string[] = []
  const stop = stage === 'main' ? stopperOf(child, options) : undefined
  const show = (line: string): void => {
    lines.push(line)
    options.onLine?.(line, stage)
    stop?.seen(line)
  }
  for (const stream of [child.stdout!, child.stderr!]) {
    const reader = new OutputReader(masker, show, debug)
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      raw.push(chunk)
      reader.write(chunk)
    })
    stream.on('end', () => reader.end())
  }
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (code, name) => resolve([code, name]))
  })
  const stopMilliseconds = stop?.milliseconds()
  return {
    exitCode,
    signal,
    log: lines.join('\n'),
    raw: raw.join(''),
    ...(stopMilliseconds === undefined ? {} : { stopMilliseconds }),
  }
}

function stopperOf(child: ChildProcess, { cancel, cancelWhen, killWhen }: ActionOptions) {
  const ended = new AbortController()
  let began: number | undefined
  let milliseconds: number | undefined
  child.once('exit', () => {
    ended.abort()
    if (began !== undefined) milliseconds = performance.now() - began
  })
  const begin = (): void => {
    if (began !== undefined) return
    began = performance.now()
    void cancelInSteps(child, ended.signal)
  }
  if (cancel?.aborted) begin()
  else cancel?.addEventListener('abort', begin, { once: true })
  const seen = (line: string): void => {
    if (killWhen?.(line)) child.kill('SIGKILL')
    else if (cancelWhen?.(line)) begin()
  }
  return { seen, milliseconds: () => milliseconds }
}

async function cancelInSteps(child: ChildProcess, ended: AbortSignal): Promise<void> {
  try {
    child.kill('SIGINT')
    await pause(cancelPauses.terminate, undefined, { signal: ended })
    child.kill('SIGTERM')
    await pause(cancelPauses.kill, undefined, { signal: ended })
    child.kill('SIGKILL')
  } catch {
    // It has ended.
  }
}
