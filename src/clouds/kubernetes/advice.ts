import type { CloudContext } from '../cloud.ts'

/** How whoever called us gets into a cluster. */
export function accessAdvice({ GITHUB_ACTIONS, GITLAB_CI }: CloudContext['variables']): string {
  if (GITHUB_ACTIONS === 'true')
    return 'give KUBERNETES_CONFIGURATION, the contents of a kubeconfig, to this step as `env`, from a secret; or write a kubeconfig in a step before, as the login actions of clouds do.'
  if (GITLAB_CI === 'true')
    return 'set KUBERNETES_CONFIGURATION, the contents of a kubeconfig, as a masked CI/CD variable; or use an agent of GitLab for Kubernetes and choose its context: `kubernetes-context` of the component.'
  return 'set KUBECONFIG to the path of a kubeconfig, or KUBERNETES_CONFIGURATION to its contents, and see that `kubectl get jobs` works.'
}
