import type { Meanings } from '../../options/catalogue.ts'
import { option } from '../../options/option.ts'

export const kubernetesOptions = {
  'cloud-kubernetes-node-selector': option({
    kind: 'pairs',
    description:
      'Labels of nodes that may take the pod, as `key=value`; the value `infer` is the model of the GPU that is asked for. `accelerator=infer` when absent.',
  }),
  'cloud-kubernetes-tolerations': option({
    kind: 'list',
    description: 'Taints of nodes that the pod tolerates, each as `key[=value][:effect]`.',
  }),
  'cloud-kubernetes-pending': option({
    kind: 'duration',
    default: '3m',
    description:
      'How long to wait for a node with room for the pod before the next place is tried: an autoscaler may be adding one.',
  }),
} as const

/** What every cloud's options are in Kubernetes' words. */
export const kubernetesMeanings: Meanings = {
  'cloud-region': 'a namespace, that of the context when absent; `us-west` and its like mean that one, too.',
  'cloud-type':
    '`CPU-MEMORY` in cores and MiB, with GPUs as in `8-32000+t4*1`. Requests and limits of the pod.',
  'cloud-hdd-size': 'ephemeral storage of the pod.',
  'cloud-spot': 'ignored with a warning: the node selector says which nodes are spot machines.',
  'cloud-permission-set': 'a service account of the namespace; without one the pod gets no token.',
  'cloud-metadata': 'annotations of Job and pod, and also labels where Kubernetes takes them as such.',
  'cloud-image':
    'a container image with `bash` and `git`, at GitHub also `libicu`; that of GitHub’s or GitLab’s runner when absent.',
}
