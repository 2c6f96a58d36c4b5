/** What a GPU word means on Azure, by generic size: one, four and eight GPUs where they are sold so. */
export interface GpuRow {
  /** As people write it: `NVIDIA T4`. */
  readonly title: string
  readonly m: readonly string[]
  readonly l: readonly string[]
  readonly xl: readonly string[]
  /** Said once when the row is used: hardware that is no longer sold, or sold in other pieces than asked. */
  readonly note?: { readonly sizes: readonly GenericSize[]; readonly text: string }
}

export const genericSizes = ['s', 'm', 'l', 'xl'] as const
export type GenericSize = (typeof genericSizes)[number]

/** Friendly regions as CML named them. */
export const genericRegions: Readonly<Record<string, string>> = {
  'us-east': 'eastus',
  'us-west': 'westus2',
  'eu-west': 'westeurope',
  'eu-north': 'northeurope',
}

/** Sizes without a GPU: 2/4, 8/32, 32/128 and 64/256 vCPU/GB; each list is tried in order. */
export const plainSizes: Readonly<Record<GenericSize, readonly string[]>> = {
  s: ['Standard_B2als_v2', 'Standard_B2s'],
  m: ['Standard_D8s_v5', 'Standard_D8as_v5'],
  l: ['Standard_D32s_v5', 'Standard_D32as_v5'],
  xl: ['Standard_D64s_v5', 'Standard_D64as_v5'],
}

const everySize = ['m', 'l', 'xl'] as const

const a10 = {
  m: ['Standard_NV36ads_A10_v5'],
  l: ['Standard_NV72ads_A10_v5'],
  xl: ['Standard_NV72ads_A10_v5'],
} as const

const a100 = {
  m: ['Standard_NC24ads_A100_v4'],
  l: ['Standard_NC96ads_A100_v4'],
  xl: ['Standard_ND96asr_v4', 'Standard_ND96amsr_A100_v4'],
} as const

const h100 = {
  m: ['Standard_NC40ads_H100_v5'],
  l: ['Standard_NC80adis_H100_v5'],
  xl: ['Standard_ND96isr_H100_v5'],
} as const

const t4 = {
  m: ['Standard_NC4as_T4_v3', 'Standard_NC8as_T4_v3'],
  l: ['Standard_NC64as_T4_v3'],
  xl: ['Standard_NC64as_T4_v3'],
} as const

/** GPU models. https://learn.microsoft.com/azure/virtual-machines/sizes/overview and …/sizes/retirement/retired-sizes-list */
export const gpus: Readonly<Record<string, GpuRow>> = {
  t4: {
    title: 'NVIDIA T4',
    ...t4,
    note: {
      sizes: ['xl'],
      text: 'Azure sells at most four T4 in a machine: Standard_NC64as_T4_v3 is asked for.',
    },
  },
  a10: {
    title: 'NVIDIA A10',
    ...a10,
    note: {
      sizes: ['l', 'xl'],
      text: 'Azure sells at most two A10 in a machine: Standard_NV72ads_A10_v5 is asked for.',
    },
  },
  a100: { title: 'NVIDIA A100', ...a100 },
  h100: {
    title: 'NVIDIA H100',
    ...h100,
    note: {
      sizes: ['l'],
      text: 'Azure sells one, two or eight H100 in a machine: two (Standard_NC80adis_H100_v5) are asked for.',
    },
  },
  v100: {
    title: 'NVIDIA V100',
    ...a100,
    note: {
      sizes: everySize,
      text: 'Azure has retired V100 GPUs (NCv3, September 2025): the nearest, A100, is asked for instead.',
    },
  },
  k80: {
    title: 'NVIDIA K80',
    ...t4,
    note: { sizes: everySize, text: 'Azure has retired K80 GPUs: the T4 is asked for instead.' },
  },
  a10g: {
    title: 'NVIDIA A10G',
    ...a10,
    note: { sizes: everySize, text: 'Azure sells no A10G GPUs: the nearest, A10, is asked for instead.' },
  },
  l4: {
    title: 'NVIDIA L4',
    ...a10,
    note: { sizes: everySize, text: 'Azure sells no L4 GPUs: the nearest, A10, is asked for instead.' },
  },
  l40s: {
    title: 'NVIDIA L40S',
    ...a100,
    note: { sizes: everySize, text: 'Azure sells no L40S GPUs: the nearest, A100, is asked for instead.' },
  },
}

/** Other words for the GPUs above. CML took `tesla` for V100. */
export const gpuAliases: Readonly<Record<string, string>> = { tesla: 'v100' }

/** Families that are no longer sold, by the beginning of a size's name, and what is nearest. */
export const retiredSizes: readonly { readonly size: RegExp; readonly nearest: string }[] = [
  { size: /^Standard_NC(6|12|24r?)$/i, nearest: 'Standard_NC4as_T4_v3' },
  { size: /^Standard_NC\d+r?s_v2$/i, nearest: 'Standard_NC4as_T4_v3' },
  { size: /^Standard_NC\d+r?s_v3$/i, nearest: 'Standard_NC24ads_A100_v4' },
  { size: /^Standard_ND\d+r?s$/i, nearest: 'Standard_NC24ads_A100_v4' },
]

/** A default image, which exists in every region and has no plan of the marketplace. */
export interface ImageSource {
  readonly urn: string
  /** GB of its own disk, or of what its programs need. */
  readonly leastGb: number
}

/**
 * Canonical's Ubuntu 24.04, and Microsoft's own build of it with NVIDIA's driver, Docker and the container toolkit
 * (https://github.com/Azure/azhpc-images), whose 64 GB leave little room.
 */
export const defaultImages = {
  'plain x64': { urn: 'Canonical:ubuntu-24_04-lts:server:latest', leastGb: 30 },
  'plain x64 gen1': { urn: 'Canonical:ubuntu-24_04-lts:server-gen1:latest', leastGb: 30 },
  'plain arm64': { urn: 'Canonical:ubuntu-24_04-lts:server-arm64:latest', leastGb: 30 },
  'gpu x64': { urn: 'microsoft-dsvm:ubuntu-hpc:2404:latest', leastGb: 128 },
} as const satisfies Record<string, ImageSource>
