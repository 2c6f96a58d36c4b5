import type { AgentConfig, Registration } from '../../machine/agent-config.ts'
import type { Command, ProgramEvent, RunnerProgram } from '../../machine/runner-program.ts'

/**
 * GitHub's official runner (github.com/actions/runner, read at v2.336.0: CommandSettings.cs, Runner.cs, JobDispatcher.cs,
 * Constants.cs, layoutroot/run.sh and run-helper.sh.template).
 */
export const githubProgram: RunnerProgram = {
  worker: 'Runner.Worker',

  // It knows one way to stop.
  signals: { gently: 'SIGINT', now: 'SIGINT' },

  ephemeral: true,

  // After five days GitHub cancels a job, and nobody starts again what was cancelled.
  longestJob: (5 * 24 - 0.25) * 3600_000,

  waitsFor: () => 'libicu',

  hooks: ({ started, completed }) => ({
    ACTIONS_RUNNER_HOOK_JOB_STARTED: started,
    ACTIONS_RUNNER_HOOK_JOB_COMPLETED: completed,
  }),

  register({ registration, name, labels, single, workdir }: AgentConfig, again): Command | undefined {
    if (registration.forge !== 'github') throw new Error(`the registration is for ${registration.forge}`)
    if (registration.kind === 'jit') return undefined
    const command = new Options({ token: registration.token })
    command.text('url', registration.url)
    command.text('name', name)
    command.text('labels', labels.join(','))
    command.text('work', workdir ?? '_work')
    if (registration.group) command.text('runnergroup', registration.group)
    const flags = [
      ...(single ? ['--ephemeral'] : []),
      // It adds the runner first and saves its settings last (ConfigurationManager.cs): a try that failed in between has left a
      // runner, which is ours, since the launcher saw no other of that name.
      ...(again ? ['--replace'] : []),
    ]
    return command.render(['./config.sh', '--unattended', ...flags])
  },

  transient: (output) => transientPattern.test(output),

  start({ registration }: AgentConfig, first: boolean): Command {
    const jit =
      registration.kind === 'jit' && first ? { ACTIONS_RUNNER_INPUT_JITCONFIG: registration.config } : {}
    // With it run.sh hands signals on to the listener, instead of dying and leaving it alone (run.sh, runWithManualTrap).
    return { line: ['./run.sh'], environment: { RUNNER_MANUALLY_TRAP_SIG: '1', ...jit } }
  },

  remove(registration: Registration, now: number): Command | undefined {
    if (registration.forge !== 'github' || registration.kind === 'jit' || registration.expiresAt <= now)
      return undefined
    return new Options({ token: registration.token }).render(['./config.sh', 'remove'])
  },

  read,
}

/** Arguments of config.sh. Its parser takes a value that starts with a dash for a flag, so such values go by environment. */
class Options {
  readonly #arguments: string[] = []
  readonly #environment: Record<string, string> = {}

  constructor(secrets: Readonly<Record<string, string>>) {
    for (const [name, value] of Object.entries(secrets)) this.#byEnvironment(name, value)
  }

  text(name: string, value: string): void {
    if (value.startsWith('-')) this.#byEnvironment(name, value)
    else this.#arguments.push(`--${name}`, value)
  }

  #byEnvironment(name: string, value: string): void {
    this.#environment[`ACTIONS_RUNNER_INPUT_${name.toUpperCase()}`] = value
  }

  render(line: readonly string[]): Command {
    return { line: [...line, ...this.#arguments], environment: this.#environment }
  }
}

/** Answers of a service or a network that will be fine soon, as .NET words them. */
const transientPattern =
  /\b(InternalServerError|BadGateway|ServiceUnavailable|GatewayTimeout|TooManyRequests|50[0234]|429)\b|timed out|Name or service not known|Temporary failure in name resolution|Connection (refused|reset)|Network is unreachable|Resource temporarily unavailable/i

const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: `
const listening = new RegExp(`^${stamp}Listening for Jobs$`)
const started = new RegExp(`^${stamp}Running job: (.*)$`)
const ended = new RegExp(
  `^${stamp}Job (.*) completed with result: (Succeeded|SucceededWithIssues|Failed|Canceled|Skipped|Abandoned)$`,
)
const unregistered =
  /^(?:Failed to create a session\. )?The runner (registration has been deleted|no longer exists) (?:from|on) the server/
const refused =
  /^(?:An error occur+ed: )?Runner version v\S+ is deprecated and cannot receive messages|^A session for this runner already exists\./

/**
 * Anchored at both ends: display names are user text, and the trace lines that repeat everything start with a bracket
 * (`[RUNNER 2026-… INFO Terminal] WRITE LINE: …`, seen with ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT).
 */
function read(line: string): ProgramEvent | undefined {
  if (listening.test(line)) return { kind: 'listening' }
  const start = started.exec(line)
  if (start) return { kind: 'job-started', name: start[1] ?? '' }
  const end = ended.exec(line)
  if (end) return { kind: 'job-ended', name: end[1] ?? '', result: end[2] ?? '' }
  if (line.startsWith('Runner update in progress')) return { kind: 'updating' }
  const gone = unregistered.exec(line)
  // With these words it deletes its settings (Runner.cs).
  if (gone) return { kind: 'unregistered', final: gone[1] === 'no longer exists' }
  if (refused.test(line)) return { kind: 'refused', text: line }
  return undefined
}
