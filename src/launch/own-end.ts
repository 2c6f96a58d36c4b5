import type { Log } from '../lib/log.ts'
import type { MilestoneLine } from '../machine/boot-log.ts'
import type { Ending } from '../model/instance.ts'

/**
 * What ends a machine, once it has said whether it may end itself at its cloud (its milestone `self-deletion`: `allowed`, `not allowed: why`,
 * `unknown: why`). Undefined for other lines, and for machines that need not ask.
 */
export function endingAsSaid(
  { text, own }: Ending,
  { milestone, text: said }: MilestoneLine,
): Ending | undefined {
  if (milestone !== 'self-deletion' || !own) return undefined
  const [, word, why] = /^(allowed|not allowed|unknown)(?:: (.*))?$/.exec(said) ?? []
  const reason = why ? ` (${why})` : ''
  if (word === 'allowed') return { text: `${text} ${own.allowed}` }
  if (word === 'not allowed') return { text, gap: `The machine may not end itself${reason}. ${own.refused}` }
  return {
    text,
    gap: `The machine could not find out whether it may end itself${reason}. If it may not: ${own.refused}`,
  }
}

/** The machine was not heard. */
export function endingUnsaid({ own, ...ending }: Ending): Ending {
  if (!own) return ending
  return {
    ...ending,
    text: `${ending.text} Whether it may end itself at its cloud, nobody has heard from it. If it may not: ${own.refused}`,
  }
}

/** Told at once: a warning where something stays paid for. */
export function tellEnding({ text, gap }: Ending, log: Log): void {
  if (gap === undefined) log.info(text)
  else log.warn(gap)
}
