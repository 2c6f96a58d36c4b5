import type { CloudPromises } from '../promises.ts'
import { ending, ground } from './endings.ts'
import { limits } from './limits.ts'
import { kubernetesMeanings, kubernetesOptions } from './options.ts'

export const promises: CloudPromises = {
  limits,
  made: 'two calls: a Job, then a Secret that goes with it',
  empty: `by the scheduler, after \`cloud-kubernetes-pending\` (${kubernetesOptions['cloud-kubernetes-pending'].default} unless given): an autoscaler may be adding a node`,
  spot: 'what the node selector says',
  powerOff: ground.powerOff,
  ending,
  notice: 'SIGTERM, 80 s before its end; a pod that has no node any more hears nothing',
  price: 'not known',
  identity: 'none',
  permissionSet: kubernetesMeanings['cloud-permission-set'] ?? '',
  login: 'a kubeconfig, in-cluster, or an ID token that the API server takes',
  memory: 'until the cluster removes the Job',
}
