import type { Shape } from './schema.ts'
import { invalid, Refusal } from './wire.ts'
import { list, text, type World } from './world.ts'

/** A filter as EC2 reads it: any of the values, with `*`, `?` and a backslash that takes their meaning away. */
function matches(values: readonly string[], actual: string | undefined): boolean {
  return actual !== undefined && values.some((value) => wildcard(value).test(actual))
}

function wildcard(value: string): RegExp {
  const source = value.replace(
    /\\([\\*?])|([*?])|([^\w])/g,
    (_, escaped?: string, wild?: string, other?: string) => {
      if (escaped) return `\\${escaped}`
      if (wild) return wild === '*' ? '.*' : '.'
      return other === '\\' ? '\\\\' : `\\${other}`
    },
  )
  return new RegExp(`^${source}$`, 's')
}

export type Readers<T> = Readonly<Record<string, (item: T) => readonly (string | undefined)[]>>

/** Keeps what passes every filter; a filter without a reader is refused. `tag:` stands for all tags. */
export function filter<T>(
  items: readonly T[],
  input: Shape,
  readers: Readers<T>,
  tagOf?: (item: T, key: string) => string | undefined,
): readonly T[] {
  const filters = (list(input, 'Filters') as readonly Shape[]).map((shape) => {
    const name = text(shape, 'Name') ?? ''
    const values = list(shape, 'Values').map(String)
    const reader =
      name.startsWith('tag:') && tagOf ? (item: T) => [tagOf(item, name.slice(4))] : readers[name]
    if (values.length === 0) throw invalid(`The filter '${name}' has no values`)
    if (!reader) throw invalid(`The filter '${name}' is invalid`)
    return { values, reader }
  })
  return items.filter((item) =>
    filters.every(({ values, reader }) => reader(item).some((actual) => matches(values, actual))),
  )
}

/** One page, also where no size was asked for; tokens are positions. */
export function page<T>(
  world: World,
  items: readonly T[],
  input: Shape,
  least = 1,
): { readonly items: readonly T[]; readonly rest: Shape } {
  const asked = input.MaxResults as number | undefined
  if (asked !== undefined && (asked < least || asked > 1000))
    throw invalid(
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value between ${least} and 1000.`,
    )
  const token = text(input, 'NextToken')
  const start = token === undefined ? 0 : Number(/^page-(\d+)$/.exec(token)?.[1] ?? NaN)
  if (Number.isNaN(start)) throw new Refusal('InvalidNextToken', 'The specified token is invalid')
  const size = Math.min(asked ?? Infinity, world.dials.pageSize)
  const end = start + size
  return { items: items.slice(start, end), rest: end < items.length ? { NextToken: `page-${end}` } : {} }
}
