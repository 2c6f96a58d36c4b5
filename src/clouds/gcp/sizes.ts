import { quote } from '../../options/problem.ts'
import { complain, type Findings } from '../findings.ts'
import {
  genericSizes,
  gpuAliases,
  gpus,
  plainSizes,
  retiredAccelerators,
  type GenericSize,
  type GpuRow,
} from './catalogue.ts'
import { parseType, takesAccelerators, type NativeType } from './machine-type.ts'

/** One word of the user and the types it stands for, in order. */
export interface TypeChoice {
  readonly word: string
  readonly types: readonly NativeType[]
}

/** What `cloud-gpu` asks for. */
interface Wanted {
  readonly word: string
  /** Absent for an accelerator that is in no row. */
  readonly row?: GpuRow
  readonly accelerator: string
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
      ? genericTypes({ word, size, joined, wanted }, findings)
      : nativeTypes(word, wanted, findings)
    return types.length > 0 ? [{ word, types }] : []
  })
}

function isGeneric(size: string): size is GenericSize {
  return (genericSizes as readonly string[]).includes(size)
}

function readGpu(word: string | undefined, findings: Findings): Wanted | undefined {
  if (!word || word.toLowerCase() === 'nogpu') return undefined
  const row = gpuRow(word)
  if (row) return { word, row, accelerator: row.accelerator }
  if (/^nvidia-[a-z0-9-]+$/.test(word.toLowerCase())) return { word, accelerator: word.toLowerCase() }
  complain(
    findings,
    'cloud-gpu',
    word,
    `Compute Engine has no ${quote(word)}; valid: nogpu, ${gpuWords()}, and its own names such as nvidia-tesla-t4.`,
  )
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

function genericTypes({ word, size, joined, wanted }: Generic, findings: Findings): NativeType[] {
  const { problems, warnings } = findings
  const named = joined === undefined || joined === 'nogpu' ? undefined : gpuRow(joined)
  if (joined !== undefined && joined !== 'nogpu' && !named) {
    const text = `Compute Engine has no GPU ${quote(joined)} (in ${quote(word)}); valid: ${gpuWords()}.`
    complain(findings, 'cloud-type', word, text)
    return []
  }
  if (named && wanted && named !== wanted.row) {
    problems.add(`cloud-gpu: ${quote(wanted.word)} contradicts cloud-type ${quote(word)}; give one of them.`)
    return []
  }
  const row = named ?? (joined === 'nogpu' ? undefined : wanted?.row)
  if (!row && wanted && joined !== 'nogpu') {
    problems.add(
      `cloud-gpu: ${quote(wanted.word)} goes with a machine type such as n1-standard-8, not with a size.`,
    )
    return []
  }
  if (!row) return parseAll(plainSizes[size])
  if (size === 's') {
    problems.add(`cloud-type: ${quote(word)} has no GPU variant; with a GPU the sizes are m, l and xl.`)
    return []
  }
  if (row.note?.sizes.includes(size)) warnings.add(row.note.text)
  return parseAll(row[size])
}

function nativeTypes(word: string, wanted: Wanted | undefined, findings: Findings): NativeType[] {
  const { problems, warnings } = findings
  const bare = parseType(word)
  if (!bare) {
    const text = `${quote(word)} is neither a size (m, l, xl, with a GPU as m+t4) nor a machine type of Compute Engine such as n1-standard-4, with a GPU as n1-standard-4+nvidia-tesla-t4*1.`
    complain(findings, 'cloud-type', word, text)
    return []
  }
  // As CML had it: a native type and a GPU are one of that GPU attached to it.
  const attach = wanted !== undefined && bare.attached === undefined && takesAccelerators(bare)
  const type = attach ? parseType(`${bare.name}+${wanted.accelerator}*1`)! : bare
  if (wanted && !type.gpu) {
    problems.add(
      `cloud-gpu: ${type.machine} takes no GPU; N1 machines do, and a2, a3, g2 and g4 bring theirs along.`,
    )
    return []
  }
  if (wanted && type.attached && type.attached.accelerator !== wanted.accelerator) {
    problems.add(`cloud-gpu: ${quote(wanted.word)} contradicts cloud-type ${quote(word)}; give one of them.`)
    return []
  }
  if (type.attached && !takesAccelerators(type)) {
    problems.add(`cloud-type: ${quote(word)}: GPUs are attached to N1 machines alone.`)
    return []
  }
  const nearest = type.attached && retiredAccelerators[type.attached.accelerator]
  if (nearest)
    warnings.add(`Compute Engine no longer sells ${type.attached.accelerator}; the nearest is ${nearest}.`)
  return [type]
}

function parseAll(names: readonly string[]): NativeType[] {
  return names.map((name) => parseType(name)).filter((type) => type !== undefined)
}
