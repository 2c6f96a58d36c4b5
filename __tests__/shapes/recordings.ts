import * as sdk from '@aws-sdk/client-ec2'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode, readOperation, type Shape as Sdk } from '../emulators/ec2/schema.ts'
import type { Vendor } from './operations.ts'
import type { Value } from './tree.ts'

/** The folder with exchanges of the real vendors, where there is one: they are not part of this project. */
export const folder = process.env.CML_RECORDINGS

/** One exchange with a vendor's real server. */
export interface Exchange {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly requestBody: unknown
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** As it came, or as it must have come: undefined where there was none. */
  readonly body: string | undefined
}

/** One file of recordings. */
export interface Recording {
  readonly vendor: Vendor
  readonly name: string
  /** False: pasted by users, or written by the vendor as an example. */
  readonly recorded: boolean
  readonly source: Readonly<Record<string, unknown>>
  readonly licence?: string
  readonly exchanges: readonly Exchange[]
  /** What was pasted: bodies, or parts of them. */
  readonly quotes: readonly Value[]
}

interface RawExchange {
  readonly method?: string
  readonly path?: string
  readonly operation?: string
  readonly requestBody?: unknown
  readonly status: number
  readonly responseHeaders: Readonly<Record<string, string>>
  readonly responseBody?: unknown
  readonly responseBodyXml?: string
  readonly parsedResponse?: Readonly<Record<string, unknown>>
}

interface Raw {
  readonly name: string
  readonly recorded: boolean
  readonly licence?: string
  readonly source?: Readonly<Record<string, unknown>>
  readonly exchanges?: readonly RawExchange[]
  readonly quotes?: readonly Readonly<Record<string, Value>>[]
}

/** None where there is no folder: what needs them is left out then. */
export function readRecordings(from: string | undefined, vendor: Vendor): readonly Recording[] {
  if (from === undefined || !existsSync(from)) return []
  return readdirSync(join(from, vendor))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => readRecording(vendor, JSON.parse(readFileSync(join(from, vendor, file), 'utf8')) as Raw))
}

function readRecording(vendor: Vendor, raw: Raw): Recording {
  const { name, recorded, licence, source, exchanges = [], quotes } = raw
  return {
    vendor,
    name,
    recorded,
    source: source ?? sourcesOf(quotes ?? []),
    ...(licence === undefined ? {} : { licence }),
    exchanges: exchanges.map(readExchange),
    quotes: quotes?.flatMap(quoteOf) ?? (recorded ? [] : [exampleOf(raw)]),
  }
}

/** Where people have pasted what they saw. */
function sourcesOf(quotes: readonly Readonly<Record<string, Value>>[]): Readonly<Record<string, unknown>> {
  const told = quotes.map(({ source }) => (typeof source === 'string' ? source : '')).join('\n')
  const places = told.match(/[\w.-]+\/[\w.-]+ (?:issue|pull) \d+|[\w.-]+\/[\w.-]+@[0-9a-f]{40}/g) ?? []
  return { pasted: [...new Set(places)].sort() }
}

/** Of a quote, what the vendor has said; the rest is about it. */
function quoteOf(quote: Readonly<Record<string, Value>>): readonly Value[] {
  if (quote.body !== undefined) return [quote.body]
  if (quote.error !== undefined) return [{ error: quote.error }]
  const { fact: _fact, source: _source, when: _when, status: _status, request: _request, ...said } = quote
  return Object.keys(said).length > 0 ? [said] : []
}

/** An example's parts, each under the name of its request or answer. */
function exampleOf(raw: object): Value {
  const parts = Object.entries(raw).filter(([key]) => /^(request|response)/.test(key))
  return Object.fromEntries(parts)
}

function readExchange(raw: RawExchange): Exchange {
  const { method = 'POST', path = '/', operation, requestBody, status, responseHeaders: headers } = raw
  return {
    method,
    path,
    requestBody: operation === undefined ? requestBody : `Action=${operation}&Version=2016-11-15`,
    status,
    headers,
    body: bodyOf(raw),
  }
}

function bodyOf({
  operation,
  responseBody,
  responseBodyXml,
  parsedResponse,
}: RawExchange): string | undefined {
  if (responseBodyXml !== undefined) return responseBodyXml
  if (operation !== undefined && parsedResponse) return asXml(operation, parsedResponse)
  return responseBody === null || responseBody === undefined ? undefined : JSON.stringify(whole(responseBody))
}

/** Lists that were cut say so beside what they hold. */
function whole(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(whole).filter((item) => item !== undefined)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== '_truncated')
  if (entries.length === 0 && '_truncated' in value) return undefined
  return Object.fromEntries(entries.map(([key, child]) => [key, whole(child)]))
}

/** Some recorders kept what their SDK had read: back to EC2's XML by the model, in the envelope that the others have. */
function asXml(operation: string, parsed: Readonly<Record<string, unknown>>): string {
  const { Error: error } = parsed as { readonly Error?: { readonly Code: string; readonly Message: string } }
  if (error) {
    const said = `<Code>${error.Code}</Code><Message>${error.Message}</Message>`
    return `<Response><Errors><Error>${said}</Error></Errors><RequestID>x</RequestID></Response>`
  }
  const { output } = readOperation((sdk as unknown as Record<string, unknown>)[`${operation}$`])
  const body = encode(output, revived(parsed) as Sdk)
  return `<${operation}Response><requestId>x</requestId>${body}</${operation}Response>`
}

/** Times as the recorder wrote them, as times. */
function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived)
  if (typeof value !== 'object' || value === null) return value
  if ('__class__' in value) {
    const { year = 0, month = 1, day, hour, minute, second } = value as Readonly<Record<string, number>>
    return new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  }
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, revived(child)]))
}
