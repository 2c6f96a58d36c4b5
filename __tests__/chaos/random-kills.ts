import type { Case } from './cases.ts'
import { subjects, type Subject } from './flows.ts'
import type { Pair } from './pairs.ts'
import { Random } from './random.ts'
import { faultKinds, type Call } from './rig.ts'
import type { Event } from './tap.ts'

/** Real ms in which a process of each kind does its work, roughly: kills are spread over it, and a little beyond. */
const spans: Readonly<Record<Subject, number>> = {
  launch: 650,
  'launch-cli': 750,
  'launch-reuse': 400,
  post: 600,
  'post-kept': 250,
  stop: 800,
  'stop-cli': 800,
  sweep: 900,
  'sweep-cli': 900,
}

/** Each launch is worth three of the others: nothing else makes anything. */
const weighted: readonly Subject[] = [...subjects, 'launch', 'launch', 'launch-cli']

/** Kills at moments that chance picks, in worlds that it picks as well. Number `index` of a seed is always the same one. */
export function randomKill(pair: Pair, seed: number, index: number): Case {
  const random = new Random((seed * 1_000_003 + index * 7919) | 0)
  for (let warm = 0; warm < 3; warm++) random.next()
  const subject = random.pick(weighted)
  const signal = random.pick(['SIGINT', 'SIGKILL'] as const)
  const after = random.below(spans[subject])
  return {
    id: `${pair.name}/random/${seed}.${index}/${subject}/${signal}/${after}ms`,
    pair,
    kind: 'random kills',
    subject,
    strike: { kind: 'random', after, signal, chance: troubleBy(random) },
    recovery: random.pick(['job', 'job', 'sweep'] as const),
    lag: random.below(3),
    lying: random.chance(0.5),
    variant: random.chance(0.25) ? pair.forge.variants : 0,
    forgery: { number: index },
    pace: {
      registersAfter: random.below(6_000),
      listensAfter: random.below(3_000),
      lingers: random.below(4_000),
    },
  }
}

/** In most worlds every request is answered; in some every tenth meets trouble; in others all are slow. */
function troubleBy(random: Random): (call: Call) => Event | undefined {
  const faulty = random.chance(0.3) ? 0.1 : 0
  const slow = random.chance(0.3) ? 2_000 : 0
  return () => {
    if (random.chance(faulty)) return { fault: random.pick(faultKinds) }
    return slow > 0 ? { delay: random.below(slow) } : undefined
  }
}
