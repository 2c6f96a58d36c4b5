import type { GitlabLogin } from '../cloud.ts'

/** The library exchanges the token by itself where a file holds it, as for workloads of a cluster. What stands in the environment already wins. */
export const azureGitlabLogin: GitlabLogin = {
  token: 'CML_RUNNER_LOGIN_AZURE_TOKEN',
  audience: {
    input: 'azure-audience',
    description: 'Audience of that ID token, as the federated credential in Microsoft Entra has it.',
    default: 'api://AzureADTokenExchange',
  },
  inputs: [
    {
      input: 'azure-client-id',
      variable: 'CML_RUNNER_LOGIN_AZURE_CLIENT',
      description:
        'Client id of the application that takes the ID token of the job. Without it, Azure credentials come from variables.',
    },
    {
      input: 'azure-tenant-id',
      variable: 'CML_RUNNER_LOGIN_AZURE_TENANT',
      description: 'Id of its tenant.',
    },
    {
      input: 'azure-subscription-id',
      variable: 'CML_RUNNER_LOGIN_AZURE_SUBSCRIPTION',
      description: 'Id of the subscription to launch in. Without it, the only one that the application sees.',
    },
  ],
  script: [
    'if [ "$CML_RUNNER_LOGIN_AZURE_SUBSCRIPTION" != - ] && [ -z "${AZURE_SUBSCRIPTION_ID:-}" ]; then',
    '  AZURE_SUBSCRIPTION_ID=$CML_RUNNER_LOGIN_AZURE_SUBSCRIPTION',
    '  export AZURE_SUBSCRIPTION_ID',
    'fi',
    'if [ "$CML_RUNNER_LOGIN_AZURE_CLIENT" != - ] && [ -n "${CML_RUNNER_LOGIN_AZURE_TOKEN:-}" ] && [ -z "${AZURE_CLIENT_SECRET:-}${AZURE_FEDERATED_TOKEN_FILE:-}" ]; then',
    '  cml_azure=$(mktemp -d)',
    '  trap \'rm -rf "$cml_azure"\' EXIT',
    '  printf %s "$CML_RUNNER_LOGIN_AZURE_TOKEN" > "$cml_azure/token"',
    '  AZURE_CLIENT_ID=$CML_RUNNER_LOGIN_AZURE_CLIENT',
    '  AZURE_TENANT_ID=$CML_RUNNER_LOGIN_AZURE_TENANT',
    '  AZURE_FEDERATED_TOKEN_FILE="$cml_azure/token"',
    '  export AZURE_CLIENT_ID AZURE_TENANT_ID AZURE_FEDERATED_TOKEN_FILE',
    'fi',
  ],
}
