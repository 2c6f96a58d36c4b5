import { quote } from '../../options/problem.ts'
import { complain, type Findings } from '../findings.ts'
import {
  genericSizes,
  gpuAliases,
  gpus,
  plainSizes,
  retiredSizes,
  type GenericSize,
  type GpuRow,
} from './catalogue.ts'
import { parseSize, type Size } from './size.ts'

/** One word of the user and the sizes it stands for, in order. */
export interface TypeChoice {
  readonly word: string
  readonly sizes: readonly Size[]
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
    const sizes = isGeneric(size)
      ? genericTypes({ word, size, joined, wanted }, findings)
      : nativeType(word, wanted, findings)
    return sizes.length > 0 ? [{ word, sizes }] : []
  })
}

interface Wanted {
  readonly word: string
  readonly row: GpuRow
}

function isGeneric(size: string): size is GenericSize {
  return (genericSizes as readonly string[]).includes(size)
}

function readGpu(word: string | undefined, findings: Findings): Wanted | undefined {
  if (!word || word.toLowerCase() === 'nogpu') return undefined
  const row = gpuRow(word)
  if (row) return { word, row }
  complain(findings, 'cloud-gpu', word, `Azure has no ${quote(word)}; valid: nogpu, ${gpuWords()}.`)
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

interface Generic {
  readonly word: string
  readonly size: GenericSize
  readonly joined: string | undefined
  readonly wanted: Wanted | undefined
}

function genericTypes({ word, size, joined, wanted }: Generic, findings: Findings): readonly Size[] {
  const { problems, warnings } = findings
  const bare = joined === undefined || joined === 'nogpu'
  const named = bare ? undefined : gpuRow(joined)
  if (!bare && !named) {
    complain(
      findings,
      'cloud-type',
      word,
      `Azure has no GPU ${quote(joined)} (in ${quote(word)}); valid: ${gpuWords()}.`,
    )
    return []
  }
  if (named && wanted && named !== wanted.row) {
    problems.add(`cloud-gpu: ${quote(wanted.word)} contradicts cloud-type ${quote(word)}; give one of them.`)
    return []
  }
  const row = named ?? (joined === 'nogpu' ? undefined : wanted?.row)
  if (!row) return sizesOf(plainSizes[size])
  if (size === 's') {
    complain(findings, 'cloud-type', word, `the size s has no GPU; name m, l or xl with ${row.title}.`)
    return []
  }
  if (row.note?.sizes.includes(size)) warnings.add(row.note.text)
  return sizesOf(row[size])
}

function sizesOf(names: readonly string[]): readonly Size[] {
  return names.flatMap((name) => parseSize(name) ?? [])
}

/** A native size already says which GPUs it has. */
function nativeType(word: string, wanted: Wanted | undefined, findings: Findings): readonly Size[] {
  const size = parseSize(word)
  if (!size) {
    complain(
      findings,
      'cloud-type',
      word,
      `${quote(word)} is neither ${genericSizes.join(', ')} (with a GPU as in m+t4) nor a size of Azure such as Standard_D8s_v5.`,
    )
    return []
  }
  if (wanted && !size.gpu)
    findings.warnings.add(`cloud-gpu: ${size.name} has no GPU, so ${quote(wanted.word)} is ignored.`)
  const retired = retiredSizes.find(({ size: known }) => known.test(size.name))
  if (retired)
    findings.warnings.add(`cloud-type: Azure has retired ${size.name}; the nearest is ${retired.nearest}.`)
  return [size]
}
