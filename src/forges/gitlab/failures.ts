import { atSecond, type Clock } from '../../lib/clock.ts'
import { Unreadable } from '../../lib/answers.ts'
import { explainNetwork, networkTroubleOf, type NetworkWords } from '../../lib/network.ts'
import { Failure } from '../../model/failure.ts'
import { rateLimitOf } from './limits.ts'
import { type Credentials, explainForbidden, explainMissing, explainUnknown, type Right } from './rights.ts'
import type { Scope } from './scope.ts'
import { Refusal } from './trouble.ts'

export interface Attempt {
  readonly tried: string
  readonly scope: Scope
  readonly credentials: Credentials
  readonly clock: Clock
  /** Clock milliseconds until which GitLab could be asked again; undefined where nobody has said. */
  readonly end?: number | undefined
  /** Of the request. */
  readonly address: string
}

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

type Meaning = Right

function explainRefusal(refusal: Refusal, attempt: Attempt): Meaning {
  const { status, message, code } = refusal
  const { scope, credentials, clock } = attempt
  const wait = rateLimitOf(refusal, clock)
  if (wait !== undefined) return explainLimit(wait, refusal, attempt)
  const asker = { scope, credentials, below: pathAbove(attempt.address) }
  if (status === 401) return explainUnknown(asker)
  if (status === 403) return explainForbidden(message, code, asker)
  if (status === 404) return { kind: 'not-found', ...explainMissing(asker) }
  if (status === 400 || status === 422) return explainUnacceptable(message, scope)
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

/** Where a server is installed on its host, by the address of a request to its API. */
function pathAbove(address: string): string {
  return /^(.*?)\/api\/v4(\/|$)/.exec(new URL(address).pathname)?.[1] ?? ''
}

/** Said of the arguments only where GitLab names one of them; else it is about what is there already. */
function explainUnacceptable(message: string, { text }: Scope): Meaning {
  if (/maximum number of .* exceeded/i.test(message))
    return {
      kind: 'failed-precondition',
      why: `${text} has as many runners as its plan or this server allows. All count that were made or used within seven days, also those whose machine is gone.`,
      fix: 'remove those without a machine with the command `sweep` (with `dry-run` it lists them), and others that nobody needs in the settings of the project or group; or have the limit raised (gitlab.com: 50 on the Free plan, 1,000 on others).',
    }
  if (/\btags?\b|description|maximum timeout|maintenance note/i.test(message))
    return {
      kind: 'invalid-input',
      why: 'GitLab understood the request and does not accept what is in it.',
      fix: 'change the option that it names (`labels`, `name`, `max-lifetime`).',
    }
  return {
    kind: 'failed-precondition',
    why: 'GitLab understood the request, and what is there now does not allow it.',
  }
}

/** Two limiters: one stands before all of GitLab, one counts calls of one kind by their user (lib/gitlab/application_rate_limiter.rb). */
function explainLimit(wait: number, { message }: Refusal, { clock, end }: Attempt): Meaning {
  const until = atSecond(clock.now() + wait)
  const counted = /\bendpoint\b/i.test(message)
    ? 'requests of this kind in a minute. All that are sent with a token of the same user count.'
    : 'requests in a short time. Everything that uses the same token, user or address counts.'
  return {
    kind: 'rate-limited',
    until: clock.now() + wait,
    why: `GitLab asks for a pause until ${until} because of many ${counted}`,
    fix: `run this again after ${until}${end === undefined ? '' : ` (what was to be done has time until ${atSecond(end)})`}.`,
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
