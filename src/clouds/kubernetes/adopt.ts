import type { Owned } from '../../model/ownership.ts'
import type { Where } from './cluster.ts'
import type { Creation } from './creation.ts'
import type { Found } from './machines.ts'
import { hasStarted } from './read-job.ts'
import { sentThere } from './sent-there.ts'

/** How long a twin may take from its first call to its second. */
const bounds = { looks: 12, spacing: 1_000 } as const

/** The machine of another try of this very launch, once it is whole. Whoever died between two calls has left half of one, which goes. */
export async function adoptable(
  { cluster, machines, context, signal }: Creation,
  where: Where,
  { job, pods, machine }: Found,
): Promise<Owned | 'spent'> {
  for (let looks = 1; ; looks++) {
    if (pods.some(hasStarted) || (await sentThere(cluster, job, signal))) {
      machines.noteWhole(where)
      context.log.info(`An earlier try of this very launch has made ${machine.id}: taking it over.`)
      return machine as Owned
    }
    if (looks >= bounds.looks) break
    await context.clock.sleep(bounds.spacing, signal)
  }
  context.log.info(`An earlier try of this very launch has left half of ${machine.id}: removing it.`)
  await machines.destroy(machine, signal)
  return 'spent'
}
