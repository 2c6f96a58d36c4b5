// A matrix: so many jobs of one run launch at about the same time, under the limits that the vendors document. All of them run in this process, with
// the product's own doors, the real SDKs over HTTP, and real time: nothing is scaled.
import { tmpdir } from 'node:os'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { compose } from '../../src/entry/compose.ts'
import { post } from '../../src/entry/post.ts'
import { runLaunch } from '../../src/entry/commands.ts'
import { newWork } from '../../src/entry/conclude.ts'
import type { RawOptions } from '../../src/hosts/host.ts'
import type { EmulatedCloud } from '../sides/cloud-side.ts'
import type { Pair } from '../sides/sides.ts'
import type { ScaleForge } from './forge-side.ts'
import { benchForge } from './forges.ts'
import type { Row } from './row.ts'
import { Leg } from './scale-host.ts'
import { ScaleFleet } from './scale-machine.ts'
import type { Console } from './waste.ts'

export interface Matrix {
  readonly legs: number
  readonly pair: Pair
  readonly console: Console
}

/** ms between two jobs. */
const apart = 150
/** Seconds that machines take to boot, in turn. */
const boots = [20, 58] as const
const budgets: Readonly<Record<Console, number>> = { live: 3, absent: 8 }
interface Outcome {
  readonly leg: Leg
  readonly error: unknown
  /** ms of `performance.now()`. */
  readonly ended: number
}

async function launchLeg(index: number, options: RawOptions, dist: string): Promise<Outcome> {
  await new Promise((resolve) => setTimeout(resolve, index * apart))
  const leg = new Leg(`train-${index}`, options)
  let error: unknown
  try {
    await runLaunch(await compose(leg, leg.readOptions()), dist, newWork())
  } catch (failure) {
    error = failure
  }
  const ended = performance.now()
  leg.postFollows = false
  if ((await post(leg)) !== 0) error ??= new Error(`the post step failed:\n${leg.lines.slice(-5).join('\n')}`)
  return { leg, error, ended }
}

/** Every wait of one scenario; rows, and lines about calls for a person. */
export async function measureMatrix(matrix: Matrix, dist: string): Promise<readonly Row[]> {
  const { legs, pair, console } = matrix
  const forge = await benchForge(pair.forge).crowd()
  const fleet = new ScaleFleet((index) => boots[index % boots.length]!, forge.join, forge.joinsWith)
  const cloud = await pair.cloud.start({ boot: fleet.boot })
  cloud.console(console)
  cloud.limit()
  forge.seed(1000)
  const home = mkdtempSync(join(tmpdir(), 'cml-runner-scale-'))
  const before = { ...process.env }
  Object.assign(process.env, cloud.variables)
  try {
    const variables = { PATH: process.env.PATH, HOME: home, ...cloud.variables, ...forge.variables }
    const given = { cloud: pair.cloud.name, token: forge.token, repo: '', ...forge.inputs }
    const options: RawOptions = { given, variables, words: [], problems: [], prefix: '' }
    const answered = whenCreated(cloud)
    const late = monitorEventLoopDelay()
    late.enable()
    const outcomes = await Promise.all(
      Array.from({ length: legs }, (_, index) => launchLeg(index, options, dist)),
    )
    const misread = [...cloud.refused, ...forge.refused, ...fleet.failures]
    if (misread.length > 0) throw new Error(`an emulator did not understand: ${misread.join('; ')}`)
    const lateness = late.percentile(99) / 1e9
    return rowsOf(matrix, outcomes, { cloud, forge, fleet, answered, lateness })
  } finally {
    fleet.close()
    for (const key of Object.keys(cloud.variables)) delete process.env[key]
    Object.assign(process.env, before)
    await Promise.all([cloud.close(), forge.close()])
    rmSync(home, { recursive: true, force: true })
  }
}

/** When the cloud had made each machine, by the runner's name, in ms of `performance.now()`: before that its launch has nothing to look for. */
function whenCreated(cloud: EmulatedCloud): ReadonlyMap<string, number> {
  const times = new Map<string, number>()
  const note = async (): Promise<void> => {
    for (;;) {
      const fresh = await cloud.until(() => cloud.machines.find(({ lease }) => !times.has(lease?.name ?? '')))
      times.set(fresh.lease?.name ?? '', performance.now())
    }
  }
  void note()
  return times
}

interface Seen {
  readonly cloud: EmulatedCloud
  readonly forge: ScaleForge
  readonly fleet: ScaleFleet
  readonly answered: ReadonlyMap<string, number>
  /** Seconds by which this process, which all launches share, was behind: 99th percentile. */
  readonly lateness: number
}

function rowsOf({ legs, pair, console }: Matrix, outcomes: readonly Outcome[], seen: Seen): readonly Row[] {
  const what = `${legs} launches of one run, console ${console}`
  const failed = outcomes.filter(({ error }) => error !== undefined)
  for (const { error } of failed.slice(0, 3)) process.stderr.write(`${String(error)}\n`)
  if (process.env.SCALE_LOGS) {
    const text = outcomes.map(({ leg }) => leg.lines.join('\n')).join('\n=====\n')
    process.stderr.write(`${text}\n`)
  }
  const wastes = wastesOf(outcomes, seen)
  const at = (part: number): number =>
    wastes[Math.min(wastes.length - 1, Math.floor(wastes.length * part))] ?? NaN
  const cloud = seen.cloud.calls()
  const forge = seen.forge.calls()
  return [
    {
      quantity: `failed of ${what}`,
      pair,
      value: failed.length,
      unit: 'launches',
      budget: 0,
      how: reasonsOf(failed),
    },
    {
      quantity: `made twice by ${what}`,
      pair,
      value: twice(seen),
      unit: 'launches',
      budget: 0,
      how: 'machines and registrations',
    },
    {
      quantity: `waste of ${what}`,
      pair,
      value: at(0.95),
      unit: 's',
      budget: budgets[console],
      how: `p95; p50 ${at(0.5).toFixed(2)}, longest ${at(1).toFixed(2)}; boots of ${boots.join(' and ')} s; this process was late by ${seen.lateness.toFixed(2)} s (p99)`,
      samples: wastes,
    },
    { ...callsRow(`cloud calls of ${what}`, cloud), pair },
    { ...callsRow(`forge calls of ${what}`, forge), pair },
  ]
}

function reasonsOf(failed: readonly Outcome[]): string {
  const reasons = failed.map(({ error }) =>
    String(error)
      .split('\n')[0]!
      .replaceAll(/\bi-\w+|cml-\w+/g, '…'),
  )
  return (
    [...grouped(reasons, (reason) => reason)]
      .map(([reason, all]) => `${all.length}× ${reason.slice(0, 120)}`)
      .join('; ') || 'none'
  )
}

function grouped<T>(items: readonly T[], nameOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(nameOf(item), [...(groups.get(nameOf(item)) ?? []), item])
  return groups
}

/** Seconds from the later of online and the machine's being there to the end of the launch, sorted. */
function wastesOf(outcomes: readonly Outcome[], { cloud, fleet, answered }: Seen): readonly number[] {
  const named = new Map(cloud.machines.map(({ lease }) => [lease?.identity, lease?.name ?? '']))
  return outcomes
    .flatMap(({ leg, error, ended }) => {
      const name = named.get(leg.readState('identity'))
      const online = name === undefined ? undefined : fleet.online.get(name)
      if (error !== undefined || name === undefined || online === undefined) return []
      return [(ended - Math.max(online, answered.get(name) ?? 0)) / 1000]
    })
    .toSorted((one, other) => one - other)
}

function twice({ cloud, forge }: Seen): number {
  const surplus = (names: readonly string[]): number => names.length - new Set(names).size
  const machines = cloud.machines.map(({ lease }) => lease?.identity ?? '')
  return surplus(machines) + surplus(forge.registered())
}

function callsRow(
  quantity: string,
  calls: readonly { readonly name: string; readonly throttled: boolean }[],
): Row {
  const groups = [...grouped(calls, ({ name }) => name)].toSorted(
    ([, one], [, other]) => other.length - one.length,
  )
  const told = groups.map(([name, all]) => {
    const throttled = all.filter((call) => call.throttled).length
    return `${name} ${all.length}${throttled > 0 ? ` (${throttled} throttled)` : ''}`
  })
  const throttled = calls.filter((call) => call.throttled).length
  return { quantity, value: calls.length, unit: 'calls', how: `${throttled} throttled; ${told.join(', ')}` }
}
