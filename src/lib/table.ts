import { onOneLine } from './printable.ts'

/** Titles and cells, for a terminal and for a job's page alike. */
export interface Table {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** For a terminal: one line a row, columns as wide as their widest cell. */
export function renderTable({ titles, rows }: Table): string {
  // Names and owners are texts of others: a line break in one must not look like a row.
  const lines = [titles, ...rows.map((row) => row.map((text) => onOneLine(text) || '-'))]
  const widths = titles.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)))
  const render = (line: readonly string[]): string =>
    line.map((text, index) => text.padEnd(widths[index]!)).join('  ')
  return lines.map((line) => render(line).trimEnd()).join('\n')
}

/** Rows of a job's page; GitHub drops a summary that is too large, whole. */
const longest = 500

/** Markdown, for the job's page. */
export function renderMarkdown(heading: string, { titles, rows }: Table, empty: string): string {
  if (rows.length === 0) return `### ${cell(heading)}\n\n${empty}\n`
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((text) => cell(text) || '–').join(' | ')} |`
  const more = rows.length > longest ? ['', `And ${rows.length - longest} more; the log has them all.`] : []
  return [
    `### ${cell(heading)}`,
    '',
    row(titles.map((title) => title[0]! + title.slice(1).toLowerCase())),
    row(titles.map(() => '---')),
    ...rows.slice(0, longest).map(row),
    ...more,
    '',
  ].join('\n')
}

/** User text and vendor text in a table cell: no line ends, no cell ends, no markup. */
export function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\|<>`*_[\]]/g, (character) => `\\${character}`)
}
