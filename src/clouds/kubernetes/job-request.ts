import { leaseKeys } from '../../model/lease.ts'
import { podPaths, podScripts, type Mounted } from '../../model/pod.ts'
import type { CreateOrder } from '../cloud.ts'
import type { KubernetesCandidate } from './candidate.ts'
import type { Job, Manifest } from './cluster.ts'
import { annotationsOf, labelsOf } from './labels.ts'
import { gpuResource } from './placement.ts'

/** Seconds that a pod has after its order to end: the agent takes up to 70 of them for its job's last words. */
const grace = 80
/** Seconds that a Job gets beyond the time by which its runner should be online. */
const bootMargin = 300
/** Seconds that the cluster remembers a Job that has ended: an hourly sweep must still find it. */
const remembered = 2 * 3600

export interface Parts {
  /** Of Job and Secret alike. */
  readonly name: string
  /** Brings the forge's program. */
  readonly image: string
  /** Paths of what is sent. */
  readonly files: readonly string[]
  /** Unix ms. */
  readonly now: number
}

/** Keys of a Secret hold no slash: each file has a number there, and its path where it is mounted. */
const keyOf = (index: number): string => `file-${index}`

/** A Job of one pod that is never started anew. It has a deadline from the start, so that whoever dies leaves nothing. */
export function jobOf(
  candidate: KubernetesCandidate,
  order: Pick<CreateOrder, 'lease' | 'request'>,
  parts: Parts,
): Manifest & { readonly spec: object } {
  const labels = labelsOf(order)
  const annotations = annotationsOf(order, candidate.type)
  const { dueAt, expiresAt } = order.lease
  const left = (at: number): number => Math.max(1, Math.ceil(at - parts.now / 1000))
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: parts.name, namespace: candidate.region, labels, annotations },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      // A life may be shorter than its launch.
      activeDeadlineSeconds: Math.min(left(dueAt) + bootMargin, left(expiresAt)),
      ttlSecondsAfterFinished: remembered,
      template: {
        metadata: { labels, annotations: { ...annotations, ...stays } },
        spec: podSpecOf(candidate, dueAt, parts),
      },
    },
  }
}

/** What keeps autoscalers from moving a pod that works. Nobody promises that nobody else does. */
const stays = {
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
} as const

function podSpecOf(candidate: KubernetesCandidate, dueAt: number, { name, image, files }: Parts): object {
  const { serviceAccount, nodeSelector, tolerations, ownImage = image } = candidate
  const items = files.map((path, index) => ({ key: keyOf(index), path }))
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: grace,
    enableServiceLinks: false,
    // What jobs leave behind has somebody who waits for its end.
    shareProcessNamespace: true,
    automountServiceAccountToken: serviceAccount !== undefined,
    ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
    nodeSelector,
    tolerations,
    volumes: [
      // Whoever the images run as reads it; a pod that waits for it starts as soon as it is there.
      { name: 'sent', secret: { secretName: name, items, defaultMode: 0o555 } },
      { name: 'home', emptyDir: {} },
      { name: 'state', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
    ],
    initContainers: [bringer(candidate, image)],
    containers: [
      {
        name: 'runner',
        image: ownImage,
        command: ['/bin/sh', `${podPaths.home}/${podScripts.start}`],
        env: [{ name: 'CML_RUNNER_DUE_AT', value: String(dueAt) }],
        resources: resourcesOf({ ...candidate, gpus: candidate.size.gpu?.count ?? 0 }),
        volumeMounts: mounts,
      },
    ],
  }
}

const mounts = [
  { name: 'home', mountPath: podPaths.home },
  { name: 'state', mountPath: podPaths.state },
] as const

/** Lays what was sent, and the forge's program, where the other container finds them; only this one sees the Secret. */
function bringer(candidate: KubernetesCandidate, image: string): object {
  return {
    name: 'bring',
    image,
    command: ['/bin/sh', `${podPaths.sent}/${podScripts.bring}`],
    resources: resourcesOf({ ...candidate, gpus: 0 }),
    volumeMounts: [...mounts, { name: 'sent', mountPath: podPaths.sent, readOnly: true }],
  }
}

/** Requests and limits alike: what is promised is had, and such a pod is the last to be evicted. */
function resourcesOf({
  size: { cpu, memory },
  diskGb,
  gpus,
}: Pick<KubernetesCandidate, 'size' | 'diskGb'> & { readonly gpus: number }): object {
  const all = {
    cpu,
    memory: `${memory}Mi`,
    'ephemeral-storage': `${diskGb}Gi`,
    ...(gpus > 0 ? { [gpuResource]: String(gpus) } : {}),
  }
  return { requests: all, limits: all }
}

/** Owned by the Job, so that it goes with it. */
export function secretOf(
  { lease }: Pick<CreateOrder, 'lease'>,
  job: Job,
  { files }: Pick<Mounted, 'files'>,
): Manifest & { readonly data: object } {
  const { name = '', namespace = '', uid = '' } = job.metadata ?? {}
  const data = Object.fromEntries(Object.values(files).map((content, index) => [keyOf(index), content]))
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: leaseKeys(lease),
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
    },
    type: 'Opaque',
    immutable: true,
    data,
  } as Manifest & { readonly data: object }
}
