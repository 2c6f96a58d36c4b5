import type { Clock } from '../../lib/clock.ts'
import { Unreadable } from '../../lib/answers.ts'
import { explainNetwork, networkTroubleOf, type NetworkWords } from '../../lib/network.ts'
import { type Explanation, Failure, type FailureKind } from '../../model/failure.ts'
import { rateLimitOf } from './limits.ts'
import type { Scope } from './scope.ts'
import { Refusal } from './trouble.ts'

/** What is known of the token, without the token. */
export interface Credentials {
  /** Where it came from, as a person would say it: `--token`, `GITLAB_TOKEN`. Empty when unknown. */
  readonly source: string
}

export interface Attempt {
  readonly tried: string
  readonly scope: Scope
  readonly credentials: Credentials
  readonly clock: Clock
  /** Of the request. */
  readonly address: string
}

/** What a token needs here (docs.gitlab.com/security/tokens/access_token_scopes, docs.gitlab.com/user/permissions). */
export const neededToken =
  'a project, group or personal access token with the scopes `create_runner`, `manage_runner` and `read_api` (or `api` alone) and the role Owner, for a project Maintainer where the server allows it'

/** A Failure that says what GitLab's answer means and what to do. Defects of ours come back as they are. */
export function explain(error: unknown, attempt: Attempt): unknown {
  const { tried, address } = attempt
  const cause = { cause: error }
  if (error instanceof Refusal) {
    const { kind, ...explanation } = explainRefusal(error, attempt)
    const code = error.code === undefined || error.message === error.code ? {} : { code: error.code }
    return new Failure(kind, { tried, said: error.message, ...code, ...explanation }, cause)
  }
  if (error instanceof Unreadable)
    return new Failure(
      'unavailable',
      {
        tried,
        said: error.message,
        why: 'GitLab answered with something unreadable: an answer was cut off, or a proxy or a sign-in page answered in its place.',
        fix: 'try again; when it stays so, look what stands between this machine and GitLab.',
      },
      cause,
    )
  const trouble = networkTroubleOf(error)
  if (!trouble) return error
  const { code, message } = trouble
  return new Failure(
    'unavailable',
    { tried, said: message, code, ...explainNetwork(code, address, networkWords) },
    cause,
  )
}

type Meaning = { readonly kind: FailureKind } & Pick<Explanation, 'why' | 'fix'>

function explainRefusal(refusal: Refusal, attempt: Attempt): Meaning {
  const { status, message, code } = refusal
  const { scope, credentials, clock } = attempt
  const wait = rateLimitOf(refusal, clock)
  if (wait !== undefined) return explainLimit(wait, clock)
  if (status === 401) return explainUnknown(credentials)
  if (status === 403 && code === 'insufficient_scope')
    return {
      kind: 'permission-denied',
      why: `The token${from(credentials)} lacks a scope.`,
      fix: `use ${neededToken}. Scopes of a token can not be changed: make a new one.`,
    }
  if (status === 403) return explainForbidden(attempt)
  if (status === 404) return { kind: 'not-found', ...explainMissing(scope, credentials) }
  if (status === 400 || status === 422)
    return {
      kind: 'invalid-input',
      why: 'GitLab understood the request and does not accept what is in it.',
    }
  if (status === 410)
    return { kind: 'unimplemented', why: 'The server has this part of its API switched off.' }
  if (status >= 500)
    return {
      kind: 'unavailable',
      why: 'The trouble is on the side of GitLab.',
      fix: 'try again; for gitlab.com https://status.gitlab.com tells about incidents.',
    }
  if (status < 400) return explainMove(refusal, scope)
  return {
    kind: 'internal',
    why: `GitLab answered ${status} (${message}), which this program does not expect.`,
  }
}

function explainUnknown(credentials: Credentials): Meaning {
  return {
    kind: 'unauthenticated',
    why: `GitLab does not know the token${from(credentials)}: it has expired, was revoked, belongs to another server, or was not copied whole.`,
    fix: `make a new one: ${neededToken}.`,
  }
}

function explainForbidden({ scope, credentials }: Attempt): Meaning {
  return {
    kind: 'permission-denied',
    why: `GitLab forbids this to the token${from(credentials)}: its role in ${scope.text} is too low, or its user is blocked.`,
    fix: `use ${neededToken}.`,
  }
}

/** GitLab gives one answer to both: a role that is too low, and creation of runners switched off. `role` as GitLab's number. */
export function explainCreation(
  role: number | undefined,
  { kind, text }: { readonly kind: 'project' | 'group'; readonly text: string },
  credentials: Credentials,
): Pick<Explanation, 'why' | 'fix'> {
  const setting = `the creation of ${kind} runners is switched off (Admin area > Settings > CI/CD > Runners, or the group's Settings > General > Permissions or CI/CD > Runners)`
  const enough = kind === 'project' ? 40 : 50
  if (role !== undefined && role >= enough)
    return {
      why: `The token${from(credentials)} has the role that is needed in ${text}, so ${setting}; or this server asks for the role Owner.`,
      fix: 'have an administrator or owner allow it, or use a token of an Owner.',
    }
  const needed = kind === 'project' ? 'Maintainer or Owner' : 'Owner'
  return {
    why: `The token${from(credentials)} needs the role ${needed} in ${text}${role === undefined ? '' : `, and has ${roleNames[role] ?? 'a lower one'}`}; or ${setting}.`,
    fix: `use ${neededToken}. A project or group access token has the role that was chosen when it was made.`,
  }
}

/** https://docs.gitlab.com/api/access_requests/#valid-access-levels */
const roleNames: Readonly<Record<number, string>> = {
  0: 'none',
  5: 'Minimal Access',
  10: 'Guest',
  15: 'Planner',
  20: 'Reporter',
  30: 'Developer',
  40: 'Maintainer',
}

/** GitLab hides what a token may not see: a missing project and a missing right look alike. */
export function explainMissing(
  { text, kind }: Scope,
  credentials: Credentials,
): Pick<Explanation, 'why' | 'fix'> {
  const what = kind ?? 'project or group'
  return {
    why: `Either there is no ${what} ${text}, or the token${from(credentials)} may not see it: GitLab answers both in the same way. A user's own namespace is no group, and has no runners of its own.`,
    fix: `check \`repo\`, and that the token is ${neededToken}.`,
  }
}

function explainLimit(wait: number, clock: Clock): Meaning {
  const until = new Date(clock.now() + wait).toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    kind: 'rate-limited',
    why: `GitLab asks for a pause until ${until} because of many requests in a short time. Everything that uses the same token, user or address counts.`,
    fix: `run this again after ${until}.`,
  }
}

/** A redirect within one host has been followed already. */
function explainMove({ headers }: Refusal, { text }: Scope): Meaning {
  const location = headers.get('location')
  return {
    kind: 'invalid-input',
    why: `${text} has moved${location ? ` to ${location}` : ''}.`,
    fix: 'give `repo` its new web address.',
  }
}

/** What only GitLab's users need to hear when no server was reached. */
export const networkWords: NetworkWords = {
  ownServer: "a server of one's own",
  incidents: 'For gitlab.com https://status.gitlab.com tells about incidents.',
}

function from({ source }: Credentials): string {
  return source ? ` (from ${source})` : ''
}
