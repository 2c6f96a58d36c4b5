import { isAlive } from '../model/instance.ts'
import type { Owned, Wish } from '../model/ownership.ts'
import type { Place } from '../model/place.ts'
import type { Ports } from '../ports.ts'
import { findMachines } from '../removal/survey.ts'

/** How long a machine that another try has ordered may stay out of listings: looks, and milliseconds between them. */
const looks = { most: 12, spacing: 1_000 } as const

/** A living machine that somebody else is about to make, or has just made: listings may not show it yet. */
export async function awaitLiving(
  wish: Wish,
  places: readonly Place[],
  ports: Ports,
): Promise<Owned | undefined> {
  const { clock, signal } = ports
  for (let look = 1; ; look++) {
    const machine = livingOf((await findMachines(wish, places, ports, signal)).ours)
    if (machine || look >= looks.most) return machine
    await clock.sleep(looks.spacing, signal)
  }
}

/** One to take over, if any: not one that ends, nor half of one, which whoever orders its like finds and judges. */
export function livingOf(machines: readonly Owned[]): Owned | undefined {
  return machines.find((machine) => !machine.ended && !machine.half && isAlive(machine))
}
