import type { Job } from './jobs.ts'
import { variablesOf } from './job-variables.ts'
import type { World } from './world.ts'

/** A job as `jobs/request` hands it out (`lib/api/entities/ci/job_request/`). No repository is behind it: nothing is cloned. */
export function orderOf(job: Job, world: World, url: string): object {
  const { id, token, spec, pipeline, runner } = job
  const project = world.projects.find(({ scope }) => scope === pipeline.scope)
  const timeout = runner ? job.timeoutOn(runner) : 3600
  return {
    id,
    token,
    allow_git_fetch: true,
    job_info: {
      id,
      name: spec.name,
      stage: spec.stage ?? 'test',
      project_id: project?.id ?? 0,
      project_name: pipeline.project.split('/').at(-1) ?? '',
      project_full_path: pipeline.project,
      time_in_queue_seconds: 1,
      project_jobs_running_on_instance_runners_count: '0',
    },
    git_info: gitOf(job, url),
    runner_info: { timeout, runner_session_url: null },
    variables: variablesOf(job, url, project?.id ?? 0),
    steps: stepsOf(job, timeout),
    image: spec.image === undefined ? null : { name: spec.image, ports: [], pull_policy: null },
    services: [],
    artifacts: artifactsOf(job),
    cache: [],
    credentials: [],
    dependencies: [],
    features: { trace_sections: true, failure_reasons: world.dials.failureReasons },
  }
}

/** The branch that no repository has. */
function gitOf({ token, pipeline }: Job, url: string): object {
  const repo = new URL(`${url}/${pipeline.project}.git`)
  Object.assign(repo, { username: 'gitlab-ci-token', password: token })
  return {
    repo_url: repo.href,
    ref: 'main',
    sha: '0'.repeat(40),
    before_sha: '0'.repeat(40),
    ref_type: 'branch',
    refspecs: ['+refs/heads/main:refs/remotes/origin/main'],
    depth: 20,
  }
}

function stepsOf({ spec }: Job, timeout: number): readonly object[] {
  const step = { timeout, when: 'on_success', allow_failure: false }
  const { script = [], afterScript = [] } = spec
  return [
    { name: 'script', script, ...step },
    ...(afterScript.length > 0
      ? [{ name: 'after_script', script: afterScript, timeout, when: 'always', allow_failure: true }]
      : []),
  ]
}

function artifactsOf({ spec }: Job): readonly object[] {
  const { paths, dotenv } = spec.artifacts ?? {}
  const artifact = (type: string, format: string, what: readonly string[], when: string): object => ({
    name: null,
    untracked: false,
    paths: what,
    exclude: [],
    when,
    expire_in: null,
    artifact_type: type,
    artifact_format: format,
  })
  return [
    ...(paths ? [artifact('archive', 'zip', paths, 'on_success')] : []),
    ...(dotenv ? [artifact('dotenv', 'gzip', [dotenv], 'always')] : []),
  ]
}
