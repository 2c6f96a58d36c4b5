import { pageAt } from '../model/pages.ts'
import type { Catalogue } from '../options/catalogue.ts'
import { codes, describe, sentence } from './describe.ts'
import { pointerTo, type Apart } from './meanings.ts'

/** The text with each region's body replaced: what stands between `<!-- generated:name -->` and `<!-- /generated:name -->`. */
export function fillRegions(text: string, regions: Readonly<Record<string, string>>): string {
  return Object.entries(regions).reduce((filled, [name, body]) => fillRegion(filled, name, body), text)
}

/** Throws when a marker is missing, doubled or in the wrong order: a table that silently stays old is worse than none. */
function fillRegion(text: string, name: string, body: string): string {
  const [start, end] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`]
  for (const marker of [start, end]) {
    if (text.split(marker).length !== 2)
      throw new RangeError(`The page must hold the marker ${marker} exactly once`)
  }
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)]
  if (to < from) throw new RangeError(`The page holds the marker ${end} before ${start}`)
  return `${text.slice(0, from)}\n\n${body.trim()}\n\n${text.slice(to)}`
}

/** `apart`: what stands in tables of its own. */
export function renderInputs({ groups }: Catalogue, apart: readonly Apart[]): string {
  return groups
    .map(({ title, options }) => {
      const rows = Object.entries(options).map(([name, row]) => {
        const also = row.aliases ? ` Also: ${codes(row.aliases)}.` : ''
        return `| \`${name}\` | ${near(cell(describe(row) + pointerTo(name, apart) + also))} |`
      })
      return [`**${title}**`, '', '| option | meaning |', '| --- | --- |', ...rows].join('\n')
    })
    .join('\n\n')
}

/** The tables of what stands apart. */
export function renderApart(apart: readonly Apart[]): string {
  return apart
    .map(({ option, meanings }) => {
      const rows = meanings.map(([cloud, meaning]) => `| ${cloud} | ${cell(sentence(meaning))} |`)
      const head = [`### \`${option}\` at each cloud`, '', '| cloud | meaning |', '| --- | --- |']
      return [...head, ...rows].join('\n')
    })
    .join('\n\n')
}

/** From this page to another of docs/, which rows name by its whole address. */
function near(text: string): string {
  return text.replace(new RegExp(`${pageAt('docs/')}(([\\w-]+\\.md)#[\\w-]+)`, 'g'), '[docs/$2]($1)')
}

export function renderOutputs(outputs: Readonly<Record<string, string>>): string {
  const rows = Object.entries(outputs).map(([name, description]) => `| \`${name}\` | ${cell(description)} |`)
  return ['| output | meaning |', '| --- | --- |', ...rows].join('\n')
}

export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ')
}
