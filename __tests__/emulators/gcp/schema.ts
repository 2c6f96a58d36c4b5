import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { routeOf } from '../cloud/rest.ts'
import type * as rest from '../cloud/rest.ts'

/** What a request says, as JSON has it. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }
type JsonObject = Readonly<Record<string, Json | undefined>>

/** A message or service of protobufjs' JSON. */
interface Node {
  readonly nested?: Readonly<Record<string, Node>>
  readonly fields?: Readonly<Record<string, Field>>
  readonly methods?: Readonly<Record<string, Method>>
  readonly values?: Readonly<Record<string, number>>
}

interface Field {
  readonly type: string
  readonly rule?: 'repeated'
  readonly keyType?: string
  readonly options?: Readonly<Record<string, unknown>>
}

interface Method {
  readonly requestType: string
  readonly options?: Readonly<Record<string, string>>
}

/** A method as HTTP has it: https://cloud.google.com/endpoints/docs/grpc/transcoding */
export interface Route extends rest.Route {
  /** `Instances.Insert`. */
  readonly name: string
  readonly request: string
  /** The field of the request that is the body; undefined = it has none. */
  readonly body: string | undefined
}

const file = join(import.meta.dirname, '../../../node_modules/@google-cloud/compute/build/protos/protos.json')

let known: Readonly<Record<string, Node>> | undefined

/** The vendor's own description of the API, as its client has it. */
function messages(): Readonly<Record<string, Node>> {
  if (known) return known
  let node = JSON.parse(readFileSync(file, 'utf8')) as Node
  for (const part of ['google', 'cloud', 'compute', 'v1']) node = node.nested![part]!
  return (known = node.nested!)
}

/** `['Instances.Insert', …]`: those that the emulator answers. */
export function routesOf(names: readonly string[]): readonly Route[] {
  return names.map((name) => {
    const [service = '', method = ''] = name.split('.')
    const found = messages()[service]?.methods?.[method]
    if (!found) throw new Error(`the protos have no ${name}`)
    const options = found.options ?? {}
    const verb = ['get', 'post', 'delete'].find((one) => options[`(google.api.http).${one}`]) ?? ''
    const action = `${lower(service)}.${lower(method)}`
    return {
      ...routeOf(action, verb.toUpperCase(), options[`(google.api.http).${verb}`] ?? ''),
      name,
      request: found.requestType,
      body: camel(options['(google.api.http).body']),
    }
  })
}

const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)
const camel = (name: string | undefined): string | undefined =>
  name?.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** Everything that the model does not know in a query, as sentences. */
export function queryProblems(
  { request, parts }: Route,
  query: Readonly<Record<string, string>>,
): readonly string[] {
  const fields = messages()[request]?.fields ?? {}
  return Object.entries(query).flatMap(([name, value]) => {
    const field = fields[name]
    if (!field || parts.includes(name)) return [`${request} has no ${name}`]
    return scalarProblems(field.type, /^(u?int|bool)/.test(field.type) ? parsed(value) : value, name)
  })
}

function parsed(value: string): Json {
  return /^(true|false)$/.test(value) ? value === 'true' : Number(value)
}

/** Everything that the model does not know in a body, as sentences. */
export function bodyProblems({ request, body }: Route, value: Json | undefined): readonly string[] {
  if (body === undefined) return value === undefined ? [] : ['there is a body, and the method takes none']
  const field = messages()[request]?.fields?.[body]
  if (!field) throw new Error(`${request} has no ${body}`)
  return isObject(value) ? messageProblems(field.type, value, '') : ['the body is no object']
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function messageProblems(type: string, value: Json, path: string): readonly string[] {
  const message = messages()[type]
  if (!message?.fields) return [`${path} is a ${type}, which the model does not have`]
  if (!isObject(value)) return [`${path || 'the body'} is no object`]
  return Object.entries(value).flatMap(([name, child]) => {
    const at = path === '' ? name : `${path}.${name}`
    const field = message.fields![name]
    if (!field) return [`${at} is not known: ${type} has no ${name}`]
    return child === undefined || child === null ? [] : fieldProblems({ field, name, message }, child, at)
  })
}

function fieldProblems(
  { field, name, message }: { readonly field: Field; readonly name: string; readonly message: Node },
  value: Json,
  at: string,
): readonly string[] {
  const one = (item: Json, where: string): readonly string[] => {
    if (messages()[field.type]?.fields) return messageProblems(field.type, item, where)
    return [...scalarProblems(field.type, item, where), ...enumProblems(message, name, item, where)]
  }
  if (field.keyType !== undefined)
    return isObject(value)
      ? Object.entries(value).flatMap(([key, item]) => one(item ?? null, `${at}.${key}`))
      : [`${at} is no map`]
  if (field.rule !== 'repeated') return one(value, at)
  return Array.isArray(value)
    ? (value as readonly Json[]).flatMap((item, index) => one(item, `${at}[${index}]`))
    : [`${at} is no list`]
}

function scalarProblems(type: string, value: Json, at: string): readonly string[] {
  if (/^u?int64$/.test(type))
    return /^-?\d+$/.test(typeof value === 'object' ? '' : String(value))
      ? []
      : [`${at} is ${JSON.stringify(value)}, and no number`]
  if (/^(u?int32|float|double)$/.test(type))
    return typeof value === 'number' ? [] : [`${at} is ${JSON.stringify(value)}, and no number`]
  const kind = type === 'bool' ? 'boolean' : 'string'
  return typeof value === kind ? [] : [`${at} is ${JSON.stringify(value)}, and no ${kind}`]
}

/** Fields are text, and beside them stands which words they take. */
function enumProblems(message: Node, name: string, value: Json, at: string): readonly string[] {
  const values = message.nested?.[name.charAt(0).toUpperCase() + name.slice(1)]?.values
  if (!values || typeof value !== 'string' || value in values) return []
  return [`${at} is ${value}; the model has ${Object.keys(values).join(', ')}`]
}
