import { accessSync, chownSync, constants, mkdirSync } from 'node:fs'

import { freeName } from '../launch/free-name.ts'
import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import { limited, type Time } from '../removal/time-limit.ts'
import { leave } from '../removal/trail.ts'
import { endLeftovers, guard } from './guard.ts'
import { takeHome, type Home } from './home.ts'
import { serveInstead } from './instead.ts'
import { Lives } from './lives.ts'
import type { HereOrder } from './order.ts'
import { layProgram } from './program.ts'
import { clearPast } from './registration.ts'

/**
 * This machine is the runner, in the foreground: until it has been idle, has done its one job, or is told to end. The machine itself goes on.
 * Whatever ends it, its registration is removed. Throws a Failure when it could not be a runner, and when something of it stays.
 */
export async function beRunner(order: HereOrder, ports: Ports): Promise<void> {
  leave(ports.host, { identity: order.lease.identity })
  if (!order.reuse) return beItself(order, ports, () => undefined)
  const instead = await serveInstead(order, ports)
  if (instead) await beItself(order, ports, instead.listening)
}

async function beItself(order: HereOrder, ports: Ports, listening: () => void): Promise<void> {
  const home = takeHome(order, ports)
  const guarded = { ...home, signal: order.own.program.signals.now }
  try {
    if (await endLeftovers(guarded, ports.clock))
      ports.host.log.info('Ended what an earlier runner had left running in this folder.')
    await prepare(order, home, ports)
    const callOff = guard(guarded)
    try {
      await new Lives(order, home, ports, listening).run()
    } finally {
      await endLeftovers(guarded, ports.clock)
      callOff()
    }
  } finally {
    home.release()
  }
}

/** Everything before the registration. */
async function prepare(order: HereOrder, home: Home, ports: Ports): Promise<void> {
  const limit = limited(ports, startTime(order.launchTimeout))
  try {
    await clearPast(home, limit.ports)
    const namesake = await ports.forge.findRunner(order.lease.name, limit.ports.signal)
    await freeName(order, { namesake, twin: undefined }, limit.ports)
    await layProgram(home, order, limit.ports)
    prepareWork(home, order)
  } finally {
    limit.end()
  }
}

function startTime(seconds: number): Time {
  return { tried: `become a runner within ${seconds} s`, patience: seconds * 1000, grace: 20_000 }
}

function prepareWork({ work }: Home, { user }: HereOrder): void {
  try {
    const made = mkdirSync(work, { recursive: true })
    if (made && user) chownSync(work, user.uid, user.gid)
    accessSync(work, constants.W_OK)
  } catch (error) {
    throw new Failure('invalid-input', {
      tried: `work in ${work}`,
      said: error instanceof Error ? error.message : String(error),
      fix: 'name a folder in `workdir` that the user of this machine can write to.',
    })
  }
}
