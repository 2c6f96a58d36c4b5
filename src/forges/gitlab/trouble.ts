import type { HttpResponse } from '../../lib/http.ts'

/** An answer that is not a success. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: HttpResponse['headers']
  /** OAuth's word for it, where there is one: `insufficient_scope`, `invalid_token`. */
  readonly code: string | undefined

  constructor(status: number, headers: HttpResponse['headers'], data: unknown) {
    super(sentenceOf(data) || `HTTP ${status}`)
    this.status = status
    this.headers = headers
    const { error } = (typeof data === 'object' && data !== null ? data : {}) as { readonly error?: unknown }
    this.code = typeof error === 'string' && /^\w+$/.test(error) ? error : undefined
  }
}

/** GitLab refuses with `{message}` (a text, or lists of texts by field) or, as OAuth does, with `{error, error_description}`. */
function sentenceOf(data: unknown): string {
  if (typeof data === 'string') return data.length <= 200 && !data.includes('<') ? data.trim() : ''
  if (typeof data !== 'object' || data === null) return ''
  const { message, error, error_description: description } = data as Readonly<Record<string, unknown>>
  const said = message ?? description ?? error
  if (typeof said === 'string') return said
  if (typeof said !== 'object' || said === null) return ''
  return Object.entries(said)
    .map(([field, texts]) => `${field} ${Array.isArray(texts) ? texts.join(', ') : String(texts)}`)
    .join('; ')
}
