import type { Explanation, FailureKind } from '../../model/failure.ts'
import type { Scope } from './scope.ts'

/** What is known of the token, without the token. */
export interface Credentials {
  /** Where it came from, as a person would say it: `--token`, `GITLAB_TOKEN`. Empty when unknown. */
  readonly source: string
}

/** Who asked for what. */
export interface Asker {
  readonly scope: Scope
  readonly credentials: Credentials
  /** Path below which the server is installed, `/gitlab`; empty at the root of its host. */
  readonly below: string
}

/** What a refusal of GitLab's means. */
export type Right = { readonly kind: FailureKind } & Pick<Explanation, 'why' | 'fix' | 'until'>

/**
 * What a token needs here (docs.gitlab.com/security/tokens/access_token_scopes; app/policies: maintainers create and remove the runners of a
 * project, owners those of a group). GitLab grants `manage_runner` by the path of the request, which on a server below a path never fits.
 */
export function neededToken({ kind }: Pick<Scope, 'kind'>, below: string): string {
  const scopes = below
    ? `scope \`api\` (below a path, as this server is, GitLab lets no narrower scope remove runners)`
    : 'scopes `create_runner`, `manage_runner` and `read_api` (or `api` alone)'
  const role = { project: 'the role Maintainer', group: 'the role Owner' }[kind ?? 'project']
  const other = kind === undefined ? ' (for runners of a group: Owner)' : ''
  return `a project, group or personal access token with the ${scopes} and ${role}${other}`
}

export function explainUnknown({ scope, credentials, below }: Asker): Right {
  return {
    kind: 'unauthenticated',
    why: `GitLab does not know the token${from(credentials)}: it has expired, was revoked, belongs to another server, or was not copied whole.`,
    fix: `make a new one: ${neededToken(scope, below)}.`,
  }
}

/** 403, whose reason GitLab words for some cases. `code`: OAuth's word for it. */
export function explainForbidden(said: string, code: string | undefined, asker: Asker): Right {
  const { scope, credentials, below } = asker
  if (code === 'insufficient_scope') return explainScopes(asker)
  if (/more than one project/i.test(said))
    return {
      kind: 'failed-precondition',
      why: `Somebody has enabled this runner for other projects than ${scope.text}, too. Then only an administrator may delete it, or whoever has its own token.`,
      fix: 'take it out of the other projects first (in each: Settings > CI/CD > Runners, "Disable for this project"), or ask an administrator to delete it.',
    }
  return {
    kind: 'permission-denied',
    why: `GitLab forbids this to the token${from(credentials)}: its role in ${scope.text} is too low, or its user is blocked.`,
    fix: `use ${neededToken(scope, below)}.`,
  }
}

function explainScopes({ scope, credentials, below }: Asker): Right {
  const path = below
    ? ` This server is installed below ${below}: there GitLab takes \`manage_runner\` for nothing, and only \`api\` lets a token remove runners.`
    : ''
  return {
    kind: 'permission-denied',
    why: `The token${from(credentials)} lacks a scope.${path}`,
    fix: `use ${neededToken(scope, below)}. Scopes of a token cannot be changed: make a new one.`,
  }
}

/** GitLab gives one answer to both: a role that is too low, and creation of runners switched off. `role` as GitLab's number. */
export function explainCreation(
  role: number | undefined,
  kind: 'project' | 'group',
  { scope, credentials, below }: Asker,
): Pick<Explanation, 'why' | 'fix'> {
  const setting = `the creation of ${kind} runners is switched off (Admin area > Settings > CI/CD > Runners, or the group's Settings > General > Permissions or CI/CD > Runners)`
  const enough = kind === 'project' ? 40 : 50
  if (role !== undefined && role >= enough)
    return {
      why: `The token${from(credentials)} has the role that is needed in ${scope.text}, so ${setting}.`,
      fix: 'have an administrator or an owner of the group switch it on.',
    }
  const needed = kind === 'project' ? 'Maintainer' : 'Owner'
  return {
    why: `The token${from(credentials)} needs the role ${needed} in ${scope.text}${role === undefined ? '' : `, and has ${roleNames[role] ?? 'a lower one'}`}; or ${setting}.`,
    fix: `use ${neededToken({ kind }, below)}. A project or group access token has the role that was chosen when it was made.`,
  }
}

/** https://docs.gitlab.com/api/access_requests/#valid-access-levels */
const roleNames: Readonly<Record<number, string>> = {
  0: 'none',
  5: 'Minimal Access',
  10: 'Guest',
  15: 'Planner',
  20: 'Reporter',
  25: 'Security Manager',
  30: 'Developer',
  40: 'Maintainer',
}

/** GitLab hides what a token may not see: a missing project and a missing right look alike. */
export function explainMissing({ scope, credentials, below }: Asker): Pick<Explanation, 'why' | 'fix'> {
  const what = scope.kind ?? 'project or group'
  return {
    why: `Either there is no ${what} ${scope.text}, or the token${from(credentials)} may not see it: GitLab answers both in the same way. A user's own namespace is not a group, and has no runners of its own.`,
    fix: `check \`repo\`, and that the token is ${neededToken(scope, below)}.`,
  }
}

function from({ source }: Credentials): string {
  return source ? ` (from ${source})` : ''
}
