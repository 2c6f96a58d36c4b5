import { clouds } from '../../src/clouds/registry.ts'
import { commands, type ChaosFigures, type Figures, type FoundRow, type Made } from './files.ts'
import { crowds, downloads, quantities, type Quantity } from './quantities.ts'

/** Bodies of the generated regions, by page and name. */
export function figureRegions(figures: Figures): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    'docs/benchmarks.md': {
      launch: launchRegion(figures),
      downloads: downloadRegion(figures),
      crowd: crowdRegion(figures),
      chaos: chaosRegion(figures),
    },
    'README.md': { figures: doorRegion(figures) },
  }
}

const table = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The command that gave a table, and where it ran; without figures, what would give them. */
function measuredBy(name: Made, figures: Figures): string {
  const measured = figures[name]
  if (!measured) return `Not measured for this version yet: \`${commands[name]}\` does it.`
  const { command, date, version, node, processors } = measured
  return `\`${command}\`, version ${version}, ${date}, Node.js ${node.replace(/^v/, '')}, ${processors} processors.`
}

const digits: Readonly<Record<FoundRow['unit'], number>> = {
  s: 2,
  MB: 0,
  kB: 0,
  bytes: 0,
  calls: 0,
  pages: 0,
  launches: 0,
}

/** Units that are said; numbers of things need none. */
const units: Partial<Readonly<Record<FoundRow['unit'], string>>> = {
  s: ' s',
  MB: ' MB',
  kB: ' kB',
  bytes: ' bytes',
}

function amount(value: number, unit: FoundRow['unit']): string {
  const number = value.toLocaleString('en', {
    minimumFractionDigits: digits[unit],
    maximumFractionDigits: digits[unit],
  })
  return `${number}${units[unit] ?? ''}`
}

const toldOf = (quantity: Quantity, others: Figures['others']): string => others[quantity.others ?? ''] ?? ''

const rowsOf = (rows: readonly FoundRow[], quantity: Quantity, cloud?: string): readonly FoundRow[] =>
  rows.filter(
    (row) =>
      quantity.rows.test(row.quantity) &&
      (cloud === undefined || row.pair === undefined || row.pair.startsWith(`${cloud}-`)),
  )

/** The worst of some rows. */
function worst(rows: readonly FoundRow[]): FoundRow | undefined {
  return rows.toSorted((one, other) => other.value - one.value)[0]
}

/** `0.42 s of 0.80 s`; a figure that is over its budget is told by a word, not by a colour. */
function cell(row: FoundRow | undefined): string {
  if (!row) return '–'
  const measured = amount(row.value, row.unit)
  // `0 of 0` says nothing more.
  if (row.budget === undefined || (row.budget === 0 && !row.over)) return measured
  const budget = `${row.budget.toLocaleString('en')}${units[row.unit] ?? ''}`
  return row.over ? `**${measured}, over ${budget}**` : `${measured} of ${budget}`
}

function byCloud({ others }: Figures, rows: readonly FoundRow[], shown: readonly Quantity[]): string {
  const body = shown.map((quantity) => [
    quantity.says,
    ...clouds.map(({ name }) => cell(worst(rowsOf(rows, quantity, name)))),
    toldOf(quantity, others),
  ])
  return table([['', ...clouds.map(({ title }) => title), 'others'], ...body])
}

function launchRegion(figures: Figures): string {
  const by = measuredBy('bench', figures)
  return figures.bench ? `${by}\n\n${byCloud(figures, figures.bench.rows, quantities)}` : by
}

function downloadRegion({ bench }: Figures): string {
  if (!bench) return 'Measured by the same command.'
  const body = downloads.map((quantity) => [quantity.says, cell(worst(rowsOf(bench.rows, quantity)))])
  return table([['', 'size'], ...body])
}

function crowdRegion(figures: Figures): string {
  const by = measuredBy('scale', figures)
  return figures.scale ? `${by}\n\n${byCloud(figures, figures.scale.rows, crowds)}` : by
}

const sumOf = ({ pairs }: ChaosFigures, of: (counts: ChaosFigures['pairs'][string]) => number): number =>
  Object.values(pairs).reduce((sum, counts) => sum + of(counts), 0)

function chaosRegion(figures: Figures): string {
  const by = measuredBy('chaos', figures)
  const { chaos } = figures
  if (!chaos) return by
  const titles = new Map<string, string>(clouds.map(({ name, title }) => [name, title]))
  const body = Object.entries(chaos.pairs).map(([pair, counts]) => {
    const [cloud = '', forge = ''] = pair.split('-')
    const { cases, leaks, wrongRemovals, forged, problems, slowestRecovery } = counts
    return [
      `${titles.get(cloud) ?? cloud}, ${forge === 'gitlab' ? 'GitLab' : 'GitHub'}`,
      cases.toLocaleString('en'),
      ...[leaks, wrongRemovals, forged.removed + forged.adopted + forged.believed, problems].map(String),
      `${slowestRecovery} s`,
    ]
  })
  const all = [
    'all',
    sumOf(chaos, ({ cases }) => cases).toLocaleString('en'),
    ...[
      sumOf(chaos, ({ leaks }) => leaks),
      sumOf(chaos, ({ wrongRemovals }) => wrongRemovals),
      sumOf(chaos, ({ forged }) => forged.removed + forged.adopted + forged.believed),
      sumOf(chaos, ({ problems }) => problems),
    ].map(String),
    `${Math.max(...Object.values(chaos.pairs).map(({ slowestRecovery }) => slowestRecovery))} s`,
  ]
  const head = ['', 'cases', 'left over', 'wrongly removed', 'deceived', 'other', 'slowest tidying up']
  return `${by}\n\n${table([head, ...body, all])}`
}

/** A few of them, the worst of all clouds. */
function doorRegion({ bench, chaos, others }: Figures): string {
  if (!bench) return 'This version has not been measured yet.'
  const body = quantities.flatMap((quantity) => {
    const row = quantity.door === undefined ? undefined : worst(rowsOf(bench.rows, quantity))
    return row ? [[quantity.door ?? '', amount(row.value, row.unit), toldOf(quantity, others)]] : []
  })
  const left = chaos && [
    `left over after ${sumOf(chaos, ({ cases }) => cases).toLocaleString('en')} launches and removals that were killed, cancelled or failed on purpose`,
    String(sumOf(chaos, ({ leaks }) => leaks)),
    'not measured',
  ]
  return table([['the worst of all clouds', 'cml-runner', 'others'], ...body, ...(left ? [left] : [])])
}
