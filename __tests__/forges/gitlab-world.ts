import type { Forge } from '../../src/forges/forge.ts'
import { createGitlab, type GitlabSettings } from '../../src/forges/gitlab/index.ts'
import { nodeVersion, runnerVersion } from '../../src/forges/gitlab/packages.ts'
import { nameTag } from '../../src/forges/gitlab/tags.ts'
import { createFetch, type Fetch } from '../../src/lib/http.ts'
import type { Log } from '../../src/lib/log.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Disturbance, ForgeWorld } from '../conformance/forge-suite.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import type { TokenKind } from '../emulators/gitlab/credentials.ts'
import {
  type Fault,
  type GitlabEmulator,
  type GitlabOptions,
  startGitlab,
} from '../emulators/gitlab/gitlab.ts'
import { gitlabRunBooks } from './gitlab-runs.ts'

export interface Opened {
  readonly forge: Forge
  readonly clock: FakeClock
  /** Everything that was logged. */
  readonly lines: string[]
}

export interface Opening {
  readonly token?: string
  /** Path of a group or project on the server, or a web address; the job's own project when absent. */
  readonly repo?: string
  /** What a job there has in its environment; false = somewhere else. */
  readonly inJob?: boolean
  readonly tokenSource?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly settings?: Partial<GitlabSettings>
  readonly fetch?: Fetch
  /** One that the server goes by, too. */
  readonly clock?: FakeClock
}

/** The launcher's half, as a job at the emulated GitLab would make it. Time passes only in waits, and then at once. */
export function openGitlab(gitlab: GitlabEmulator, opening: Opening = {}): Opened {
  // Below a path the narrow scopes remove nothing.
  const usual = new URL(gitlab.url).pathname === '/' ? 'runners' : 'owner'
  const { token = gitlab.token(usual), repo, inJob = true, tokenSource, variables, settings, fetch } = opening
  const lines: string[] = []
  const note = (text: string): void => void lines.push(text)
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const clock = opening.clock ?? new FakeClock(gitlab.now())
  const environment = {
    CML_GITLAB_RUNNER_DOWNLOADS: gitlab.runnerDownloads,
    CML_NODE_DOWNLOADS: gitlab.nodeDownloads,
    ...(inJob ? gitlab.variables : {}),
    ...variables,
  }
  const address = repo?.startsWith('/') ? `${gitlab.url}${repo}` : repo
  const given: GitlabSettings = {
    executor: 'docker',
    'docker-image': 'ubuntu:24.04',
    'docker-volumes': undefined,
    'output-prefix': 'CML_',
    repo: address === undefined ? undefined : new URL(address),
    token: new Secret(token),
    ...settings,
  }
  const context = {
    log,
    clock,
    variables: environment,
    ...(tokenSource === undefined ? {} : { tokenSource }),
  }
  // Patience is what a test of silence would have to sit out.
  return {
    forge: createGitlab(given, context, fetch ?? createFetch({ variables: environment, patience: 2000 })),
    clock,
    lines,
  }
}

/** What the publishers have in these tests: contents that name what they stand for. */
export function publish(gitlab: GitlabEmulator): void {
  gitlab.publishRunner(`v${runnerVersion}`, {
    amd64: 'runner for amd64',
    arm64: 'runner for arm64',
    'darwin-amd64': 'runner for a Mac with amd64',
    'darwin-arm64': 'runner for a Mac with arm64',
  })
  gitlab.publishNode(`v${nodeVersion}`, {
    'linux-x64.tar.gz': 'Node x64',
    'linux-arm64.tar.gz': 'Node arm64',
    'darwin-x64.tar.gz': 'Node for a Mac with x64',
    'darwin-arm64.tar.gz': 'Node for a Mac with arm64',
  })
}

const faults: Readonly<Record<Disturbance, Fault>> = {
  'lost before it came': 'reset-before',
  'answer lost': 'reset-after',
  'server error': '5xx',
  'asked to wait': 'throttle',
  'cut off': 'malformed',
}

/** Tokens that lack something, and what the check of it says. */
function lackingIn(below: boolean): readonly (readonly [TokenKind, RegExp])[] {
  // There such tokens are not even told where the server is.
  const lost = /^project or group .* The token lacks a scope/
  return [
    ['create-only', below ? lost : /^scope manage_runner.*\nscope read_api/],
    ['manage-only', below ? lost : /^scope create_runner.*\nscope read_api/],
    ['read-api', /^scope create_runner.*\n.*scope manage_runner/],
    ['developer', /^runners of .*\nrole (?:Maintainer in .*Developer|Owner in )/],
    ...(below ? [['runners', /^scope manage_runner/] as const] : []),
  ]
}

export async function gitlabWorld(opening: Opening = {}, options: GitlabOptions = {}): Promise<ForgeWorld> {
  const gitlab = await startGitlab(options)
  publish(gitlab)
  const { forge, clock } = openGitlab(gitlab, opening)
  const token = gitlab.token('expired')
  const stranger = openGitlab(gitlab, { ...opening, token })
  const scope = opening.repo === '/octo-group' ? { scope: 'groups/octo-group' } : {}
  return {
    forge,
    stranger: { forge: stranger.forge, token },
    searches: true,
    keepsBusy: false,
    ignoresCase: false,
    requests: () => gitlab.journal.filter(({ side }) => side === 'api').length,
    // Its registration exists already.
    join: () => Promise.resolve(),
    lacking: lackingIn(options.path !== undefined).map(([kind, named]) => ({
      without: kind,
      named,
      forge: openGitlab(gitlab, { ...opening, token: gitlab.token(kind) }).forge,
    })),
    powerless: openGitlab(gitlab, { ...opening, token: gitlab.token('read-api') }).forge,
    withholdDigests: () => gitlab.serveFile(`/gitlab-runner/v${runnerVersion}/release.sha256`, ''),
    untold: [
      ...(opening.repo === '/octo-group' ? [/^role Owner in /] : []),
      /^creation of runners, switched on/,
      ...(opening.repo === '/octo-group' ? [] : [/^merge requests from forks/]),
    ],
    changes: () => gitlab.journal.filter(({ side, method }) => side === 'api' && method !== 'GET').length,
    skew: (ms) => clock.sleep(ms),
    stage(name, { online, busy }, labels) {
      const known = gitlab.runner(name) !== undefined
      const tags = labels ?? [nameTag(name)]
      gitlab.stageRunner({ name, online, busy, ...(known ? {} : { ...scope, tags }) })
      // GitLab notices that a runner is away after two hours.
      if (!online) gitlab.advance(gitlab.dials.onlineFor)
    },
    crowd: (count) => gitlab.seedRunners(count, scope),
    disturb(disturbance, times) {
      let left = times
      gitlab.fault = ({ side }) => (side !== 'runner' && left-- > 0 ? faults[disturbance] : undefined)
    },
    ...(opening.repo === '/octo-group'
      ? {}
      : {
          runs: {
            ...gitlabRunBooks(gitlab, forge.scope),
            forge: openGitlab(gitlab, { ...opening, token: gitlab.token('developer') }).forge,
            powerless: openGitlab(gitlab, { ...opening, token: gitlab.token('create-only') }).forge,
          },
        }),
    names: () => gitlab.runners().map(({ name }) => name),
    close: () => gitlab.close(),
  }
}
