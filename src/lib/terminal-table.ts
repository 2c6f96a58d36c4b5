import stringWidth from 'string-width'
import { onOneLine } from './printable.ts'

/** Titles and cells. */
export interface Table {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const gap = '  '
/** Columns below which no cell is cut. */
const narrowest = 8

/** For a terminal of so many columns: one line a row; where not all fits, the longest texts are cut. */
export function renderTable({ titles, rows }: Table, width = Infinity): string {
  // Names and owners are texts of others: a line break in one must not look like a row.
  const lines = [titles, ...rows.map((row) => row.map((text) => onOneLine(text) || '-'))]
  const natural = titles.map((_, index) => Math.max(...lines.map((line) => stringWidth(line[index]!))))
  const widths = fitted(natural, width - gap.length * (titles.length - 1))
  const render = (line: readonly string[]): string =>
    line.map((text, index) => padded(cut(text, widths[index]!), widths[index]!)).join(gap)
  return lines.map((line) => render(line).trimEnd()).join('\n')
}

function fitted(natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural]
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths))
    if (widths[widest]! <= narrowest) break
    widths[widest]!--
  }
  return widths
}

const segmenter = new Intl.Segmenter()

function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of segmenter.segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)))
}
