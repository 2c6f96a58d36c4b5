import type { CloudContext } from '../cloud.ts'

/** What to do about credentials, for whoever calls from where. */
export function credentialsAdvice(variables: CloudContext['variables']): string {
  if (variables.GITHUB_ACTIONS)
    return 'log in with the action azure/login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_SUBSCRIPTION_ID in a job with the permission id-token: write.'
  if (variables.GITLAB_CI)
    return 'give the component’s inputs azure-client-id and azure-tenant-id, or set AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and AZURE_SUBSCRIPTION_ID as CI/CD variables.'
  return 'run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and AZURE_SUBSCRIPTION_ID.'
}
