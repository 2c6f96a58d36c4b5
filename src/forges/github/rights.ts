import type { Clock } from '../../lib/clock.ts'
import type { Explanation, FailureKind } from '../../model/failure.ts'
import type { Scope } from './scope.ts'
import type { Refusal } from './trouble.ts'

/** What is known of the token, without the token. */
export interface Credentials {
  /** Where it came from, as a person would say it: `--token`, `GITHUB_TOKEN`. Empty when unknown. */
  readonly source: string
  /**
   * `job`: the very token of the job this runs in. `installation`: by its prefix the job's, or one of a GitHub App.
   * https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
   */
  readonly kind: 'job' | 'installation' | 'fine-grained' | 'classic' | 'unknown'
}

export interface Attempt {
  readonly tried: string
  readonly scope: Scope
  readonly credentials: Credentials
  readonly clock: Clock
  /** Clock milliseconds until which GitHub could be asked again; undefined where nobody has said. */
  readonly end?: number | undefined
}

/** What a token needs here, for each kind of token (docs: self-hosted runners, "Authentication requirements"). */
export function neededPermission({ kind, owner }: Scope): string {
  return kind === 'repository'
    ? 'a classic token with scope `repo`, or a fine-grained token or GitHub App with repository permission Administration: read and write, in either case of an admin of the repository'
    : `a classic token with scope \`admin:org\`, or a fine-grained token or GitHub App with organization permission Self-hosted runners: read and write, in either case of an owner of ${owner}`
}

/** What an answer of GitHub's means. */
export type Meaning = { readonly kind: FailureKind } & Pick<Explanation, 'why' | 'fix' | 'until'>

/** 403, for reasons that GitHub words. */
export function explainForbidden({ message, headers }: Refusal, attempt: Attempt): Meaning {
  const { scope, credentials } = attempt
  const sso = /url=(\S+)/.exec(headers['x-github-sso'] ?? '')?.[1]
  if (headers['x-github-sso'] !== undefined || /SAML/.test(message))
    return {
      kind: 'permission-denied',
      why: `${scope.owner} asks for single sign-on (SAML), and the token${from(credentials)} has not been authorised for it.`,
      fix: `authorise it: ${sso ?? `https://${new URL(scope.page).host}/settings/tokens, "Configure SSO"`}.`,
    }
  if (/IP allow list/i.test(message))
    return {
      kind: 'permission-denied',
      why: `${scope.owner} accepts requests from certain addresses only, and this machine's is not one of them. The launched machine needs to be allowed as well.`,
      fix: "add the addresses to the organisation's IP allow list, or run the launching job on a runner with an allowed address.",
    }
  if (/not accessible by integration/i.test(message)) return explainIntegration(attempt, headers)
  if (/not accessible by personal access token/i.test(message))
    return {
      kind: 'permission-denied',
      why: `The fine-grained token${from(credentials)} lacks a permission${accepted(headers)}.`,
      fix:
        scope.kind === 'repository'
          ? `give the token access to ${scope.owner}/${scope.repository} and the repository permission Administration: read and write.`
          : `make the token for the resource owner ${scope.owner}, with the organization permission Self-hosted runners: read and write.`,
    }
  return (
    explainScopes(headers, attempt) ?? {
      kind: 'permission-denied',
      why: 'GitHub forbids this to the token or its user.',
      fix: `use ${neededPermission(scope)}.`,
    }
  )
}

/** `GITHUB_TOKEN` and App tokens look the same and get the same answer. */
function explainIntegration({ scope, credentials }: Attempt, headers: Refusal['headers']): Meaning {
  const job =
    "A job's own GITHUB_TOKEN cannot register runners: there is no entry in `permissions:` that would allow it."
  const app = `The GitHub App behind the token lacks a permission${accepted(headers)}, or is not installed for ${scope.text}.`
  const whose =
    credentials.kind === 'job'
      ? job
      : `The token${from(credentials)} is either a job's own GITHUB_TOKEN or one of a GitHub App. ${job} ${app}`
  return {
    kind: 'permission-denied',
    why: whose,
    fix: `put another token into a secret and give it as \`token\`: ${neededPermission(scope)}.`,
  }
}

/** A classic token's scopes stand in the headers of every answer. */
function explainScopes(headers: Refusal['headers'], { scope, credentials }: Attempt): Meaning | undefined {
  const { 'x-oauth-scopes': has, 'x-accepted-oauth-scopes': wants } = headers
  if (has === undefined) return undefined
  const owned = has
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const needed = (wants || (scope.kind === 'repository' ? 'repo' : 'admin:org'))
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  if (needed.some((name) => owned.includes(name))) return undefined
  return {
    kind: 'permission-denied',
    why: `The classic token${from(credentials)} has ${owned.length > 0 ? `the scopes ${owned.map(quoted).join(', ')}` : 'no scopes'}; this needs ${needed.map(quoted).join(' or ')}.`,
    fix: `add the scope to the token, or use another: ${neededPermission(scope)}.`,
  }
}

/** GitHub hides what a token may not see: a missing repository and a missing right look alike. */
export function explainMissing({ headers }: Refusal, attempt: Attempt): Meaning {
  const { scope, credentials } = attempt
  const byScopes = explainScopes(headers, attempt)
  if (byScopes) return byScopes
  const what = scope.kind === 'repository' ? 'repository' : 'organisation'
  const who = scope.kind === 'repository' ? 'an admin of it' : 'an owner of it'
  const job =
    credentials.kind === 'job' || credentials.kind === 'installation'
      ? " A job's own GITHUB_TOKEN cannot register runners."
      : ''
  return {
    kind: 'not-found',
    why: `Either there is no ${what} ${scope.text}, or the token${from(credentials)} may not see it or does not belong to ${who}: GitHub answers both in the same way.${job}`,
    fix: `check \`repo\`, and that the token is ${neededPermission(scope)}.`,
  }
}

const quoted = (name: string): string => `\`${name}\``

export function from({ source }: Credentials): string {
  return source ? ` (from ${source})` : ''
}

function accepted(headers: Refusal['headers']): string {
  const wanted = headers['x-accepted-github-permissions']
  return wanted ? ` (GitHub names it: \`${wanted}\`)` : ''
}
