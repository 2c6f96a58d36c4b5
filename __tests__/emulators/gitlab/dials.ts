import { type Limits, standardLimits } from './limiter.ts'
import type { Registration } from './registrations.ts'

export type RunnerStatus = 'online' | 'offline' | 'stale' | 'never_contacted'

/** What a test can make of the service. All times are milliseconds of the emulator's clock, which follows real time and `advance`. */
export interface Dials {
  /** Lies about a runner; undefined = what GitLab's own rules give, which are no truth either. */
  status: (runner: Registration) => RunnerStatus | undefined
  jobExecutionStatus: (runner: Registration) => 'idle' | 'active' | undefined
  /** How long after a contact that was written down a runner counts as online (`Ci::Runner::ONLINE_CONTACT_TIMEOUT`). */
  onlineFor: number
  /** How long after its last contact it counts as stale, or after its creation when it never spoke (`STALE_TIMEOUT`). */
  staleAfter: number
  /** The database, by which lists are filtered, hears of a contact only so long after the one before; GitLab draws 40 to 55 minutes. */
  contactWrittenEvery: number
  /** How long what a runner knows of its queue is good: until then an idle one's requests are answered without GitLab hearing of them. */
  queueLifetime: number
  /** False: DELETE of a runner with a running job is refused, which GitLab does not do. */
  deleteBusy: boolean
  /** How many lists a new registration stays out of. */
  visibleAfterLooks: number
  /** How many lists still show a registration that was deleted. */
  goneAfterLooks: number
  /** Who may create a runner: switched off for everybody but administrators (a setting of the instance, group or project). */
  creation: 'allowed' | 'disabled'
  /** What projects have set. */
  readonly rules: {
    archived: boolean
    pipelines: 'disabled' | 'private' | 'enabled'
    /** Members may run the pipeline of a fork's merge request. */
    forks: boolean
  }
  /** The projects and groups are private: who may not see them hears 404. */
  privateProjects: boolean
  /** Names of people, each of whom has a namespace of that name. */
  people: string[]
  /** So many times `jobs/request` answers 409 before it gives a job. */
  conflicts: number
  /** So many times the last update of a job is answered 202: ask again. */
  unfinishedUpdates: number
  /** So many times the last update of a job is answered 412: send the trace again. */
  lostTraces: number
  /** So many times a piece of a trace is answered 416, as if what came before had been lost. */
  lostPieces: number
  /** Seconds; the `X-GitLab-Trace-Update-Interval` of every answer about a job. */
  traceUpdateInterval: number
  /** `failure_reasons` that jobs say the server knows; what is missing here is told as `unknown_failure` or the like. */
  failureReasons: readonly string[]
  /** A runner that takes jobs in two steps must say so long after the first that it begins; else the job fails. */
  acknowledgeWithin: number
  /** A running job without an update for so long is dropped. */
  stuckAfter: number
  /** Lists longer than this carry no `X-Total`, `X-Total-Pages` and no link to the last page. */
  countsUpTo: number
  /** Requests that one minute allows in all, counted before they reach the API; more are answered 429. */
  rateLimit: number
  /** What the API itself allows of some operations in a minute. */
  limits: Limits
  /** Whether the API's own limiter names a pause; older servers do not. */
  limiterTellsPause: boolean
  /** How long a runner's token is good, in ms (Admin area > Settings > CI/CD > Runners, or a group's: "runners expiration"). */
  tokenLifetime: number
  /** Runners of one project or group that the plan allows; counted are those made or used within seven days (gitlab.com: 50 on Free). */
  runnerLimit: number
  /** What `GET runners/router/discovery` answers; servers before 18.5 do not know it. */
  routerDiscovery: 404 | 501
}

const minute = 60_000

export function defaultDials(version: string): Dials {
  return {
    status: () => undefined,
    jobExecutionStatus: () => undefined,
    onlineFor: 120 * minute,
    staleAfter: 7 * 24 * 60 * minute,
    contactWrittenEvery: 47 * minute,
    queueLifetime: 60 * minute,
    deleteBusy: true,
    visibleAfterLooks: 0,
    goneAfterLooks: 0,
    creation: 'allowed',
    rules: { archived: false, pipelines: 'enabled', forks: true },
    privateProjects: false,
    people: ['octo-person'],
    conflicts: 0,
    unfinishedUpdates: 0,
    lostTraces: 0,
    lostPieces: 0,
    traceUpdateInterval: 3,
    failureReasons: failureReasonsOf(version),
    acknowledgeWithin: 2 * minute,
    stuckAfter: 60 * minute,
    countsUpTo: 10_000,
    rateLimit: Infinity,
    limits: { ...standardLimits },
    limiterTellsPause: true,
    tokenLifetime: Infinity,
    runnerLimit: Infinity,
    routerDiscovery: 501,
  }
}

/**
 * What a server knows of the reasons that gitlab-runner tells (app/models/concerns/enums/ci/commit_status.rb). `job_canceled` is the
 * runner's own and never among them.
 */
function failureReasonsOf(version: string): readonly string[] {
  const always = [
    'script_failure',
    'runner_system_failure',
    'job_execution_timeout',
    'image_pull_failure',
    'unknown_failure',
  ]
  const since19 = ['runner_configuration_error', 'runner_external_dependency_failure', 'runner_interrupted']
  return isAtLeast(version, 19, 1) ? [...always, ...since19] : always
}

export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [one = 0, two = 0] = version.split('.').map(Number)
  return one > major || (one === major && two >= minor)
}
