import type { Pair } from '../sides/sides.ts'
import { suffixOf } from './forges.ts'

/** One line of the table, and of bench.json. */
export interface Row {
  /** The same words for each pair: docs/benchmarks.md finds its figures by them (scripts/figures/). */
  readonly quantity: string
  /** The cloud and the forge it is about; absent where it is about neither. */
  readonly pair?: Pair
  /** In `unit`; the worst or the median, as `how` says. */
  readonly value: number
  readonly unit: 's' | 'MB' | 'kB' | 'bytes' | 'calls' | 'pages' | 'launches'
  /** Largest value that is well; absent where there is none. */
  readonly budget?: number
  /** How it was measured, in a few words. */
  readonly how: string
  /** Everything that was measured for it, in `unit`. */
  readonly samples?: readonly number[]
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const [low = NaN, high = NaN] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1], sorted[middle]]
  return (low + high) / 2
}

export const isOver = ({ value, budget }: Row): boolean => budget !== undefined && !(value <= budget)

const digits: Readonly<Record<Row['unit'], number>> = {
  s: 3,
  MB: 1,
  kB: 1,
  bytes: 0,
  calls: 0,
  pages: 0,
  launches: 0,
}

/** Lines of equal columns: quantity, value, budget, verdict, how. */
export function renderTable(rows: readonly Row[]): string {
  const cells = [
    ['quantity', 'measured', 'budget', '', 'how'],
    ...rows.map((row) => [
      `${row.quantity}${row.pair ? suffixOf(row.pair) : ''}`,
      `${row.value.toFixed(digits[row.unit])} ${row.unit}`,
      row.budget === undefined ? '' : `${row.budget} ${row.unit}`,
      row.budget === undefined ? '' : isOver(row) ? 'OVER' : 'ok',
      row.how,
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)))
  const pad = (text: string, column: number): string =>
    [1, 2].includes(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
  return cells.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}
