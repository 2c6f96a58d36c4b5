import { networkTroubleOf } from '../../lib/network.ts'
import { saidIn } from '../../lib/said.ts'
import { pageIn, type WebPage } from '../../lib/web-page.ts'
import { Failure } from '../../model/failure.ts'

/** What the SDK threw, in one shape: answers of Compute Engine and of the token service, and what went wrong before any answer came. */
export interface VendorError {
  /** The API's reason, or Node's name for what happened: `quotaExceeded`, `ECONNRESET`. */
  readonly code: string
  readonly message: string
  /** Of the answer; undefined when there was none. */
  readonly status?: number
  /** No answer of Compute Engine: credentials could not be had. */
  readonly token?: true
}

interface SdkError extends Error {
  readonly code?: unknown
  readonly httpStatusCode?: number
  readonly status?: number
  readonly response?: { readonly status?: number; readonly data?: unknown }
  readonly config?: { readonly url?: unknown }
  readonly cause?: SdkError
}

/** Where google-gax keeps the body of a refusal as it came: its own `code` is gRPC's, and has lost the reason. */
const payload = Symbol.for('google-gax.rawHttpResponsePayload')

/** gRPC's word for a time that is over: nobody answered. */
const deadlineExceeded = 4

const unreadable: VendorError = {
  code: 'UnreadableAnswer',
  message: 'Compute Engine answered with something unreadable',
}

/** Undefined for what is no answer of a vendor and no trouble on the way to it, which is then a defect of ours. */
export function readError(error: unknown): VendorError | undefined {
  if (!(error instanceof Object) || error instanceof Failure) return undefined
  const thrown = error as SdkError
  const own = ofToken(thrown) ?? (thrown.cause && ofToken(thrown.cause))
  if (own) return own
  const status = thrown.httpStatusCode ?? thrown.response?.status
  if (isCut(thrown)) return unreadable
  if (status !== undefined) return ofAnswer(thrown, status)
  if (thrown.code === deadlineExceeded) return { code: 'ETIMEDOUT', message: thrown.message }
  const trouble = networkTroubleOf(error)
  if (trouble) return trouble
  if (isUnreadable(thrown) || (thrown.cause && isUnreadable(thrown.cause))) return unreadable
  return /default credentials|subject token|access token|credential/i.test(thrown.message ?? '')
    ? { code: 'NoCredentials', message: thrown.message, token: true }
    : undefined
}

/** What came in the place of an answer stands at the end of google-gax's sentence; of one that should have been JSON, only its beginning is told. */
export function pageBehind(error: unknown): WebPage | undefined {
  if (!(error instanceof Error) || error instanceof Failure) return undefined
  const { httpStatusCode = 200, message, cause } = error as SdkError
  const raw = (error as unknown as Readonly<Record<symbol, unknown>>)[payload]
  const texts = [raw, message, cause?.message].filter((text) => typeof text === 'string')
  const [page] = texts.flatMap(
    (text) =>
      /<(!doctype|html)\b.*/is.exec(text.replace(/(<.{1,10}).*is not valid JSON$/s, '$1>'))?.[0] ?? [],
  )
  return pageIn(httpStatusCode, undefined, page)
}

/** Half an answer, or no JSON, which google-gax hands on as the cause of an error of its own; or JSON of another shape, which protobufjs says so of. */
function isUnreadable({ name, message }: SdkError): boolean {
  return name === 'SyntaxError' || /null response|malformed response|(object|array) expected$/.test(message)
}

/** A refusal of which only the beginning came, so that its reason is lost: its status alone says too little. */
function isCut({ message }: SdkError): boolean {
  return /could not be decoded: .* not JSON: [[{]/s.test(message)
}

/** A request of the authentication library to somebody else than Compute Engine. */
function ofToken({ response, config, message, code }: SdkError): VendorError | undefined {
  const { url } = config ?? {}
  const address = url instanceof URL ? url.href : typeof url === 'string' ? url : ''
  if (address === '' || /\/compute\/v1\//.test(address)) return undefined
  const status = response?.status
  if (status === undefined) {
    return { code: typeof code === 'string' ? code : 'NoCredentials', message, token: true }
  }
  const said = (response?.data ?? {}) as { readonly error?: unknown; readonly error_description?: unknown }
  const texts = [said.error, said.error_description].filter((text) => typeof text === 'string')
  return {
    code: String(texts[0] ?? `HTTP ${status}`),
    message: texts.join(': ') || `the token service answered ${status}`,
    status,
    token: true,
  }
}

function ofAnswer(error: SdkError, status: number): VendorError {
  const told = bodyOf(error)?.error
  const first = told?.errors?.[0]
  const detail = told?.details?.find(({ reason }) => reason)
  const code = first?.reason || detail?.reason || told?.status || `HTTP ${status}`
  return { code, message: wordsOf(told) || error.message, status }
}

/** All of them: the reason may be the second. */
function wordsOf({ message, errors = [], details = [] }: Told = {}): string {
  return saidIn({ errors: [{ message }, ...errors, ...details].map((one) => ({ message: one.message })) })
}

interface Told {
  readonly message?: string
  readonly status?: string
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[]
  readonly details?: readonly { readonly reason?: string; readonly message?: string }[]
}

interface Body {
  readonly error?: Told
}

function bodyOf(error: SdkError): Body | undefined {
  const raw = (error as unknown as Readonly<Record<symbol, unknown>>)[payload] ?? error.response?.data
  try {
    const body: unknown = typeof raw === 'string' ? JSON.parse(raw) : raw
    return typeof body === 'object' && body !== null
      ? Array.isArray(body)
        ? (body[0] as Body)
        : body
      : undefined
  } catch {
    return undefined
  }
}
