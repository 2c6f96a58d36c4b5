import type { GitlabLogin } from '../cloud.ts'

/**
 * The library exchanges the token by itself where a file of credentials says how (https://google.aip.dev/auth/4117). What stands in the environment already
 * wins.
 */
export const gcpGitlabLogin: GitlabLogin = {
  token: 'CML_RUNNER_LOGIN_GCP_TOKEN',
  audience: {
    input: 'gcp-audience',
    description: 'Audience of that ID token, as the workload identity provider in Google Cloud allows it.',
    default: '$CI_SERVER_URL',
  },
  inputs: [
    {
      input: 'gcp-workload-identity-provider',
      variable: 'CML_RUNNER_LOGIN_GCP_PROVIDER',
      description:
        'Provider that takes the ID token of the job: `projects/123456789/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. Without it, Google Cloud credentials come from variables.',
    },
    {
      input: 'gcp-service-account',
      variable: 'CML_RUNNER_LOGIN_GCP_ACCOUNT',
      description:
        'Service account to act as with that token. Without it, the job acts as itself, where the project lets it.',
    },
  ],
  script: [
    'if [ "$CML_RUNNER_LOGIN_GCP_PROVIDER" != - ] && [ -n "${CML_RUNNER_LOGIN_GCP_TOKEN:-}" ] && [ -z "${GOOGLE_APPLICATION_CREDENTIALS:-}${GOOGLE_APPLICATION_CREDENTIALS_DATA:-}" ]; then',
    '  cml_gcp=$(mktemp -d)',
    '  trap \'rm -rf "$cml_gcp"\' EXIT',
    '  printf %s "$CML_RUNNER_LOGIN_GCP_TOKEN" > "$cml_gcp/token"',
    '  cml_gcp_as=',
    '  if [ "$CML_RUNNER_LOGIN_GCP_ACCOUNT" != - ]; then cml_gcp_as=",\\"service_account_impersonation_url\\":\\"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/$CML_RUNNER_LOGIN_GCP_ACCOUNT:generateAccessToken\\""; fi',
    '  printf \'{"type":"external_account","audience":"//iam.googleapis.com/%s","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"%s"}%s}\' "$CML_RUNNER_LOGIN_GCP_PROVIDER" "$cml_gcp/token" "$cml_gcp_as" > "$cml_gcp/credentials.json"',
    '  GOOGLE_APPLICATION_CREDENTIALS="$cml_gcp/credentials.json"',
    '  export GOOGLE_APPLICATION_CREDENTIALS',
    'fi',
  ],
}
