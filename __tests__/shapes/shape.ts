import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dialects, type Asked, type Vendor } from './operations.ts'
import type { Exchange, Recording } from './recordings.ts'
import { merge, treeOf, type Tree, type Value } from './tree.ts'
import { readXml } from './xml.ts'

/** What one operation answers with one status, without anything of what it says. */
export interface AnswerShape {
  /** Method and path, or the action; whatever is data is `*`. */
  readonly operation: string
  readonly status: number
  /** The content type; null where there is no body. */
  readonly type: string | null
  /** Their names; `?`: not always there. */
  readonly headers: readonly string[]
  readonly body: Tree | null
}

/** What the project keeps of one file of recordings. */
export interface ShapeFile {
  readonly recorded: boolean
  readonly source: Readonly<Record<string, unknown>>
  readonly licence?: string
  readonly answers?: readonly AnswerShape[]
  readonly quotes?: readonly Tree[]
}

export const shapesFolder = import.meta.dirname

export function shapeFileOf({ vendor, recorded, source, licence, exchanges, quotes }: Recording): ShapeFile {
  const answers = mergeAnswers(exchanges.map((exchange) => answerShapeOf(vendor, exchange)))
  const { isMap } = dialects[vendor]
  const trees = quotes.map((quote) =>
    typeof quote === 'string' ? treeOf(readXml(quote), isMap, true) : treeOf(quote, isMap),
  )
  return {
    recorded,
    source,
    ...(licence === undefined ? {} : { licence }),
    ...(answers.length > 0 ? { answers } : {}),
    ...(trees.length > 0 ? { quotes: distinct(trees) } : {}),
  }
}

/** Headers that whatever serves HTTP sends or leaves out: no part of a vendor's answer. */
export const ofTheConnection: ReadonlySet<string> = new Set(
  'alt-svc connection content-length date keep-alive server status transfer-encoding vary'.split(' '),
)

function distinct(trees: readonly Tree[]): readonly Tree[] {
  const texts = new Set(trees.map((tree) => JSON.stringify(tree)))
  return [...texts].sort().map((text) => JSON.parse(text) as Tree)
}

function answerShapeOf(vendor: Vendor, exchange: Exchange): AnswerShape {
  const { 'content-type': type, ...others } = exchange.headers
  const body = readBody(vendor, exchange.body)
  const { xml, isMap } = dialects[vendor]
  return {
    operation: operationOf(vendor, exchange),
    status: exchange.status,
    type: type ?? null,
    headers: Object.keys(others)
      .filter((name) => !ofTheConnection.has(name))
      .sort(),
    body: body === undefined ? null : treeOf(body, isMap, xml),
  }
}

export function operationOf(
  vendor: Vendor,
  { method, path, requestBody }: Pick<Exchange, 'method' | 'path' | 'requestBody'>,
): string {
  const asked: Asked = { method, path, ...(typeof requestBody === 'string' ? { form: requestBody } : {}) }
  return dialects[vendor].operationOf(asked)
}

/** Undefined: there is none. */
export function readBody(vendor: Vendor, body: string | undefined): Value | undefined {
  if (!body) return undefined
  return 'xml' in dialects[vendor] ? readXml(body) : (JSON.parse(body) as Value)
}

/** One for each operation and status. */
export function mergeAnswers(all: readonly AnswerShape[]): readonly AnswerShape[] {
  const byKey = new Map<string, AnswerShape>()
  for (const shape of all) {
    const key = `${shape.operation} ${shape.status}`
    const known = byKey.get(key)
    byKey.set(key, known ? mergeAnswer(known, shape) : shape)
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, shape]) => shape)
}

/** Recorders that kept no headers say nothing about them. */
export function mergeAnswer(a: AnswerShape, b: AnswerShape): AnswerShape {
  return {
    ...a,
    type: a.type ?? b.type,
    headers: a.headers.length === 0 ? b.headers : b.headers.length === 0 ? a.headers : mergeNames(a, b),
    body: a.body === null || b.body === null ? (a.body ?? b.body) : merge(a.body, b.body),
  }
}

function mergeNames(a: AnswerShape, b: AnswerShape): readonly string[] {
  const asTree = ({ headers }: AnswerShape): Tree => Object.fromEntries(headers.map((name) => [name, 'text']))
  return Object.keys(merge(asTree(a), asTree(b)))
}

/** Everything that is kept of one vendor, by the name of the recording. */
export function readShapes(vendor: Vendor): ReadonlyMap<string, ShapeFile> {
  const folder = join(shapesFolder, vendor)
  return new Map(
    readdirSync(folder)
      .sort()
      .map((file) => [
        file.replace(/\.json$/, ''),
        JSON.parse(readFileSync(join(folder, file), 'utf8')) as ShapeFile,
      ]),
  )
}
