import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

export type JobStage = 'script' | 'after_script'

export interface ScriptResult {
  /** Of the shell, which ends with its last command's; null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** As the job's page shows it: masks applied. */
  readonly log: string
  /** As written, both streams in the order of their lines. */
  readonly raw: string
  readonly stdout: string
  /** From the first signal of a cancel to the end of everything the script had started, ms. */
  readonly stopMilliseconds?: number
}

/** What happens to a script while it runs, and who is told of it. */
export interface ScriptEvents {
  /** Each line as a person sees it, masks applied. */
  readonly onLine?: (line: string, stage: JobStage) => void
  /** Cancels the job while its script runs, once a line makes it true. */
  readonly cancelWhen?: (line: string) => boolean
  /** Cancels the job while its script runs. */
  readonly cancel?: AbortSignal
  /** What a cancel sends; executors differ. */
  readonly cancelSignal?: 'SIGTERM' | 'SIGINT'
  /** The host of the job dies while its script runs, once a line makes it true: no after_script. */
  readonly killWhen?: (line: string) => boolean
  /** Told of every shell as soon as it is there. */
  readonly onSpawn?: (child: ChildProcess, stage: JobStage) => void
}

/** One of a job's scripts. */
export interface Script {
  readonly stage: JobStage
  readonly lines: readonly string[]
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Values that the log does not show. */
  readonly secrets: readonly string[]
}

/** Milliseconds between a cancel and the kill of what does not end; gitlab-runner waits for longer. */
const cancelPatience = 20_000

/** Process groups that this process must not outlive. */
const living = new Set<number>()
process.on('exit', () => living.forEach((group) => send(group, 'SIGKILL')))

/** Runs a script in a group of its own, since gitlab-runner signals all of it (executors/shell, helpers/process in its source). */
export function runScript(
  script: Script,
  events: ScriptEvents,
): { readonly result: Promise<ScriptResult>; kill(): void } {
  const { stage, lines, folder, env } = script
  const child = spawn('bash', ['-c', `set -eo pipefail\n${lines.join('\n')}\n`], {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid !== undefined) living.add(pid)
  events.onSpawn?.(child, stage)
  const result = follow(child, script, events).finally(() => pid !== undefined && living.delete(pid))
  return { result, kill: () => send(pid, 'SIGKILL') }
}

function send(group: number | undefined, signal: NodeJS.Signals): void {
  // Its number may be another's by now.
  if (group === undefined || !living.has(group)) return
  try {
    process.kill(-group, signal)
  } catch {
    // It has ended.
  }
}

/** Reads a script to the end of everything it has started, cancelling or killing it where the events say so. */
async function follow(
  child: ChildProcess,
  { stage, secrets }: Script,
  events: ScriptEvents,
): Promise<ScriptResult> {
  const lines: string[] = []
  const stop = stage === 'script' ? stopperOf(child, events) : undefined
  const stdout: string[] = []
  const mask = (line: string): string =>
    secrets.filter(Boolean).reduce((text, secret) => text.replaceAll(secret, '[MASKED]'), line)
  const show = (line: string): void => {
    lines.push(line)
    events.onLine?.(mask(line), stage)
    stop?.seen(line)
  }
  eachLine(child.stdout!, (line) => (stdout.push(line), show(line)))
  eachLine(child.stderr!, show)
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject).once('close', (code, name) => resolve([code, name]))
  })
  const stopMilliseconds = stop?.ended()
  const raw = lines.join('\n')
  return {
    exitCode,
    signal,
    log: mask(raw),
    raw,
    stdout: stdout.join('\n'),
    ...(stopMilliseconds === undefined ? {} : { stopMilliseconds }),
  }
}

/** GitLab's marks of sections have a carriage return within a line. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
  stream.on('end', () => rest !== '' && take(rest))
}

function stopperOf(child: ChildProcess, events: ScriptEvents) {
  const { cancel, cancelWhen, killWhen, cancelSignal = 'SIGTERM' } = events
  const over = new AbortController()
  let began: number | undefined
  const begin = (): void => {
    if (began !== undefined) return
    began = performance.now()
    send(child.pid, cancelSignal)
    pause(cancelPatience, undefined, { signal: over.signal }).then(
      () => send(child.pid, 'SIGKILL'),
      () => undefined,
    )
  }
  if (cancel?.aborted) begin()
  else cancel?.addEventListener('abort', begin, { once: true })
  return {
    seen(line: string): void {
      if (killWhen?.(line)) send(child.pid, 'SIGKILL')
      else if (cancelWhen?.(line)) begin()
    },
    ended(): number | undefined {
      over.abort()
      return began === undefined ? undefined : performance.now() - began
    },
  }
}
