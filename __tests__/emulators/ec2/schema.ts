/**
 * Reads and writes EC2's wire format by the schemas that @aws-sdk/client-ec2 exports, so that neither requests nor answers can drift from
 * the vendor's model. Schemas are arrays: `[kind, namespace, name, traits, …]` with kind 0 = alias, 1 = list, 3 = structure; a member is
 * `[schema, traits]`; simple shapes are numbers.
 */

export type Value =
  string | number | boolean | Date | readonly Value[] | { readonly [name: string]: Value | undefined }
export type Shape = { readonly [name: string]: Value | undefined }

interface Traits {
  readonly xmlName?: string
  readonly ec2QueryName?: string
}

type RawSchema = unknown

const kinds = { alias: 0, list: 1, structure: 3 } as const
const simple = { string: 0, number: 1, boolean: 2, document: 15, blob: 21 } as const

interface Operation {
  readonly name: string
  readonly input: RawSchema
  readonly output: RawSchema
}

/** `[9, namespace, name, traits, input, output]`, as the SDK exports operations. */
export function readOperation(schema: unknown): Operation {
  if (!Array.isArray(schema) || schema[0] !== 9) throw new TypeError('not an operation schema')
  return { name: schema[2] as string, input: schema[4], output: schema[5] }
}

function dereference(schema: RawSchema): RawSchema {
  return typeof schema === 'function' ? dereference((schema as () => RawSchema)()) : schema
}

/** The schema behind members and aliases, and the traits met on the way. */
function open(schema: RawSchema): { readonly schema: RawSchema; readonly traits: Traits } {
  const inner = dereference(schema)
  if (!Array.isArray(inner)) return { schema: inner, traits: {} }
  if (inner.length === 2 && typeof inner[0] !== 'string') {
    const nested = open(inner[0])
    return { schema: nested.schema, traits: { ...nested.traits, ...readTraits(inner[1]) } }
  }
  if (inner[0] === kinds.alias) {
    const nested = open(inner[4])
    return { schema: nested.schema, traits: { ...nested.traits, ...readTraits(inner[3]) } }
  }
  return { schema: inner, traits: readTraits(inner[3]) }
}

function readTraits(traits: unknown): Traits {
  return traits && typeof traits === 'object' ? traits : {}
}

function isStructure(schema: RawSchema): schema is unknown[] {
  return Array.isArray(schema) && (schema[0] === kinds.structure || schema[0] === 4 || schema[0] === -3)
}

function isList(schema: RawSchema): boolean {
  return (
    (Array.isArray(schema) && schema[0] === kinds.list) ||
    (typeof schema === 'number' && schema >= 64 && schema < 128)
  )
}

function listMember(schema: RawSchema): RawSchema {
  return Array.isArray(schema) ? schema[4] : (schema as number) & 63
}

interface Member {
  readonly name: string
  readonly schema: RawSchema
  readonly required: boolean
}

function membersOf(schema: readonly unknown[]): Member[] {
  const names = schema[4] as readonly string[]
  const schemas = schema[5] as readonly RawSchema[]
  const required = (schema[6] as number | undefined) ?? 0
  return names.map((name, index) => ({ name, schema: schemas[index], required: index < required }))
}

/** Dotted parameters as a tree. */
type Tree = { readonly [key: string]: Tree } | string

function treeOf(parameters: readonly (readonly [string, string])[], problems: string[]): Tree {
  const root: Record<string, Tree> = {}
  for (const [path, value] of parameters) {
    const keys = path.split('.')
    let node = root
    for (const key of keys.slice(0, -1)) {
      const next = (node[key] ??= {})
      if (typeof next === 'string') {
        problems.push(`${path} goes below a value`)
        break
      }
      node = next
    }
    const last = keys.at(-1)!
    if (node[last] !== undefined) problems.push(`${path} is given twice`)
    node[last] = value
  }
  return root
}

/** A flat query as the structure the SDK was given. Everything that the model does not know is a problem. */
export function decode(
  schema: RawSchema,
  parameters: readonly (readonly [string, string])[],
  problems: string[],
): Shape {
  return decodeNode(schema, treeOf(parameters, problems), '', problems) as Shape
}

function decodeNode(member: RawSchema, node: Tree, path: string, problems: string[]): Value | undefined {
  const { schema } = open(member)
  if (isStructure(schema)) return decodeStructure(schema, node, path, problems)
  if (isList(schema)) return decodeList(schema, node, path, problems)
  if (typeof node !== 'string') {
    problems.push(`${path} is a structure, and the model wants a value`)
    return undefined
  }
  return decodeSimple(schema, node, path, problems)
}

function decodeStructure(
  schema: readonly unknown[],
  node: Tree,
  path: string,
  problems: string[],
): Value | undefined {
  if (typeof node === 'string') {
    problems.push(`${path} is a value, and the model wants a structure`)
    return undefined
  }
  const left = new Set(Object.keys(node))
  const entries = membersOf(schema).flatMap(({ name, schema: inner, required }) => {
    const key = queryName(name, inner)
    left.delete(key)
    const child = node[key]
    if (child !== undefined)
      return [[name, decodeNode(inner, child, `${path}${path && '.'}${key}`, problems)]] as const
    if (required) problems.push(`${path}${path && '.'}${key} is missing`)
    return []
  })
  for (const key of left) problems.push(`${path}${path && '.'}${key} is not in the model`)
  return Object.fromEntries(entries)
}

function decodeList(schema: RawSchema, node: Tree, path: string, problems: string[]): Value | undefined {
  if (typeof node === 'string') {
    problems.push(`${path} is a value, and the model wants a list`)
    return undefined
  }
  const keys = Object.keys(node)
  const expected = keys.map((_, index) => String(index + 1))
  if (!expected.every((key) => key in node))
    problems.push(`${path} is not numbered from 1: ${keys.join(', ')}`)
  return expected.flatMap((key) =>
    node[key] === undefined ? [] : [decodeNode(listMember(schema), node[key], `${path}.${key}`, problems)!],
  )
}

function decodeSimple(schema: RawSchema, text: string, path: string, problems: string[]): Value {
  if (schema === simple.number) {
    if (!/^-?\d+(\.\d+)?$/.test(text))
      problems.push(`${path} is ${JSON.stringify(text)}, and the model wants a number`)
    return Number(text)
  }
  if (schema === simple.boolean) {
    if (text !== 'true' && text !== 'false')
      problems.push(`${path} is ${JSON.stringify(text)}, and the model wants true or false`)
    return text === 'true'
  }
  if (typeof schema === 'number' && schema >= 4 && schema <= 7) return new Date(text)
  return text
}

function queryName(name: string, member: RawSchema): string {
  const { xmlName, ec2QueryName } = open(member).traits
  const key = xmlName ?? name
  return ec2QueryName ?? key[0]!.toUpperCase() + key.slice(1)
}

/** An answer as XML. A member that the model does not know is a mistake of the emulator and throws. */
export function encode(schema: RawSchema, value: Shape): string {
  return encodeNode(schema, value, 'answer')
}

function encodeNode(member: RawSchema, value: Value, path: string): string {
  const { schema } = open(member)
  if (isStructure(schema)) return encodeStructure(schema, value as Shape, path)
  if (isList(schema)) {
    const inner = listMember(schema)
    const name = open(inner).traits.xmlName ?? 'member'
    return (value as readonly Value[])
      .map((item, index) => `<${name}>${encodeNode(inner, item, `${path}.${index}`)}</${name}>`)
      .join('')
  }
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'object') throw new TypeError(`${path} is a structure, and the model wants a value`)
  return escapeXml(String(value))
}

function encodeStructure(schema: readonly unknown[], value: Shape, path: string): string {
  const members = membersOf(schema)
  const known = new Set(members.map(({ name }) => name))
  const unknown = Object.keys(value).filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw new TypeError(`${path} has members that the model does not know: ${unknown.join(', ')}`)
  return members
    .map(({ name, schema: inner }) => {
      const child = value[name]
      if (child === undefined) return ''
      const element = open(inner).traits.xmlName ?? name
      return `<${element}>${encodeNode(inner, child, `${path}.${name}`)}</${element}>`
    })
    .join('')
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
