import { decoded, isOpenToReaders } from '../../lib/address.ts'
import { Failure } from '../../model/failure.ts'
import { unencrypted } from '../../options/problem.ts'
import { canonical } from './servers.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Where runners go, as far as nobody need be asked. A path alone does not tell a project from a group, nor where a sub-path ends. */
export interface Scope {
  /** `gitlab.example.com/group/project`, a sub-path installation's path included, in lower case. */
  readonly text: string
  /** Its page, without a slash at the end. */
  readonly page: string
  /** `https://gitlab.example.com` */
  readonly origin: string
  /** Everything after the host, by segments. */
  readonly path: readonly string[]
  /** Where the server is installed, when that is known: how many segments of the path are its own. */
  readonly server?: { readonly depth: number; readonly api: string }
  /** What it is, when that is known; with its number when the job this runs in belongs to it. */
  readonly kind?: 'project' | 'group'
  readonly id?: string
}

const example =
  'https://gitlab.com/group/project for a project, https://gitlab.com/group or https://gitlab.com/group/subgroup for a group'

/** The scope that `repo` names, else the project of the job this runs in. Throws `invalid-input` for anything else. */
export function scopeOf(repo: URL | undefined, variables: Variables): Scope {
  const address = repo?.href ?? (variables.CI_PROJECT_URL || undefined)
  if (address === undefined || !URL.canParse(address))
    throw invalid(address === undefined ? 'no project is known' : `${address} is not a web address`)
  const { protocol, host, pathname } = canonical(new URL(address))
  const page = `${protocol}//${host}${pathname}`
  if (!/^https?:$/.test(protocol)) throw invalid(`${page} is not a web address (https://…)`)
  const origin = `${protocol}//${host}`
  const segments = segmentsOf(pathname)
  const server = serverOf(host, segments, variables)
  // The job knows its server's own spelling, whatever `repo` says.
  const asked = server?.api ?? origin
  if (isOpenToReaders(new URL(asked))) throw unencrypted(asked)
  const { path, kind } = withoutGroups(segments, server?.depth ?? 0)
  if (path.length <= (server?.depth ?? 0)) throw invalid(`${page} is neither a project nor a group`)
  if (!path.every((segment) => /^[\w.-]+$/.test(segment)))
    throw invalid(`${pathname} holds characters that no path at GitLab has`)
  return {
    // GitLab ignores the case of paths, and clouds compare tags by it: one scope must have one spelling.
    text: `${host}/${path.join('/')}`.toLowerCase(),
    page: `${origin}/${path.join('/')}`,
    origin,
    path,
    ...(server ? { server } : {}),
    ...(kind ? { kind } : {}),
    ...ownProject(path, server, variables),
  }
}

/** Segments of a page's address: what comes after `/-/` is a page within it. */
function segmentsOf(pathname: string): readonly string[] {
  const segments = pathname.split('/').filter(Boolean).map(decoded)
  const end = segments.indexOf('-')
  const own = end < 0 ? segments : segments.slice(0, end)
  return own.map((segment, index) => (index === own.length - 1 ? segment.replace(/\.git$/i, '') : segment))
}

/** `/groups/…` is another address of a group: no user, group or project of the first level can have that name. */
function withoutGroups(
  segments: readonly string[],
  depth: number,
): { readonly path: readonly string[]; readonly kind?: 'group' } {
  if (segments[depth] !== 'groups' || segments.length < depth + 2) return { path: segments }
  return { path: segments.toSpliced(depth, 1), kind: 'group' }
}

/** Known for gitlab.com, and for the server whose job this is. */
function serverOf(host: string, segments: readonly string[], variables: Variables): Scope['server'] {
  const { CI_SERVER_URL, CI_API_V4_URL } = variables
  const own = CI_SERVER_URL || CI_API_V4_URL?.replace(/\/api\/v4\/?$/, '') || ''
  if (URL.canParse(own) && new URL(own).host === host) {
    const prefix = segmentsOf(new URL(own).pathname)
    const within = prefix.every((segment, index) => segment === segments[index])
    if (within) return { depth: prefix.length, api: (CI_API_V4_URL || `${own}/api/v4`).replace(/\/+$/, '') }
  }
  return host === 'gitlab.com' ? { depth: 0, api: 'https://gitlab.com/api/v4' } : undefined
}

/** The job's own project is known by its number. */
function ownProject(
  path: readonly string[],
  server: Scope['server'],
  { CI_PROJECT_PATH, CI_PROJECT_ID, CI_API_V4_URL }: Variables,
): Pick<Scope, 'kind' | 'id'> {
  if (!server || !CI_PROJECT_PATH || !CI_PROJECT_ID || server.api !== CI_API_V4_URL?.replace(/\/+$/, ''))
    return {}
  const own = path.slice(server.depth).join('/').toLowerCase() === CI_PROJECT_PATH.toLowerCase()
  return own ? { kind: 'project', id: CI_PROJECT_ID } : {}
}

/** Path below which the scope's server is installed, `/gitlab`; empty at the root of its host, and where that is not known. */
export function belowOf(scope: Scope | undefined): string {
  return ['', ...(scope?.path.slice(0, scope.server?.depth ?? 0) ?? [])].join('/')
}

function invalid(said: string): Failure {
  return new Failure('invalid-input', {
    tried: 'find out which project or group the runner belongs to',
    said,
    fix: `give \`repo\`: ${example}.`,
  })
}
