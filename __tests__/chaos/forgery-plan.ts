import { forgedMachines, forgedRunners, isPerfect } from './forgeries.ts'

/** Which forgeries a story has. */
export interface ForgeryPlan {
  /** Each number has the next ones of every deck. */
  readonly number: number
  /** Somebody has the launch's own name, or a perfect copy of its machine, before it begins: a launch may refuse to go on, and nothing else. */
  readonly taken?: boolean
}

/** When somebody forges. */
export const acts = ['before', 'while it boots', 'before the removal'] as const
export type Act = (typeof acts)[number]

/**
 * Before a launch begins, who has its name or a perfect copy of its machine only keeps it from beginning: those are for stories of their own
 * (`taken`). Later everything can be forged.
 */
export const decks = {
  before: {
    machines: [forgedMachines.filter((machine) => !isPerfect(machine)), 6],
    runners: [[forgedRunners.filter(({ name }) => name === 'another'), 4]],
  },
  later: {
    machines: [forgedMachines, 3],
    runners: [
      [forgedRunners.filter(({ name }) => name === 'ours'), 1],
      [forgedRunners.filter(({ name }) => name === 'another'), 2],
    ],
  },
} as const

export const takers = {
  machines: forgedMachines.filter((machine) => isPerfect(machine) && machine.place === 'here'),
  runners: forgedRunners.filter(({ name }) => name === 'ours'),
}

/** Every so many-th combination of a taken name is tried: it is met while the launch boots in each, too. */
export const takerShare = 8
export const takenStories = Math.ceil(takers.runners.length / takerShare)

/** How many there are for each act; what `planted` tells is to be held against it. */
export const wholeDecks: Readonly<Record<Act, number>> = {
  before: decks.before.machines[0].length + decks.before.runners[0][0].length,
  'while it boots': forgedMachines.length + forgedRunners.length,
  'before the removal': forgedMachines.length + forgedRunners.length,
}
