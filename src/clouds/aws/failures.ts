import { explainWayTo, passingTrouble } from '../../lib/network.ts'
import type { Again } from '../../lib/retry.ts'
import { explainPage, passingPage, WebPage } from '../../lib/web-page.ts'
import { Failure, type Explanation, type FailureKind } from '../../model/failure.ts'
import { rowOf, type CodeRow } from './codes.ts'
import { pageAt } from '../../model/pages.ts'

/** What the SDK threw, in one shape: EC2's answers, STS's, and what went wrong before any answer came. */
export interface VendorError {
  /** EC2's code, or the SDK's or Node's name for what happened: `InsufficientInstanceCapacity`, `ECONNRESET`. */
  readonly code: string
  readonly message: string
  /** Of the answer; undefined when there was none. */
  readonly status?: number
}

/** Our code for a region that the SDK does not take. */
const noRegion = 'RegionNotAccepted'

type Variables = Readonly<Record<string, string | undefined>>

interface SdkError extends Error {
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean }
  readonly $response?: { readonly statusCode?: number }
}

const networkCodes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|EPROTO|ERR_PROXY_TUNNEL|ERR_TLS_\w+|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+|DEPTH_ZERO_\w+)$/

/** Undefined for what is no answer of a vendor and no trouble on the way to it, which is then a defect of ours. */
export function readError(error: unknown): VendorError | undefined {
  if (!error || typeof error !== 'object' || error instanceof Failure) return undefined
  const { $metadata, $response, code, cause } = error as SdkError
  const { name, message } = unwrap(error as SdkError)
  const status = $metadata?.httpStatusCode ?? $response?.statusCode
  if (typeof code === 'string' && networkCodes.test(code)) return { code, message }
  if (name === 'TimeoutError') return { code: name, message }
  // The SDK's word for what cannot be part of a host's name; nothing was sent.
  if (status === undefined && message.startsWith('Region not accepted')) return { code: noRegion, message }
  if (status !== undefined && (status < 300 || name === 'SyntaxError' || name === 'Error')) {
    return { code: 'UnreadableAnswer', message: `EC2 answered ${status} with something unreadable`, status }
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return readError(cause) ?? { code: name, message }
  return status === undefined ? undefined : { code: name, message, status }
}

/** Errors of another realm (a worker's, a test runner's) reach us as the SDK's text about them. */
function unwrap({ name, message }: SdkError): { readonly name: string; readonly message: string } {
  const [, inner, text] = /^AWS SDK error wrapper for (\w+): (.*)$/s.exec(message) ?? []
  return inner && text ? { name: inner, message: text } : { name, message }
}

/**
 * Whether the same request may be sent again with the same token. Answers about capacity and quota are final, although EC2 gives them as
 * HTTP 500.
 */
export function repeatable(error: unknown, action = 'a request'): Again | false {
  if (error instanceof WebPage) return passingPage(error, 'EC2')
  const read = readError(error)
  if (!read) return false
  const { code, message, status } = read
  const row = rowOf(code, message)
  if (typeof row === 'object')
    return (
      (row.kind === 'rate-limited' || row.kind === 'unavailable') && {
        why: `EC2 answered ${code} to ${action}`,
      }
    )
  // The SDK has learnt how wrong this host's clock is. It says so of every answer, also of those that the clock had no part in.
  if (row === 'credentials')
    return (
      Boolean((error as SdkError).$metadata?.clockSkewCorrected) && {
        why: "This host's clock is wrong",
        patience: 2_000,
      }
    )
  if (status !== undefined)
    return (status >= 500 || status < 300) && { why: `EC2 answered ${status} to ${action}` }
  return passingTrouble({ code: code === 'TimeoutError' ? 'ETIMEDOUT' : code, message }, 'EC2')
}

/** The codes by which EC2 and STS refuse an action to known credentials. */
export function isDenied(error: unknown): boolean {
  const code = readError(error)?.code ?? (error instanceof Failure ? error.explanation.code : undefined)
  return code === 'UnauthorizedOperation' || code === 'AccessDenied' || code === 'AccessDeniedException'
}

/**
 * Whether a refusal may be about the region that was asked, and not about who asks: an account sees nothing of a region that it has not enabled, and its
 * credentials look wrong there; an organisation may forbid a region; one that does not exist has no address. Told by another region that answers.
 */
export function isAboutRegion(failure: Failure): boolean {
  const { code } = failure.explanation
  const kinds: readonly FailureKind[] = [
    'unauthenticated',
    'permission-denied',
    'failed-precondition',
    'not-found',
  ]
  return kinds.includes(failure.kind) || code === 'ENOTFOUND'
}

/** Of these, those that keep machines out of the region altogether, so that none can be there. */
export function isShut({ explanation: { code } }: Pick<Failure, 'explanation'>): boolean {
  return code === 'AuthFailure' || code === 'OptInRequired' || code === noRegion || code === 'ENOTFOUND'
}

export interface Attempt {
  /** Reads after "Could not …". */
  readonly tried: string
  /** IAM action: `ec2:RunInstances`. */
  readonly action: string
  readonly region: string
}

/** A Failure that says what EC2's answer means and what to do. Defects of ours come back as they are. */
export function explain(error: unknown, attempt: Attempt, variables: Variables): unknown {
  if (error instanceof WebPage)
    return new Failure(
      'unavailable',
      { tried: attempt.tried, ...explainPage(error, 'EC2') },
      { cause: error },
    )
  const read = readError(error)
  if (!read) return error
  const { code, message, status } = read
  const base: Explanation = { tried: attempt.tried, said: message, code }
  const options = { cause: error }
  if (code === 'UnauthorizedOperation')
    return new Failure('permission-denied', explainDenial(base, attempt), options)
  if (status === undefined && !rowOf(code))
    return new Failure('unavailable', explainNetwork(base, attempt), options)
  const row = rowOf(code, message)
  if (row === 'credentials')
    return new Failure('unauthenticated', explainCredentials(base, attempt, variables), options)
  if (!row) return new Failure(kindOfStatus(status), base, options)
  const { why, fix } = row
  const said = { ...base, ...(why ? { why } : {}), ...(fix ? { fix } : {}) }
  return new Failure(kindOf(row, attempt), said, options)
}

/** What was there when it was read and is not there now is no reason to give up the other places and images. */
function kindOf({ kind, reach }: CodeRow, { action }: Attempt): FailureKind {
  return kind === 'not-found' && reach && action === 'ec2:RunInstances' ? 'failed-precondition' : kind
}

/** A code that no table knows. */
function kindOfStatus(status: number | undefined): FailureKind {
  if (status === undefined || status < 300 || status >= 500) return 'unavailable'
  return status === 401 || status === 403 ? 'permission-denied' : 'unknown'
}

const encodedPattern = /\s*Encoded authorization failure message: (\S+)\s*$/

/** EC2 encodes the statement that refused; decoding needs a permission of its own, so it is left to a person. */
function explainDenial(base: Explanation, { action }: Attempt): Explanation {
  const encoded = encodedPattern.exec(base.said ?? '')?.[1]
  const passRole = /iam:PassRole/.test(base.said ?? '')
  return {
    ...base,
    said: (base.said ?? '').replace(encodedPattern, ''),
    why: passRole
      ? 'Handing a role to a machine (`cloud-permission-set`) needs iam:PassRole on that role.'
      : `The credentials in use lack ${action}${action === 'ec2:RunInstances' ? ', ec2:CreateTags on what it makes, or one of the resources it uses' : ''}.`,
    fix: `grant ${passRole ? 'iam:PassRole' : action}; ${pageAt('docs/aws.md#permissions-on-aws')} has the whole least-privilege policy.${encoded ? ' To see which statement refused, run the line below as an administrator.' : ''}`,
    ...(encoded
      ? {
          details: [
            `aws sts decode-authorization-message --query DecodedMessage --output text --encoded-message ${encoded}`,
          ],
        }
      : {}),
  }
}

function explainNetwork(base: Explanation, { region }: Attempt): Explanation {
  if (base.code === 'ENOTFOUND') {
    return {
      ...base,
      why: `There is no EC2 endpoint by that name: the region ${region} does not exist, or this machine cannot resolve names on the internet.`,
      fix: 'correct `cloud-region` (aws ec2 describe-regions lists them); behind a proxy, set HTTPS_PROXY.',
    }
  }
  return { ...base, ...explainWayTo(`EC2 in ${region}`, base.code ?? '') }
}

function explainCredentials(base: Explanation, { region }: Attempt, variables: Variables): Explanation {
  const expired = /expired/i.test(`${base.code} ${base.said}`)
  const absent = base.code === 'CredentialsProviderError'
  return {
    ...base,
    why: absent
      ? 'No AWS credentials were found: not in the environment, no profile, no web identity, no instance role.'
      : expired
        ? 'The AWS credentials have expired.'
        : `AWS does not accept the credentials: they are wrong or deleted, this machine's clock is off, or the account has not enabled the region ${region}.`,
    fix: credentialsAdvice(variables),
  }
}

function credentialsAdvice(variables: Variables): string {
  if (variables.GITHUB_ACTIONS === 'true') {
    return (
      'before this step, use aws-actions/configure-aws-credentials with `role-to-assume` (OIDC; the job needs `permissions: id-token: write`), ' +
      'or give AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, with temporary keys, AWS_SESSION_TOKEN to this step as `env`, from secrets.'
    )
  }
  if (variables.GITLAB_CI === 'true') {
    return 'set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE (from `id_tokens`), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as masked CI/CD variables.'
  }
  return 'run `aws sso login` or `aws configure`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `aws sts get-caller-identity` tells who you are.'
}
