import type { Registration } from './registrations.ts'
import type { World } from './world.ts'

const day = 24 * 3600_000

const lostCommunication =
  'The self-hosted runner lost communication with the server. Verify the machine is running and has a healthy network connection. Anything in your workflow that terminates the runner process, starves it for CPU/Memory, or blocks its network access can cause this error.'

/** What becomes of a runner by time alone. */
export function passTime(world: World, runner: Registration): void {
  const { dials } = world
  const now = world.now()
  const { session, job } = runner
  const lostAt = job?.desertedAt ?? session?.lostAt
  if (job?.acquired && lostAt !== undefined && now > lostAt + dials.lostAfter)
    world.fail(job, lostCommunication)
  if (job && !job.acquired && now > (job.assignedAt ?? now) + dials.pickUpWithin) world.takeBack(runner)
  const online = world.isOnline(runner)
  const idle = online && !runner.job ? now - (runner.idleSince ?? now) : 0
  // Ephemeral runners are removed after a day of absence, others after 14.
  const absent = online ? 0 : now - (runner.seenAt ?? runner.createdAt)
  if ((runner.jit && idle > dials.jitIdleLimit) || absent > (runner.ephemeral ? day : 14 * day))
    world.remove(runner)
}
