import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { descendants, killTree, send } from './processes.ts'

export interface Script {
  readonly name: string
  readonly id: string
  readonly run: string
  /** An existing file instead of the text. */
  readonly file?: string
  /** `bash -e {0}`, or one of the short names of the workflow syntax. */
  readonly shell: string
  readonly env: NodeJS.ProcessEnv
  readonly temp: string
  readonly cwd: string
  say(line: string): void
  /** Starts it somewhere else than on the host. */
  spawn?(file: string, env: NodeJS.ProcessEnv): ChildProcess
}

export interface Outcome {
  readonly code: number
  readonly outputs: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, string>>
  readonly paths: readonly string[]
}

const shells: Readonly<Record<string, string>> = {
  bash: 'bash --noprofile --norc -eo pipefail {0}',
  sh: 'sh -e {0}',
}

/** Runs one script as the official worker does: a file in the temporary folder, command files beside it, output line by line. */
export async function runScript(script: Script, signal: AbortSignal | undefined): Promise<Outcome> {
  const commands = join(script.temp, '_runner_file_commands')
  mkdirSync(commands, { recursive: true })
  const file = script.file ?? join(script.temp, `${randomUUID()}.sh`)
  if (script.file === undefined) writeFileSync(file, `${script.run}\n`)
  const files = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'].map((name) => [
      name,
      join(commands, `${name.slice(7).toLowerCase()}_${randomUUID()}`),
    ]),
  )
  for (const path of Object.values(files)) writeFileSync(path, '')
  script.say(`##[group]Run ${script.name}`)
  const env = { ...script.env, ...files }
  const shell = shells[script.shell] ?? script.shell
  const [command = 'bash', ...words] = shell.split(' ').map((word) => (word === '{0}' ? file : word))
  const child =
    script.spawn?.(file, env) ??
    spawn(command, words, { cwd: script.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const code = await ended(child, script, signal)
  const read = (name: string): string => readFileSync(files[name] ?? '', 'utf8')
  return {
    code,
    outputs: parseCommandFile(read('GITHUB_OUTPUT')),
    variables: parseCommandFile(read('GITHUB_ENV')),
    paths: read('GITHUB_PATH').split('\n').filter(Boolean),
  }
}

function ended(child: ChildProcess, script: Script, signal: AbortSignal | undefined): Promise<number> {
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => script.say(line))
  const stop = (): void => void endGently(child)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  return new Promise((resolve) => {
    child.on('error', (error) => (script.say(`##[error]${error.message}`), resolve(127)))
    child.on('close', (code) => {
      signal?.removeEventListener('abort', stop)
      resolve(code ?? 137)
    })
  })
}

/** SIGINT, 7.5 s later SIGTERM, 2.5 s later the whole tree is killed. */
async function endGently(child: ChildProcess): Promise<void> {
  const over = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  for (const [name, patience] of [
    ['SIGINT', 7500],
    ['SIGTERM', 2500],
  ] as const) {
    child.kill(name)
    // bash waits for its child before it minds a signal, so the child gets it too.
    for (const pid of descendants(child.pid ?? 0)) send(pid, name)
    if (
      await Promise.race([
        over.then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), patience).unref()),
      ])
    )
      return
  }
  killTree(child.pid ?? 0)
}

/** `name=value` lines and `name<<END … END` blocks. */
export function parseCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const [, name, operator, rest = ''] = /^([^=<]+)(=|<<)(.*)$/.exec(lines[index] ?? '') ?? []
    if (!name || !operator) continue
    if (operator === '=') values[name] = rest
    else {
      const end = lines.indexOf(rest, index + 1)
      values[name] = lines.slice(index + 1, end).join('\n')
      index = end
    }
  }
  return values
}
