import { networkTroubleOf } from '../../lib/network.ts'
import { saidIn } from '../../lib/said.ts'
import { Failure } from '../../model/failure.ts'
import type { Answer, Asked } from './arm.ts'

/** A refusal of Azure Resource Manager, as it came. */
export class ArmRefusal extends Error {
  override readonly name = 'ArmRefusal'
  readonly status: number
  /** `SkuNotAvailable`. */
  readonly code: string
  /** What lies below it. */
  readonly inner: readonly string[]
  /** ms that it asks to be left alone for. */
  readonly wait: number | undefined
  /** Azure has refused to make something, and was asked once: what is asked for again may have been heard before. */
  readonly unmade: boolean

  constructor(
    { status, headers, attempts }: Omit<Answer, 'body'>,
    problem: Problem,
    method: Asked['method'],
  ) {
    const { code, message } = problem
    super(message || saidIn(problem) || `HTTP ${status}`)
    this.status = status
    this.code = code || `HTTP ${status}`
    this.inner = reasonsBelow(problem)
    const seconds = Number(headers['retry-after'])
    this.wait = seconds > 0 ? seconds * 1000 : undefined
    this.unmade = method === 'PUT' && status < 500 && attempts === 1
  }
}

/** The error of an answer, or of an operation that has failed. */
export interface Problem {
  readonly code?: string
  readonly message?: string
  readonly details?: readonly Problem[]
  readonly innererror?: unknown
}

/** Codes and words, each once: the reason is often told there alone. */
export function reasonsBelow({ message = '', details, innererror }: Problem): readonly string[] {
  const below = (details ?? []).flatMap((detail) => [
    [detail.code, message.includes(detail.message ?? '') ? '' : detail.message].filter(Boolean).join(': '),
    ...reasonsBelow(detail),
  ])
  const inner = saidIn(innererror)
  return [...new Set([...below, message.includes(inner) ? '' : inner])].filter(Boolean)
}

/** What says no in an answer; undefined for one that does as it was told. A read that answers no JSON was never answered by Azure. */
export function refusalIn(answer: Answer, method: Asked['method']): ArmRefusal | undefined {
  const { status, body } = answer
  const told = problemIn(body)
  if (status >= 400) return new ArmRefusal(answer, told ?? {}, method)
  const unreadable = method === 'GET' && status === 200 && typeof body === 'string' && body !== ''
  return unreadable || status >= 300
    ? new ArmRefusal(
        { ...answer, status: 502 },
        { code: 'UnreadableAnswer', message: 'Azure answered with something unreadable' },
        method,
      )
    : undefined
}

export function problemIn(body: unknown): Problem | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { error } = body as { readonly error?: unknown }
  if (typeof error === 'object' && error !== null) return error
  // Some parts of Azure leave the envelope out, or write with capitals.
  const { code, message, Code = code, Message = message } = body as Readonly<Record<string, unknown>>
  const bare = {
    ...(typeof Code === 'string' ? { code: Code } : {}),
    ...(typeof Message === 'string' ? { message: Message } : {}),
  }
  return 'message' in bare ? bare : undefined
}

/** What was thrown, in one shape: answers of Azure and of Microsoft Entra, and what went wrong before any answer came. */
export interface VendorError {
  /** Its own, or Node's name for what happened: `SkuNotAvailable`, `ECONNRESET`. */
  readonly code: string
  readonly message: string
  /** Of the answer; undefined when there was none. */
  readonly status?: number
  readonly wait?: number
  /** No answer of Azure Resource Manager: a token could not be had. */
  readonly token?: true
}

interface SdkError extends Error {
  readonly code?: unknown
  readonly statusCode?: number
  readonly errorResponse?: { readonly error?: string; readonly errorDescription?: string }
  readonly errorCode?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** Undefined for what is no answer of the vendor and no trouble on the way to it, which is then a defect of ours. */
export function readError(error: unknown): VendorError | undefined {
  if (!(error instanceof Object) || error instanceof Failure) return undefined
  if (error instanceof ArmRefusal) {
    const { code, message, status, wait } = error
    return { code, message, status, ...(wait === undefined ? {} : { wait }) }
  }
  const thrown = error as SdkError
  if (thrown.code === 'PARSE_ERROR')
    return { code: 'UnreadableAnswer', message: 'Azure answered with something unreadable', status: 502 }
  const trouble = networkTroubleOf(error)
  if (trouble && /^(E[A-Z]+|CERT_|UNABLE_|SELF_SIGNED|DEPTH_|ERR_TLS)/.test(trouble.code)) return trouble
  if (thrown.name === 'AbortError' || thrown.code === 'REQUEST_SEND_ERROR')
    return { code: 'ETIMEDOUT', message: thrown.message }
  return ofToken(thrown)
}

/** https://learn.microsoft.com/javascript/api/@azure/identity: errors of credentials. */
function ofToken(error: SdkError): VendorError | undefined {
  const { name, message, statusCode, errorResponse } = error
  if (name === 'AuthenticationError')
    return {
      code: errorResponse?.error ?? 'AuthenticationError',
      // Entra's own words; trace ids help nobody here.
      message: (errorResponse?.errorDescription ?? message).split(/\s*Trace ID:/)[0] ?? message,
      ...(statusCode === undefined ? {} : { status: statusCode }),
      token: true,
    }
  if (/^(CredentialUnavailableError|AggregateAuthenticationError|AuthenticationRequiredError)$/.test(name))
    return { code: 'NoCredentials', message: firstLines(message), token: true }
  return undefined
}

/** The chain tells every way that it has tried. */
function firstLines(message: string): string {
  return message.split('\n').slice(0, 3).join(' ').slice(0, 400)
}
