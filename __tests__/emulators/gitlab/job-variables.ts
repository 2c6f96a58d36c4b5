import type { Job } from './jobs.ts'

/** Variables as jobs have them (docs.gitlab.com/ci/variables/predefined_variables), as many as a script may look at. */
export function variablesOf(job: Job, url: string, project: number): readonly object[] {
  const { token, spec } = job
  const variable = (key: string, value: string, masked: boolean): object => ({
    key,
    value,
    public: !masked,
    masked,
    file: false,
    raw: false,
  })
  return [
    variable('CI_JOB_TOKEN', token, true),
    ...Object.entries({ ...predefined(job, url, project), ...spec.variables }).map(([key, value]) =>
      variable(key, value, false),
    ),
    ...Object.entries(spec.masked ?? {}).map(([key, value]) => variable(key, value, true)),
  ]
}

function predefined(
  { id, spec, pipeline, runner }: Job,
  url: string,
  project: number,
): Readonly<Record<string, string>> {
  const { host, hostname, protocol } = new URL(url)
  return {
    CI: 'true',
    GITLAB_CI: 'true',
    CI_JOB_ID: String(id),
    CI_JOB_NAME: spec.name,
    CI_JOB_STAGE: spec.stage ?? 'test',
    CI_PIPELINE_ID: String(pipeline.id),
    CI_PROJECT_ID: String(project),
    CI_PROJECT_PATH: pipeline.project,
    CI_COMMIT_REF_NAME: 'main',
    CI_COMMIT_SHA: '0'.repeat(40),
    CI_SERVER_URL: url,
    CI_SERVER_HOST: hostname,
    CI_SERVER_FQDN: host,
    CI_SERVER_PROTOCOL: protocol.replace(':', ''),
    CI_API_V4_URL: `${url}/api/v4`,
    CI_RUNNER_ID: String(runner?.id ?? ''),
    CI_RUNNER_DESCRIPTION: runner?.description ?? '',
    CI_RUNNER_TAGS: JSON.stringify(runner?.tags ?? []),
    GIT_STRATEGY: 'none',
  }
}
