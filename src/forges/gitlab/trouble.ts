import type { HttpResponse } from '../../lib/http.ts'
import { saidIn } from '../../lib/said.ts'

/** An answer that is not a success. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly headers: HttpResponse['headers']
  /** OAuth's word for it, where there is one: `insufficient_scope`, `invalid_token`. */
  readonly code: string | undefined

  constructor(status: number, headers: HttpResponse['headers'], data: unknown) {
    super(saidIn(data) || `HTTP ${status}`)
    this.status = status
    this.headers = headers
    const { error } = (typeof data === 'object' && data !== null ? data : {}) as { readonly error?: unknown }
    this.code = typeof error === 'string' && /^\w+$/.test(error) ? error : undefined
  }
}
