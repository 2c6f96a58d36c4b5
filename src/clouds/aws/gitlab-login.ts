import type { GitlabLogin } from '../cloud.ts'

/**
 * The SDK assumes the role by itself where a file holds a token (AWS SDKs and Tools Reference Guide, "Assume role with web identity"). What
 * stands in the environment already wins.
 */
export const awsGitlabLogin: GitlabLogin = {
  token: 'CML_RUNNER_LOGIN_AWS_TOKEN',
  audience: {
    input: 'aws-audience',
    description: 'Audience of that ID token, as the identity provider in AWS lists it.',
    default: '$CI_SERVER_URL',
  },
  inputs: [
    {
      input: 'aws-role-arn',
      variable: 'CML_RUNNER_LOGIN_AWS_ROLE',
      description:
        'AWS role to assume with the ID token of the job. The variable `AWS_ROLE_ARN` when absent; without either, AWS credentials come from other variables.',
    },
  ],
  script: [
    'if [ "$CML_RUNNER_LOGIN_AWS_ROLE" != - ]; then export AWS_ROLE_ARN="$CML_RUNNER_LOGIN_AWS_ROLE"; fi',
    'if [ -n "${AWS_ROLE_ARN:-}" ] && [ -n "${CML_RUNNER_LOGIN_AWS_TOKEN:-}" ] && [ -z "${AWS_WEB_IDENTITY_TOKEN_FILE:-}" ]; then',
    '  AWS_WEB_IDENTITY_TOKEN_FILE=$(mktemp)',
    '  trap \'rm -f "$AWS_WEB_IDENTITY_TOKEN_FILE"\' EXIT',
    '  printf %s "$CML_RUNNER_LOGIN_AWS_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"',
    '  AWS_ROLE_SESSION_NAME="${AWS_ROLE_SESSION_NAME:-cml-runner-$CI_PROJECT_ID-$CI_JOB_ID}"',
    '  export AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_SESSION_NAME',
    'fi',
  ],
}
