import { decoded, isOpenToReaders } from '../../lib/address.ts'
import { Failure } from '../../model/failure.ts'
import { unencrypted } from '../../options/problem.ts'

import { canonical, isHosted } from './servers.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Where runners go: one repository, or all repositories of an organisation. */
export interface Scope {
  readonly kind: 'repository' | 'organisation'
  readonly owner: string
  /** Undefined for an organisation. */
  readonly repository?: string
  /** `github.com/org/repo`: host in lower case, the rest as given. */
  readonly text: string
  /** The page that `config.sh --url` takes, without a slash at the end. */
  readonly page: string
  /** Where people see its runners. */
  readonly runnersPage: string
  /** Base of the REST API, without a slash at the end. */
  readonly api: string
  /** `/repos/{owner}/{repo}` or `/orgs/{org}` with its parameters. */
  readonly route: { readonly template: string; readonly parameters: Readonly<Record<string, string>> }
}

const example = 'https://github.com/org/repo for a repository, https://github.com/org for an organisation'

/**
 * The scope that `repo` names, else that of the job this runs in. Throws `invalid-input` for anything else, and `unimplemented` for an
 * enterprise, which no option of ours can name yet.
 */
export function scopeOf(repo: URL | undefined, variables: Variables): Scope {
  const server = variables.GITHUB_SERVER_URL || 'https://github.com'
  const address =
    repo?.href ?? (variables.GITHUB_REPOSITORY ? `${server}/${variables.GITHUB_REPOSITORY}` : undefined)
  if (address === undefined || !URL.canParse(address))
    throw invalid(address === undefined ? 'no repository is known' : `${address} is not a web address`)
  const { protocol, host, pathname } = asTheJobWrites(canonical(new URL(address)), variables)
  const [owner, repository, ...more] = namesIn(pathname)
  if (owner === undefined || more.length > 0)
    throw invalid(`${protocol}//${host}${pathname} is neither a repository nor an organisation`)
  if (owner === 'enterprises') throw enterprise(`${protocol}//${host}${pathname}`)
  if (!/^https?:$/.test(protocol))
    throw invalid(`${protocol}//${host}${pathname} is not a web address (https://…)`)
  if (![owner, repository ?? 'x'].every((name) => /^[\w.-]+$/.test(name)))
    throw invalid(`${pathname} holds characters that no name at GitHub has`)
  const names = repository === undefined ? owner : `${owner}/${repository}`
  const page = `${protocol}//${host}/${names}`
  const api = apiOf(new URL(page), variables)
  // The machine registers at the page, with a token of its own.
  for (const open of [page, api]) if (isOpenToReaders(new URL(open))) throw unencrypted(open)
  return {
    kind: repository === undefined ? 'organisation' : 'repository',
    owner,
    ...(repository === undefined ? {} : { repository }),
    // GitHub ignores the case of names, and clouds compare tags by it: one scope must have one spelling.
    text: `${host}/${names}`.toLowerCase(),
    page,
    runnersPage:
      repository === undefined
        ? `${protocol}//${host}/organizations/${owner}/settings/actions/runners`
        : `${page}/settings/actions/runners`,
    api,
    route:
      repository === undefined
        ? { template: '/orgs/{org}', parameters: { org: owner } }
        : { template: '/repos/{owner}/{repo}', parameters: { owner, repo: repository } },
  }
}

/** `/orgs/…` and `/organizations/…` are pages of an organisation: nobody can have these names. */
function namesIn(pathname: string): readonly string[] {
  const names = pathname
    .replace(/\/+$/, '')
    .replace(/\.git$/i, '')
    .split('/')
    .filter(Boolean)
    .map(decoded)
  return /^(orgs|organizations)$/.test(names[0] ?? '') ? names.slice(1, 2) : names
}

/** The job knows whether its own server speaks https. */
function asTheJobWrites(address: URL, { GITHUB_SERVER_URL = '' }: Variables): URL {
  const own = URL.canParse(GITHUB_SERVER_URL) ? canonical(new URL(GITHUB_SERVER_URL)) : undefined
  return own?.host === address.host ? new URL(`${own.protocol}//${own.host}${address.pathname}`) : address
}

/** The job's own API where the scope is on the job's own server; else by the host's name, as GitHub documents it. */
function apiOf(page: URL, { GITHUB_SERVER_URL, GITHUB_API_URL = '' }: Variables): string {
  const server = GITHUB_SERVER_URL || 'https://github.com'
  const ownServer = URL.canParse(server) && canonical(new URL(server)).host === page.host
  if (URL.canParse(GITHUB_API_URL) && ownServer) return GITHUB_API_URL.replace(/\/+$/, '')
  return isHosted(page) ? `${page.protocol}//api.${page.host}` : `${page.protocol}//${page.host}/api/v3`
}

function invalid(said: string): Failure {
  return new Failure('invalid-input', {
    tried: 'find out which repository or organisation the runner belongs to',
    said,
    fix: `give \`repo\`: ${example}.`,
  })
}

function enterprise(page: string): Failure {
  return new Failure('unimplemented', {
    tried: `register a runner for ${page}`,
    said: 'runners of a whole enterprise are not supported',
    fix: `give \`repo\` an organisation or a repository: ${example}. A runner group can share an organisation's runners with chosen repositories.`,
  })
}
