import type { CloudContext } from '../cloud.ts'

/** How whoever called us gets credentials. */
export function credentialsAdvice(variables: CloudContext['variables']): string {
  if (variables.GITHUB_ACTIONS === 'true')
    return (
      'before this step, use google-github-actions/auth with `workload_identity_provider` and `service_account` (the job needs `permissions: id-token: write`), ' +
      'or give GOOGLE_APPLICATION_CREDENTIALS_DATA, the contents of a service account key, to this step as `env`, from a secret.'
    )
  if (variables.GITLAB_CI === 'true')
    return 'give the component `gcp-workload-identity-provider` (and `gcp-service-account`), or set GOOGLE_APPLICATION_CREDENTIALS_DATA, the contents of a service account key, as a masked CI/CD variable.'
  return 'run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to the path of a credentials file, or GOOGLE_APPLICATION_CREDENTIALS_DATA to its contents.'
}
