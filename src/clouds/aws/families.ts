import type { Architecture } from '../../model/instance.ts'
import { quotaClasses, type defaultImages } from './catalogue.ts'

/** What the name of an instance type tells by itself. */
export interface NativeType {
  /** `g4dn.xlarge` */
  readonly name: string
  /** `g4dn` */
  readonly family: string
  readonly architecture: Architecture
  /** Has an NVIDIA GPU. */
  readonly gpu: boolean
  /** Which default image serves it. */
  readonly image: keyof typeof defaultImages
  /** Infinity where the name does not tell (`metal`). */
  readonly vcpus: number
  readonly quotaClass: string
}

const typePattern = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\.([a-z0-9]+(?:-[a-z0-9]+)*)$/

/** Undefined when the text cannot be an instance type. Whether EC2 sells it is another question. */
export function parseType(name: string): NativeType | undefined {
  const [, family, size] = typePattern.exec(name) ?? []
  if (!family || !size || !/\d/.test(family)) return undefined
  const architecture = architectureOf(family)
  const gpu = hasNvidia(family)
  return {
    name,
    family,
    architecture,
    gpu,
    image: !gpu ? `plain ${architecture}` : family.startsWith('p3') ? 'volta x64' : `gpu ${architecture}`,
    vcpus: vcpusOf(size),
    quotaClass: quotaClasses.find(([prefix]) => prefix.test(family))?.[1] ?? family,
  }
}

/**
 * Families are named series, generation, attributes; `g` among the attributes means an AWS (Graviton) or, in `gb200`, an NVIDIA Arm processor.
 * A1 predates the rule. Source: EC2 user guide, "Instance type naming conventions".
 */
function architectureOf(family: string): Architecture {
  const attributes = /^[a-z]+\d+(.*)$/.exec(family)?.[1] ?? ''
  return family === 'a1' || attributes.includes('g') ? 'arm64' : 'x64'
}

/** Series `p` and `g` carry NVIDIA GPUs, save g4ad (AMD). */
function hasNvidia(family: string): boolean {
  return /^(p|g|gr)\d/.test(family) && family !== 'g4ad'
}

/** `xlarge` has four vCPUs and `Nxlarge` N times as many, in all families. */
function vcpusOf(size: string): number {
  const times = /(?:^|-)(\d+)x(?:large|l)$/.exec(size)
  if (times) return 4 * Number(times[1])
  if (size === 'xlarge') return 4
  if (size.startsWith('metal')) return Infinity
  return 2
}

/** Macs need a dedicated host, which outlives any launch by 24 hours. */
export function isMac(type: NativeType): boolean {
  return /^mac/.test(type.family)
}
