import { discover, matrixOf, numbered, sampleOf, sweptCases, takenCases } from './cases.ts'
import type { Case, Conditions } from './cases.ts'
import type { Subject } from './flows.ts'
import type { Pair } from './pairs.ts'
import { inLanes } from './play.ts'
import { Random } from './random.ts'
import { randomKill } from './random-kills.ts'
import { faultKinds, type FaultKind } from './rig.ts'

/** One subject on one pair: both signals and two kinds of faults come to it, each somewhere. */
export interface Hand {
  readonly pair: Pair
  readonly subject: Subject
  /** Of the forge's registrations. */
  readonly variant: number
  readonly faults: readonly FaultKind[]
}

/** Cases of other kinds, over all pairs. */
const taken = 4
const kills = 6

/**
 * Few cases for many pairs, so that one more pair costs next to nothing: each subject comes to each forge once, on the clouds in turn. Every pair has a
 * hand, also where there are more clouds than subjects.
 */
export function handsOf(pairs: readonly Pair[], subjects: readonly Subject[]): readonly Hand[] {
  const forges = [...new Set(pairs.map(({ forge }) => forge))]
  return forges.flatMap((forge, at) => {
    const ofForge = pairs.filter((pair) => pair.forge === forge)
    // A subject should meet another cloud at each forge.
    const ahead = at * Math.ceil(ofForge.length / forges.length)
    return Array.from({ length: Math.max(subjects.length, ofForge.length) }, (_, index): Hand => {
      const number = at * subjects.length + index
      const from = (2 * number) % faultKinds.length
      return {
        pair: ofForge[(index + ahead) % ofForge.length]!,
        subject: subjects[index % subjects.length]!,
        variant: number % (forge.variants + 1),
        faults: faultKinds.slice(from, from + 2),
      }
    })
  })
}

/** What one pair is tried with. Throws when a subject of its can not do its work without any trouble. */
export async function casesFor(
  pair: Pair,
  { pairs, hands, seed }: { pairs: readonly Pair[]; hands: readonly Hand[]; seed: number },
  conditions: Conditions,
): Promise<readonly Case[]> {
  const index = pairs.indexOf(pair)
  const random = new Random(seed + index)
  const own = hands.filter((hand) => hand.pair === pair)
  const played = await inLanes(own, conditions.lanes, async (hand) => {
    const points = await discover(pair, hand.subject, hand.variant, conditions)
    return { hand, points: new Map([[hand.subject, points]]) }
  })
  const dealt = played.flatMap(({ hand, points }) => {
    const met = matrixOf(pair, points, random).filter((one) => one.variant === hand.variant)
    const swept = sampleOf(sweptCases(pair, points), 0, random)
    const wanted = sampleOf(
      met.filter((one) => isWanted(one, hand)),
      0,
      random,
    )
    // The first request depends on no answer.
    const sure = points.get(hand.subject)!.calls[0]!
    return [...wanted, ...swept].map((one) => ({ ...one, sure }))
  })
  const ownTaken = random.shuffled(takenCases(pair)).slice(0, shareOf(taken, index, pairs.length))
  const first = Math.floor((index * kills) / pairs.length)
  const ownKills = Array.from({ length: shareOf(kills, index, pairs.length) }, (_, number) =>
    randomKill(pair, seed, first + number),
  )
  return numbered([...dealt, ...ownTaken, ...ownKills])
}

/** Trouble without an end is waited out as long as a command has: that is for the whole matrix. */
function isWanted({ strike }: Case, { faults }: Hand): boolean {
  return strike.kind !== 'fault' || (!strike.always && faults.includes(strike.fault))
}

/** Of so many, what comes to number `index` of `of`. */
function shareOf(count: number, index: number, of: number): number {
  return Math.floor(((index + 1) * count) / of) - Math.floor((index * count) / of)
}
