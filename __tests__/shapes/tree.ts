/**
 * What a body looks like without anything of what it says. A name for a single value; `[tree]` for a list, `[]` for one that was never seen
 * with anything in it; an object for an object, whose keys end with `?` where they were seen to be absent; `['either', …]` where kinds differ.
 */
export type Tree = Leaf | 'either' | readonly Tree[] | { readonly [key: string]: Tree }

/**
 * `text` and its narrower kinds, which XML has alone: `digits`, `flag` (true or false), `time` (RFC 3339 with Z), `local time` (with an
 * offset), `empty` (of XML also a list or an object without contents). JSON has `number`, `boolean` and `null` besides.
 */
export type Leaf =
  'text' | 'digits' | 'flag' | 'time' | 'local time' | 'empty' | 'number' | 'boolean' | 'null'

export const leaves: ReadonlySet<string> = new Set<Leaf>([
  ...(['text', 'digits', 'flag', 'time', 'local time', 'empty'] as const),
  ...(['number', 'boolean', 'null'] as const),
])

/** JSON, or what `readXml` gives. */
export type Value =
  string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value | undefined }

/** Objects whose keys are data: is the one at this path (`items.*`, `resources[].tags`) such a one? */
export type IsMap = (path: string) => boolean

const texts: ReadonlySet<Tree> = new Set<Leaf>(['text', 'digits', 'flag', 'time', 'local time', 'empty'])

/** A JSON string is never a flag, a number of JSON never digits. */
export function leafOf(value: string | number | boolean | null, xml = false): Leaf {
  if (value === null) return 'null'
  if (typeof value !== 'string') return typeof value as 'number' | 'boolean'
  if (value === '') return 'empty'
  if (/^-?\d+$/.test(value)) return 'digits'
  if (xml && /^(true|false)$/.test(value)) return 'flag'
  const [, zone] = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value) ?? []
  if (zone !== undefined) return zone === 'Z' ? 'time' : 'local time'
  return 'text'
}

export function treeOf(value: Value, isMap: IsMap, xml = false, path = ''): Tree {
  if (Array.isArray(value)) {
    const items = (value as readonly Value[]).map((item) => treeOf(item, isMap, xml, `${path}[]`))
    return items.length === 0 ? [] : [items.reduce(merge)]
  }
  if (value === null || typeof value !== 'object') return leafOf(value, xml)
  const entries = Object.entries(value).filter(([, child]) => child !== undefined)
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`)
  if (!isMap(path))
    return sorted(entries.map(([key, child]) => [key, treeOf(child as Value, isMap, xml, below(key))]))
  const inside = entries.map(([, child]) => treeOf(child as Value, isMap, xml, below('*')))
  return inside.length === 0 ? {} : { '*?': inside.reduce(merge) }
}

function sorted(entries: readonly (readonly [string, Tree])[]): Tree {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function isObject(tree: Tree): tree is { readonly [key: string]: Tree } {
  return typeof tree === 'object' && !Array.isArray(tree)
}

/** The ways that a tree allows: one, or those of an `either`. */
export function waysOf(tree: Tree): readonly Tree[] {
  return Array.isArray(tree) && tree[0] === 'either' ? (tree.slice(1) as readonly Tree[]) : [tree]
}

/** What both allow. */
export function merge(a: Tree, b: Tree): Tree {
  const ways = [...waysOf(a)]
  for (const way of waysOf(b)) {
    const index = ways.findIndex((known) => areAlike(known, way))
    if (index < 0) ways.push(way)
    else ways[index] = mergeAlike(ways[index]!, way)
  }
  if (ways.length === 1) return ways[0]!
  return ['either', ...ways.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))]
}

function areAlike(a: Tree, b: Tree): boolean {
  if (a === 'empty' || b === 'empty') return !plain.has(a) && !plain.has(b)
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b)
  if (isObject(a) || isObject(b)) return isObject(a) && isObject(b)
  return a === b || (texts.has(a) && texts.has(b))
}

/** Kinds that have no text to be empty. */
const plain: ReadonlySet<Tree> = new Set<Leaf>(['number', 'boolean', 'null'])

function mergeAlike(a: Tree, b: Tree): Tree {
  if (a === 'empty') return b
  if (b === 'empty') return a
  if (Array.isArray(a) && Array.isArray(b)) {
    const [one, other] = [a[0] as Tree | undefined, b[0] as Tree | undefined]
    if (one === undefined || other === undefined) return one === undefined ? (b as Tree) : (a as Tree)
    return [merge(one, other)]
  }
  if (isObject(a) && isObject(b)) return mergeObjects(a, b)
  return a === b ? a : 'text'
}

type Keys = Readonly<Record<string, Tree>>

function mergeObjects(a: Keys, b: Keys): Tree {
  const names = new Set([...Object.keys(a), ...Object.keys(b)].map(nameOf))
  return sorted(
    [...names].map((name) => {
      const [one, other] = [at(a, name), at(b, name)]
      const always = one?.always === true && other?.always === true
      const tree = one && other ? merge(one.tree, other.tree) : (one ?? other)!.tree
      return [always ? name : `${name}?`, tree]
    }),
  )
}

export function nameOf(key: string): string {
  return key.endsWith('?') ? key.slice(0, -1) : key
}

/** What an object allows below a name, and whether it must be there. */
export function at(
  object: Keys,
  name: string,
): { readonly tree: Tree; readonly always: boolean } | undefined {
  const sure = object[name]
  if (sure !== undefined) return { tree: sure, always: true }
  const maybe = object[`${name}?`]
  return maybe === undefined ? undefined : { tree: maybe, always: false }
}
