import { dialects, type Vendor } from './operations.ts'
import {
  mergeAnswers,
  ofTheConnection,
  operationOf,
  readBody,
  readShapes,
  type AnswerShape,
} from './shape.ts'
import { at, isObject, leafOf, nameOf, waysOf, type Tree, type Value } from './tree.ts'

/** An answer that an emulator is about to send. */
export interface Answer {
  readonly method: string
  /** With its query, without what stands before the vendor's own paths. */
  readonly path: string
  /** Of a form, as it was sent. */
  readonly requestBody?: unknown
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | number | undefined>>
  /** Undefined or empty: there is none. */
  readonly body: string | undefined
}

/** Something that an emulator leaves out, adds or says otherwise, and why that is right although it was not recorded so. */
export interface Exception {
  /** The operation; all of them when absent. */
  readonly operation?: RegExp
  /** `runners[].version`, `header retry-after`, `status 304`. */
  readonly at: RegExp
  readonly why: string
}

/** What was recorded of a vendor. */
interface Known {
  readonly byOperation: ReadonlyMap<string, ReadonlyMap<number, AnswerShape>>
  /** Any refusal, of any operation. */
  readonly refusal: AnswerShape | undefined
}

const alreadyRead = new Map<Vendor, Known>()

function knownOf(vendor: Vendor): Known {
  const before = alreadyRead.get(vendor)
  if (before) return before
  const answers = [...readShapes(vendor).values()].flatMap(({ answers: all = [] }) => all)
  const byOperation = new Map<string, Map<number, AnswerShape>>()
  for (const answer of mergeAnswers(answers)) {
    const statuses = byOperation.get(answer.operation) ?? new Map<number, AnswerShape>()
    byOperation.set(answer.operation, statuses.set(answer.status, answer))
  }
  const refusals = answers.filter(({ status, body }) => status >= 400 && body !== null)
  const [refusal] = mergeAnswers(refusals.map((one) => ({ ...one, operation: '', status: 0 })))
  const known = { byOperation, refusal }
  alreadyRead.set(vendor, known)
  return known
}

interface Difference {
  readonly at: string
  /** Reads after the place. */
  readonly is: string
}

/**
 * Holds an emulator's answers against what the real vendor's looked like. An operation that was recorded must answer with a status, a content
 * type, headers and a body as they were recorded, whatever values they have. A refusal that was not recorded for its operation must look like
 * those that were recorded for others. Of operations that were never recorded nothing is said.
 */
export class Conformity {
  readonly #vendor: Vendor
  readonly #exceptions: readonly Exception[]
  readonly #known: Known
  readonly #judged = new Set<string>()
  readonly #used = new Set<Exception>()

  constructor(vendor: Vendor, exceptions: readonly Exception[]) {
    this.#vendor = vendor
    this.#exceptions = exceptions
    this.#known = knownOf(vendor)
  }

  /** What differs from the recorded, in words; empty = nothing. */
  problems(answer: Answer): readonly string[] {
    const operation = operationOf(this.#vendor, { requestBody: undefined, ...answer })
    const differences = this.#differences(operation, answer).filter(
      (difference) => !this.#isExcepted(operation, difference),
    )
    return [...new Set(differences.map((one) => `${operation} ${answer.status}, ${one.at} ${one.is}`))]
  }

  /** Operations and statuses that were recorded and have been answered so. */
  get judged(): readonly string[] {
    return [...this.#judged].sort()
  }

  /** Operations and statuses that were recorded. */
  get recorded(): readonly string[] {
    return [...this.#known.byOperation]
      .flatMap(([operation, statuses]) => [...statuses.keys()].map((status) => `${operation} ${status}`))
      .sort()
  }

  /** Exceptions that nothing has needed. */
  get idle(): readonly string[] {
    return this.#exceptions
      .filter((exception) => !this.#used.has(exception))
      .map(({ at: place }) => `${place}`)
  }

  #isExcepted(operation: string, { at: place }: Difference): boolean {
    const found = this.#exceptions.find(
      (exception) => exception.at.test(place) && (exception.operation?.test(operation) ?? true),
    )
    if (found) this.#used.add(found)
    return found !== undefined
  }

  #differences(operation: string, answer: Answer): readonly Difference[] {
    const known = this.#known.byOperation.get(operation)
    const exact = known?.get(answer.status)
    if (exact) this.#judged.add(`${operation} ${answer.status}`)
    const shape = exact ?? (answer.status >= 400 ? this.#known.refusal : undefined)
    if (shape) return [...this.#headers(shape, answer), ...this.#body(shape, answer)]
    const statuses = [...(known?.keys() ?? [])].filter((status) => status < 400)
    if (statuses.length === 0) return []
    return [{ at: `status ${answer.status}`, is: `was never recorded: it was ${statuses.join(' or ')}` }]
  }

  *#headers({ type, headers }: AnswerShape, answer: Answer): Iterable<Difference> {
    const sent = answer.headers['content-type']
    if (type !== null && answer.body && sent !== type)
      yield { at: 'header content-type', is: `is ${sent}, not ${type}` }
    const given = Object.keys(answer.headers).filter((name) => answer.headers[name] !== undefined)
    // A recorder that kept no headers says nothing about them.
    if (headers.length === 0) return
    for (const name of headers)
      if (!name.endsWith('?') && !given.includes(name)) yield { at: `header ${name}`, is: 'is missing' }
    const known = new Set(headers.map(nameOf))
    for (const name of given)
      if (name !== 'content-type' && !ofTheConnection.has(name) && !known.has(name))
        yield { at: `header ${name}`, is: 'is invented' }
  }

  #body({ body }: AnswerShape, answer: Answer): readonly Difference[] {
    let value: Value | undefined
    try {
      value = readBody(this.#vendor, answer.body)
    } catch (error) {
      return [{ at: 'body', is: `cannot be read: ${String(error)}` }]
    }
    if (value === undefined || body === null)
      return (value === undefined) === (body === null)
        ? []
        : [{ at: 'body', is: body === null ? 'is invented' : 'is missing' }]
    return [...compare(body, value, '', 'xml' in dialects[this.#vendor])]
  }
}

function* compare(tree: Tree, value: Value, path: string, xml: boolean): Iterable<Difference> {
  const ways = waysOf(tree)
  const way = ways.find((one) => isOfKind(one, value, xml))
  if (way === undefined) {
    const is = `is ${kindOf(value, xml)}, not ${ways.map((one) => nameOfKind(one)).join(' or ')}`
    return yield { at: path || 'body', is }
  }
  if (Array.isArray(value) && Array.isArray(way)) {
    const [item] = way as readonly Tree[]
    for (const one of value as readonly Value[])
      if (item === undefined) yield { at: `${path}[]`, is: 'is invented' }
      else yield* compare(item, one, `${path}[]`, xml)
  } else if (isObject(way)) yield* compareObjects(way, value === '' ? {} : (value as Fields), path, xml)
}

type Fields = Readonly<Record<string, Value | undefined>>

function* compareObjects(
  tree: Readonly<Record<string, Tree>>,
  value: Fields,
  path: string,
  xml: boolean,
): Iterable<Difference> {
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`)
  const any = at(tree, '*')
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined) continue
    const known = any ?? at(tree, key)
    if (known) yield* compare(known.tree, child, below(any ? '*' : key), xml)
    else yield { at: below(key), is: 'is invented' }
  }
  for (const key of Object.keys(tree))
    if (!key.endsWith('?') && value[key] === undefined) yield { at: below(key), is: 'is missing' }
}

function isOfKind(tree: Tree, value: Value, xml: boolean): boolean {
  if (Array.isArray(value)) return Array.isArray(tree)
  if (value !== null && typeof value === 'object') return isObject(tree)
  const leaf = leafOf(value, xml)
  // In XML nothing tells an empty list from an empty text.
  if (leaf === 'empty') return (xml && typeof tree === 'object') || tree === 'text' || tree === 'empty'
  return tree === leaf || (typeof value === 'string' && (tree === 'text' || tree === 'empty'))
}

function kindOf(value: Value, xml: boolean): string {
  if (Array.isArray(value)) return 'a list'
  return value !== null && typeof value === 'object' ? 'an object' : leafOf(value, xml)
}

function nameOfKind(tree: Tree): string {
  return Array.isArray(tree) ? 'a list' : typeof tree === 'string' ? tree : 'an object'
}
