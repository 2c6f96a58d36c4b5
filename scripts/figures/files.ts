import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Measured } from '../../__tests__/bench/measured.ts'
import type { Row } from '../../__tests__/bench/row.ts'
import type { Counts } from '../../__tests__/chaos/table.ts'

/** A row as the file has it: its pair is the pair's name. */
export type FoundRow = Omit<Row, 'pair'> & { readonly pair?: string; readonly over: boolean }
export type BenchFigures = Measured & { readonly rows: readonly FoundRow[] }
export type ChaosFigures = Measured & {
  readonly seed: number
  readonly pairs: Readonly<Record<string, Counts>>
}

/** What was measured and committed; what was not is absent. */
export interface Figures {
  /** What others were seen to take, by the names in quantities.ts; nothing here measures them. */
  readonly others: Readonly<Record<string, string>>
  readonly bench?: BenchFigures
  readonly scale?: BenchFigures
  readonly chaos?: ChaosFigures
}

const folder = 'docs/figures'

/** What a command of ours writes. */
export type Made = Exclude<keyof Figures, 'others'>

/** What to type for each file. */
export const commands: Readonly<Record<Made, string>> = {
  bench: `npm run bench -- --json ${folder}/bench.json`,
  scale: `npm run bench -- --scale 100 --json ${folder}/scale.json`,
  chaos: `npm run chaos -- --json ${folder}/chaos.json`,
}

export function readFigures(root: string): Figures {
  const read = (name: string): unknown => {
    const file = join(root, folder, `${name}.json`)
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  }
  const found = Object.keys(commands).map((name) => [name, read(name)] as const)
  const others = read('others') as Figures['others']
  return { others, ...Object.fromEntries(found.filter(([, content]) => content !== undefined)) }
}
