import { eachOf } from '../lib/abreast.ts'
import type { Owned } from '../model/ownership.ts'
import type { Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import { remove, type RemovalPace } from './remove.ts'

/** Why a machine is to be ended. */
export type Verdict = 'expired' | 'never online' | 'left over'

export interface Finding {
  readonly machine: Owned
  readonly verdict: Verdict
  /** Another machine of the same launch lives and is to be left alone, so that the registration may be that one's. */
  readonly hasTwin: boolean
}

/** What a sweep took away; in a dry run what it would take away. */
export interface Swept {
  readonly machines: readonly Finding[]
  /** Registrations of ours whose machine is gone. */
  readonly corpses: readonly Runner[]
  /** Names of registrations without a machine that the forge keeps while it believes that a job runs there. */
  readonly busyRunners: readonly string[]
  /** What could not be looked at or taken away. */
  readonly problems: readonly unknown[]
}

/** Things at a time: clouds and forges count their requests. */
const abreast = { machines: 8, registrations: 4 } as const

/** Refusals in a row after which the rest of the registrations is left to the next sweep: they would all meet the same. */
const mostRefusals = 5

/** Machines first: they cost money. */
export async function clear(
  found: Pick<Swept, 'machines' | 'corpses'>,
  pace: RemovalPace,
  ports: Ports,
): Promise<Swept> {
  const ended = await endMachines(found.machines, pace, ports)
  const taken = await takeRegistrations(found.corpses, ports)
  return {
    machines: ended.machines,
    corpses: taken.corpses,
    busyRunners: taken.busyRunners,
    problems: [...ended.problems, ...taken.problems],
  }
}

async function endMachines(
  findings: readonly Finding[],
  pace: RemovalPace,
  ports: Ports,
): Promise<Pick<Swept, 'machines' | 'problems'>> {
  const { host, signal } = ports
  const machines: Finding[] = []
  const problems: unknown[] = []
  await eachOf(findings, abreast.machines, async (finding) => {
    const { machine, verdict, hasTwin } = finding
    const { identity, run, name } = machine.lease
    host.log.info(`Ending ${machine.id} in ${machine.zone ?? machine.region}: ${verdict}.`)
    // By its id alone: another machine of the same launch has a lease of its own. So has the registration: its name may be another machine's.
    const only = { places: [], known: [machine], registrationOf: [machine], keepsRegistration: hasTwin }
    const target = { identity, run, runnerName: name, ...only }
    try {
      await remove(target, ports, pace, signal)
      machines.push(finding)
    } catch (error) {
      signal.throwIfAborted()
      problems.push(error)
    }
  })
  return { machines, problems }
}

async function takeRegistrations(
  runners: readonly Runner[],
  { forge, signal }: Ports,
): Promise<Omit<Swept, 'machines'>> {
  const corpses: Runner[] = []
  const busyRunners: string[] = []
  const problems: unknown[] = []
  let refusals = 0
  await eachOf(runners, abreast.registrations, async (runner) => {
    if (refusals >= mostRefusals) return
    try {
      const answer = await forge.unregister(runner, signal)
      refusals = 0
      if (answer === 'busy') busyRunners.push(runner.name)
      else corpses.push(runner)
    } catch (error) {
      signal.throwIfAborted()
      refusals++
      problems.push(error)
    }
  })
  return { corpses, busyRunners, problems }
}
