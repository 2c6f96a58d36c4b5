import { type Answer, refusal } from './wire.ts'

/** Requests a minute, by GitLab's names for these limits; 0 = none. */
export interface Limits {
  /** `GET /projects/:id`, of one user. */
  project_api: number
  /** `GET /groups/:id`, of one user. */
  group_api: number
  /** `GET /projects/:id/jobs`, of one user. */
  jobs_index: number
  /** With one runner's token. */
  runner_jobs_request_api: number
  /** With one job's token. */
  runner_jobs_patch_trace_api: number
  /** Other calls with one job's token. */
  runner_jobs_api: number
}

/** What a server has that nobody has changed (doc/api/settings.md, gitlab.com among them). */
export const standardLimits: Readonly<Limits> = {
  project_api: 400,
  group_api: 400,
  jobs_index: 600,
  runner_jobs_request_api: 2000,
  runner_jobs_patch_trace_api: 200,
  runner_jobs_api: 200,
}

const limited: Readonly<Record<string, keyof Limits>> = {
  'get /projects/{id}': 'project_api',
  'get /groups/{id}': 'group_api',
  'get /projects/{id}/jobs': 'jobs_index',
  'post /jobs/request': 'runner_jobs_request_api',
  'patch /jobs/{id}/trace': 'runner_jobs_patch_trace_api',
  'put /jobs/{id}': 'runner_jobs_api',
  'post /jobs/{id}/artifacts': 'runner_jobs_api',
}

/**
 * GitLab's own limiter, which stands inside the API, beside the one in front of it (`lib/gitlab/application_rate_limiter.rb`): it counts calls
 * of one operation by their user or token, in minutes of the clock. Its refusal is JSON and has none of the `RateLimit-` headers; it names a
 * whole minute as the pause, whatever is left of it (`lib/api/helpers/rate_limiter.rb`).
 */
export class Limiter {
  readonly #used = new Map<string, { readonly minute: number; count: number }>()

  /** Undefined = let through. `asker`: whose calls are counted together. `now`: unix ms. */
  refuse(
    operation: string,
    asker: string,
    {
      limits,
      now,
      tellsPause,
    }: { readonly limits: Limits; readonly now: number; readonly tellsPause: boolean },
  ): Answer | undefined {
    const name = limited[operation]
    if (!name || limits[name] === 0) return undefined
    const minute = Math.floor(now / 60_000)
    const key = `${name} ${asker}`
    const known = this.#used.get(key)
    const counted = known?.minute === minute ? known : { minute, count: 0 }
    counted.count += 1
    this.#used.set(key, counted)
    if (counted.count <= limits[name]) return undefined
    const error = 'This endpoint has been requested too many times. Try again later.'
    return refusal(429, { error }, tellsPause ? { 'retry-after': '60' } : {})
  }
}
