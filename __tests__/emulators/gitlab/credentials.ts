import type { Scope } from './registrations.ts'
import { type Answer, refusal } from './wire.ts'

/** GitLab's numbers: a role may what every smaller one may. */
export const roles = { none: 0, guest: 10, reporter: 20, developer: 30, maintainer: 40, owner: 50, admin: 60 }

export type Role = keyof typeof roles

export interface Credential {
  readonly token: string
  readonly scopes: readonly string[]
  readonly role: Role
  /** A project's own token: its bot is a member of the first project alone. */
  readonly only?: 'first-project'
  readonly state?: 'expired' | 'revoked'
}

/** Tokens that the emulator knows, by what becomes of whoever uses them. */
export const tokenKinds = {
  /** Of an owner of every group and project, with `api`. */
  owner: { token: 'glpat-owner000000000000000', scopes: ['api'], role: 'owner' },
  maintainer: { token: 'glpat-maintainer0000000000', scopes: ['api'], role: 'maintainer' },
  developer: { token: 'glpat-developer00000000000', scopes: ['api'], role: 'developer' },
  /** The narrow set that a launcher can do with. */
  runners: {
    token: 'glpat-runners0000000000000',
    scopes: ['create_runner', 'manage_runner', 'read_api'],
    role: 'owner',
  },
  'create-only': { token: 'glpat-createonly0000000000', scopes: ['create_runner'], role: 'owner' },
  'manage-only': { token: 'glpat-manageonly0000000000', scopes: ['manage_runner'], role: 'owner' },
  'read-api': { token: 'glpat-readapi0000000000000', scopes: ['read_api'], role: 'owner' },
  'read-user': { token: 'glpat-readuser000000000000', scopes: ['read_user'], role: 'owner' },
  /** A project access token: a maintainer of the first project, and nobody elsewhere. */
  project: {
    token: 'glpat-project0000000000000',
    scopes: ['api'],
    role: 'maintainer',
    only: 'first-project',
  },
  /** Somebody who is a member of nothing. */
  outsider: { token: 'glpat-outsider000000000000', scopes: ['api'], role: 'none' },
  /** An administrator of the instance. */
  admin: { token: 'glpat-admin000000000000000', scopes: ['api'], role: 'admin' },
  expired: { token: 'glpat-expired0000000000000', scopes: ['api'], role: 'owner', state: 'expired' },
  revoked: { token: 'glpat-revoked0000000000000', scopes: ['api'], role: 'owner', state: 'revoked' },
  /** A job's own CI_JOB_TOKEN. */
  job: { token: 'glcbt-64_jobtoken000000000000', scopes: [], role: 'none' },
} as const satisfies Record<string, Credential>

export type TokenKind = keyof typeof tokenKinds

const table: Readonly<Record<string, Credential>> = tokenKinds

export function kindOf(token: string): TokenKind | undefined {
  return Object.keys(table).find((kind) => table[kind]?.token === token) as TokenKind | undefined
}

/** Who asks; `role` is asked per place. */
export interface Caller {
  readonly kind: TokenKind
  readonly credential: Credential
  roleAt(scope: Scope): number
  may(role: Role, scope: Scope): boolean
}

/** The token of a request: a personal one in its own header or as OAuth has it, or a job's in the header of jobs. */
export function tokenOf(headers: Readonly<Record<string, unknown>>): string | undefined {
  const bearer = /^bearer (.+)$/i.exec(text(headers['authorization']) ?? '')?.[1]
  return text(headers['private-token']) ?? bearer ?? text(headers['job-token'])
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * The caller, or GitLab's refusal. Jobs' tokens are welcome at none of the operations that are emulated, and are then unknown
 * tokens like others (docs.gitlab.com/ci/jobs/ci_job_token). Words: lib/api/api_guard.rb, lib/api/helpers.rb of gitlab-org/gitlab.
 */
export function authenticate(
  token: string | undefined,
  scopes: readonly string[] | 'any',
  firstProject: Scope | undefined,
): Caller | Answer {
  const kind = token === undefined ? undefined : kindOf(token)
  if (kind === undefined || kind === 'job') return refusal(401, '401 Unauthorized')
  const credential: Credential = tokenKinds[kind]
  if (credential.state) return invalid(credential.state)
  if (scopes !== 'any' && !scopes.some((scope) => credential.scopes.includes(scope)))
    return insufficient(scopes)
  const roleAt = (scope: Scope): number =>
    credential.only === undefined || scope === firstProject ? roles[credential.role] : roles.none
  return { kind, credential, roleAt, may: (role, scope) => roleAt(scope) >= roles[role] }
}

function invalid(state: 'expired' | 'revoked'): Answer {
  const description =
    state === 'expired'
      ? 'Token is expired. You can either do re-authorization or token refresh.'
      : 'Token was revoked. You have to re-authorize from the user.'
  return { status: 401, body: { error: 'invalid_token', error_description: description } }
}

function insufficient(scopes: readonly string[]): Answer {
  return {
    status: 403,
    body: {
      error: 'insufficient_scope',
      error_description: 'The request requires higher privileges than provided by the access token.',
      scope: scopes.join(' '),
    },
  }
}
