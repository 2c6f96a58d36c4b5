import { Unreadable } from '../../lib/answers.ts'
import { atSecond } from '../../lib/clock.ts'
import { explainNetwork, type NetworkWords } from '../../lib/network.ts'
import { Failure } from '../../model/failure.ts'
import { rateLimitOf } from './limits.ts'
import {
  type Attempt,
  explainForbidden,
  explainMissing,
  from,
  type Meaning,
  neededPermission,
} from './rights.ts'
import type { Scope } from './scope.ts'
import { networkTroubleOf, type Refusal, refusalOf } from './trouble.ts'

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

function explainRefusal(refusal: Refusal, attempt: Attempt): Meaning {
  const { status, message } = refusal
  const limit = rateLimitOf(refusal, attempt.clock)
  if (limit) return explainLimit(limit, attempt)
  if (refusal.page && status >= 400 && status < 500) return explainPage(status, attempt.scope)
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
      return explainUnprocessable(message, attempt.scope)
    default:
      if (status < 400) return explainMove(refusal, attempt)
      if (status >= 500)
        return {
          kind: 'unavailable',
          // GitHub marks its answers, and what stands before it does not.
          why: refusal.headers['x-github-request-id']
            ? 'The trouble is on the side of GitHub.'
            : `The answer is not marked as GitHub marks its own: a proxy or gateway on the way to ${new URL(attempt.scope.api).host} is in trouble, or GitHub's edge.`,
          fix: 'try again; https://www.githubstatus.com tells about incidents.',
        }
      return {
        kind: 'internal',
        why: `GitHub answered ${status} to ${message === `HTTP ${status}` ? 'a request' : 'it'}, which this program does not expect.`,
      }
  }
}

/** GitHub's API answers in JSON. */
function explainPage(status: number, { api }: Scope): Meaning {
  return {
    kind: 'unavailable',
    why: `${status} came as a web page, which GitHub's API never sends: a proxy or a firewall answered in its place, or ${api} is not a GitHub API.`,
    fix: `check \`repo\`, and let this machine reach ${new URL(api).host}: behind a proxy set HTTPS_PROXY, and have it let that host through.`,
  }
}

/** Said of the arguments only where GitHub names one of them; else it is about what is there already. */
function explainUnprocessable(message: string, { runnersPage }: Scope): Meaning {
  if (/max(imum)? (limit|number)|limit of \d+ runners/i.test(message))
    return {
      kind: 'failed-precondition',
      why: 'A runner group takes 10,000 runners. Registrations of machines that are gone count until they are removed.',
      fix: `remove those with the command \`sweep\` (it also lists them, with \`dry-run\`) or at ${runnersPage}; in an organisation give \`runner-group\` another group.`,
    }
  if (/\b(name|labels?|work_folder|runner_group_id)\b/i.test(message))
    return {
      kind: 'invalid-input',
      why: 'GitHub understood the request and does not accept what is in it.',
      fix: 'change the option that it names (`name`, `labels`, `workdir`, `runner-group`).',
    }
  return {
    kind: 'failed-precondition',
    why: 'GitHub understood the request, and what is there now does not allow it.',
  }
}

/** No token of any kind could register a runner there. */
export function personalAccount(tried: string, { owner, page, text }: Scope, cause: unknown): Failure {
  return new Failure(
    'invalid-input',
    {
      tried,
      said: `${text} is a personal account`,
      why: 'A personal account has no runners of its own, only its repositories do.',
      fix: `name a repository in \`repo\`: ${page}/… (whose owner is ${owner}).`,
    },
    { cause },
  )
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
  { clock, end }: Attempt,
): Meaning {
  const until = atSecond(clock.now() + wait)
  return {
    kind: 'rate-limited',
    until: clock.now() + wait,
    why:
      kind === 'primary'
        ? `The hourly limit of the token is used up until ${until}. Everything that uses the same token or user counts.`
        : `GitHub asks for a pause until ${until} because of many requests in a short time.`,
    fix: `run this again after ${until}${end === undefined ? '' : ` (what was to be done has time until ${atSecond(end)})`}, or use another token: a GitHub App has a limit of its own.`,
  }
}
