import { onOneLine } from '../lib/printable.ts'
import type { Listed } from '../removal/list.ts'
import { cell } from '../launch/summary.ts'

/** Titles and cells, for a terminal and for a job's page alike. */
export interface Table {
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const columns: readonly (readonly [title: string, cell: (row: Listed) => string])[] = [
  ['NAME', ({ name }) => name],
  ['STATE', ({ state }) => state],
  ['CLOUD', ({ cloud }) => cloud],
  ['REGION', ({ region }) => region],
  ['TYPE', ({ type }) => type],
  ['MARKET', ({ market }) => market],
  ['INSTANCE', ({ instanceId }) => instanceId],
  ['AGE', ({ launched, age }) => (launched ? renderAge(age) : '')],
  ['OWNER', ({ owner }) => owner],
  ['EXPIRES', ({ expires }) => expires.replace(/:\d\d\.\d+Z$/, 'Z')],
]

export function tableOf(rows: readonly Listed[]): Table {
  return {
    titles: columns.map(([title]) => title),
    rows: rows.map((row) => columns.map(([, read]) => read(row))),
  }
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

/** `2d 3h`, `4h 12m`, `9m`: the two largest units. */
export function renderAge(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24]
  if (days > 0) return `${days}d ${hours}h`
  return hours > 0 ? `${hours}h ${minutes % 60}m` : `${minutes}m`
}
