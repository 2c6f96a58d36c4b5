import type { ArchiveOptions } from './archive.ts'
import type { Scope } from './registrations.ts'
import type { Answer, Request } from './wire.ts'
import type { World } from './world.ts'

/** What a handler of one operation gets. */
export interface Call {
  readonly world: World
  /** Where the API listens, for links. */
  readonly api: string
  readonly scope: Scope
  readonly owner: string
  readonly parameters: Readonly<Record<string, string>>
  readonly request: Request
  readonly archive: Omit<ArchiveOptions, 'system' | 'architecture'>
}

export type Handler = (call: Call) => Answer

/** One page of a list, with the links to the others. */
export function paged({ request, api }: Call, all: readonly unknown[], member: string): Answer {
  const size = Math.min(Number(request.query['per_page'] ?? 30), 100)
  const page = Number(request.query['page'] ?? 1)
  const last = Math.max(1, Math.ceil(all.length / size))
  const link = (to: number, rel: string): string =>
    `<${api}${request.path}?${new URLSearchParams({ ...request.query, page: String(to) }).toString()}>; rel="${rel}"`
  const links = [
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first'), link(page - 1, 'prev')] : []),
  ]
  return {
    status: 200,
    headers: links.length > 0 ? { link: links.join(', ') } : {},
    body: { total_count: all.length, [member]: all.slice((page - 1) * size, page * size) },
  }
}
