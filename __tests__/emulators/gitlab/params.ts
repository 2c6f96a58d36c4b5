import type { IncomingHttpHeaders } from 'node:http'
import type { Params } from './wire.ts'

/** A file of a multipart form. */
export interface Upload {
  readonly filename: string
  readonly bytes: Buffer
}

/** Query or form: repeated `name[]` become arrays, as Rack reads them. */
export function readForm(text: string): Params {
  const params: Record<string, unknown> = {}
  for (const [key, value] of new URLSearchParams(text)) put(params, key, value)
  return params
}

/** A body as GitLab's parsers read it, by its content type; a string where that is no structure, an Error where it is broken. */
export function readBody(headers: IncomingHttpHeaders, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  if (type === 'application/json') return parseJson(bytes.toString('utf8'))
  if (type === 'application/x-www-form-urlencoded') return readForm(bytes.toString('utf8'))
  if (type === 'multipart/form-data') return readMultipart(headers['content-type'] ?? '', bytes)
  return bytes.toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return new Error('the body is no JSON')
  }
}

function readMultipart(type: string, bytes: Buffer): unknown {
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1]
  if (!boundary) return new Error('multipart without a boundary')
  const params: Record<string, unknown> = {}
  const mark = Buffer.from(`--${boundary}`)
  for (let start = bytes.indexOf(mark); start >= 0;) {
    const end = bytes.indexOf(mark, start + mark.length)
    if (end < 0) break
    // Between two marks: a line end, headers, an empty line, the content, a line end.
    readPart(bytes.subarray(start + mark.length + 2, end - 2), params)
    start = end
  }
  return params
}

function readPart(part: Buffer, params: Record<string, unknown>): void {
  const split = part.indexOf('\r\n\r\n')
  const head = part.subarray(0, split).toString('utf8')
  const content = part.subarray(split + 4)
  const name = /name="([^"]*)"/.exec(head)?.[1] ?? ''
  const filename = /filename="([^"]*)"/.exec(head)?.[1]
  put(params, name, filename === undefined ? content.toString('utf8') : { filename, bytes: content })
}

function put(params: Record<string, unknown>, key: string, value: unknown): void {
  if (!key.endsWith('[]')) {
    params[key] = value
    return
  }
  const name = key.slice(0, -2)
  const known = params[name]
  params[name] = Array.isArray(known) ? [...(known as unknown[]), value] : [value]
}
