import { quote } from '../../options/problem.ts'
import {
  genericSizes,
  gpuAliases,
  gpus,
  plainSizes,
  retiredFamilies,
  type GenericSize,
  type GpuRow,
} from './catalogue.ts'
import { complain, type Findings } from '../findings.ts'
import { isMac, parseType, type NativeType } from './families.ts'

/** One word of the user and the types it stands for, in order. */
export interface TypeChoice {
  readonly word: string
  readonly types: readonly NativeType[]
}

/** The `cloud-type` words, each joined with `cloud-gpu` where it is generic. Reads nothing. */
export function resolveTypes(
  words: readonly string[],
  gpu: string | undefined,
  findings: Findings,
): TypeChoice[] {
  const wanted = readGpu(gpu, findings)
  return words.flatMap((word) => {
    const [size = '', joined] = word.toLowerCase().split('+', 2)
    const types = isGeneric(size)
      ? genericTypes({ word, size, joined }, wanted, findings)
      : nativeTypes(word, wanted, findings)
    return types.length > 0 ? [{ word, types }] : []
  })
}

function isGeneric(size: string): size is GenericSize {
  return (genericSizes as readonly string[]).includes(size)
}

/** The row of a GPU word; undefined for none. */
function readGpu(word: string | undefined, findings: Findings): { word: string; row: GpuRow } | undefined {
  if (!word || word.toLowerCase() === 'nogpu') return undefined
  const row = gpuRow(word)
  if (row) return { word, row }
  complain(findings, 'cloud-gpu', word, `EC2 has no ${quote(word)}; valid: nogpu, ${gpuWords()}.`)
  return undefined
}

function gpuRow(word: string): GpuRow | undefined {
  const bare = word
    .toLowerCase()
    .replace(/^nvidia-/, '')
    .replace(/^tesla-/, '')
  const name = gpuAliases[bare] ?? bare
  return Object.hasOwn(gpus, name) ? gpus[name] : undefined
}

function gpuWords(): string {
  return [...Object.keys(gpus), ...Object.keys(gpuAliases)].join(', ')
}

function genericTypes(
  { word, size, joined }: { word: string; size: GenericSize; joined: string | undefined },
  wanted: { word: string; row: GpuRow } | undefined,
  findings: Findings,
): NativeType[] {
  const { problems, warnings } = findings
  const row = joined === undefined || joined === 'nogpu' ? undefined : gpuRow(joined)
  if (joined !== undefined && joined !== 'nogpu' && !row) {
    complain(
      findings,
      'cloud-type',
      word,
      `EC2 has no GPU ${quote(joined)} (in ${quote(word)}); valid: ${gpuWords()}.`,
    )
    return []
  }
  if (row && wanted && row !== wanted.row) {
    problems.add(`cloud-gpu: ${quote(wanted.word)} contradicts cloud-type ${quote(word)}; give one of them.`)
    return []
  }
  const used = row ?? (joined === 'nogpu' ? undefined : wanted?.row)
  if (!used) return parseAll(plainSizes[size])
  if (size === 's') {
    problems.add(`cloud-type: ${quote(word)} has no GPU variant; with a GPU the sizes are m, l and xl.`)
    return []
  }
  if (used.note?.sizes.includes(size)) warnings.add(used.note.text)
  return parseAll(used[size])
}

function nativeTypes(word: string, wanted: { word: string } | undefined, findings: Findings): NativeType[] {
  const { problems, warnings } = findings
  const type = parseType(word.toLowerCase())
  if (!type) {
    complain(
      findings,
      'cloud-type',
      word,
      `${quote(word)} is neither a size (m, l, xl, with a GPU as m+t4) nor an EC2 instance type such as g4dn.xlarge.`,
    )
    return []
  }
  if (isMac(type)) {
    problems.add(
      `cloud-type: ${type.name} is a Mac, which needs a dedicated host paid for at least 24 hours; use a Linux type.`,
    )
    return []
  }
  if (wanted && !type.gpu) {
    problems.add(
      `cloud-gpu: ${quote(wanted.word)} was asked for, but cloud-type ${type.name} has no NVIDIA GPU.`,
    )
    return []
  }
  const nearest = retiredFamilies[type.family]
  if (nearest) {
    warnings.add(`EC2 no longer sells ${type.family} machines (${type.name}); the nearest are ${nearest}.`)
  }
  return [type]
}

function parseAll(names: readonly string[]): NativeType[] {
  return names.map((name) => parseType(name)).filter((type) => type !== undefined)
}
