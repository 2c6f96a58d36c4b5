import { cell } from './table.ts'

// Markdown for a job's page. What is called Markdown here is taken as it is; everything else is shown as text.

/** Parts that are empty are left out. */
export function pageOf(parts: readonly (string | undefined)[]): string {
  return `${parts.filter(Boolean).join('\n\n')}\n`
}

/** The one line that says how it ended; `icon` is an emoji. */
export function verdict(icon: string, text: string): string {
  return `### ${icon} ${cell(text)}`
}

/** Names and Markdown beside them; a row without any is left out. The first is the head, since a head without words is drawn as an empty row. */
export function facts(rows: readonly (readonly [name: string, markdown: string | undefined])[]): string {
  const lines = rows.flatMap(([name, markdown]) => (markdown ? [`| ${name} | ${markdown} |`] : []))
  const [head = '', ...others] = lines
  return [head, '| :-- | :-- |', ...others].join('\n')
}

/** Empty without a body. */
export function folded(title: string, markdown: string): string {
  return markdown === '' ? '' : `<details>\n<summary>${cell(title)}</summary>\n\n${markdown}\n\n</details>`
}

/** Text of others, as it is; no line of it can end its fence. */
export function fenced(text: string, language = 'text'): string {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `${fence}${language}\n${text}\n${fence}`
}

/** In a table, too. */
export function code(text: string): string {
  const inner = text.replace(/[\r\n]+/g, ' ').replaceAll('|', '\\|')
  const fence = '`'.repeat(Math.max(1, ...[...inner.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return fence.length > 1 ? `${fence} ${inner} ${fence}` : `${fence}${inner}${fence}`
}

/** The text alone where there is no page of the web to lead to. */
export function link(text: string, url: string | undefined): string {
  if (url === undefined || !/^https?:\/\//.test(url)) return cell(text)
  const safe = url.replace(/[\s()<>|\\]/g, (sign) =>
    encodeURIComponent(sign).replace('(', '%28').replace(')', '%29'),
  )
  return `[${cell(text)}](${safe})`
}

/** Rows of a job's page; GitHub drops a summary that is too large, whole. */
const longestTable = 500

/** Cells are Markdown. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const row = (cells: readonly string[]): string => `| ${cells.map((text) => text || '–').join(' | ')} |`
  const more =
    rows.length > longestTable ? ['', `And ${rows.length - longestTable} more; the log has them all.`] : []
  return [row(titles), row(titles.map(() => '---')), ...rows.slice(0, longestTable).map(row), ...more].join(
    '\n',
  )
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

export interface Stretch {
  readonly what: string
  /** Milliseconds. */
  readonly ms: number
}

const longestBar = 40

/** A bar each, as long as it took. */
export function bars(stretches: readonly Stretch[]): string {
  const longest = Math.max(1, ...stretches.map(({ ms }) => ms))
  const width = Math.max(...stretches.map(({ what }) => what.length))
  const lines = stretches.map(({ what, ms }) => {
    const seconds = (ms / 1000).toFixed(1).padStart(6)
    const bar = '█'.repeat(Math.round((ms / longest) * longestBar)) || '▏'
    return `${what.padEnd(width)} ${seconds} s  ${bar}`
  })
  return stretches.length === 0 ? '' : fenced(lines.join('\n'))
}
