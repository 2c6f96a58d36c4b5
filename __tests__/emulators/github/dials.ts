import type { Limit } from '../bucket.ts'
import type { Registration } from './registrations.ts'

/** What a test can make of the service. All times are milliseconds of the emulator's clock, which follows real time and `advance`. */
export interface Dials {
  /** Lies about `busy` and `online`: undefined = the truth. The service has told both in reality (actions/runner 4422, 3892). */
  busy: (runner: Registration) => boolean | undefined
  online: (runner: Registration) => boolean | undefined
  /** DELETE of a runner with a running job succeeds, and the job is lost. It also does so for whom `busy` lies `false`. */
  deleteBusy: boolean
  /** How a job ends whose runner is told to stop: both are seen (actions/runner 1792, runs-on/runs-on 249). */
  cutShort: 'Canceled' | 'Failed'
  /** How many reads a new registration stays out of. */
  visibleAfterLooks: number
  /** An idle just-in-time runner is deleted after this long (seen in 2026: actions/runner 4726). */
  jitIdleLimit: number
  /** How long after its connection broke a runner is shown offline. */
  offlineAfter: number
  /** How soon a listener must ask again after an answer, before its connection counts as broken. */
  pollWithin: number
  /** How long after that its job fails and its registration can be deleted. */
  lostAfter: number
  /** How long an assigned job waits for its runner to take it before it is queued again. */
  pickUpWithin: number
  /** How the listener's output is cut into writes. */
  chunks: 'lines' | 'split' | 'merged'
  /** Pause of a listener before it connects again (15–30 s in reality). */
  reconnect: number
  /** Refuse the runner's version: when it opens its session, or when it asks for messages. */
  deprecated: 'no' | 'session' | 'message'
  /** Make the listener leave with this code as soon as it listens. */
  exitCode: number | undefined
  /** False: the list of runners ignores `name`, as an old GHES does. */
  nameFilter: boolean
  /** False: runners carry no `version`, so that one that never connected looks like any other, as on an old GHES. */
  tellsVersion: boolean
  /** False: the downloads carry no digest, as on an old GHES. */
  checksums: boolean
  /** Downloads need this bearer token, as on a GHES that serves the package itself. */
  downloadToken: string | undefined
  /** So many times config.sh adds its runner but never hears so, and fails. */
  halfRegistrations: number
  /** config.sh insists on libicu. */
  needsLibicu: boolean
  /** The repository is private: who may not see it hears 404. */
  privateRepository: boolean
  /** Everybody may read which of the two an account is. Personal ones have no runners. */
  accounts: Readonly<Record<string, 'User' | 'Organization'>>
  /** Whom the runner groups serve, as GitHub's answers say it. */
  groups: {
    readonly visibility: 'all' | 'private' | 'selected'
    readonly allows_public_repositories: boolean
    readonly restricted_to_workflows: boolean
    readonly selected_workflows: readonly string[]
  }
  /** What repositories and organisations have set. */
  readonly rules: {
    archived: boolean
    /** Whether Actions may be used at all. */
    actions: boolean
    /** Repositories that may have runners of their own. */
    ownRunners: 'all' | 'selected' | 'none'
    /** Whose pull requests need an approval. */
    forks: 'first_time_contributors_new_to_github' | 'first_time_contributors' | 'all_external_contributors'
  }
  /** Repositories, `owner/name`, that groups of the visibility `selected` serve. */
  groupRepositories: readonly string[]
  /** Requests that one hour allows; the emulator counts down. */
  rateLimit: number
  /** The secondary limits; undefined = none. `documentedSecondary` is what GitHub says of itself. */
  secondary: SecondaryLimits | undefined
}

/** For each token. docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api, "About secondary rate limits". */
export interface SecondaryLimits {
  /** A read counts one, whatever its answer; a request that changes something counts five. */
  readonly points: Limit
  /** Requests that make something. */
  readonly writes: Limit
}

export const documentedSecondary: SecondaryLimits = {
  points: { size: 900, perSecond: 15 },
  writes: { size: 80, perSecond: 80 / 60 },
}

export function defaultDials(): Dials {
  return {
    busy: () => undefined,
    online: () => undefined,
    deleteBusy: false,
    visibleAfterLooks: 0,
    jitIdleLimit: Infinity,
    cutShort: 'Canceled',
    offlineAfter: 0,
    // A listener that goes away breaks its poll. Between two of them a host with much to do may take long.
    pollWithin: 30_000,
    lostAfter: 10 * 60_000,
    pickUpWithin: 60_000,
    chunks: 'lines',
    reconnect: 100,
    deprecated: 'no',
    exitCode: undefined,
    nameFilter: true,
    tellsVersion: true,
    checksums: true,
    downloadToken: undefined,
    halfRegistrations: 0,
    needsLibicu: false,
    privateRepository: false,
    accounts: { 'octo-org': 'Organization', 'octo-person': 'User' },
    groups: {
      visibility: 'all',
      allows_public_repositories: true,
      restricted_to_workflows: false,
      selected_workflows: [],
    },
    rules: { archived: false, actions: true, ownRunners: 'all', forks: 'first_time_contributors' },
    groupRepositories: [],
    rateLimit: 5000,
    secondary: undefined,
  }
}
