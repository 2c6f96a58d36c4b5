/** What of a pod is obeyed, in its API's own words. `strangeIn` tells what is not. */
export interface Manifest {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: PodSpec
}

export interface PodSpec {
  readonly initContainers?: readonly ContainerSpec[]
  readonly containers: readonly ContainerSpec[]
  readonly volumes?: readonly VolumeSpec[]
  readonly terminationGracePeriodSeconds?: number
}

export interface ContainerSpec {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvSpec[]
  readonly volumeMounts?: readonly MountSpec[]
}

export interface EnvSpec {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } }
}

export interface MountSpec {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
}

export interface VolumeSpec {
  readonly name: string
  readonly emptyDir?: object
  readonly secret?: SecretSpec
  /** Of several sources, as the service account's token is: whoever runs the pod knows how. */
  readonly projected?: object
}

export interface SecretSpec {
  readonly secretName: string
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[]
  readonly defaultMode?: number
  readonly optional?: boolean
}

export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: Terminated }

export interface Terminated {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
  readonly startedAt: string | null
  readonly finishedAt: string
  readonly containerID: string
}

export interface ContainerStatus {
  readonly name: string
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly state: ContainerState
  readonly lastState: object
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False'
  /** Null takes an earlier one away where conditions are merged. */
  readonly reason: string | null
  readonly lastProbeTime: null
  readonly lastTransitionTime: string
}

export interface PodStatus {
  readonly phase: Phase
  readonly reason?: string
  readonly message?: string
  readonly startTime?: string
  readonly conditions: readonly Condition[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses: readonly ContainerStatus[]
}

/** What a node heeds, or what others have heeded before the pod has come to it. */
const known = {
  spec: [
    'activeDeadlineSeconds',
    'affinity',
    'automountServiceAccountToken',
    'containers',
    'dnsPolicy',
    'enableServiceLinks',
    'hostname',
    'imagePullSecrets',
    'initContainers',
    'nodeName',
    'nodeSelector',
    'preemptionPolicy',
    'priority',
    'priorityClassName',
    'restartPolicy',
    'runtimeClassName',
    'schedulerName',
    'securityContext',
    'shareProcessNamespace',
    'serviceAccount',
    'serviceAccountName',
    'terminationGracePeriodSeconds',
    'tolerations',
    'volumes',
  ],
  container: [
    'args',
    'command',
    'env',
    'image',
    'imagePullPolicy',
    'name',
    'resources',
    'securityContext',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'volumeMounts',
    'workingDir',
  ],
  volume: ['emptyDir', 'name', 'projected', 'secret'],
} as const

/** Fields that would mean something on a node and mean nothing here. */
export function strangeIn({ spec }: Manifest): readonly string[] {
  const beyond = (what: string, thing: object, names: readonly string[]) =>
    Object.keys(thing)
      .filter((key) => !names.includes(key))
      .map((key) => `${what}.${key}`)
  const containers = [...(spec.initContainers ?? []), ...spec.containers]
  return [
    ...beyond('spec', spec, known.spec),
    ...containers.flatMap((container) => beyond(`container ${container.name}`, container, known.container)),
    ...(spec.volumes ?? []).flatMap((volume) => beyond(`volume ${volume.name}`, volume, known.volume)),
    ...containers.flatMap(({ name, env = [] }) =>
      env
        .filter(({ valueFrom }) => valueFrom !== undefined && fieldOf(valueFrom) === undefined)
        .map((variable) => `container ${name}, env ${variable.name}`),
    ),
  ]
}

const fieldOf = ({ fieldRef }: NonNullable<EnvSpec['valueFrom']>): string | undefined =>
  fieldRef && /^metadata\.(name|namespace|uid)$/.exec(fieldRef.fieldPath)?.[1]

/** The value of a variable, for this pod. */
export function valueOf({ value = '', valueFrom }: EnvSpec, { metadata }: Manifest): string {
  const field = valueFrom && fieldOf(valueFrom)
  return field === undefined ? value : (metadata[field as 'name' | 'namespace' | 'uid'] ?? '')
}
