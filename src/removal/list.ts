import { Failure } from '../model/failure.ts'
import type { Instance } from '../model/instance.ts'
import { accountOf, inhabited, isOfTry, launchOf, placesOf, type AccountOf } from '../model/ownership.ts'
import { placeKey, type Place } from '../model/place.ts'
import type { Price } from '../model/price.ts'
import { uniqueLabel, type Runner } from '../model/runner.ts'
import { leeway, isYoung } from './corpses.ts'
import { pricesOf } from './costs.ts'
import type { Ports } from '../ports.ts'
import { listOurs, surveyMachines } from './survey.ts'

/**
 * `starting`: no registration yet, or a registration whose machine is about to come. `idle`, `busy`, `offline`: what the forge says of its
 * runner, a hint. `silent`: without a registration long after it was due. `stopped`: switched off, not ended, or else what is left where no machine works. `gone`: a registration without
 * a machine. `unknown`: the forge could not be asked, the machine's own tags are damaged,
 * or the machine of a registration may be in another account.
 */
export type Activity =
  'starting' | 'idle' | 'busy' | 'offline' | 'silent' | 'stopped' | 'ending' | 'gone' | 'unknown'

/** One launch as people see it. Times are ISO 8601. Members of a registration whose machine is gone are empty texts. */
export interface Listed {
  readonly name: string
  readonly state: Activity
  readonly cloud: string
  /** Zone where there is one. */
  readonly region: string
  readonly type: string
  readonly market: string
  readonly instanceId: string
  readonly ip: string
  readonly owner: string
  /** Seconds since the launch. */
  readonly age: number
  readonly launched: string
  readonly expires: string
  readonly label: string
  /** What an hour costs in USD; null = not known. */
  readonly usdPerHour: number | null
  /** What it has cost so far, at that price. */
  readonly usdSoFar: number | null
  /** Pages for people; empty where there is none. */
  readonly machinePage: string
  readonly runnerPage: string
}

export interface Listing {
  /** Machines, the oldest first, then registrations without one. */
  readonly launches: readonly Listed[]
  /** What could not be looked at, and so may be missing. */
  readonly problems: readonly Failure[]
}

/** What exists now in this scope: every machine of ours with its runner, and every registration of ours whose machine is gone. Reads only. */
export async function list(places: readonly Place[], ports: Ports): Promise<Listing> {
  const { clouds, forge, signal } = ports
  const [{ ours, strangers, readable, problems }, runners] = await Promise.all([
    surveyMachines({ scope: forge.scope }, places, ports, signal),
    listOurs(ports, signal),
  ])
  const machines = [...ours, ...strangers]
  const known = runners instanceof Failure ? undefined : runners
  const lives = inhabited(machines)
  const accounts = await clouds.accounts(signal)
  const alone = onePerLaunch(known ?? []).filter((runner) => {
    const looked = placesOf(runner, clouds.open).places.some((place) => readable.has(placeKey(place)))
    return looked && !lives(runner)
  })
  const priceOf = await pricesOf(machines, ports)
  const rows = machines
    .toSorted((one, other) => one.launchedAt - other.launchedAt)
    .map((machine) => rowOf(machine, known, priceOf(machine), ports))
  return {
    launches: [
      ...rows,
      ...alone.map((runner) => loneRow(runner, accountOf(runner, accounts, clouds.open), ports)),
    ],
    problems: [...(runners instanceof Failure ? [runners] : []), ...problems],
  }
}

/** An online one says more than what an earlier try has left. */
function onePerLaunch(runners: readonly Runner[]): readonly Runner[] {
  const onlineLast = runners.toSorted((one, other) => Number(one.online) - Number(other.online))
  return [...new Map(onlineLast.map((runner) => [launchOf(runner)?.identity, runner])).values()]
}

function rowOf(
  machine: Instance,
  runners: readonly Runner[] | undefined,
  price: Price | undefined,
  { clouds, forge, clock }: Ports,
): Listed {
  const { lease, damage, launchedAt } = machine
  const runner = runnerOf(machine, runners)
  const age = Math.max(0, Math.floor(clock.now() / 1000 - launchedAt))
  return {
    name: lease?.name ?? damage?.name ?? '',
    state: activityOf(machine, runners && { runner }, clock.now()),
    cloud: machine.cloud,
    region: machine.zone ?? machine.region,
    type: machine.type,
    market: machine.market,
    instanceId: machine.id,
    ip: machine.ip ?? '',
    owner: lease?.owner ?? '',
    age,
    launched: iso(launchedAt),
    expires: lease ? iso(lease.expiresAt) : '',
    label: lease ? uniqueLabel(lease.identity) : '',
    ...costOf(age, price),
    machinePage: clouds.of(machine).machinePage(machine) ?? '',
    runnerPage: runner ? forge.runnerPage(runner) : '',
  }
}

function costOf(age: number, price: Price | undefined): Pick<Listed, 'usdPerHour' | 'usdSoFar'> {
  if (!price) return { usdPerHour: null, usdSoFar: null }
  return { usdPerHour: price.usdPerHour, usdSoFar: Number(((age / 3600) * price.usdPerHour).toFixed(4)) }
}

function runnerOf({ lease }: Instance, runners: readonly Runner[] | undefined): Runner | undefined {
  const own = lease ? runners?.filter((runner) => isOfTry(runner, lease)) : undefined
  return own?.find(({ online }) => online) ?? own?.[0]
}

/** `known`: what the forge says; undefined when it could not be asked. */
function activityOf(
  { state, ended, lease }: Instance,
  known: { readonly runner: Runner | undefined } | undefined,
  now: number,
): Activity {
  if (state === 'ending' || state === 'gone') return 'ending'
  if (ended || state === 'remnant') return 'stopped'
  if (!known || !lease) return 'unknown'
  const { runner } = known
  if (!runner) return now / 1000 > lease.dueAt + leeway ? 'silent' : 'starting'
  if (runner.busy) return 'busy'
  return runner.online ? 'idle' : 'offline'
}

/** Of a registration whose machine is not there, or not yet, or in another account, where nobody can look here. */
function loneRow(
  runner: Runner,
  account: AccountOf,
  { clouds, forge, clock }: Pick<Ports, 'clouds' | 'forge' | 'clock'>,
): Listed {
  const [place] = placesOf(runner, clouds.open).places
  const absent = account === 'this' ? 'gone' : 'unknown'
  return {
    name: runner.name,
    state: isYoung(runner, clock.now()) ? 'starting' : absent,
    cloud: place?.cloud ?? '',
    region: place?.region ?? '',
    type: '',
    market: '',
    instanceId: '',
    ip: '',
    owner: '',
    age: 0,
    launched: '',
    expires: '',
    label: uniqueLabel(launchOf(runner)?.identity ?? ''),
    usdPerHour: null,
    usdSoFar: null,
    machinePage: '',
    runnerPage: forge.runnerPage(runner),
  }
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
