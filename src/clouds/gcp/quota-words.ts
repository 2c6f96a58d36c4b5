import type { Market } from '../../model/instance.ts'
import type { NativeType } from './machine-type.ts'

/** What a machine takes of the quotas of its region. https://cloud.google.com/compute/resource-usage */
export interface Share {
  /** Metrics that may count it, the usual one first: the first that is not zero does. */
  readonly metrics: readonly string[]
  /** Undefined where the name of the type does not tell. */
  readonly takes: number | undefined
  readonly unit: 'vCPUs' | 'GPUs'
}

/** Seconds. A GPU that goes within a week may be of either quota: https://cloud.google.com/compute/docs/instances/limit-vm-runtime */
const week = 7 * 86_400

export function sharesOf(type: NativeType, market: Market, lifetime: number): readonly Share[] {
  const gpus = gpusOf(type)
  const spot = market === 'spot'
  const cpus: Share = { metrics: cpuMetrics(type, spot), takes: vcpusOf(type), unit: 'vCPUs' }
  if (!gpus) return [cpus]
  const own = `NVIDIA_${gpus.model}_GPUS`
  const passing = `PREEMPTIBLE_${own}`
  const metrics = spot ? [passing, own] : lifetime <= week ? [own, passing] : [own]
  return [cpus, { metrics, takes: gpus.count, unit: 'GPUs' }]
}

/** E2 and N1 share one quota; other families have their own. */
function cpuMetrics({ family }: NativeType, spot: boolean): readonly string[] {
  const usual = /^(e2|n1|f1|g1)$/.test(family) ? 'CPUS' : `${family.toUpperCase()}_CPUS`
  return spot ? ['PREEMPTIBLE_CPUS', usual] : [usual]
}

/** vCPUs for each GPU, in the families that name GPUs and not vCPUs: `a2-highgpu-4g`. */
const perGpu: readonly (readonly [RegExp, number])[] = [
  [/^a2-megagpu-/, 6],
  [/^a2-/, 12],
  [/^a3-ultragpu-/, 28],
  [/^a3-/, 26],
  [/^a4-/, 28],
  [/^a4x-/, 35],
]

export function vcpusOf({ machine }: NativeType): number | undefined {
  if (/^e2-(micro|small|medium)$/.test(machine)) return 2
  if (/^(f1-micro|g1-small)$/.test(machine)) return 1
  const gpus = /-(\d+)g(?:-|$)/.exec(machine)?.[1]
  const each = perGpu.find(([pattern]) => pattern.test(machine))?.[1]
  if (gpus !== undefined) return each && each * Number(gpus)
  const vcpus = /^(?:\w+-)*?custom-(\d+)-/.exec(machine)?.[1] ?? /-(\d+)(?:-[a-z]+)?$/.exec(machine)?.[1]
  return vcpus === undefined ? undefined : Number(vcpus)
}

/** The model as quotas write it. */
const models: readonly (readonly [RegExp, string])[] = [
  [/^a2-ultragpu-/, 'A100_80GB'],
  [/^a2-/, 'A100'],
  [/^a3-ultragpu-/, 'H200'],
  [/^a3-megagpu-/, 'H100_MEGA'],
  [/^a3-/, 'H100'],
  [/^a4-/, 'B200'],
  [/^g2-/, 'L4'],
  [/^g4-/, 'RTX_PRO_6000'],
]

interface Gpus {
  readonly model: string
  readonly count: number
}

function gpusOf({ machine, attached }: NativeType): Gpus | undefined {
  if (attached) return { model: attachedModel(attached.accelerator), count: attached.count }
  const model = models.find(([pattern]) => pattern.test(machine))?.[1]
  if (model === undefined) return undefined
  const named = /-(\d+)g(?:-|$)/.exec(machine)?.[1]
  return { model, count: named === undefined ? ofStandard(machine) : Number(named) }
}

/** `nvidia-tesla-t4` → `T4`. */
function attachedModel(accelerator: string): string {
  return accelerator
    .replace(/^nvidia-(tesla-)?/, '')
    .replaceAll('-', '_')
    .toUpperCase()
}

/** G2 has an L4 for up to 24 vCPUs, save that 24 have two; G4 one for 48. */
function ofStandard(machine: string): number {
  const vcpus = Number(/-(\d+)(?:-[a-z]+)?$/.exec(machine)?.[1] ?? 0)
  if (machine.startsWith('g4-')) return Math.max(1, vcpus / 48)
  return vcpus < 24 || vcpus === 32 ? 1 : vcpus / 12
}
