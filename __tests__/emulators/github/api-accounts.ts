import type { Call, Handler } from './api-call.ts'
import { type Answer, refusal } from './wire.ts'

/** What everybody may read of people, organisations and public repositories. */
export const accountsApi: Readonly<Record<string, Handler>> = {
  'get /users/{username}': getAccount,
  'get /repos/{owner}/{repo}': getRepository,
  'get /repos/{owner}/{repo}/actions/permissions': ({ world }) => {
    const { actions } = world.dials.rules
    return { status: 200, body: { enabled: actions, ...(actions ? { allowed_actions: 'all' } : {}) } }
  },
  'get /repos/{owner}/{repo}/actions/permissions/fork-pr-contributor-approval': ({ world }) => ({
    status: 200,
    body: { approval_policy: world.dials.rules.forks },
  }),
  'get /orgs/{org}/actions/permissions': ({ world }) => ({
    status: 200,
    body: { enabled_repositories: world.dials.rules.actions ? 'all' : 'none' },
  }),
  'get /orgs/{org}/actions/permissions/self-hosted-runners': ({ world }) => ({
    status: 200,
    body: { enabled_repositories: world.dials.rules.ownRunners },
  }),
}

function getAccount({ world, api, parameters: { username = '' } }: Call): Answer {
  const type = world.dials.accounts[username]
  return type ? { status: 200, body: account(api, username, type) } : refusal(404, 'Not Found')
}

function getRepository({ world, api, owner, parameters: { repo = '' } }: Call): Answer {
  const url = `${api}/repos/${owner}/${repo}`
  const hidden = world.dials.privateRepository
  const counts = [
    'forks',
    'forks_count',
    'open_issues',
    'open_issues_count',
    'size',
    'stargazers_count',
    'watchers',
    'watchers_count',
    'network_count',
    'subscribers_count',
  ]
  const flags = [
    'fork',
    'has_issues',
    'has_projects',
    'has_wiki',
    'has_pages',
    'has_discussions',
    'archived',
    'disabled',
  ]
  const body = {
    ...Object.fromEntries(repositoryLinks.map((name) => [`${name}_url`, `${url}/${name}`])),
    ...Object.fromEntries(counts.map((name) => [name, 0])),
    ...Object.fromEntries(flags.map((name) => [name, false])),
    ...Object.fromEntries(
      ['description', 'homepage', 'language', 'mirror_url', 'license'].map((name) => [name, null]),
    ),
    ...Object.fromEntries(['pushed_at', 'created_at', 'updated_at'].map((name) => [name, moment])),
    archived: world.dials.rules.archived,
    id: 1,
    node_id: 'R_1',
    name: repo,
    full_name: `${owner}/${repo}`,
    owner: account(api, owner, world.dials.accounts[owner] ?? 'Organization'),
    private: hidden,
    visibility: hidden ? 'private' : 'public',
    default_branch: 'main',
    url,
  }
  return { status: 200, body }
}

const moment = '2026-01-01T00:00:00Z'

const repositoryLinks =
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks git_commits git_refs git_tags hooks html issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees clone git ssh svn'.split(
    ' ',
  )

const accountLinks =
  'avatar events followers following gists html organizations received_events repos starred subscriptions'.split(
    ' ',
  )

function account(api: string, login: string, type: 'User' | 'Organization'): Record<string, unknown> {
  const url = `${api}/users/${login}`
  return {
    ...Object.fromEntries(accountLinks.map((name) => [`${name}_url`, `${url}/${name}`])),
    ...Object.fromEntries(
      ['bio', 'blog', 'company', 'email', 'hireable', 'location', 'name'].map((name) => [name, null]),
    ),
    ...Object.fromEntries(
      ['followers', 'following', 'public_gists', 'public_repos'].map((name) => [name, 0]),
    ),
    id: 1,
    node_id: 'U_1',
    login,
    gravatar_id: '',
    site_admin: false,
    type,
    url,
    user_view_type: 'public',
    created_at: moment,
    updated_at: moment,
  }
}
