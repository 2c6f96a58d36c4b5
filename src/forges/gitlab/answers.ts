import { asList, asRecord, asText, asToken, Unreadable } from '../../lib/answers.ts'
import type { Answer } from './client.ts'

/** Readers of GitLab's answers: each takes what is needed and throws Unreadable when it is not there. */

/** A runner as lists show it (`API::Entities::Ci::Runner`): without its tags. */
export interface RunnerRow {
  readonly id: string
  readonly name: string
  /**
   * `online`: something used its token within the last two hours. `offline`: longer ago. `never_contacted`. `stale`: nothing happened to it for
   * seven days. `paused` hides which of these it is (app/models/ci/runner.rb, `deprecated_rest_status`).
   */
  readonly status: string
  /** The same two hours, whatever the status. */
  readonly online: boolean
  /** Whether a job runs there; undefined where the server is too old to say so in lists. */
  readonly busy: boolean | undefined
}

/** A runner asked for by its number (`API::Entities::Ci::RunnerDetails`). */
export interface RunnerDetails extends RunnerRow {
  readonly tags: readonly string[]
  /** Something has used its token at some time. */
  readonly contacted: boolean
  /** Numbers of the groups it belongs to, as far as the token may see them. */
  readonly groups: readonly string[]
}

function runnerRow(data: unknown): RunnerRow {
  const { id, description, status, online, job_execution_status: execution } = asRecord(data)
  return {
    id: asId(id),
    name: typeof description === 'string' ? description : '',
    status: asText(status),
    online: online === true,
    busy: typeof execution === 'string' ? execution === 'active' : undefined,
  }
}

export interface RunnerPage {
  readonly rows: readonly RunnerRow[]
  readonly last: boolean
}

/**
 * Lists tell the number of the next page in a header, empty on the last one (docs.gitlab.com/api/rest/#pagination). Where something on
 * the way drops it, only an empty page is the end.
 */
export function readRunnerPage({ data, headers }: Answer): RunnerPage {
  const rows = asList(data).map(runnerRow)
  const next = headers.get('x-next-page')
  return { rows, last: next === undefined ? rows.length === 0 : next === '' }
}

export function readRunner({ data }: Answer): RunnerDetails {
  const { tag_list: tags, contacted_at: contactedAt, groups } = asRecord(data)
  return {
    ...runnerRow(data),
    tags: asList(tags).map(asText),
    contacted: typeof contactedAt === 'string',
    groups: (Array.isArray(groups) ? groups : []).map((group) => asId(asRecord(group).id)),
  }
}

export interface NewRunner {
  readonly id: string
  readonly token: string
  /** Unix seconds; absent = the token has no end of its own. */
  readonly tokenEndsAt?: number
}

/** `token_expires_at`: since GitLab 15.5, null where neither the instance nor a group lets runners' tokens expire. */
export function readNewRunner({ data }: Answer): NewRunner {
  const { id, token, token_expires_at: end } = asRecord(data)
  const tokenEndsAt = typeof end === 'string' ? Math.floor(Date.parse(end) / 1000) : NaN
  return { id: asId(id), token: asToken(token), ...(Number.isNaN(tokenEndsAt) ? {} : { tokenEndsAt }) }
}

/** `GET /personal_access_tokens/self`, which tokens of projects and groups have too. */
export function readScopes({ data }: Answer): readonly string[] {
  return asList(asRecord(data).scopes).map(asText)
}

/** What a token tells of itself. */
export interface OwnToken {
  readonly name: string
  /** The number of its user; tokens of projects and groups have one of their own. */
  readonly user: string
  readonly scopes: readonly string[]
  /** The day, `2026-12-01`; absent = no end. */
  readonly endsOn?: string
}

export function readOwnToken(answer: Answer): OwnToken {
  const { name, user_id: user, expires_at: end } = asRecord(answer.data)
  return {
    name: asText(name),
    user: asId(user),
    scopes: readScopes(answer),
    ...(typeof end === 'string' ? { endsOn: end } : {}),
  }
}

export function readCount({ data }: Answer): number {
  return asList(data).length
}

export interface Namespace {
  readonly id: string
  /** The token's role in it, as a number: 40 = maintainer, 50 = owner; undefined when GitLab does not tell. */
  readonly role: number | undefined
}

export function readNamespace({ data }: Answer): Namespace {
  const { id, permissions } = asRecord(data)
  const { project_access: own, group_access: above } = asRecord(permissions ?? {})
  const levels = [own, above].map((access) => Number(asRecord(access ?? {}).access_level ?? 0))
  return { id: asId(id), role: permissions === undefined ? undefined : Math.max(...levels) }
}

/** `GET /users?username=`. */
export function readUsernames({ data }: Answer): readonly string[] {
  return asList(data).map((user) => asText(asRecord(user).username))
}

/** What of a project decides over its jobs. What an old server does not tell is undefined. */
export interface Project extends Namespace {
  readonly archived: boolean
  /** `disabled`, `private` (members alone) or `enabled`. */
  readonly pipelines: string | undefined
  readonly isPublic: boolean
  /** Whether a member may run the pipeline of a fork's merge request here. */
  readonly runsForks: boolean | undefined
}

export function readProject(answer: Answer): Project {
  const { archived, builds_access_level: pipelines, visibility, ...others } = asRecord(answer.data)
  const { ci_allow_fork_pipelines_to_run_in_parent_project: runsForks } = others
  return {
    ...readNamespace(answer),
    archived: archived === true,
    pipelines: typeof pipelines === 'string' ? pipelines : undefined,
    isPublic: visibility === 'public',
    runsForks: typeof runsForks === 'boolean' ? runsForks : undefined,
  }
}

/** `GET /version`: `yes` from a GitLab; `maybe` from something that speaks like one and does not let us in; `no` from anything else. */
export function readPresence({ status, data }: Answer): 'yes' | 'maybe' | 'no' {
  if (typeof data !== 'object' || data === null) return 'no'
  const { version, message, error } = data as Readonly<Record<string, unknown>>
  if (status === 200 && typeof version === 'string') return 'yes'
  const worded = typeof message === 'string' || typeof error === 'string'
  return (status === 401 || status === 403) && worded ? 'maybe' : 'no'
}

function asId(data: unknown): string {
  if (typeof data !== 'number') throw new Unreadable('an answer without a number that belongs there')
  return String(data)
}
