import type { Found, InstancesScopedList } from './compute.ts'

export interface AggregatedPage {
  readonly items?: Readonly<Record<string, InstancesScopedList>>
  readonly unreachables?: readonly string[]
}

/** Nobody has so many machines; a server that turns in circles is not followed for ever. */
const mostPages = 200

export async function allPages<P>(
  ask: (request: object) => Promise<readonly [unknown, object | null, unknown]>,
  first: object,
): Promise<readonly P[]> {
  const pages: P[] = []
  for (let request: object | null = first; request && pages.length < mostPages;) {
    const [, next, page] = await ask(request)
    pages.push(page as P)
    request = next
  }
  return pages
}

/** A zone that is not reached has no machines in the answer, and may have some. */
export function unreadableIn({ items = {}, unreachables = [] }: AggregatedPage): Found['unreadable'] {
  const scopes = Object.entries(items).flatMap(([scope, { warning }]) =>
    warning?.code && warning.code !== 'NO_RESULTS_ON_PAGE'
      ? [{ scope, said: warning.message || warning.code }]
      : [],
  )
  const others = unreachables.map((scope) => ({ scope, said: 'Compute Engine does not reach it' }))
  return [...scopes, ...others].map(({ scope, said }) => ({ zone: scope.split('/').at(-1) ?? '', said }))
}
