import type { IsMap } from './tree.ts'

/** A request as far as its operation goes. */
export interface Asked {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** Of a form, as it was sent. */
  readonly form?: string | undefined
}

/** How one vendor's operations are told apart, and what in its bodies is data although it stands where keys stand. */
export interface Dialect {
  readonly xml?: true
  /** Method and path, or the action; whatever is data is `*`. */
  operationOf(asked: Asked): string
  readonly isMap: IsMap
}

const never: IsMap = () => false

function split(path: string): { readonly segments: readonly string[]; readonly query: URLSearchParams } {
  const [way = '', query = ''] = path.split('?')
  return { segments: way.split('/').slice(1), query: new URLSearchParams(query) }
}

const ec2: Dialect = {
  xml: true,
  operationOf: ({ form = '' }) => new URLSearchParams(form).get('Action') ?? '',
  isMap: never,
}

/** How many names of people's making follow. */
const namesAfter: Readonly<Record<string, number>> = { orgs: 1, users: 1, organizations: 1, repos: 2 }

const github: Dialect = {
  operationOf: ({ method, path }) => {
    let names = 0
    const segments = split(path).segments.map((segment) => {
      const isData = names-- > 0 || /^\d+$/.test(segment)
      names = Math.max(names, namesAfter[segment] ?? 0)
      return isData ? '*' : segment
    })
    return `${method} /${segments.join('/')}`
  },
  isMap: (path) => path === 'permissions',
}

const azure: Dialect = {
  operationOf: ({ method, path }) => {
    const { segments, query } = split(path)
    let isName = false
    const shown = segments.map((segment, index) => {
      if (segments[index - 1] === 'providers') return segment
      const isData = isName
      isName = !isName && segment !== 'providers'
      return isData ? '*' : segment.replace(/^resourcegroups$/i, 'resourceGroups')
    })
    const expand = query.get('$expand')
    return `${method} /${shown.join('/')}${expand === null ? '' : `?$expand=${expand}`}`
  },
  isMap: (path) => /(^|\.)(tags|userAssignedIdentities|settings|parameters)$/.test(path),
}

/** Said instead of a name. */
const collections: ReadonlySet<string> = new Set(['global', 'aggregated', 'family'])

const gcp: Dialect = {
  operationOf: ({ method, path }) => {
    if (!path.startsWith('/')) return `${method} (path not recorded)`
    const [service = '', , ...segments] = split(path).segments
    let isName = false
    const shown = segments.map((segment) => {
      if (collections.has(segment)) return segment
      const isData = isName
      isName = !isName
      return isData ? '*' : segment
    })
    return `${method} /${[service, '*', ...shown].join('/')}`
  },
  // `items` is a list, or in an aggregated list a map; `labels` is the caller's, `labels` of the others are lists.
  isMap: (path) => /(^|\.)(items|labels|metadatas|locationRolloutPolicies)$/.test(path),
}

export const dialects = { azure, ec2, gcp, github } satisfies Readonly<Record<string, Dialect>>

export type Vendor = keyof typeof dialects
