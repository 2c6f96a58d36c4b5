import { join } from 'node:path'
import { githubOrigin } from '../../src/hosts/origin.ts'
import type { AgentConfig, Registration } from '../../src/machine/agent-config.ts'
import { prepareAction, type StageResult } from '../emulators/action-runner.ts'
import { startGithub, type GithubEmulator, type JournalEntry } from '../emulators/github/github.ts'
import { filesIn } from './processes.ts'
import type { Call, ForgeRig, Joined, Step, StepOptions, Surroundings, Tap } from './rig.ts'
import type { Piece, Secret } from './secrets.ts'

const repository = 'octo-org/octo-repo'

export const githubRig: ForgeRig = {
  name: 'github',
  variants: 1,
  async open(surroundings) {
    const github = await startGithub({ now: surroundings.clock.now })
    connect(github, surroundings.tap)
    const token = github.token()
    const variables = {
      ...github.variables,
      GITHUB_ACTIONS: 'true',
      GITHUB_RUN_ID: '7100000001',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_JOB: 'deploy',
      RUNNER_TRACKING_ID: 'github_6f1c3f3e-2f0b-4a52-9a6c-0c8f2f5f2a11',
    }
    return {
      scope: `${new URL(github.url).host}/${repository}`,
      variables,
      // Jobs in containers have no tracking id, and all the rest is public: the worst case is one who has guessed it all.
      origin: (door) =>
        githubOrigin(door === 'step' ? { ...variables, GITHUB_ACTION: '__self' } : variables, undefined),
      otherJob: (sweeper) => ({
        variables: {
          ...variables,
          GITHUB_RUN_ID: '7100000002',
          GITHUB_JOB: 'nightly',
          RUNNER_TRACKING_ID: 'github_0d5f9b1e-77c2-4c52-8a8e-5f0c3a1b9d02',
        },
        inputs: sweeper === 'another scope' ? { repo: `${github.url}/octo-org` } : {},
      }),
      inputs: {},
      token,
      firstOutput: 'output instanceIp#1',
      variants: [{ single: 'true', registration: 'jit' }],
      runners: () => github.runners().map((runner) => ({ ...runner, id: String(runner.id) })),
      seedRunner({ name, labels, state }) {
        if (github.runner(name)) return undefined
        github.stageRunner({ name, labels, online: state !== 'offline', busy: state === 'working' })
        return String(github.runner(name)?.id)
      },
      delete: (name) => github.deleteRunner(name),
      lie(offline) {
        github.dials.busy = () => false
        github.dials.deleteBusy = true
        github.dials.online = ({ name }) => (offline(name) ? false : undefined)
      },
      lag: (looks) => (github.dials.visibleAfterLooks = looks),
      join: (config) => joinGithub(github, config),
      step: (options) => openStep(surroundings, options, token),
      secrets: () => [{ kind: 'forge token', text: token }, ...github.secrets().flatMap(registrationSecrets)],
      sent: () => github.journal.filter(({ side }) => side === 'api').flatMap(piecesOf),
      refused: () => github.refused,
      close: () => github.close(),
    }
  },
}

function connect(github: GithubEmulator, tap: Tap): void {
  const calls = new WeakMap<JournalEntry, Call>()
  github.hold = (entry) => {
    if (entry.side !== 'api') return undefined
    const call: Call = { side: 'forge', name: nameOf(entry), reads: entry.method === 'GET' }
    calls.set(entry, call)
    return tap.hold(call)
  }
  github.fault = (entry) => {
    const call = calls.get(entry)
    const fault = call && tap.fault(call)
    return fault === 'unheard' ? 'reset-after' : fault
  }
}

function nameOf({ method, path, query }: JournalEntry): string {
  const rest = path.replace(`/repos/${repository}`, '').replace(/\/\d+$/, '/{id}')
  return `${method} ${rest}${query['name'] === undefined ? '' : '?name'}`
}

function piecesOf({ path, query, headers, body }: JournalEntry): readonly Piece[] {
  const { authorization = '', ...others } = headers
  return [
    { place: 'forge request: authorization', text: authorization },
    { place: 'forge request', text: JSON.stringify([path, query, others, body]) },
  ]
}

/** Registers as config.sh does, with what was sent; from there on the emulator is told what there is to see of it. */
export async function joinGithub(
  github: GithubEmulator,
  { name, labels, registration }: AgentConfig,
): Promise<Joined> {
  if (registration.forge !== 'github') throw new Error(`a registration of ${registration.forge}`)
  if (registration.kind === 'token') await register(github, registration, name, labels)
  // Deleted meanwhile, it must not come back by being shown.
  const show = (state: { readonly online: boolean; readonly busy: boolean }): void => {
    if (github.runner(name)) github.stageRunner({ name, ...state })
  }
  return {
    atOnce: false,
    online: () => show({ online: true, busy: false }),
    work: () => show({ online: true, busy: true }),
    offline: () => show({ online: false, busy: false }),
  }
}

async function register(
  github: GithubEmulator,
  { url, token }: Extract<Registration, { kind: 'token' }>,
  name: string,
  labels: readonly string[],
): Promise<void> {
  const headers = { 'content-type': 'application/json', 'user-agent': 'light-machine' }
  const door = await fetch(`${github.apiUrl}/actions/runner-registration`, {
    method: 'POST',
    headers: { ...headers, authorization: `RemoteAuth ${token}` },
    body: JSON.stringify({ url, runner_event: 'register' }),
  })
  if (!door.ok) throw new Error(`runner-registration: ${door.status}`)
  const tenant = (await door.json()) as { readonly url: string; readonly token: string }
  const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${tenant.url}/agents${path}`, {
      method,
      headers: { ...headers, authorization: `Bearer ${tenant.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const agent = {
    poolId: 1,
    name,
    labels: labels.map((label) => ({ name: label, type: 'user' })),
    ephemeral: false,
    disableUpdate: false,
  }
  const added = await ask('POST', '', agent)
  if (added.status !== 409) {
    if (!added.ok) throw new Error(`agents: ${added.status}`)
    return
  }
  // The agent's second try says `--replace`: whoever took the name meanwhile has lost it, and is not seen any more.
  const [taken] = (await (await ask('GET', `?name=${name}`)).json()) as readonly { readonly id: number }[]
  // Before its labels change, or for a moment the new runner would seem to be online.
  github.stageRunner({ name, online: false })
  const replaced = await ask('PUT', `/${taken?.id}`, agent)
  if (!replaced.ok) throw new Error(`agents, to replace one: ${replaced.status}`)
}

/** Where a step's own files are; the job's shell may leave more there. */
async function openStep(
  { folder }: Surroundings,
  { dist, command, inputs, variables, onSpawn }: StepOptions,
  token: string,
): Promise<Step> {
  const home = join(folder, 'home')
  const action = await prepareAction({
    dist,
    secrets: [token],
    inputs: { ...inputs, command, token },
    env: { ...variables, HOME: home, RUNNER_TEMP: home, GITHUB_WORKSPACE: home },
    onSpawn,
  })
  const ends: StageResult[] = []
  const stage = async (run: () => Promise<StageResult>): Promise<StageResult> => {
    const end = await run()
    ends.push(end)
    return end
  }
  return {
    main: () => stage(() => action.main()),
    post: () => stage(() => action.post()),
    handedOver: () => action.state()['handed-over'] === 'true',
    pieces: () => [
      ...ends.flatMap(stagePieces),
      { place: 'state', text: JSON.stringify(action.state()) },
      ...filesIn(home),
    ],
    dispose: () => action.dispose(),
  }
}

function stagePieces({ raw, outputs, rawSummary }: StageResult): readonly Piece[] {
  const lines = raw.split('\n')
  const masking = lines.filter((line) => line.startsWith('::add-mask::'))
  return [
    { place: 'log: commands that mask', text: masking.join('\n') },
    { place: 'log', text: lines.filter((line) => !line.startsWith('::add-mask::')).join('\n') },
    { place: 'outputs', text: JSON.stringify(outputs) },
    { place: 'summary', text: rawSummary },
  ]
}

/** A just-in-time configuration is Base64 of files in Base64, one of them a key: each is a secret by itself. */
function registrationSecrets(text: string): readonly Secret[] {
  const secret = (part: string): Secret => ({ kind: 'registration', text: part })
  if (text.length < 1000) return [secret(text)]
  const decode = (part: string): Readonly<Record<string, string>> =>
    JSON.parse(Buffer.from(part, 'base64').toString('utf8')) as Record<string, string>
  const files = decode(text)
  const key = decode(files['.credentials_rsaparams'] ?? '')
  const parts = ['d', 'dp', 'dq', 'inverseQ', 'p', 'q'].flatMap((name) => key[name] ?? [])
  // The other file holds addresses and names, which are no secrets.
  return [text, files['.credentials'] ?? '', files['.credentials_rsaparams'] ?? '', ...parts].map(secret)
}
