import { Unreadable } from '../../lib/answers.ts'
import type { Clock } from '../../lib/clock.ts'
import { explainNetwork, type NetworkWords } from '../../lib/network.ts'
import { type Explanation, Failure, type FailureKind } from '../../model/failure.ts'
import { rateLimitOf } from './limits.ts'
import type { Scope } from './scope.ts'
import { networkTroubleOf, type Refusal, refusalOf } from './trouble.ts'

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
}

/** What a token needs here, for each kind of token (docs: self-hosted runners, "Authentication requirements"). */
export function neededPermission({ kind, owner }: Scope): string {
  return kind === 'repository'
    ? 'a classic token with scope `repo`, or a fine-grained token or GitHub App with repository permission Administration: read and write, in either case of an admin of the repository'
    : `a classic token with scope \`admin:org\`, or a fine-grained token or GitHub App with organization permission Self-hosted runners: read and write, in either case of an owner of ${owner}`
}

/** What only GitHub's users need to hear when no server was reached. */
const networkWords: NetworkWords = {
  ownServer: 'a GitHub Enterprise Server',
  incidents: 'On github.com, https://www.githubstatus.com tells about incidents.',
}

/** A Failure that says what GitHub's answer means and what to do. Defects of ours come back as they are. */
export function explain(error: unknown, attempt: Attempt): unknown {
  const { tried, scope } = attempt
  const refusal = refusalOf(error)
  const cause = { cause: error }
  if (refusal) {
    const { kind, ...explanation } = explainRefusal(refusal, attempt)
    return new Failure(kind, { tried, said: refusal.message, ...explanation }, cause)
  }
  if (error instanceof Unreadable) {
    const fix = 'try again; when it stays so, look what stands between this machine and GitHub.'
    return new Failure(
      'unavailable',
      {
        tried,
        said: error.message,
        why: 'GitHub answered with something unreadable: an answer was cut off, or a proxy answered in its place.',
        fix,
      },
      cause,
    )
  }
  const trouble = networkTroubleOf(error)
  if (!trouble) return error
  return new Failure(
    'unavailable',
    {
      tried,
      said: trouble.message,
      code: trouble.code,
      ...explainNetwork(trouble.code, scope.api, networkWords),
    },
    cause,
  )
}

type Meaning = { readonly kind: FailureKind } & Pick<Explanation, 'why' | 'fix'>

function explainRefusal(refusal: Refusal, attempt: Attempt): Meaning {
  const { status, message } = refusal
  const limit = rateLimitOf(refusal, attempt.clock)
  if (limit) return explainLimit(limit, attempt.clock)
  switch (status) {
    case 401:
      return {
        kind: 'unauthenticated',
        why: `GitHub does not know the token${from(attempt.credentials)}: it has expired, was revoked, or was not copied whole.`,
        fix: `make a new one: ${neededPermission(attempt.scope)}.`,
      }
    case 403:
      return explainForbidden(refusal, attempt)
    case 404:
      return explainMissing(refusal, attempt)
    case 409:
      return { kind: 'already-exists', why: 'GitHub has something of that name already.' }
    case 422:
      return {
        kind: 'invalid-input',
        why: 'GitHub understood the request and does not accept what is in it.',
      }
    default:
      if (status < 400) return explainMove(refusal, attempt)
      if (status >= 500)
        return {
          kind: 'unavailable',
          why: 'The trouble is on the side of GitHub.',
          fix: 'try again; https://www.githubstatus.com tells about incidents.',
        }
      return {
        kind: 'internal',
        why: `GitHub answered ${status} to ${message === `HTTP ${status}` ? 'a request' : 'it'}, which this program does not expect.`,
      }
  }
}

/** A redirect within one host has been followed already. */
function explainMove({ headers }: Refusal, { scope }: Attempt): Meaning {
  return {
    kind: 'invalid-input',
    why: `${scope.text} has moved${headers.location ? ` to ${headers.location}` : ''}.`,
    fix: 'give `repo` its new web address.',
  }
}

function explainLimit(
  { kind, wait }: { readonly kind: 'primary' | 'secondary'; readonly wait: number },
  clock: Clock,
): Meaning {
  const until = new Date(clock.now() + wait).toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    kind: 'rate-limited',
    why:
      kind === 'primary'
        ? `The hourly limit of the token is used up until ${until}. Everything that uses the same token or user counts.`
        : `GitHub asks for a pause until ${until} because of many requests in a short time.`,
    fix: `run this again after ${until}, or use another token: a GitHub App has a limit of its own.`,
  }
}

function explainForbidden({ message, headers }: Refusal, attempt: Attempt): Meaning {
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
    "A job's own GITHUB_TOKEN can not register runners: there is no entry in `permissions:` that would allow it."
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
function explainMissing({ headers }: Refusal, attempt: Attempt): Meaning {
  const { scope, credentials } = attempt
  const byScopes = explainScopes(headers, attempt)
  if (byScopes) return byScopes
  const what = scope.kind === 'repository' ? 'repository' : 'organisation'
  const who = scope.kind === 'repository' ? 'an admin of it' : 'an owner of it'
  const job =
    credentials.kind === 'job' || credentials.kind === 'installation'
      ? " A job's own GITHUB_TOKEN can not register runners."
      : ''
  return {
    kind: 'not-found',
    why: `Either there is no ${what} ${scope.text}, or the token${from(credentials)} may not see it or does not belong to ${who}: GitHub answers both in the same way.${job}`,
    fix: `check \`repo\`, and that the token is ${neededPermission(scope)}.`,
  }
}

const quoted = (name: string): string => `\`${name}\``

function from({ source }: Credentials): string {
  return source ? ` (from ${source})` : ''
}

function accepted(headers: Refusal['headers']): string {
  const wanted = headers['x-accepted-github-permissions']
  return wanted ? ` (GitHub names it: \`${wanted}\`)` : ''
}
