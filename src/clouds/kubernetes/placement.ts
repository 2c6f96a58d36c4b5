import type { Platform } from '../../model/instance.ts'
import { quote } from '../../options/problem.ts'
import { isLabelKey, isLabelValue } from './labels.ts'
import type { Size } from './sizes.ts'

export interface Toleration {
  readonly key: string
  readonly operator: 'Equal' | 'Exists'
  readonly value?: string
  readonly effect?: string
}

/** On which nodes a pod may be. */
export interface Placement {
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: readonly Toleration[]
  readonly platform: Platform
}

/** CML's word for the model of the GPU that was asked for, and for nothing without one (cml.dev/doc/ref/runner, "Infer the value from the GPU configuration"). */
const inferred = 'infer'
const archLabel = 'kubernetes.io/arch'
const osLabel = 'kubernetes.io/os'
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const

/** The architecture is one that the runner is brought for: the usual one, unless the selector says another. */
export function placementOf(
  { gpu }: Size,
  selector: Readonly<Record<string, string>> | undefined,
  tolerations: readonly Toleration[],
): Placement {
  // `nvidia` is CML's word for any model.
  const model = gpu?.model === 'nvidia' ? undefined : gpu?.model
  const wanted = selector ?? { accelerator: inferred }
  const labels = Object.entries(wanted).map(
    ([key, value]) => [key, value === inferred ? model : value] as const,
  )
  const told = Object.fromEntries(
    labels.filter((label): label is readonly [string, string] => label[1] !== undefined),
  )
  const chosen = { [osLabel]: 'linux', [archLabel]: 'amd64', ...told }
  return {
    nodeSelector: chosen,
    // Nodes with GPUs are kept free for who needs them by this taint, wherever their vendor's documentation is followed.
    tolerations: [...tolerations, ...(gpu ? [{ key: gpuResource, operator: 'Exists' } as const] : [])],
    platform: { os: 'linux', architecture: chosen[archLabel] === 'arm64' ? 'arm64' : 'x64' },
  }
}

/** NVIDIA's device plugin announces GPUs under this name. */
export const gpuResource = 'nvidia.com/gpu'

/** Problems of `cloud-kubernetes-node-selector`: each a sentence. */
export function checkSelector(selector: Readonly<Record<string, string>> = {}): readonly string[] {
  const name = 'cloud-kubernetes-node-selector'
  const architecture = selector[archLabel]
  return [
    ...Object.entries(selector).flatMap(([key, value]) =>
      isLabelKey(key) && isLabelValue(value)
        ? []
        : [`${name}: ${quote(`${key}=${value}`)} cannot be a label of a node.`],
    ),
    ...(architecture === undefined || /^(amd64|arm64)$/.test(architecture)
      ? []
      : [`${name}: runners are made for ${archLabel}=amd64 and arm64, not ${quote(architecture)}.`]),
    ...(selector[osLabel] === undefined || selector[osLabel] === 'linux'
      ? []
      : [`${name}: pods of runners are for ${osLabel}=linux, not ${quote(selector[osLabel])}.`]),
  ]
}

/** `key[=value][:effect]`. */
export function tolerationsOf(words: readonly string[], problems: Set<string>): readonly Toleration[] {
  return words.flatMap((word): Toleration[] => {
    const [, key = '', value, effect] = /^([^=:]+)(?:=([^:]*))?(?::(.*))?$/.exec(word) ?? []
    const known = effects.find((one) => one.toLowerCase() === effect?.toLowerCase())
    if (isLabelKey(key) && isLabelValue(value ?? '') && (effect === undefined || known)) {
      const rest = known ? { effect: known } : {}
      return [
        value === undefined
          ? { key, operator: 'Exists', ...rest }
          : { key, operator: 'Equal', value, ...rest },
      ]
    }
    problems.add(
      `cloud-kubernetes-tolerations: ${quote(word)} is not a toleration; valid: key[=value][:effect] with an effect of ${effects.join(', ')}.`,
    )
    return []
  })
}
