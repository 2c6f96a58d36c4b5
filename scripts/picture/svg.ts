import type { Moments } from './moments.ts'

const width = 860
const left = 110
const right = 30
const laneHeight = 34
const lineHeight = 19

interface Bar {
  readonly lane: number
  readonly from: number
  readonly to: number
  readonly colour: string
  readonly says: string
}

/** The jobs and the machine as bars over the same seconds, and below them the demo's own words. Readable on a light page and on a dark one. */
export function drawLife(moments: Moments): string {
  const scale = (at: number): number => Math.round(left + ((width - left - right) * at) / moments.gone)
  const lanes = ['deploy job', 'machine', 'train job']
  const top = 44
  const logTop = top + lanes.length * laneHeight + 24
  const height = logTop + (moments.lines.length + 1) * lineHeight + 8
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A job asks for a machine, the next job runs on it, and the machine ends itself" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="12">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    `<text x="16" y="25" fill="#e6edf3" font-size="14">One machine's life, as the demo played it</text>`,
    ...lanes.map(
      (name, index) => `<text x="16" y="${top + index * laneHeight + 21}" fill="#9198a1">${name}</text>`,
    ),
    ...barsOf(moments).map((bar) => drawBar(bar, scale, top)),
    ...moments.lines.map(({ at, who, says }, index) => {
      const y = logTop + (index + 1) * lineHeight
      const when = who === 'left' ? '' : at.toFixed(1)
      return `<text y="${y}" fill="#e6edf3"><tspan x="56" text-anchor="end" fill="#9198a1">${when}</tspan><tspan x="72" fill="#58a6ff">${who === 'left' ? '' : who}</tspan><tspan x="140">${escape(cut(says))}</tspan></text>`
    }),
    '</svg>',
    '',
  ].join('\n')
}

function barsOf({ asked, created, online, jobStarted, jobEnded, gone }: Moments): readonly Bar[] {
  return [
    { lane: 0, from: asked, to: online, colour: '#1f6feb', says: 'asks, waits' },
    { lane: 1, from: created, to: online, colour: '#9e6a03', says: 'boots, registers' },
    { lane: 1, from: online, to: jobStarted, colour: '#30363d', says: '' },
    { lane: 1, from: jobStarted, to: jobEnded, colour: '#238636', says: 'busy' },
    { lane: 1, from: jobEnded, to: gone, colour: '#30363d', says: 'idle, ends itself' },
    { lane: 2, from: jobStarted, to: jobEnded, colour: '#238636', says: 'train' },
  ]
}

function drawBar({ lane, from, to, colour, says }: Bar, scale: (at: number) => number, top: number): string {
  const [x, end] = [scale(from), scale(to)]
  const y = top + lane * laneHeight + 4
  const label = says ? `<text x="${x + 7}" y="${y + 17}" fill="#ffffff">${says}</text>` : ''
  return `<rect x="${x}" y="${y}" width="${Math.max(2, end - x)}" height="25" rx="3" fill="${colour}"/>${label}`
}

const cut = (says: string): string => (says.length > 98 ? `${says.slice(0, 97)}…` : says)
const escape = (says: string): string =>
  says.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Seconds, places of bars and ids differ from run to run; words do not. */
export function sameButForNumbers(one: string, other: string): boolean {
  const words = (svg: string): string => svg.replace(/\b(?:i|cml)-[a-z0-9]+|\d+(?:\.\d+)?/g, '0')
  return words(one) === words(other)
}
