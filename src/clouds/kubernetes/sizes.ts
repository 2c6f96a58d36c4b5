import { quote } from '../../options/problem.ts'
import { complain, type Findings } from '../findings.ts'

/** What a pod asks for, and no more than that. */
export interface Size {
  /** In the notation of `cloud-type`. */
  readonly name: string
  /** Cores, as Kubernetes writes them: `8`, `0.5`, `500m`. */
  readonly cpu: string
  /** MiB. */
  readonly memory: number
  readonly gpu?: { readonly model: string; readonly count: number }
}

/** One word of the user and what it stands for. */
export interface SizeChoice {
  readonly word: string
  readonly size: Size
}

type Row = readonly [cores: number, gibibytes: number, gpus: number]
interface Rows {
  readonly m: Row
  readonly l: Row
  readonly xl: Row
}

/** As CML had them (iterative/kubernetes/provider.go, getInstanceType). */
const plain: Readonly<Record<string, Row>> = {
  s: [1, 1, 0],
  m: [8, 32, 0],
  l: [32, 128, 0],
  xl: [64, 256, 0],
}
const usual: Rows = { m: [8, 32, 1], l: [32, 128, 4], xl: [64, 256, 8] }
const gpus: Readonly<Record<string, Rows>> = {
  k80: { m: [4, 64, 1], l: [32, 512, 8], xl: [64, 768, 16] },
  v100: { m: [8, 64, 1], l: [32, 256, 4], xl: [64, 512, 8] },
  t4: { ...usual, m: [4, 16, 1] },
  l4: usual,
  a10g: usual,
  l40s: usual,
  a100: usual,
  h100: usual,
}
const aliases: Readonly<Record<string, string>> = { tesla: 'v100', a10: 'a10g' }

/** A model is a label's value at nodes. */
const modelPattern = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
const nativePattern = /^(\d{1,4}(?:\.\d{1,3})?|\d{1,6}m)-(\d{1,8})(?:\+(.+)\*([1-9]\d{0,2}))?$/

/** The `cloud-type` words, each joined with `cloud-gpu` where it names no GPU itself. Reads nothing. */
export function sizesOf(
  words: readonly string[],
  gpu: string | undefined,
  findings: Findings,
): readonly SizeChoice[] {
  const model = modelOf(gpu, findings)
  return words.flatMap((word) => {
    const size = nativeOf(word, model) ?? genericOf(word, model, findings)
    return size ? [{ word, size }] : []
  })
}

function modelOf(word: string | undefined, findings: Findings): string | undefined {
  if (!word || word.toLowerCase() === 'nogpu') return undefined
  if (modelPattern.test(word)) return known(word)
  complain(
    findings,
    'cloud-gpu',
    word,
    `${quote(word)} cannot be the value of a node’s label, by which models are told.`,
  )
  return undefined
}

function known(word: string): string {
  const lower = word.toLowerCase()
  const name = aliases[lower] ?? lower
  return Object.hasOwn(gpus, name) ? name : word
}

function nativeOf(word: string, wanted: string | undefined): Size | undefined {
  const [, cpu = '', memory = '', model = wanted, count = '1'] = nativePattern.exec(word) ?? []
  if (cpu === '' || Number(memory) === 0 || Number.parseFloat(cpu) === 0) return undefined
  if (model !== undefined && !modelPattern.test(model)) return undefined
  return sizeOf(
    cpu,
    Number(memory),
    model === undefined ? undefined : { model: known(model), count: Number(count) },
  )
}

function sizeOf(cpu: string, memory: number, gpu: Size['gpu']): Size {
  const name = `${cpu}-${memory}${gpu ? `+${gpu.model}*${gpu.count}` : ''}`
  return { name, cpu, memory, ...(gpu ? { gpu } : {}) }
}

function genericOf(word: string, wanted: string | undefined, findings: Findings): Size | undefined {
  const [size = '', joined] = word.toLowerCase().split('+', 2)
  if (!Object.hasOwn(plain, size)) {
    const text = `${quote(word)} is neither a size (m, l, xl, with a GPU as m+t4) nor CPU-MEMORY in cores and MiB such as 8-32000, with GPUs as 8-32000+t4*1.`
    complain(findings, 'cloud-type', word, text)
    return undefined
  }
  const model = joined === undefined ? wanted : joined === 'nogpu' ? undefined : known(joined)
  if (model === undefined) return fromRow(plain[size]!)
  if (joined !== undefined && wanted !== undefined && model !== wanted) {
    findings.problems.add(
      `cloud-gpu: ${quote(wanted)} contradicts cloud-type ${quote(word)}; give one of them.`,
    )
    return undefined
  }
  if (!modelPattern.test(model)) {
    complain(
      findings,
      'cloud-type',
      word,
      `${quote(word)} names no GPU: its model cannot be the value of a node’s label.`,
    )
    return undefined
  }
  if (size === 's') {
    findings.problems.add(
      `cloud-type: ${quote(word)} has no GPU variant; with a GPU the sizes are m, l and xl.`,
    )
    return undefined
  }
  const rows = Object.hasOwn(gpus, model) ? gpus[model]! : usual
  return fromRow(rows[size as keyof Rows], model)
}

function fromRow([cores, gibibytes, count]: Row, model?: string): Size {
  return sizeOf(String(cores), gibibytes * 1024, model === undefined ? undefined : { model, count })
}
