import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readFigures, type BenchFigures, type Figures, type FoundRow } from '../../scripts/figures/files.ts'
import { fillPages } from '../../scripts/figures/pages.ts'
import { crowds, downloads, quantities, type Quantity } from '../../scripts/figures/quantities.ts'
import { figureRegions } from '../../scripts/figures/render.ts'
import { clouds } from '../../src/clouds/registry.ts'

const root = join(import.meta.dirname, '../..')
const committed = readFigures(root)
const [first, second] = clouds

const about = {
  command: 'npm run bench',
  date: '2026-01-02',
  version: '1.2.3',
  node: 'v24.0.0',
  processors: 2,
  load: [0, 0, 0],
}
const memory = (pair: string, value: number, over = false): FoundRow => ({
  quantity: 'peak memory of the launch',
  pair,
  value,
  unit: 'MB',
  budget: 80,
  how: '',
  over,
})
const benchOf = (rows: readonly FoundRow[]): BenchFigures => ({ ...about, rows })

const others = { memory: '158 MB' }

const regionOf = (figures: Omit<Figures, 'others'>, page: string, name: string): string =>
  figureRegions({ others, ...figures })[page]?.[name] ?? ''

/** Quantities that no row of the file is about: their line would stay empty unseen. */
const unheard = (shown: readonly Quantity[], figures: BenchFigures): readonly string[] =>
  shown.filter(({ rows }) => !figures.rows.some((row) => rows.test(row.quantity))).map(({ says }) => says)

describe('the figures of the pages', () => {
  test('are what the committed files say', () => {
    for (const [page, text] of Object.entries(fillPages(root, committed)))
      expect({ page, text: readFileSync(join(root, page), 'utf8') }).toEqual({ page, text })
  })

  test('are there for everything that a committed file measures', () => {
    const { bench, scale } = committed
    expect(bench ? unheard([...quantities, ...downloads], bench) : []).toEqual([])
    expect(scale ? unheard(crowds, scale) : []).toEqual([])
    const named = [...quantities, ...crowds].flatMap((quantity) => quantity.others ?? [])
    expect(named.toSorted()).toEqual(Object.keys(committed.others).toSorted())
    expect(unheard(quantities, benchOf([memory(`${first.name}-github`, 70)]))).not.toEqual([])
  })

  test('name their command, or the one that would make them', () => {
    const one = benchOf([memory(`${first.name}-github`, 70)])
    expect(regionOf({ bench: one }, 'docs/benchmarks.md', 'launch')).toContain(
      '`npm run bench`, version 1.2.3, 2026-01-02, Node.js 24.0.0, 2 processors.',
    )
    expect(regionOf({}, 'docs/benchmarks.md', 'chaos')).toBe(
      'Not measured for this version yet: `npm run chaos -- --json docs/figures/chaos.json` does it.',
    )
  })

  test('are the worst of both, and told in bold where they are over what is allowed', () => {
    const bench = benchOf([
      memory(`${first.name}-github`, 70),
      memory(`${first.name}-gitlab`, 91, true),
      memory(`${second.name}-github`, 60),
    ])
    const launch = regionOf({ bench }, 'docs/benchmarks.md', 'launch')
    expect(launch).toContain('| peak memory | **91 MB, over 80 MB** | 60 MB of 80 MB | – | – | 158 MB |')
    expect(regionOf({ bench }, 'README.md', 'figures')).toContain(
      '| peak memory of a launch | 91 MB | 158 MB |',
    )
  })

  test('of what was left over are summed up at the door', () => {
    const counts = {
      cases: 1200,
      struck: 1100,
      leaks: 1,
      wrongRemovals: 0,
      forged: { removed: 0, adopted: 2, believed: 0 },
      problems: 0,
      slowestRecovery: 90,
      slowestEnd: 40,
    }
    const figures = {
      bench: benchOf([memory(`${first.name}-github`, 70)]),
      chaos: {
        ...about,
        seed: 1,
        pairs: { [`${first.name}-github`]: counts, [`${second.name}-gitlab`]: counts },
      },
    }
    expect(regionOf(figures, 'README.md', 'figures')).toContain('after 2,400 launches')
    const chaos = regionOf(figures, 'docs/benchmarks.md', 'chaos')
    expect(chaos).toContain(`| ${second.title}, GitLab | 1,200 | 1 | 0 | 2 | 0 | 90 s |`)
    expect(chaos).toContain('| all | 2,400 | 2 | 0 | 4 | 0 | 90 s |')
  })
})
