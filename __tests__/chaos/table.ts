import type { Outcome } from './cases.ts'
import { acts, wholeDecks } from './forgery-plan.ts'

/** What the table counts, for whoever reads it. */
const legend = `Every case: machines and registrations forged by somebody who may tag in the account and register in the scope, before the launch, while its
machine boots, and before the removal: each combination of scope (ours, another, spelt otherwise), run, identity, name, place, nonce, expiry and state
in turn, a few a case; honest machines of another repository, another run and another step stand by, and the forgeries point at them.
forged: removed   an honest machine or registration that a forgery pointed at is gone; or a forged machine is, and does not itself say in full, in
                  well-formed tags, that it is what was to be removed: scope, run, identity and name of the launch that is undone; scope and run
                  of the run that is stopped; the scope that is swept, and its time is over. One that says all that is taken for ours by
                  contract, and its forger's loss. So is any forged registration.
forged: adopted   outputs name a forged machine.
forged: believed  outputs were written before the runner of the launch's own machine was online, or name another runner.
A registration of which a forged machine with damaged tags speaks may be that machine's, as far as anybody can tell: it counts as a leak when
a sweep after the end of that machine leaves it, too.
Left out, since it cannot be told from an earlier try of the same step: a forged machine that is right in all of these, with a forged runner
that has its nonce, both made before a launch whose identity was guessed.`

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
      'forged: removed',
      'adopted',
      'believed',
      'other problems',
      'slowest recovery',
      'slowest end after SIGINT',
    ],
    ...groups.map(([name, group]) => rowOf(name, group)),
    rowOf('all', outcomes),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  '),
  )
  return `${legend}\n\n${lines.join('\n')}`
}

/** How much of all that can be forged was there, on each pair and at each moment. */
export function renderCoverage(outcomes: readonly Outcome[]): string {
  const pairs = [...new Set(outcomes.map(({ case: { pair } }) => pair.name))].toSorted()
  return pairs
    .map((name) => {
      const all = new Set(
        outcomes.flatMap(({ case: { pair }, planted }) => (pair.name === name ? planted : [])),
      )
      const counts = acts.map((act) => {
        const met = [...all].filter((what) => what.startsWith(`${act}: `)).length
        return `${act} ${met} of ${wholeDecks[act]}`
      })
      return `${name}, different forgeries that were there: ${counts.join(', ')}.`
    })
    .join('\n')
}

/** What cases of a pair came to, as numbers. */
export interface Counts {
  readonly cases: number
  /** Cases whose trouble came before the process had ended. */
  readonly struck: number
  readonly leaks: number
  readonly wrongRemovals: number
  readonly forged: { readonly removed: number; readonly adopted: number; readonly believed: number }
  readonly problems: number
  /** Seconds. */
  readonly slowestRecovery: number
  /** Milliseconds. */
  readonly slowestEnd: number
}

/** By pair. */
export function countOutcomes(outcomes: readonly Outcome[]): Readonly<Record<string, Counts>> {
  const names = [...new Set(outcomes.map(({ case: { pair } }) => pair.name))].toSorted()
  return Object.fromEntries(
    names.map((name) => [name, countsOf(outcomes.filter(({ case: { pair } }) => pair.name === name))]),
  )
}

function countsOf(outcomes: readonly Outcome[]): Counts {
  const count = (member: 'leaks' | 'harm' | 'problems'): number =>
    outcomes.reduce((sum, outcome) => sum + outcome[member].length, 0)
  const forged = (member: keyof Outcome['deceptions']): number =>
    outcomes.reduce((sum, { deceptions }) => sum + deceptions[member].length, 0)
  const most = (values: readonly number[]): number => Math.max(0, ...values)
  return {
    cases: outcomes.length,
    struck: outcomes.filter(({ struck }) => struck).length,
    leaks: count('leaks'),
    wrongRemovals: count('harm'),
    forged: { removed: forged('removed'), adopted: forged('adopted'), believed: forged('believed') },
    problems: count('problems'),
    slowestRecovery: Math.round(most(outcomes.map(({ recovery }) => recovery))),
    slowestEnd: Math.round(most(outcomes.map(({ death }) => death))),
  }
}

function rowOf(name: string, outcomes: readonly Outcome[]): readonly string[] {
  const { cases, struck, leaks, wrongRemovals, forged, problems, slowestRecovery, slowestEnd } =
    countsOf(outcomes)
  const counts = [
    cases,
    struck,
    leaks,
    wrongRemovals,
    forged.removed,
    forged.adopted,
    forged.believed,
    problems,
  ]
  return [name, ...counts.map(String), `${slowestRecovery} s`, `${slowestEnd} ms`]
}

/** What went wrong in one case, and how to see it again. */
export function renderFailure(outcome: Outcome, seed: number): string {
  const { case: one, leaks, harm, problems, deceptions, log } = outcome
  return [
    `FAILED ${one.id}`,
    ...leaks.map((what) => `  left: ${what}`),
    ...harm.map((what) => `  harmed: ${what}`),
    ...deceptions.removed.map((what) => `  forged, removed: ${what}`),
    ...deceptions.adopted.map((what) => `  forged, adopted: ${what}`),
    ...deceptions.believed.map((what) => `  forged, believed: ${what}`),
    ...problems.map((what) => `  problem: ${what}`),
    `  npm run chaos -- --seed ${seed} --only "${one.id}"`,
    ...log.map((text) => text.replaceAll(/^/gm, '  | ')),
  ].join('\n')
}
