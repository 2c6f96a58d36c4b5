// The emulated Runner.Listener: official commands, options, lines and exit codes; a private protocol to the emulated service.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArguments } from './arguments.ts'
import { configure, unconfigure } from './configure.ts'
import { run } from './run.ts'
import { reasonOf } from './service.ts'
import { aboutPackage, isConfigured, root, unpackJitConfig } from './settings.ts'
import { Terminal } from './terminal.ts'

/** `.env` beside config.sh sets variables for the listener and so for every job. */
function loadEnvironment(): void {
  const file = join(root, '.env')
  if (!existsSync(file)) return
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const at = line.indexOf('=')
    if (at > 0) process.env[line.slice(0, at)] = line.slice(at + 1)
  }
}

/** `ps` and /proc show the official program's name, as watchers of it expect. */
function takeName(name: string): void {
  process.title = join(root, 'bin', name)
  writeFileSync('/proc/self/comm', name)
}

async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  const given = parseArguments(words, process.env)
  if (given.unknown.length > 0)
    terminal.error(
      `Unrecognized command-line input arguments for command ${given.command ?? ''}: '${given.unknown.join(', ')}'. For usage refer to: .\\config.cmd --help or ./config.sh --help`,
    )
  if (given.flag('version') || given.flag('commit')) {
    terminal.line(given.flag('version') ? aboutPackage().version : '0000000000000000000000000000000000000000')
    return 0
  }
  if (given.command === 'warmup') return 0
  if (given.command === 'configure' || given.command === 'remove') {
    try {
      await (given.command === 'configure' ? configure : unconfigure)(given, terminal)
      return 0
    } catch (error) {
      terminal.error(reasonOf(error))
      return 1
    }
  }
  const jitConfig = given.value('jitconfig')
  try {
    if (jitConfig) unpackJitConfig(jitConfig)
  } catch (error) {
    terminal.error(String(error))
    return 1
  }
  if (!isConfigured()) {
    terminal.error('An error occurred: Not configured. Run config.(sh/cmd) to configure the runner.')
    return 1
  }
  return run(given, terminal)
}

async function start(): Promise<void> {
  takeName('Runner.Listener')
  loadEnvironment()
  const terminal = new Terminal(root)
  const code = await main(process.argv.slice(2), terminal)
  await terminal.flush()
  process.exit(code)
}

void start()
