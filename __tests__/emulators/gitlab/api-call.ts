import type { IncomingHttpHeaders } from 'node:http'
import type { Caller, Role } from './credentials.ts'
import { type Answer, type Params, refusal } from './wire.ts'
import type { Place, World } from './world.ts'

/** What a handler of one operation gets. */
export interface Call {
  readonly world: World
  /** Web address of GitLab, for links. */
  readonly url: string
  /** Address of the request without its query, for links to other pages. */
  readonly address: string
  readonly params: Params
  readonly headers: IncomingHttpHeaders
  /** The body as sent. */
  readonly bytes: Buffer
}

/** A call of somebody who is known. */
export interface ApiCall extends Call {
  readonly caller: Caller
}

export type Handler = (call: ApiCall) => Answer

export const notFound = (what: string): Answer => refusal(404, `404 ${what} Not Found`)
export const forbidden = (why?: string): Answer =>
  refusal(403, why === undefined ? '403 Forbidden' : `403 Forbidden - ${why}`)
export const badRequest = (why: string): Answer => refusal(400, `400 Bad request - ${why}`)

/** A place by its number or its path, for whoever may see it; GitLab calls hidden ones not found. */
export function withPlace(
  kind: 'project' | 'group',
  role: Role,
  handle: (call: ApiCall, place: Place) => Answer,
): Handler {
  return (call) => {
    const { world, caller, params } = call
    const wanted = String(params['id']).toLowerCase()
    const all = kind === 'project' ? world.projects : world.groups
    const place = all.find(({ id, path }) => String(id) === wanted || path.toLowerCase() === wanted)
    const seen = place && (!world.dials.privateProjects || caller.may('guest', place.scope))
    if (!seen) return notFound(kind === 'project' ? 'Project' : 'Group')
    return caller.may(role, place.scope) ? handle(call, place) : forbidden()
  }
}

/** One page of a list, with GitLab's headers about the others; totals are left out where GitLab does not count. */
export function paged<T>(
  { world, address, params }: ApiCall,
  all: readonly T[],
  shape: (item: T) => unknown,
): Answer {
  const size = Math.min(Number(params['per_page'] ?? 20), 100)
  const page = Math.max(1, Number(params['page'] ?? 1))
  const last = Math.max(1, Math.ceil(all.length / size))
  const counted = all.length <= world.dials.countsUpTo
  const link = (to: number, rel: string): string => `<${address}?${query(params, to, size)}>; rel="${rel}"`
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next')] : []),
    link(1, 'first'),
    ...(counted ? [link(last, 'last')] : []),
  ]
  const headers = {
    link: links.join(', '),
    'x-page': String(page),
    'x-per-page': String(size),
    'x-next-page': page < last ? String(page + 1) : '',
    'x-prev-page': page > 1 ? String(page - 1) : '',
    ...(counted ? { 'x-total': String(all.length), 'x-total-pages': String(last) } : {}),
  }
  return { status: 200, headers, body: all.slice((page - 1) * size, page * size).map(shape) }
}

/** GitLab names the path's own parameters in its links too. */
function query(params: Params, page: number, size: number): string {
  const flat = Object.entries({ ...params, page, per_page: size }).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((item) => [`${name}[]`, String(item)]) : [[name, String(value)]],
  )
  return new URLSearchParams(flat as [string, string][]).toString()
}
