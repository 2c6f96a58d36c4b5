import { explainWayTo, passingTrouble } from '../../lib/network.ts'
import type { Again } from '../../lib/retry.ts'
import { explainPage, passingPage } from '../../lib/web-page.ts'
import { Failure, type Explanation, type FailureKind } from '../../model/failure.ts'
import { credentialsAdvice } from './advice.ts'
import type { CloudContext } from '../cloud.ts'
import { credentials, rowOf, type CodeRow } from './codes.ts'
import type { OperationProblem } from './compute.ts'
import { pageBehind, readError, type VendorError } from './vendor-error.ts'

type Variables = CloudContext['variables']

/** Whether the same request may be sent again. Answers about capacity and quota are final. */
export function repeatable(error: unknown, action: string): Again | false {
  const page = pageBehind(error)
  if (page) return passingPage(page, 'Compute Engine')
  const read = readError(error)
  if (!read) return false
  const { code, message, status } = read
  const row = read.token ? undefined : rowOf(code, message)
  if (typeof row === 'object')
    return (
      (row.kind === 'rate-limited' || row.kind === 'unavailable') && {
        why: `Compute Engine answered ${code} to ${action}`,
      }
    )
  if (row === credentials) return false
  if (status !== undefined)
    return (status >= 500 || status === 429) && { why: `Compute Engine answered ${status} to ${action}` }
  if (code === 'UnreadableAnswer') return { why: message }
  return passingTrouble({ code, message }, read.token ? 'the token service' : 'Compute Engine')
}

/** A read beyond the least that a launch needs, which must not stop it. */
export function isOptionalFailure(error: unknown): error is Failure {
  return (
    error instanceof Failure &&
    (error.kind === 'permission-denied' || error.kind === 'unavailable' || error.kind === 'rate-limited')
  )
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Failure && error.explanation.code === 'notFound'
}

export interface Attempt {
  /** Reads after "Could not …". */
  readonly tried: string
  readonly project: string
}

/** A Failure that says what the answer means and what to do. Defects of ours come back as they are. */
export function explain(error: unknown, attempt: Attempt, variables: Variables): unknown {
  const page = pageBehind(error)
  if (page)
    return new Failure(
      'unavailable',
      { tried: attempt.tried, ...explainPage(page, 'Compute Engine') },
      { cause: error },
    )
  const read = readError(error)
  if (!read) return error
  const { code, message, status } = read
  const base: Explanation = { tried: attempt.tried, said: message, code }
  const options = { cause: error }
  if (read.token && status !== undefined)
    return new Failure('unauthenticated', explainCredentials(base, read, variables), options)
  if (code === 'NoCredentials')
    return new Failure('unauthenticated', explainCredentials(base, read, variables), options)
  if (code === 'UnreadableAnswer') return new Failure('unavailable', { ...base, ...unreadable }, options)
  if (status === undefined)
    return new Failure('unavailable', { ...base, ...explainWayTo('Google Cloud', code) }, options)
  const row = status === 401 ? credentials : rowOf(code, message)
  if (row === credentials)
    return new Failure('unauthenticated', explainCredentials(base, read, variables), options)
  if (row?.kind === 'permission-denied' && !row.why)
    return new Failure('permission-denied', explainDenial(base, attempt), options)
  if (!row) return new Failure(kindOfStatus(status), base, options)
  return new Failure(row.kind, withAdvice(base, row, attempt), options)
}

/** A refusal that comes as the error of an operation, in the same words. Several problems are one failure: the first that a table knows gives its kind. */
export function explainOperation(problems: readonly OperationProblem[], attempt: Attempt): Failure {
  const read = problems.map(({ code, message, errorDetails }) => {
    const own = errorDetails?.map((detail) => detail.localizedMessage?.message).find(Boolean)
    return { code: code || 'Unknown', message: own || message || 'no reason given' }
  })
  const first = read.find(({ code, message }) => typeof rowOf(code, message) === 'object') ?? read[0]
  const { code, message } = first ?? { code: 'Unknown', message: 'the operation failed without a reason' }
  const row = rowOf(code, message)
  const others = read.filter((one) => one !== first).map((one) => `${one.code}: ${one.message}`)
  const base = {
    tried: attempt.tried,
    said: message,
    code,
    ...(others.length > 0 ? { details: others } : {}),
  }
  if (typeof row !== 'object') return new Failure('unknown', base)
  if (row.kind === 'permission-denied' && !row.why) return new Failure(row.kind, explainDenial(base, attempt))
  return new Failure(row.kind, withAdvice(base, row, attempt))
}

/** Zones that a stockout names as having what was asked for. */
export function zonesWithRoom(problems: readonly OperationProblem[]): readonly string[] {
  return problems
    .flatMap(({ errorDetails }) => errorDetails ?? [])
    .flatMap(({ errorInfo }) => errorInfo?.metadatas?.zonesAvailable?.split(',') ?? [])
    .map((zone) => zone.trim())
    .filter(Boolean)
}

function withAdvice(base: Explanation, { why, fix }: CodeRow, { project }: Attempt): Explanation {
  return {
    ...base,
    ...(why ? { why } : {}),
    ...(fix ? { fix: fix.replace('PROJECT', project) } : {}),
  }
}

const unreadable = {
  why: 'It was cut off, or is not of Compute Engine; repeating the request did not help.',
  fix: 'try again; see whether something on the way changes answers.',
}

/** A code that no table knows. */
function kindOfStatus(status: number): FailureKind {
  if (status >= 500 || status === 429) return 'unavailable'
  if (status === 404) return 'not-found'
  return status === 403 ? 'permission-denied' : 'unknown'
}

const permissionPattern = /'?([a-z][a-zA-Z]+\.[a-zA-Z]+\.[a-zA-Z]+)'? permission/g

/** The API names the permission that is missing. */
function explainDenial(base: Explanation, { project }: Attempt): Explanation {
  const named = [...(base.said ?? '').matchAll(permissionPattern)].map(([, name = '']) => name)
  const missing = [...new Set(named)].join(',')
  if (!missing)
    return {
      ...base,
      why: 'The credentials may not do this in that project.',
      fix: `look at the roles of whoever launches in ${project}; the documentation has the least that a launch needs.`,
    }
  return {
    ...base,
    why: `The role of whoever launches lacks ${missing}${missing.includes('setLabels') ? ', which CML did not need: machines are made with labels, by which they are found again' : ''}.`,
    fix: 'add it to the role, with its own name in the place of ROLE:',
    details: [
      ...(base.details ?? []),
      `gcloud iam roles update ROLE --project=${project} --add-permissions=${missing}`,
    ],
  }
}

function explainCredentials(
  base: Explanation,
  { code, token }: VendorError,
  variables: Variables,
): Explanation {
  return {
    ...base,
    why:
      code === 'NoCredentials'
        ? 'No credentials of Google Cloud were found: not in the environment, no file, no machine of its own with a service account.'
        : token
          ? 'The token service does not take the credentials: the federation does not know this repository, branch or audience, the key is deleted, or this machine’s clock is off.'
          : 'Compute Engine does not accept the credentials: they have expired, or are of nobody it knows.',
    fix: credentialsAdvice(variables),
  }
}
