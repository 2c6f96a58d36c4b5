import { families, type Family } from './catalogue.ts'

/** A type as it is asked for: a machine type, and what is attached to it. CML's notation: `n1-standard-4+nvidia-tesla-t4*1`. */
export interface NativeType {
  /** The whole, in that notation. */
  readonly name: string
  readonly machine: string
  readonly family: string
  readonly architecture: 'x64' | 'arm64'
  /** Its machines have GPUs, their own or attached ones. */
  readonly gpu: boolean
  readonly attached?: { readonly accelerator: string; readonly count: number }
}

// n1-standard-4, e2-custom-8-32768, a2-highgpu-1g, c3-standard-192-metal; custom-8-53248-ext are N1's.
const machinePattern = /^(?:([a-z]{1,2}\d{1,2}[a-z]{0,2})(?:-[a-z0-9]+)+|custom-\d+-\d+(?:-ext)?)$/
const typePattern = /^([^+*]+)(?:\+([a-z][a-z0-9-]*)(?:\*(\d+))?)?$/

/** Undefined for what cannot be a type of Compute Engine. Whether it exists and where it is sold, the API tells. */
export function parseType(word: string): NativeType | undefined {
  const [, machine = '', accelerator, count = '1'] = typePattern.exec(word.toLowerCase()) ?? []
  const parts = machinePattern.exec(machine)
  if (!parts || Number(count) < 1) return undefined
  const family = parts[1] ?? 'n1'
  const facts = factsOf(family)
  const attached = accelerator === undefined ? undefined : { accelerator, count: Number(count) }
  return {
    name: nameOf(machine, attached),
    machine,
    family,
    architecture: facts.arm ? 'arm64' : 'x64',
    gpu: Boolean(facts.gpu) || attached !== undefined,
    ...(attached ? { attached } : {}),
  }
}

/** The notation of a machine type with what is attached to it. */
export function nameOf(
  machine: string,
  attached: { readonly accelerator: string; readonly count: number } | undefined,
): string {
  return attached ? `${machine}+${attached.accelerator}*${attached.count}` : machine
}

export function factsOf(family: string): Family {
  return Object.hasOwn(families, family) ? families[family]! : {}
}

/** N1 is the only family that takes GPUs. */
export function takesAccelerators({ family }: Pick<NativeType, 'family'>): boolean {
  return family === 'n1'
}

/** The disk that such a machine starts from when nobody says. */
export function usualDisk({ family }: Pick<NativeType, 'family'>): string {
  return factsOf(family).hyperdisk ? 'hyperdisk-balanced' : 'pd-balanced'
}

/** Whether a machine of this type can be moved to another host while it runs; else maintenance stops it. */
export function isMovable({ family, gpu, machine }: NativeType): boolean {
  return !gpu && !factsOf(family).fixed && !machine.endsWith('-metal')
}
