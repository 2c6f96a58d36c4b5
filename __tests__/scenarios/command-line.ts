import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface CommandOptions {
  readonly dist: string
  readonly home: string
  /** All of it: the test's own environment stays out, save what finds programs. */
  readonly env: Readonly<Record<string, string>>
  /** Ctrl-C once the log, so far, makes it true. */
  readonly interruptWhen?: (stderr: string) => boolean
  /** And once more, then. */
  readonly interruptAgain?: Promise<void>
}

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `cml-runner ARGV` as `npx` would start it. */
export function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return run([process.execPath, join(options.dist, 'cli.js'), ...argv], options)
}

/** A line as a person pastes it into a shell, where `cml-runner` is installed. */
export function paste(line: string, options: CommandOptions): Promise<CommandResult> {
  const installed = `alias cml-runner='"$NODE" "$CLI"'`
  const where = { NODE: process.execPath, CLI: join(options.dist, 'cli.js') }
  return run(['sh', '-c', `${installed}\n${line}`], { ...options, env: { ...options.env, ...where } })
}

async function run(line: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { home, env, interruptWhen, interruptAgain } = options
  const [program = '', ...argv] = line
  const child = spawn(program, argv, {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  void interruptAgain?.then(() => child.kill('SIGINT'))
  const texts = { stdout: '', stderr: '' }
  let interrupted = false
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
      if (interrupted || !interruptWhen?.(texts.stderr)) return
      interrupted = true
      child.kill('SIGINT')
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { ...texts, code }
}
