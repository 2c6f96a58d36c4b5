import { explainWayTo, passingTrouble } from '../../lib/network.ts'
import type { Again } from '../../lib/retry.ts'
import { explainPage, passingPage, WebPage } from '../../lib/web-page.ts'
import { Failure, type Explanation, type FailureKind } from '../../model/failure.ts'
import type { CloudContext } from '../cloud.ts'
import { credentialsAdvice } from './advice.ts'
import type { CodeRow } from './codes.ts'
import { rowOf } from './rows.ts'
import { ArmRefusal, readError, reasonsBelow, type Problem, type VendorError } from './vendor-error.ts'
import { pageAt } from '../../model/pages.ts'

type Variables = CloudContext['variables']

/** Whether the same request may be sent again. Answers about capacity and quota are final, whatever their status. */
export function repeatable(error: unknown, method: string): Again | false {
  if (error instanceof WebPage) return passingPage(error, 'Azure')
  const read = readError(error)
  if (!read) return false
  const { code, message, status, wait, token } = read
  if (status === undefined)
    return code === 'NoCredentials'
      ? false
      : passingTrouble({ code, message }, token ? 'Microsoft Entra' : 'Azure')
  const row = token ? undefined : rowOf(code, message)
  const why = `${token ? 'Microsoft Entra' : 'Azure'} answered ${status} ${code} to a ${method}`
  const again = { why, ...(wait === undefined ? {} : { wait }) }
  if (row) return (row.kind === 'rate-limited' || row.kind === 'unavailable') && again
  return (status === 429 || (status >= 500 && status !== 501)) && again
}

/** A read beyond the least that a launch needs, which must not stop it. */
export function isOptionalFailure(error: unknown): error is Failure {
  return (
    error instanceof Failure &&
    (error.kind === 'permission-denied' || error.kind === 'unavailable' || error.kind === 'rate-limited')
  )
}

/** The gateway and the service itself say in different words that something is not there, or that its group is not. */
const gone = /^(ResourceNotFound|ResourceGroupNotFound|NotFound|HTTP 404)$/

/** Of reads and deletions: it is not there. Of a creating call the same words are about something else that it needs. */
export function isGone(error: unknown): boolean {
  return error instanceof Failure && gone.test(error.explanation.code ?? '')
}

export function isGroupGone(error: unknown): boolean {
  return error instanceof Failure && error.explanation.code === 'ResourceGroupNotFound'
}

/** A Failure that says what the answer means and what to do. Defects of ours come back as they are. */
export function explain(error: unknown, tried: string, variables: Variables): unknown {
  if (error instanceof WebPage)
    return new Failure('unavailable', { tried, ...explainPage(error, 'Azure') }, { cause: error })
  const read = readError(error)
  if (!read) return error
  const { code, message, status, token } = read
  const inner = error instanceof ArmRefusal ? error.inner : []
  const base: Explanation = {
    tried,
    said: message,
    code,
    ...below(inner),
  }
  const options = { cause: error }
  if (token && (status ?? 400) >= 500)
    return new Failure('unavailable', withAdvice(base, rowOf('ServiceUnavailable')!), options)
  if (token) return new Failure('unauthenticated', explainCredentials(base, read, variables), options)
  if (status === undefined)
    return new Failure('unavailable', { ...base, ...explainWayTo('Azure', code) }, options)
  const row = rowOf(code, message)
  if (status === 401 || row?.kind === 'unauthenticated')
    return new Failure('unauthenticated', explainCredentials(base, read, variables), options)
  return ofRow(row, status, base, options)
}

/** A refusal that comes as the error of an operation, in the same words. */
export function explainProblem(problem: Problem, tried: string): Failure {
  const { code = 'Unknown', message = 'the operation failed without a reason' } = problem
  const base = { tried, said: message.trim(), code, ...below(reasonsBelow(problem)) }
  return ofRow(rowOf(code, message), 409, base)
}

function below(inner: readonly string[]): Pick<Explanation, 'details'> {
  return inner.length > 0 ? { details: [`Below it: ${inner.join('; ').replace(/\.$/, '')}.`] } : {}
}

function ofRow(
  row: CodeRow | undefined,
  status: number,
  base: Explanation,
  options?: { cause?: unknown },
): Failure {
  const { code = '' } = base
  if (code === 'MissingSubscriptionRegistration')
    return new Failure('permission-denied', explainRegistration(base), options)
  if (code === 'RequestDisallowedByPolicy') return ofPolicy(base, options)
  if (row?.kind === 'permission-denied' && !row.why)
    return new Failure(row.kind, explainDenial(base), options)
  return row
    ? new Failure(row.kind, withAdvice(base, row), options)
    : new Failure(kindOfStatus(status), base, options)
}

function withAdvice(base: Explanation, { why, fix }: CodeRow): Explanation {
  return { ...base, ...(why ? { why } : {}), ...(fix ? { fix } : {}) }
}

/** A code that no table knows. */
function kindOfStatus(status: number): FailureKind {
  if (status === 429) return 'rate-limited'
  if (status >= 500) return 'unavailable'
  if (status === 404) return 'not-found'
  return status === 403 ? 'permission-denied' : 'unknown'
}

/** Which part of Azure it is about stands in its words: `'Microsoft.ComputeSchedule'`. */
function explainRegistration(base: Explanation): Explanation {
  const name = /namespace ['"]?([\w.]+)['"]?/i.exec(base.said ?? '')?.[1] ?? 'Microsoft.Compute'
  return {
    ...base,
    why: `The subscription has never used ${name}, and these credentials may not register it by themselves.`,
    fix: `az provider register --namespace ${name} --wait`,
  }
}

/** https://learn.microsoft.com/azure/governance/policy: who has forbidden what stands in its words. */
function ofPolicy(base: Explanation, options?: { cause?: unknown }): Failure {
  const name = /policyAssignment"?:\{"name":"([^"]+)"/.exec(base.said ?? '')?.[1]
  const address = /public ?ip/i.test(base.said ?? '')
  return new Failure(
    'failed-precondition',
    {
      ...base,
      why: `A policy of the subscription${name ? `, “${name}”,` : ''} forbids it.`,
      fix: address
        ? 'set `cloud-public-address: never`; the subnet then needs a NAT gateway for its way out. Or ask whoever manages the policies.'
        : 'name another region, size or group, give the tags that it wants in `cloud-metadata`, or ask whoever manages the policies.',
    },
    options,
  )
}

const actionPattern = /perform action '([\w./*]+)'(?:[^']*over scope '([^']+)')?/g

/** Azure names the action that is missing, and where. */
function explainDenial(base: Explanation): Explanation {
  const found = [...(base.said ?? '').matchAll(actionPattern)]
  const actions = [...new Set(found.map(([, action = '']) => action))]
  const linked = base.code === 'LinkedAuthorizationFailed'
  if (actions.length === 0)
    return {
      ...base,
      why: linked
        ? 'The role of whoever launches does not allow to use something that the machine is given: its subnet, or a managed identity.'
        : 'The credentials may not do this there.',
      fix: `look at the roles of whoever launches; ${pageAt('docs/azure-role.sh')} makes one with the least that a launch needs.`,
    }
  const scope = found[0]?.[2]
  return {
    ...base,
    why: `The role of whoever launches lacks ${actions.join(', ')}. A role that was given only just now takes some minutes to count.`,
    fix: `add it to the role (${pageAt('docs/azure-role.sh')} makes one with all that a launch needs)${scope ? `, on ${scope}` : ''}.`,
  }
}

function explainCredentials(
  base: Explanation,
  { code, token, message }: VendorError,
  variables: Variables,
): Explanation {
  const row = rowOf(code, message)
  return {
    ...base,
    why:
      row?.why ??
      (code === 'NoCredentials'
        ? 'No credentials of Azure were found: not in the environment, no `az login`, no managed identity of this machine.'
        : token
          ? 'Microsoft Entra does not take the credentials: the secret has expired, or no federated credential of the application fits this repository, branch or project.'
          : 'Azure does not accept the token: it has expired, or belongs to another tenant.'),
    fix: credentialsAdvice(variables),
  }
}
