import type { Dials } from './dials.ts'
import type { Job, Run } from './jobs.ts'
import type { Group, Registration } from './registrations.ts'
import type { World } from './world.ts'

/** What GitHub's API says of the emulator's things, in the shapes of its description. */

export function runnerShape(world: World, runner: Registration): Record<string, unknown> {
  const online = world.dials.online(runner) ?? world.isOnline(runner)
  return {
    id: runner.id,
    name: runner.name,
    os: runner.version === undefined && runner.jit ? 'unknown' : 'linux',
    status: online ? 'online' : 'offline',
    busy: world.dials.busy(runner) ?? world.isBusy(runner),
    labels: runner.labels,
    ephemeral: runner.ephemeral,
    ...(world.dials.tellsVersion ? { version: runner.version ?? null } : {}),
  }
}

export function groupShape(
  api: string,
  org: string,
  { id, name, default: standard }: Group,
  dials: Dials['groups'],
): Record<string, unknown> {
  return {
    id,
    name,
    default: standard,
    runners_url: `${api}/orgs/${org}/actions/runner-groups/${id}/runners`,
    ...(dials.visibility === 'selected'
      ? { selected_repositories_url: `${api}/orgs/${org}/actions/runner-groups/${id}/repositories` }
      : {}),
    inherited: false,
    ...dials,
    workflow_restrictions_read_only: false,
  }
}

const time = (ms: number | undefined): string | null =>
  ms === undefined ? null : `${new Date(ms).toISOString().slice(0, 19)}Z`

export function jobShape(api: string, job: Job): Record<string, unknown> {
  const { run } = job
  const url = `${api}/repos/${run.repository}/actions`
  return {
    id: job.id,
    run_id: run.id,
    run_url: `${url}/runs/${run.id}`,
    run_attempt: run.attempt,
    node_id: `CR_${job.id}`,
    head_sha: '0'.repeat(40),
    url: `${url}/jobs/${job.id}`,
    html_url: `${api}/${run.repository}/actions/runs/${run.id}/job/${job.id}`,
    status: job.status,
    conclusion: job.conclusion ?? null,
    created_at: time(run.createdAt),
    started_at: time(job.startedAt ?? run.createdAt),
    completed_at: time(job.completedAt),
    name: job.name,
    steps: job.steps.map(({ name, status, conclusion, number }) => ({ name, status, conclusion, number })),
    check_run_url: `${api}/repos/${run.repository}/check-runs/${job.id}`,
    labels: job.spec.labels,
    runner_id: job.runnerId ?? null,
    runner_name: job.runnerName ?? null,
    // What GitHub's own machines did is put there by tests, without any runner.
    runner_group_id: job.hosted ? 2 : (job.runner?.groupId ?? null),
    runner_group_name: job.hosted ? 'GitHub Actions' : job.runner ? 'Default' : null,
    workflow_name: run.name,
    head_branch: 'main',
  }
}

/** https://docs.github.com/rest/checks/runs#list-check-run-annotations, as the runner's own errors come there. */
export function annotationShape(api: string, { run }: Job, message: string): Record<string, unknown> {
  return {
    path: '.github',
    blob_href: `${api}/${run.repository}/blob/${'0'.repeat(40)}/.github`,
    start_line: 1,
    start_column: null,
    end_line: 1,
    end_column: null,
    annotation_level: 'failure',
    title: '',
    message,
    raw_details: '',
  }
}

export function runShape(api: string, run: Run): Record<string, unknown> {
  const url = `${api}/repos/${run.repository}/actions/runs/${run.id}`
  const links = Object.fromEntries(
    ['jobs', 'logs', 'artifacts', 'cancel', 'rerun'].map((name) => [`${name}_url`, `${url}/${name}`]),
  )
  return {
    id: run.id,
    name: run.name,
    node_id: `WFR_${run.id}`,
    check_suite_id: run.id,
    check_suite_node_id: `CS_${run.id}`,
    head_branch: 'main',
    head_sha: '0'.repeat(40),
    path: '.github/workflows/main.yml',
    run_number: run.number,
    run_attempt: run.attempt,
    event: 'push',
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: 161335,
    url,
    html_url: `${api}/${run.repository}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: time(run.createdAt),
    updated_at: time(Math.max(run.createdAt, ...run.jobs.map(({ completedAt = 0 }) => completedAt))),
    display_title: run.name,
    ...links,
    check_suite_url: `${api}/repos/${run.repository}/check-suites/${run.id}`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${api}/repos/${run.repository}/actions/workflows/161335`,
    head_commit: {
      id: '0'.repeat(40),
      tree_id: '0'.repeat(40),
      message: 'a commit',
      timestamp: time(run.createdAt),
      author: null,
      committer: null,
    },
    repository: repositoryShape(api, run.repository),
    head_repository: repositoryShape(api, run.repository),
    run_started_at: time(run.createdAt),
    referenced_workflows: [],
  }
}

const userLinks = [
  'followers',
  'following',
  'gists',
  'starred',
  'subscriptions',
  'organizations',
  'repos',
  'events',
  'received_events',
]

function userShape(api: string, login: string): Record<string, unknown> {
  const url = `${api}/users/${login}`
  return {
    login,
    id: 1,
    node_id: 'U_1',
    avatar_url: `${url}/avatar`,
    gravatar_id: '',
    url,
    html_url: `${api}/${login}`,
    ...Object.fromEntries(userLinks.map((name) => [`${name}_url`, `${url}/${name}`])),
    type: 'Organization',
    site_admin: false,
  }
}

const repositoryLinks =
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees'

function repositoryShape(api: string, fullName: string): Record<string, unknown> {
  const [owner = '', name = ''] = fullName.split('/')
  const url = `${api}/repos/${fullName}`
  return {
    id: 1296269,
    node_id: 'R_1',
    name,
    full_name: fullName,
    owner: userShape(api, owner),
    private: false,
    html_url: `${api}/${fullName}`,
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(repositoryLinks.split(' ').map((link) => [`${link}_url`, `${url}/${link}`])),
  }
}
