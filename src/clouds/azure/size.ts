/** What the name of a VM size tells: https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions */
export interface Size {
  /** As Azure spells it: `Standard_D8s_v5`. */
  readonly name: string
  /** What quotas go by: `D`, `NC`, with its version and GPU. */
  readonly family: string
  readonly gpu: boolean
  readonly architecture: 'x64' | 'arm64'
  /** Generations of virtual hardware that it starts. */
  readonly generations: readonly ('V1' | 'V2')[]
}

const pattern =
  /^(?:Standard_|Basic_)?([A-Z]{1,2}[A-Z]?)(\d+)(?:-\d+)?([a-z]*)((?:_(?!v\d+(?:_|$))[A-Z]+\d+[A-Z]*)?)(?:_v(\d+))?(?:_Promo)?$/i

/** Undefined for what is no size's name. */
export function parseSize(word: string): Size | undefined {
  const match = pattern.exec(word)
  if (!match) return undefined
  const [, letters = '', vcpus = '', features = '', gpu = '', version = ''] = match
  const series = letters.toUpperCase()
  const marks = features.toLowerCase()
  const prefix = /^basic_/i.test(word) ? 'Basic_' : 'Standard_'
  const constrained = /\d(-\d+)/.exec(word)?.[1] ?? ''
  return {
    name: `${prefix}${series}${vcpus}${constrained}${marks}${gpu.toUpperCase()}${version ? `_v${version}` : ''}`,
    family: `${series}${gpu.toUpperCase()}${version ? `v${version}` : ''}`,
    gpu: series.startsWith('N') && series !== 'NP',
    architecture: marks.includes('p') ? 'arm64' : 'x64',
    generations: generationsOf(series, marks, gpu, Number(version || 1)),
  }
}

/** https://learn.microsoft.com/azure/virtual-machines/generation-2: old sizes without premium storage are of the first alone, the newest of the second. */
function generationsOf(
  series: string,
  marks: string,
  gpu: string,
  version: number,
): readonly ('V1' | 'V2')[] {
  if (marks.includes('p') || version >= 6 || /^(DC|EC|ND)/.test(series) || /H100|H200/i.test(gpu))
    return ['V2']
  const premium = marks.includes('s') || /^(DS|GS|FS)$/.test(series) || series.startsWith('N')
  return premium || version >= 4 ? ['V1', 'V2'] : ['V1']
}
