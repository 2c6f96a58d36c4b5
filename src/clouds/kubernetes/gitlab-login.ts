import type { GitlabLogin } from '../cloud.ts'

/**
 * A cluster whose API server takes ID tokens of GitLab (structured authentication) needs no secret: address, authority and token make a configuration. What the
 * environment says already wins. https://docs.gitlab.com/ci/secrets/id_token_authentication
 */
export const kubernetesGitlabLogin: GitlabLogin = {
  token: 'CML_RUNNER_LOGIN_KUBERNETES_TOKEN',
  audience: {
    input: 'kubernetes-audience',
    description: 'Audience of that ID token, as the API server of the cluster takes it.',
    default: '$CI_SERVER_URL',
  },
  inputs: [
    {
      input: 'kubernetes-server',
      variable: 'CML_RUNNER_LOGIN_KUBERNETES_SERVER',
      description:
        'Address of an API server that takes the ID token of the job: `https://cluster.example.com:6443`. Without it, the cluster comes from `KUBERNETES_CONFIGURATION` or `KUBECONFIG`.',
    },
    {
      input: 'kubernetes-authority',
      variable: 'CML_RUNNER_LOGIN_KUBERNETES_AUTHORITY',
      description: 'Certificate authority of that server, PEM in Base64, where it is not a public one.',
    },
    {
      input: 'kubernetes-namespace',
      variable: 'CML_RUNNER_LOGIN_KUBERNETES_NAMESPACE',
      description: 'Namespace of the context that is made for it.',
    },
    {
      input: 'kubernetes-context',
      variable: 'CML_RUNNER_LOGIN_KUBERNETES_CONTEXT',
      description:
        'Context to use of the `KUBECONFIG` that GitLab gives to jobs where an agent for Kubernetes is connected: `path/to/project:agent`.',
    },
  ],
  script: [
    'if [ "$CML_RUNNER_LOGIN_KUBERNETES_SERVER" != - ] && [ -n "${CML_RUNNER_LOGIN_KUBERNETES_TOKEN:-}" ] && [ -z "${KUBERNETES_CONFIGURATION:-}" ]; then',
    '  cml_ca=',
    '  if [ "$CML_RUNNER_LOGIN_KUBERNETES_AUTHORITY" != - ]; then cml_ca=",\\"certificate-authority-data\\":\\"$CML_RUNNER_LOGIN_KUBERNETES_AUTHORITY\\""; fi',
    '  cml_ns=',
    '  if [ "$CML_RUNNER_LOGIN_KUBERNETES_NAMESPACE" != - ]; then cml_ns=",\\"namespace\\":\\"$CML_RUNNER_LOGIN_KUBERNETES_NAMESPACE\\""; fi',
    '  KUBERNETES_CONFIGURATION=$(printf \'{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"%s}}],"clusters":[{"name":"c","cluster":{"server":"%s"%s}}],"users":[{"name":"u","user":{"token":"%s"}}]}\' "$cml_ns" "$CML_RUNNER_LOGIN_KUBERNETES_SERVER" "$cml_ca" "$CML_RUNNER_LOGIN_KUBERNETES_TOKEN")',
    '  export KUBERNETES_CONFIGURATION',
    'fi',
    'if [ "$CML_RUNNER_LOGIN_KUBERNETES_CONTEXT" != - ]; then',
    '  KUBE_CONTEXT=$CML_RUNNER_LOGIN_KUBERNETES_CONTEXT',
    '  export KUBE_CONTEXT',
    'fi',
  ],
}
