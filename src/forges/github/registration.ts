import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { retry } from '../../lib/retry.ts'
import type { Registration } from '../../machine/agent-config.ts'
import { Failure } from '../../model/failure.ts'
import type { Platform } from '../../model/instance.ts'
import { identityOfRunner, type Runner } from '../../model/runner.ts'
import type { RegistrationRequest } from '../forge.ts'
import { readJitConfig, readRegistrationToken } from './answers.ts'
import type { Api } from './client.ts'
import type { Groups } from './groups.ts'
import type { Runners } from './runners.ts'
import { noise, sampleJitConfig } from './sample.ts'
import type { Scope } from './scope.ts'

/** Makes what one machine registers itself with. */
export interface Registrar {
  register(request: RegistrationRequest, signal?: AbortSignal): Promise<Registration>
  sample(request: RegistrationRequest): Registration
}

export interface RegistrarParts {
  readonly api: Api
  readonly scope: Scope
  readonly runners: Runners
  readonly groups: Groups
  readonly clock: Clock
  readonly log: Log
}

/** `config.sh` with a token that is good for any number of runners of the scope, for one hour. */
export function tokenRegistrar({ api, scope, groups }: RegistrarParts): Registrar {
  const registrationWith = (token: string, expiresAt: number): Registration => ({
    forge: 'github',
    kind: 'token',
    url: scope.page,
    token,
    expiresAt,
    ...(groups.name === undefined ? {} : { group: groups.name }),
  })
  return {
    async register(_request, signal) {
      // The machine would find out as well, minutes later and far from here.
      if (groups.name !== undefined) await groups.id(signal)
      const [{ value }] = await Promise.all([
        api.send({
          tried: `get a registration token for ${scope.text}`,
          method: 'POST',
          path: '/actions/runners/registration-token',
          signal,
          read: readRegistrationToken,
        }),
        groups.lookAtDefault(signal),
      ])
      return registrationWith(value.token, value.expiresAt)
    },
    sample: () => registrationWith(noise(29).toUpperCase(), 0),
  }
}

/** A configuration for exactly one runner and one job. GitHub registers the runner in this very call. */
export function jitRegistrar(parts: RegistrarParts): Registrar {
  const { clock, log, groups } = parts
  /** Names that this process has registered: a further registration of one replaces it. */
  const registered = new Set<string>()
  return {
    async register(request, signal) {
      // Several tries, because a registration may be refused before it can be seen.
      const policy = {
        clock,
        log,
        attempts: 4,
        pause: 1000,
        longest: 4000,
        again: (error: unknown) => isTaken(error) && { why: `The name ${request.name} is still taken` },
        signal,
      }
      let sent = 0
      let taken: { readonly failure: Failure; readonly byUs: boolean } | undefined
      const registering = retry(policy, async () => {
        if (taken) await makeRoom(parts, request, taken, signal)
        try {
          const registration = await generate(parts, request, () => void sent++, signal)
          registered.add(request.name)
          return registration
        } catch (error) {
          // What was sent once and refused at once was not refused because of itself.
          if (isTaken(error)) taken ??= { failure: error, byUs: sent > 1 || registered.has(request.name) }
          throw withServersAge(error, parts.scope)
        }
      })
      const [registration] = await Promise.all([registering, groups.lookAtDefault(signal)])
      return registration
    },
    // A real one has about 4,100 characters, half of them a key, and compresses to 2.8 kB; this compresses to 3.0 kB.
    sample: () => ({ forge: 'github', kind: 'jit', config: sampleJitConfig() }),
  }
}

async function generate(
  { api, scope, groups }: RegistrarParts,
  request: RegistrationRequest,
  onSend: () => void,
  signal?: AbortSignal,
): Promise<Registration> {
  const { value } = await api.send({
    onSend,
    tried: `create just-in-time runner ${request.name} in ${scope.text}`,
    method: 'POST',
    path: '/actions/runners/generate-jitconfig',
    parameters: {
      name: request.name,
      runner_group_id: await groups.id(signal),
      labels: allLabels(request),
      ...(request.workdir === undefined ? {} : { work_folder: request.workdir }),
    },
    signal,
    read: readJitConfig,
  })
  return { forge: 'github', kind: 'jit', config: value }
}

/**
 * The name is taken. By ourselves, when an earlier answer was lost: its runner has never connected then, and can go. By another process that
 * tries the same launch: its machine has the configuration, or will have it in a moment.
 */
async function makeRoom(
  { runners, scope, log }: RegistrarParts,
  request: RegistrationRequest,
  { failure, byUs }: { readonly failure: Failure; readonly byUs: boolean },
  signal?: AbortSignal,
): Promise<void> {
  const twin = await runners.find(request.name, signal)
  if (!twin) return
  const own = identityOfRunner(request)
  const ours = own !== undefined && identityOfRunner(twin) === own
  if (ours && !byUs) throw takenByTwin(twin, scope, failure)
  if (!ours || twin.online || twin.busy || twin.connected === true) throw takenBy(twin, scope, failure)
  if ((await runners.unregister(twin.id, signal)) === 'busy') throw takenBy(twin, scope, failure)
  log.debug(`The configuration of ${request.name} got lost on its way here: asking for another.`)
}

/** A server that does not know the call says the same as one that hides the scope. */
function withServersAge(error: unknown, { api }: Scope): unknown {
  if (!(error instanceof Failure) || error.kind !== 'not-found' || !api.endsWith('/api/v3')) return error
  const { why = '', fix = '' } = error.explanation
  return new Failure(
    error.kind,
    {
      ...error.explanation,
      why: `${why} An old GitHub Enterprise Server does not know just-in-time configurations either.`,
      fix: `${fix} On an old server use \`registration\` token.`,
    },
    { cause: error.cause },
  )
}

/** GitHub's own "already exists", not our verdict about it. */
function isTaken(error: unknown): error is Failure {
  return error instanceof Failure && error.kind === 'already-exists' && !(error.cause instanceof Failure)
}

function takenBy({ name, online }: Runner, scope: Scope, cause: Failure): Failure {
  return new Failure(
    'already-exists',
    {
      tried: `create just-in-time runner ${name} in ${scope.text}`,
      said: `another runner of that name is registered, ${online ? 'online' : 'offline'}`,
      fix: `give another \`name\`, or remove that runner: ${scope.runnersPage}`,
    },
    { cause },
  )
}

function takenByTwin({ name }: Runner, scope: Scope, cause: Failure): Failure {
  return new Failure(
    'conflict',
    {
      tried: `create just-in-time runner ${name} in ${scope.text}`,
      said: 'another process that tries this very launch has just created it',
      fix: 'start a launch once, or give each its own `name`.',
    },
    { cause },
  )
}

/** https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners/apply-labels */
const systemLabels: Readonly<Record<Platform['os'], string>> = { linux: 'Linux', macos: 'macOS' }

/** `config.sh` adds these by itself; a just-in-time configuration has what it is given. */
function allLabels({ labels, platform }: RegistrationRequest): readonly string[] {
  const all = ['self-hosted', systemLabels[platform.os], platform.architecture.toUpperCase(), ...labels]
  return all.filter(
    (label, index) => all.findIndex((other) => other.toLowerCase() === label.toLowerCase()) === index,
  )
}

/** Texts in a registration that no log may show: the runner masks a configuration as a whole only, not its parts. */
export function secretsOf(registration: Registration): readonly string[] {
  if (registration.forge !== 'github') return []
  if (registration.kind === 'token') return [registration.token]
  try {
    const files = JSON.parse(Buffer.from(registration.config, 'base64').toString('utf8')) as Record<
      string,
      unknown
    >
    return [
      registration.config,
      ...Object.values(files).filter((file) => typeof file === 'string' && file !== ''),
    ] as string[]
  } catch {
    return [registration.config]
  }
}
