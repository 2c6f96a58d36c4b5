import { asList, asRecord, asText, asToken, asWebAddress, Unreadable } from '../../lib/answers.ts'
import type { Runner } from '../../model/runner.ts'

/** Readers of GitHub's answers: each takes what is needed and throws Unreadable when it is not there. */

export function readRunner(data: unknown): Runner {
  const { id, name, status, busy, labels, version, ephemeral } = asRecord(data)
  if (typeof name !== 'string' || (typeof id !== 'number' && typeof id !== 'bigint'))
    throw new Unreadable('a runner without id and name')
  return {
    id: String(id),
    name,
    online: status === 'online',
    busy: busy === true,
    // Null until a runner has connected once; absent where the server is too old to tell.
    ...(version === undefined ? {} : { connected: version !== null }),
    ...(ephemeral === true ? { single: true } : {}),
    labels: asList(labels ?? []).map((label) => asText(asRecord(label).name)),
  }
}

export interface RunnerPage {
  readonly total: number
  readonly runners: readonly Runner[]
}

export function readRunnerPage(data: unknown): RunnerPage {
  const { total_count: total, runners } = asRecord(data)
  if (typeof total !== 'number') throw new Unreadable('a list of runners without a count')
  return { total, runners: asList(runners).map(readRunner) }
}

export interface RegistrationToken {
  readonly token: string
  /** Unix seconds. */
  readonly expiresAt: number
}

export function readRegistrationToken(data: unknown): RegistrationToken {
  const { token, expires_at: end } = asRecord(data)
  const expiresAt = Math.floor(Date.parse(asText(end)) / 1000)
  if (!Number.isFinite(expiresAt)) throw new Unreadable('a registration token without an end')
  return { token: asToken(token), expiresAt }
}

export function readJitConfig(data: unknown): string {
  return asToken(asRecord(data).encoded_jit_config)
}

/** `User` or `Organization`. */
export function readAccountKind(data: unknown): string {
  return asText(asRecord(data).type)
}

export function readIsPublic(data: unknown): boolean {
  return asRecord(data).private === false
}

/** What of a repository decides over its jobs. */
export interface Repository {
  /** `org/repo` */
  readonly name: string
  readonly isPublic: boolean
  readonly isOfOrganisation: boolean
  /** Why no job of it runs; undefined where nothing is known against it. */
  readonly standstill: 'archived' | 'disabled' | undefined
}

export function readRepository(data: unknown): Repository {
  const { full_name: name, archived, disabled, owner } = asRecord(data)
  return {
    name: asText(name),
    isPublic: readIsPublic(data),
    isOfOrganisation: asRecord(owner).type === 'Organization',
    standstill: archived === true ? 'archived' : disabled === true ? 'disabled' : undefined,
  }
}

/** `all`, `none` or `selected`: of an organisation's repositories, or of the one that was asked about. */
export function readEnabled(data: unknown): string {
  const { enabled, enabled_repositories: which } = asRecord(data)
  return typeof enabled === 'boolean' ? (enabled ? 'all' : 'none') : asText(which)
}

/** `first_time_contributors` and the like. */
export function readApproval(data: unknown): string {
  return asText(asRecord(data).approval_policy)
}

export interface RunnerGroup {
  readonly id: number
  readonly name: string
  readonly standard: boolean
  /** `private`: of all private repositories. Undefined where the server is too old to say so. */
  readonly visibility: 'all' | 'private' | 'selected' | undefined
  /** Undefined where the server is too old to say so. */
  readonly servesPublic: boolean | undefined
  /** `org/repo/.github/workflows/x.yml@ref`, the only ones whose jobs it takes; undefined = all. */
  readonly workflows: readonly string[] | undefined
}

const visibilities = ['all', 'private', 'selected'] as const

export function readRunnerGroups(data: unknown): {
  readonly total: number
  readonly groups: readonly RunnerGroup[]
} {
  const { total_count: total, runner_groups: groups } = asRecord(data)
  const list = asList(groups).map((group) => {
    const { id, name, default: standard, allows_public_repositories: open } = asRecord(group)
    const { restricted_to_workflows: restricted, selected_workflows: workflows, visibility } = asRecord(group)
    return {
      id: Number(id),
      name: asText(name),
      standard: standard === true,
      visibility: visibilities.find((known) => known === visibility),
      servesPublic: typeof open === 'boolean' ? open : undefined,
      workflows: restricted === true ? asList(workflows ?? []).map(asText) : undefined,
    }
  })
  return { total: Number(total), groups: list }
}

export interface RunnerPackage {
  readonly os: string
  readonly architecture: string
  readonly url: string
  readonly filename: string
  readonly sha256: string | undefined
  /** Needed to fetch it, where the server itself serves it. */
  readonly bearer: string | undefined
}

/** `page`: the scope's, whose host alone may serve a package over http. */
export function readPackages(data: unknown, page: string): readonly RunnerPackage[] {
  return asList(data).map((item) => {
    const {
      os,
      architecture,
      download_url: url,
      filename,
      sha256_checksum: sha256,
      temp_download_token: bearer,
    } = asRecord(item)
    return {
      os: asText(os),
      architecture: asText(architecture),
      url: asWebAddress(url, page),
      filename: asText(filename),
      sha256: typeof sha256 === 'string' && sha256 !== '' ? sha256 : undefined,
      bearer: typeof bearer === 'string' && bearer !== '' ? asToken(bearer) : undefined,
    }
  })
}

/** The empty answer to a deletion. */
export function readNothing(data: unknown): 'gone' {
  if (data) throw new Unreadable('an answer to a deletion that is not empty')
  return 'gone'
}
