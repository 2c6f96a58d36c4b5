import type { Outcome } from './cases.ts'

/** One line for each pair and kind, and one for all. */
export function renderOutcomes(outcomes: readonly Outcome[]): string {
  const nameOf = ({ case: { pair, kind } }: Outcome): string => `${pair.name} ${kind}`
  const groups = [...new Set(outcomes.map(nameOf))]
    .toSorted()
    .map((name) => [name, outcomes.filter((outcome) => nameOf(outcome) === name)] as const)
  const rows = [
    [
      'pair and kind',
      'cases',
      'struck',
      'leaks',
      'wrong removals',
      'other problems',
      'slowest recovery',
      'slowest end after SIGINT',
    ],
    ...groups.map(([name, group]) => rowOf(name, group)),
    rowOf('all', outcomes),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n')
}

function rowOf(name: string, outcomes: readonly Outcome[]): readonly string[] {
  const count = (member: 'leaks' | 'harm' | 'problems'): string =>
    String(outcomes.reduce((sum, outcome) => sum + outcome[member].length, 0))
  const most = (values: readonly number[]): number => Math.max(0, ...values)
  return [
    name,
    String(outcomes.length),
    String(outcomes.filter(({ struck }) => struck).length),
    count('leaks'),
    count('harm'),
    count('problems'),
    `${most(outcomes.map(({ recovery }) => recovery)).toFixed(0)} s`,
    `${most(outcomes.map(({ death }) => death)).toFixed(0)} ms`,
  ]
}

/** What went wrong in one case, and how to see it again. */
export function renderFailure(outcome: Outcome, seed: number, withLog: boolean): string {
  const { case: one, leaks, harm, problems, log } = outcome
  return [
    `FAILED ${one.id}`,
    ...leaks.map((what) => `  left: ${what}`),
    ...harm.map((what) => `  harmed: ${what}`),
    ...problems.map((what) => `  problem: ${what}`),
    `  npm run chaos -- --seed ${seed} --only "${one.id}"`,
    ...(withLog ? log.map((text) => text.replaceAll(/^/gm, '  | ')) : []),
  ].join('\n')
}
