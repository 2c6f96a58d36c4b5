import type { AgentConfig, Registration } from '../../machine/agent-config.ts'
import * as machinePaths from '../../machine/paths.ts'
import { proxyEnvironment } from '../../machine/proxy.ts'
import type {
  Command,
  ProgramEvent,
  RunnerProgram,
  Surroundings,
  WebRequest,
} from '../../machine/runner-program.ts'

type GitlabRegistration = Extract<Registration, { forge: 'gitlab' }>

/**
 * gitlab-runner's `run-single` (gitlab.com/gitlab-org/gitlab-runner at 19.4: commands/single.go, network/gitlab.go,
 * common/build.go). It exits 0 whatever happened, so its lines are all there is to go by.
 */
export const gitlabProgram: RunnerProgram = {
  hooks: () => ({}),

  // SIGQUIT takes no new job and finishes the one there is; SIGTERM ends that one, which GitLab then sees as `runner_interrupted`.
  // A second signal after it would end the runner before it can say so.
  signals: { gently: 'SIGQUIT', now: 'SIGTERM' },

  ephemeral: false,

  /** It takes its first job as soon as it runs, and no hook could hold that one on the way to its container. */
  waitsFor: ({ registration }) => (registrationOf(registration).executor === 'docker' ? 'docker' : undefined),

  register: () => undefined,

  transient: () => false,

  start(config: AgentConfig, _first: boolean, surroundings: Surroundings): Command {
    const { url, token } = registrationOf(config.registration)
    const inDocker = isInDocker(config, surroundings)
    return {
      line: [
        `${surroundings.home}/gitlab-runner`,
        '--log-format=json',
        'run-single',
        `--executor=${inDocker ? 'docker' : 'shell'}`,
        // What begins with a dash is still a value: each is part of its flag.
        `--name=${config.name}`,
        ...(config.single ? ['--max-builds=1'] : []),
        // For ever: how long the machine waits for a job is the agent's to count.
        '--wait-timeout=0',
        ...(inDocker ? dockerFlags(config, surroundings) : shellFlags(config, surroundings)),
      ],
      environment: { CI_SERVER_URL: url, CI_SERVER_TOKEN: token },
    }
  },

  contained: isInDocker,

  caveat({ registration }: AgentConfig, { docker }: Surroundings): string | undefined {
    return registrationOf(registration).executor === 'docker' && !docker
      ? 'there is no Docker: jobs run in a shell of this machine, whatever image they name'
      : undefined
  },

  /** The token of a runner removes it: "Delete a runner by authentication token" in GitLab's API of runners. */
  remove(registration: Registration, now: number): WebRequest {
    const { url, token, tokenEndsAt = Infinity } = registrationOf(registration)
    // GitLab does not tell a token that is wrong from one whose runner is gone. One that has ended removes nothing.
    const gone = now < tokenEndsAt ? [403, 404] : [404]
    return { method: 'DELETE', url: `${url}/api/v4/runners`, form: { token }, gone }
  },

  read,
}

function registrationOf(registration: Registration): GitlabRegistration {
  if (registration.forge === 'gitlab') return registration
  throw new Error(`the registration is for ${registration.forge}, the agent for gitlab`)
}

function isInDocker({ registration }: AgentConfig, { docker }: Surroundings): boolean {
  return registrationOf(registration).executor === 'docker' && docker
}

/** Builds and caches in containers lie in volumes of Docker, or where the user wants them. */
function dockerFlags(
  { registration, workdir, proxy, card }: AgentConfig,
  { gpus, workFolder }: Surroundings,
): readonly string[] {
  const { dockerImage, dockerVolumes } = registrationOf(registration)
  const own =
    workdir === undefined ? ['/cache'] : [`${workFolder}/builds:/builds`, `${workFolder}/cache:/cache`]
  const volumes = [
    ...dockerVolumes,
    ...own.filter((volume) => !dockerVolumes.some((given) => isSame(given, volume))),
  ]
  return [
    `--docker-image=${dockerImage}`,
    ...volumes.map((volume) => `--docker-volumes=${volume}`),
    ...(gpus ? ['--docker-gpus=all'] : []),
    ...(card ? [`--pre-build-script=${remark(card)}`] : []),
    // A container has nothing of the runner's environment, and even its sources are fetched in one.
    ...Object.entries(proxyEnvironment(proxy)).map(([name, value]) => `--env=${name}=${value}`),
  ]
}

/** Two volumes for one place in the container: `name:/place:ro`, `/place`. */
function isSame(one: string, other: string): boolean {
  const place = (volume: string) => volume.split(':')[1] ?? volume
  return place(one) === place(other)
}

/** The runner shows what it runs, so a remark is enough (shells/abstract.go, writeUserScript): any shell of any image takes it. */
const remark = (card = ''): string => card && ` # ${card}`

/** A job waits in the hook while files of the one before are given back: before sources are fetched, or where none are, before its script. */
function shellFlags({ card }: AgentConfig, { home, workFolder }: Surroundings): readonly string[] {
  const hook = home + machinePaths.jobStartedHook.slice(machinePaths.home.length)
  return [
    `--builds-dir=${workFolder}/builds`,
    `--cache-dir=${workFolder}/cache`,
    `--pre-get-sources-script=${hook}`,
    `--pre-build-script=${hook}${remark(card)}`,
    // The shell executor hands its own environment on to jobs (executors/shell/shell.go); over that go the variables of this flag.
    '--env=CI_SERVER_TOKEN=',
  ]
}

/** GitLab refuses a token that has ended as it refuses one whose runner was deleted, or one that it has not heard of yet. */
function refusedBy(registration: Registration | undefined, now: number): ProgramEvent {
  const { tokenEndsAt = Infinity } = registration?.forge === 'gitlab' ? registration : {}
  const final = now >= tokenEndsAt
  const text = final
    ? `the token of its registration ended at ${new Date(tokenEndsAt * 1000).toISOString()}`
    : 'its registration is gone'
  return { kind: 'deaf', text, final }
}

/** A line of the log, as far as it concerns us. Names of jobs are user text and stand in members of their own. */
interface Entry {
  readonly msg: string
  readonly job: string
  readonly title?: string
  /** Of the job, as GitLab or the runner sees it. */
  readonly status?: string
  readonly reason?: string
  /** What a request came to. */
  readonly answer?: string
}

function entryOf(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const { msg, job, job_name, failure_reason, ...rest } = JSON.parse(line) as Record<string, unknown>
    const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined)
    const [title, status, reason] = [text(job_name), text(rest['job-status']), text(failure_reason)]
    const answer = text(rest['status'])
    return {
      msg: text(msg) ?? '',
      job: typeof job === 'number' ? String(job) : (text(job) ?? ''),
      ...(title ? { title } : {}),
      ...(status ? { status } : {}),
      ...(reason ? { reason } : {}),
      ...(answer ? { answer } : {}),
    }
  } catch {
    return undefined
  }
}

/** How GitLab answers an update of a job that it wants no more of. */
const unwanted = /^Submitting job to coordinator\.\.\. ?(job failed|not found|forbidden|client error)$/
const told = /^(Submitting job|Appending trace) to coordinator\.\.\./

function read(line: string, registration?: Registration, now = 0): ProgramEvent | undefined {
  const entry = entryOf(line)
  if (!entry) return undefined
  const { msg, job, title, status, reason, answer } = entry
  if (msg.startsWith('Starting runner for ')) return { kind: 'listening' }
  // After this it calls itself "not healthy" and is silent for five minutes (single.go: NotHealthyCheckInterval).
  if (msg === 'Checking for jobs... forbidden') return refusedBy(registration, now)
  // No answer and a bad one are asked for again after three seconds. A client that cannot even be built never will be (network/gitlab.go).
  const [, said] = /^Checking for jobs\.\.\. (failed|client error|GitLab instance)/.exec(msg) ?? []
  if (answer && said) {
    const text = `GitLab could not be asked for jobs: ${answer}`
    return said === 'client error' ? { kind: 'deaf', text, final: true } : { kind: 'trouble', text }
  }
  if (!job) return undefined
  const name = `job ${job}`
  if (msg === 'Checking for jobs... received')
    return { kind: 'job-started', name, ...(title ? { title: `${title} (${name})` } : {}) }
  if (/^Job (succeeded|failed|cancell?ed)\b/.test(msg))
    return { kind: 'job-ended', name, result: [status ?? 'failed', reason].filter(Boolean).join(', ') }
  // A job that was cancelled on its way here is dropped without a word of its end.
  if (unwanted.test(msg)) return { kind: 'job-ended', name, result: 'cancelled' }
  if (told.test(msg) && status === 'canceling') return { kind: 'job-cancelled', name }
  return undefined
}
