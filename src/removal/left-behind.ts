import { Failure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import { placeKey } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import type { RemovalTarget } from './removal-target.ts'

/** What went wrong with one part of a removal. */
export interface Obstacle {
  readonly text: string
  /** Asking again changes nothing: a person must act. */
  readonly final: boolean
  /** Clock milliseconds from which the other side can be asked again, where it said so. */
  readonly again?: number
}

/** One look at everything that is to go. */
export interface Round {
  /** Instances that are not confirmed to end, after this round's orders. */
  readonly left: readonly Instance[]
  /** Something was there and has been ordered to go. */
  readonly seen: boolean
  /** A registration was there, and the forge has said that it is gone. */
  readonly unregistered?: true
  readonly problems: readonly Obstacle[]
}

export const noAnswer: Obstacle = { text: 'no answer within the time that is left', final: false }

export function problemOf(error: unknown): Obstacle {
  const final = error instanceof Failure && ['permission-denied', 'unauthenticated'].includes(error.kind)
  const again = error instanceof Failure ? error.explanation.until : undefined
  return { text: textOf(error), final, ...(again === undefined ? {} : { again }) }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export type Outcome<T> = { readonly value: T } | { readonly problem: Obstacle }

export async function settled<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await call }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

/** All that is not confirmed to be gone, with how a person removes it. */
export function leftBehind(target: RemovalTarget, round: Round, { clouds, forge }: Ports): Failure {
  const later = round.left.length === 0 && round.problems.every(({ again }) => again !== undefined)
  return new Failure('deadline-exceeded', {
    tried: `remove everything of launch ${target.identity}`,
    said: round.problems[0]?.text ?? `${round.left.length} still there`,
    why: later
      ? `${forge.name} takes no request for longer than this removal has time.`
      : 'The other side refused or did not answer until the time for removal was over.',
    fix: later
      ? `no machine of it was left to be seen; the registration of runner ${target.runnerName} goes with the next launch or \`sweep\` of ${forge.scope}, or by hand: ${forge.runnersPage}`
      : `remove what is listed here by hand; the machine also ends by itself when its own time is over. Runners: ${forge.runnersPage}`,
    details: [
      ...round.problems.slice(1).map(({ text }) => text),
      ...(round.left.length > 0
        ? round.left.map(
            (instance) =>
              `Left: ${instance.id} in ${instance.region}. Remove it with: ${clouds.of(instance).removalCommand(instance)}`,
          )
        : target.places.map(
            (place) => `Look in ${placeKey(place)} for ${clouds.of(place).searchHint(target.identity)}.`,
          )),
    ],
  })
}
