import { count } from '../lib/ages.ts'
import { eachOf } from '../lib/abreast.ts'
import { Failure } from '../model/failure.ts'
import { goesWith, inhabited, registered, sameLaunch, type Owned } from '../model/ownership.ts'
import { machineKey, type Place } from '../model/place.ts'
import type { Runner } from '../model/runner.ts'
import { clear, type Finding, type Swept, type Verdict } from './clear.ts'
import { leeway, isSuspect, provenCorpses } from './corpses.ts'
import type { Ports } from '../ports.ts'
import { patientPace, type RemovalPace } from './remove.ts'
import { hasComeToLife, isUnused } from './signs-of-life.ts'
import { listOurs, surveyMachines } from './survey.ts'

export interface SweepOptions {
  readonly dryRun: boolean
  readonly pace?: RemovalPace
  /** Milliseconds between the two looks that must agree before absence means anything. */
  readonly secondLook?: number
}

/** Machines that are asked about at a time. */
const abreast = 4

/**
 * Ends the machines of this scope that have expired or never came to life, and takes away the offline registrations of ours whose machine is
 * gone, in any number. What the forge says of a runner (busy, online, there) never ends a machine: its own lease does, or that twice no
 * registration of it was there long after it was due and its console shows none either. Every other orphan is the business
 * of the machine's own timers. What cannot be looked at or removed stops nothing else, and is told in the result.
 */
export async function sweep(
  places: readonly Place[],
  { dryRun, pace = patientPace, secondLook = 5_000 }: SweepOptions,
  ports: Ports,
): Promise<Swept> {
  const { clock, clouds, signal } = ports
  const first = await lookAround(places, ports)
  const suspicions = first.findings.length + first.corpses.length
  if (suspicions > 0) await clock.sleep(secondLook, signal)
  const second = suspicions > 0 ? await lookAround(places, ports) : first
  const suspects = new Set(first.corpses.map(({ id }) => id))
  const { corpses, blindness } = await proven(
    second.corpses.filter(({ id }) => suspects.has(id)),
    ports,
  )
  const { findings, problems } = await confirmed(first.findings, second.findings, ports)
  // One that ended between the looks leaves a registration which may be called online for long.
  const ended = first.findings.filter(
    ({ machine, verdict }) =>
      verdict === 'expired' &&
      second.runners.some((runner) => goesWith(runner, machine, clouds.open) && !second.lives(runner)),
  )
  const found = { machines: [...ended, ...findings], corpses }
  const swept = dryRun ? { ...found, busyRunners: [], problems: [] } : await clear(found, pace, ports)
  return { ...swept, problems: [...second.problems, ...blindness, ...problems, ...swept.problems] }
}

interface Look {
  /** May a registration have one of the machines that were seen? */
  readonly lives: (runner: Runner) => boolean
  /** Of ours; empty when they could not be read. */
  readonly runners: readonly Runner[]
  readonly findings: readonly Finding[]
  readonly corpses: readonly Runner[]
  readonly problems: readonly Failure[]
}

/**
 * The registrations are read before the machines: a machine that was made in between is then there for its registration. Where they can
 * not be read, nothing is said by their absence, and only what has expired is found.
 */
async function lookAround(places: readonly Place[], ports: Ports): Promise<Look> {
  const { forge, clock, signal } = ports
  const listing = await listOurs(ports, signal)
  const runners = listing instanceof Failure ? undefined : listing
  const survey = await surveyMachines({ scope: forge.scope }, places, ports, signal)
  const { ours, strangers, readable } = survey
  const lives = inhabited([...ours, ...strangers])
  return {
    lives,
    runners: runners ?? [],
    findings: findingsOf(
      ours,
      runners?.filter((runner) => !isUnused(runner, forge)),
      clock.now(),
    ),
    corpses: (runners ?? []).filter((runner) => isSuspect(runner, ports, readable) && !lives(runner)),
    problems: [...(listing instanceof Failure ? [listing] : []), ...survey.problems],
  }
}

function findingsOf(
  machines: readonly Owned[],
  runners: readonly Runner[] | undefined,
  now: number,
): readonly Finding[] {
  const isRegistered = runners && registered(runners)
  const verdicts = machines
    .filter(({ state }) => state !== 'ending' && state !== 'gone')
    .map((machine) => ({ machine, verdict: judge(machine, isRegistered, now) }))
  const spared = verdicts.filter(({ verdict }) => !verdict)
  return verdicts.flatMap(({ machine, verdict }) =>
    verdict
      ? [{ machine, verdict, hasTwin: spared.some((other) => sameLaunch(other.machine, machine)) }]
      : [],
  )
}

/** Those whose end cannot be looked up are left. */
async function proven(
  suspects: readonly Runner[],
  ports: Ports,
): Promise<{ readonly corpses: readonly Runner[]; readonly blindness: readonly unknown[] }> {
  const { corpses, doubtful, problem } = await provenCorpses(suspects, ports)
  if (doubtful.length > 0)
    ports.host.log.info(
      `Left ${count(doubtful.length, 'offline registration')} that may have a machine in another account: ${namesOf(doubtful)}. Remove them by hand when they are of no use: ${ports.forge.runnersPage}`,
    )
  return { corpses, blindness: problem === undefined ? [] : [problem] }
}

/** More names than these tell a person nothing. */
const mostNames = 10

function namesOf(runners: readonly Runner[]): string {
  const names = runners.slice(0, mostNames).map(({ name }) => name)
  return [...names, ...(runners.length > mostNames ? ['…'] : [])].join(', ')
}

/** `now` in clock milliseconds. Undefined for a machine that is to be left alone. */
function judge(
  machine: Owned,
  isRegistered: ((machine: Owned) => boolean) | undefined,
  now: number,
): Verdict | undefined {
  const { lease, launchedAt } = machine
  const seconds = now / 1000
  if (seconds >= lease.expiresAt) return 'expired'
  const due = Math.max(lease.dueAt, launchedAt) + leeway
  // What a person has switched off, somebody may want to switch on again.
  if (machine.state === 'remnant')
    return seconds > due && machine.ended?.kind !== 'cancelled' ? 'left over' : undefined
  return seconds > due && isRegistered && !isRegistered(machine) ? 'never online' : undefined
}

/** Both looks agree, and nothing else says that a machine without a registration had one. Who cannot be asked is left alone. */
async function confirmed(
  first: readonly Finding[],
  second: readonly Finding[],
  ports: Ports,
): Promise<{ readonly findings: readonly Finding[]; readonly problems: readonly unknown[] }> {
  const before = new Set(first.map(({ machine, verdict }) => `${machineKey(machine)} ${verdict}`))
  const both = second.filter(({ machine, verdict }) => before.has(`${machineKey(machine)} ${verdict}`))
  const alive = new Set<string>()
  const problems: unknown[] = []
  const silent = both.filter(({ verdict }) => verdict === 'never online')
  await eachOf(silent, abreast, async ({ machine }) => {
    try {
      if (await hasComeToLife(machine, ports)) alive.add(machineKey(machine))
    } catch (error) {
      ports.signal.throwIfAborted()
      alive.add(machineKey(machine))
      problems.push(error)
    }
  })
  return { findings: both.filter(({ machine }) => !alive.has(machineKey(machine))), problems }
}
