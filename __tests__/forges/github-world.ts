import { createGithub, type GithubSettings } from '../../src/forges/github/index.ts'
import type { Forge } from '../../src/forges/forge.ts'
import { createFetch, type Fetch } from '../../src/lib/http.ts'
import type { Log } from '../../src/lib/log.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Disturbance, ForgeWorld } from '../conformance/forge-suite.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import type { Fault, GithubEmulator } from '../emulators/github/github.ts'
import { startGithub } from '../emulators/github/github.ts'
import { githubRunBooks } from './github-runs.ts'

export interface Opened {
  readonly forge: Forge
  readonly clock: FakeClock
  /** Everything that was logged. */
  readonly lines: string[]
}

export interface Opening {
  readonly token?: string
  /** Web address; the first repository when absent. */
  readonly repo?: string
  readonly registration?: 'token' | 'jit'
  readonly group?: string
  readonly tokenSource?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly fetch?: Fetch
}

/** The launcher's half, as a job at the emulated GitHub would make it. Time passes only in waits, and then at once. */
export function openGithub(github: GithubEmulator, opening: Opening = {}): Opened {
  const {
    token = github.token(),
    repo,
    registration = 'token',
    group,
    tokenSource,
    variables,
    fetch,
  } = opening
  const lines: string[] = []
  const note = (text: string): void => void lines.push(text)
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const clock = new FakeClock(github.now())
  const settings: GithubSettings = {
    registration,
    'runner-group': group,
    repo: repo === undefined ? undefined : new URL(repo),
    token: new Secret(token),
  }
  const environment = { ...github.variables, ...variables }
  const context = {
    log,
    clock,
    variables: environment,
    ...(tokenSource === undefined ? {} : { tokenSource }),
  }
  // Patience is what a test of silence would have to sit out.
  return {
    forge: createGithub(settings, context, fetch ?? createFetch({ variables: environment, patience: 2000 })),
    clock,
    lines,
  }
}

const faults: Readonly<Record<Disturbance, Fault>> = {
  'lost before it came': 'reset-before',
  'answer lost': 'reset-after',
  'server error': '5xx',
  'asked to wait': 'throttle',
  'cut off': 'malformed',
}

/** Tokens that lack something, and what GitHub's own words say of it. */
const lacking = {
  'classic-without-scope': /gist.*this needs `(repo|admin:org)`/,
  'not-admin': /does not belong to an (admin|owner)/,
  'fine-grained-without-permission': /administration=read|organization_self_hosted_runners=read/,
  job: /own GITHUB_TOKEN cannot register runners/,
  'without-sso': /single sign-on/,
  'wrong-address': /accepts requests from certain addresses only/,
} as const

/** Registers as config.sh does, without running it. */
export async function join(
  github: GithubEmulator,
  { url, token }: { url: string; token: string },
  name: string,
  labels: readonly string[],
): Promise<void> {
  const post = async (
    address: string,
    authorization: string,
    body: unknown,
  ): Promise<Record<string, string>> => {
    const headers = { authorization, 'content-type': 'application/json' }
    const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Record<string, string>
  }
  const tenant = await post(`${github.url}/actions/runner-registration`, `RemoteAuth ${token}`, {
    url,
    runner_event: 'register',
  })
  const all = ['self-hosted', 'Linux', 'X64', ...labels].map((label) => ({ name: label, type: 'user' }))
  const agent = { poolId: 1, name, labels: all, ephemeral: false, disableUpdate: false }
  await post(`${tenant['url']}/agents`, `Bearer ${tenant['token']}`, agent)
}

export async function githubWorld(opening: Opening = {}): Promise<ForgeWorld> {
  const github = await startGithub()
  const { forge, clock } = openGithub(github, {
    ...opening,
    ...(opening.repo ? { repo: `${github.url}${opening.repo}` } : {}),
  })
  const scope = opening.repo ? `orgs${opening.repo}` : undefined
  const token = github.token('expired')
  const open = (shown: string): Forge =>
    openGithub(github, {
      ...opening,
      token: shown,
      ...(opening.repo ? { repo: `${github.url}${opening.repo}` } : {}),
    }).forge
  return {
    forge,
    stranger: { forge: open(token), token },
    searches: false,
    keepsBusy: true,
    ignoresCase: true,
    requests: () => github.journal.filter(({ side }) => side === 'api').length,
    async join(registration, { name, labels }) {
      if (registration.forge === 'github' && registration.kind === 'token')
        await join(github, registration, name, labels)
    },
    lacking: (Object.keys(lacking) as (keyof typeof lacking)[]).map((kind) => ({
      without: kind,
      named: lacking[kind],
      forge: open(github.token(kind)),
    })),
    powerless: open(github.token('classic-without-scope')),
    withholdDigests: () => void (github.dials.checksums = false),
    untold: scope === undefined ? [/^pull requests from forks/] : [],
    changes: () => github.journal.filter(({ side, method }) => side === 'api' && method !== 'GET').length,
    skew: (ms) => clock.sleep(ms),
    stage: (name, state, labels = []) =>
      github.stageRunner({ name, labels, ...state, ...(scope ? { scope } : {}) }),
    crowd: (count) => github.seedRunners(count, scope ? { scope } : {}),
    disturb(disturbance, times) {
      let left = times
      github.fault = ({ side }) => (side === 'api' && left-- > 0 ? faults[disturbance] : undefined)
    },
    ...(opening.repo
      ? {}
      : {
          runs: {
            ...githubRunBooks(github),
            forge: open(github.token('job')),
            powerless: open(github.token('fine-grained-without-permission')),
          },
        }),
    names: () => github.runners().map((runner) => runner.name),
    close: () => github.close(),
  }
}
