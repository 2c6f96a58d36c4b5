import { parseSize, type Size } from '../../../src/clouds/azure/size.ts'

/** As many as one question each is asked for. */
export const regions = [
  'centralus',
  'eastus',
  'eastus2',
  'northeurope',
  'swedencentral',
  'uksouth',
  'westeurope',
  'westus2',
] as const

export interface EmulatedImage {
  readonly publisher: string
  readonly offer: string
  readonly sku: string
  readonly version: string
  readonly generation: 'V1' | 'V2'
  readonly architecture: 'x64' | 'Arm64'
  readonly sizeGb: number
  /** Sold in the marketplace. */
  readonly plan?: { readonly publisher: string; readonly product: string; readonly name: string }
  /** Where it is; everywhere when absent. */
  readonly regions?: readonly string[]
  /** Of images that their publisher takes back. */
  readonly deprecation?: object
}

export function startingImages(): EmulatedImage[] {
  const ubuntu = { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', version: '24.04.202607010', sizeGb: 30 }
  return [
    { ...ubuntu, sku: 'server', generation: 'V2', architecture: 'x64' },
    { ...ubuntu, sku: 'server-gen1', generation: 'V1', architecture: 'x64' },
    { ...ubuntu, sku: 'server-arm64', generation: 'V2', architecture: 'Arm64' },
    {
      publisher: 'microsoft-dsvm',
      offer: 'ubuntu-hpc',
      sku: '2404',
      version: '24.04.2026070301',
      generation: 'V2',
      architecture: 'x64',
      sizeGb: 64,
    },
    {
      publisher: 'nvidia',
      offer: 'ngc_azure_17_11',
      sku: 'ngc-base-version-25_4_1_gen2',
      version: '25.4.1',
      generation: 'V2',
      architecture: 'x64',
      sizeGb: 80,
      plan: { publisher: 'nvidia', product: 'ngc_azure_17_11', name: 'ngc-base-version-25_4_1_gen2' },
    },
  ]
}

/** Sizes that no region sells any more. */
const retired = /^Standard_(NC(6|12|24)r?|NC\d+r?s_v[23])$/i

/** A size that the emulated regions sell. */
export function sizeOf(name: string): Size | undefined {
  const size = parseSize(name)
  return size && !retired.test(name) && size.name === name && /^Standard_/.test(name) ? size : undefined
}
