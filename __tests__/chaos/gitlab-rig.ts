import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gitlabOrigin } from '../../src/hosts/origin.ts'
import { nodeVersion, runnerVersion } from '../../src/forges/gitlab/packages.ts'
import { nameTag, tagsOf } from '../../src/forges/gitlab/tags.ts'
import type { AgentConfig } from '../../src/machine/agent-config.ts'
import { startGitlab, type GitlabEmulator, type JournalEntry } from '../emulators/gitlab/gitlab.ts'
import { filesIn, flagsOf, runCommandLine } from './processes.ts'
import type { Call, End, ForgeRig, Joined, Step, StepOptions, Surroundings, Tap } from './rig.ts'
import type { Piece } from './secrets.ts'

const job = '881'

export const gitlabRig: ForgeRig = {
  name: 'gitlab',
  variants: 1,
  async open(surroundings) {
    const gitlab = await startGitlab({ now: surroundings.clock.now })
    connect(gitlab, surroundings.tap)
    publish(gitlab)
    const token = gitlab.token()
    const { host, pathname } = new URL(gitlab.variables.CI_PROJECT_URL!)
    const variables = variablesOf(gitlab, surroundings)
    return {
      scope: `${host}${pathname}`.toLowerCase(),
      variables,
      origin: () => gitlabOrigin(variables),
      otherJob: (sweeper, home) => ({
        variables: { ...variables, CI_JOB_ID: '882', CI_PIPELINE_ID: '7200000002', CI_PROJECT_DIR: home },
        inputs: sweeper === 'another scope' ? { repo: `${gitlab.url}/octo-group` } : {},
      }),
      inputs: {},
      token,
      firstOutput: 'stdout#1',
      noticesAfter: gitlab.dials.onlineFor,
      variants: [{ executor: 'shell', single: 'true' }],
      runners: () => gitlab.runners().map(({ id, name, tags }) => ({ id: String(id), name, labels: tags })),
      seedRunner({ name, labels, state, managed = labels.includes(nameTag(name)) }) {
        const { id } = gitlab.createRunner({ name, tags: managed ? tagsOf(name, labels) : labels })
        gitlab.stageRunner({
          id,
          name,
          online: state !== 'offline',
          busy: state === 'working',
          // Whoever has gone is still called online for two hours.
          contactedAt: gitlab.now() - (state === 'offline' ? gitlab.dials.onlineFor + 60_000 : 0),
        })
        return String(id)
      },
      delete: (name) => gitlab.deleteRunner(name),
      lie(offline) {
        gitlab.dials.jobExecutionStatus = () => 'idle'
        gitlab.dials.status = ({ description }) => (offline(description) ? 'offline' : undefined)
      },
      lag(looks) {
        gitlab.dials.visibleAfterLooks = looks
        gitlab.dials.goneAfterLooks = looks
      },
      join: (config) => joinGitlab(gitlab, config),
      step: (options) => openStep(surroundings, options, token),
      secrets: () => [
        { kind: 'forge token', text: token },
        ...gitlab
          .secrets()
          .filter((text) => text.startsWith('glrt-'))
          .map((text) => ({ kind: 'registration' as const, text })),
      ],
      sent: () => gitlab.journal.filter(({ side }) => side !== 'runner').flatMap(piecesOf),
      refused: () => gitlab.refused,
      close: () => gitlab.close(),
    }
  },
}

function variablesOf(gitlab: GitlabEmulator, { folder }: Surroundings): Readonly<Record<string, string>> {
  return {
    ...gitlab.variables,
    CI_JOB_ID: job,
    CI_PIPELINE_ID: '7200000001',
    CI_PROJECT_DIR: join(folder, 'home'),
    CI_SERVER_VERSION: '19.4.0',
    CI_RUNNER_VERSION: '19.4.0',
    GITLAB_USER_LOGIN: 'somebody',
    CML_GITLAB_RUNNER_DOWNLOADS: gitlab.runnerDownloads,
    CML_NODE_DOWNLOADS: gitlab.nodeDownloads,
  }
}

/** No light machine fetches them: their digests are what a launch reads. */
export function publish(gitlab: GitlabEmulator): void {
  gitlab.publishRunner(`v${runnerVersion}`, { amd64: 'a program', arm64: 'a program' })
  gitlab.publishNode(`v${nodeVersion}`, {
    'linux-x64.tar.gz': 'an archive',
    'linux-arm64.tar.gz': 'an archive',
  })
}

function connect(gitlab: GitlabEmulator, tap: Tap): void {
  const calls = new WeakMap<JournalEntry, Call>()
  gitlab.hold = (entry) => {
    if (entry.side === 'runner') return undefined
    const call: Call = { side: 'forge', name: nameOf(entry), reads: entry.method === 'GET' }
    calls.set(entry, call)
    return tap.hold(call)
  }
  gitlab.fault = (entry) => {
    const call = calls.get(entry)
    const fault = call && tap.fault(call)
    return fault === 'unheard' ? 'reset-after' : fault
  }
}

function nameOf({ method, path, query }: JournalEntry): string {
  const rest = path.replace('/api/v4', '').replaceAll(/\/\d+(?=\/|$)/g, '/{id}')
  const tag = typeof query['tag_list'] === 'string' ? query['tag_list'] : undefined
  if (tag === undefined) return `${method} ${rest}`
  return `${method} ${rest}?${tag.startsWith('cml-runner-') ? 'ours' : 'tag'}`
}

function piecesOf({ path, query, headers, body }: JournalEntry): readonly Piece[] {
  const { 'private-token': token = '', authorization = '', ...others } = headers
  return [
    { place: 'forge request: authorization', text: `${String(token)} ${authorization}` },
    { place: 'forge request', text: JSON.stringify([path, query, others, body]) },
  ]
}

/** Its runner exists already; the program only shows that it has the token. GitLab does not notice when it goes. */
export async function joinGitlab(
  gitlab: GitlabEmulator,
  { name, registration }: AgentConfig,
): Promise<Joined> {
  if (registration.forge !== 'gitlab') throw new Error(`a registration of ${registration.forge}`)
  const verified = await fetch(`${gitlab.apiUrl}/runners/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: registration.token, system_id: 's_0123456789ab' }),
  })
  if (!verified.ok) throw new Error(`verify: ${verified.status}`)
  const id = Number(registration.id)
  // Deleted meanwhile, it must not come back by being shown. Others may have its name.
  const show = (state: { readonly online: boolean; readonly busy: boolean }): void => {
    if (gitlab.runners().some((runner) => runner.id === id)) gitlab.stageRunner({ id, name, ...state })
  }
  return {
    // The first use of its token is all that GitLab knows of a runner.
    atOnce: true,
    online: () => show({ online: true, busy: false }),
    work: () => show({ online: true, busy: true }),
    offline: () => show({ online: false, busy: false }),
  }
}

/** A job of the component: its script, and its after_script in another shell. */
async function openStep(
  { folder }: Surroundings,
  { dist, command, inputs, variables, onSpawn }: StepOptions,
  token: string,
): Promise<Step> {
  const home = join(folder, 'home')
  const pieces: Piece[] = []
  const run = async (argv: readonly string[]): Promise<End> => {
    const end = await runCommandLine({
      dist,
      argv,
      home,
      variables: {
        ...variables,
        CML_RUNNER_POST: 'true',
        CML_RUNNER_DOTENV: 'cml-runner.env',
        CML_RUNNER_TOKEN: token,
      },
      onSpawn,
    })
    pieces.push(...end.pieces)
    return end
  }
  return {
    main: () => run([command, ...flagsOf(inputs)]),
    post: () => run(['post', command, ...flagsOf(inputs)]),
    handedOver: () => {
      const state = join(home, `.cml-runner-state-${job}.json`)
      return existsSync(state) && /"handed-over":"true"/.test(readFileSync(state, 'utf8'))
    },
    pieces: () => [...pieces, ...filesIn(home)],
    dispose: async () => undefined,
  }
}
