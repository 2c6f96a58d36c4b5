import { explainWayTo, networkTroubleOf, passingTrouble } from '../../lib/network.ts'
import type { Again } from '../../lib/retry.ts'
import { explainPage, passingPage, WebPage } from '../../lib/web-page.ts'
import { Failure, type Explanation } from '../../model/failure.ts'
import type { CloudContext } from '../cloud.ts'
import { accessAdvice } from './advice.ts'
import { NoConfiguration, Refused, UnreadableAnswer } from './answers.ts'
import { rowOf } from './codes.ts'

type Variables = CloudContext['variables']

/** Whether the same request may be sent again. Names are ours and settled before: what was done already is told as such. */
export function repeatable(error: unknown): Again | false {
  if (error instanceof UnreadableAnswer) return { why: error.message }
  if (error instanceof WebPage) return passingPage(error, 'the API server')
  if (error instanceof Refused) {
    const passing = error.status === 429 || error.status >= 500 || error.reason === 'Conflict'
    const why = `The API server answered ${error.reason}`
    return passing && (error.wait === undefined ? { why } : { why, wait: error.wait })
  }
  const trouble = networkTroubleOf(error)
  return trouble !== undefined && passingTrouble(trouble, 'The API server')
}

/** A read beyond the least that a launch needs, which must not stop it. */
export function isOptionalFailure(error: unknown): error is Failure {
  return error instanceof Failure && /^(permission-denied|unavailable|rate-limited)$/.test(error.kind)
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Failure && error.kind === 'not-found'
}

export function isTaken(error: unknown): boolean {
  return error instanceof Failure && error.kind === 'already-exists'
}

/** A Failure that says what the answer means and what to do. Defects of ours come back as they are. */
export function explain(
  error: unknown,
  { tried }: { readonly tried: string },
  variables: Variables,
): unknown {
  const options = { cause: error }
  if (error instanceof Failure) return error
  if (error instanceof NoConfiguration)
    return new Failure('unauthenticated', explainConfiguration(tried, error, variables), options)
  if (error instanceof UnreadableAnswer)
    return new Failure('unavailable', { tried, said: error.message, fix: 'try again.' }, options)
  if (error instanceof WebPage)
    return new Failure('unavailable', { tried, ...explainPage(error, 'the API server') }, options)
  if (error instanceof Refused) return explainRefusal(error, tried, variables)
  const trouble = networkTroubleOf(error)
  if (trouble) {
    const { code, message } = trouble
    return new Failure('unavailable', { tried, said: message, code, ...networkWords(code) }, options)
  }
  // A plug-in that is asked for a token says whatever it says.
  return error instanceof Error
    ? new Failure(
        'unauthenticated',
        explainConfiguration(tried, new Error(error.message.trim() || 'a plug-in failed'), variables),
        options,
      )
    : error
}

function networkWords(code: string): Pick<Explanation, 'why' | 'fix'> {
  const words = explainWayTo('the API server', code)
  if (!words.fix.includes('NODE_EXTRA_CA_CERTS')) return words
  return {
    ...words,
    fix: 'give `certificate-authority-data` of the cluster in the kubeconfig, or the certificate of your proxy in NODE_EXTRA_CA_CERTS.',
  }
}

function explainRefusal(error: Refused, tried: string, variables: Variables): Failure {
  const { status, reason, message } = error
  const base = { tried, said: message, code: reason }
  const options = { cause: error }
  const row = rowOf(status, message)
  if (row?.kind === 'unauthenticated')
    return new Failure(
      'unauthenticated',
      { ...base, why: row.why ?? '', fix: accessAdvice(variables) },
      options,
    )
  if (!row) return new Failure('unknown', base, options)
  const { kind, why, fix } = row
  return new Failure(kind, { ...base, ...(why ? { why } : {}), ...(fix ? { fix } : {}) }, options)
}

function explainConfiguration(tried: string, { message }: Error, variables: Variables): Explanation {
  return {
    tried,
    said: message,
    why: 'No way into a cluster was found in KUBERNETES_CONFIGURATION, KUBECONFIG, ~/.kube/config or a pod’s own service account, or it does not work.',
    fix: accessAdvice(variables),
  }
}
