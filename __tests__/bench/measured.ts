import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** What a run of benchmark or matrix says of itself, beside its figures. */
export interface Measured {
  /** What to type to measure again. */
  readonly command: string
  /** The day, as in 2026-11-27. */
  readonly date: string
  /** Of cml-runner. */
  readonly version: string
  readonly node: string
  readonly processors: number
  /** Averages over 1, 5 and 15 minutes at the end. */
  readonly load: readonly number[]
}

/** Options of the programs that write figures. */
export const jsonOption = { json: { type: 'string' } } as const

function measuredNow(script: string): Measured {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const words = process.argv.slice(2)
  return {
    command: ['npm run', script, ...(words.length > 0 ? ['--', ...words] : [])].join(' '),
    date: new Date().toISOString().slice(0, 10),
    version,
    node: process.version,
    processors: cpus().length,
    load: loadavg().map((value) => Number(value.toFixed(1))),
  }
}

/** Writes figures as JSON with what measured them, and returns a line about the computer: others at work distort. */
export function writeMeasured(file: string, script: string, figures: object): string {
  const about = measuredNow(script)
  writeFileSync(file, `${JSON.stringify({ ...about, ...figures }, null, 2)}\n`)
  const load = about.load.map((value) => value.toFixed(1)).join(', ')
  return `Node ${about.node}, ${about.processors} processors, load average at the end ${load}. Written to ${file}.`
}

interface MeasuredRow {
  readonly quantity: string
  readonly pair?: string | undefined
}

/** Puts rows that were measured again in the place of the old ones; what the file says of its run stays. */
export function replaceRows(file: string, again: readonly MeasuredRow[]): string {
  const old = JSON.parse(readFileSync(file, 'utf8')) as { readonly rows: readonly MeasuredRow[] }
  const same = (one: MeasuredRow) => (other: MeasuredRow) =>
    one.quantity === other.quantity && one.pair === other.pair
  const strange = again.find((row) => !old.rows.some(same(row)))
  if (strange) throw new Error(`${file} has no row "${strange.quantity}" for ${strange.pair ?? 'no pair'}`)
  const { date, load } = measuredNow('bench')
  const rows = old.rows.map((row) => {
    const anew = again.find(same(row))
    return anew ? { ...anew, again: { date, load } } : row
  })
  writeFileSync(file, `${JSON.stringify({ ...old, rows }, null, 2)}\n`)
  return `${again.length} rows replaced in ${file}.`
}
