import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rawOptionsOf, readArguments } from '../hosts/arguments.ts'
import { exitCodeOf } from '../hosts/signals.ts'
import { terminalHost, type TerminalHost } from '../hosts/terminal.ts'
import { runnerNameOf } from '../launch/order.ts'
import { leaseTags } from '../model/lease.ts'
import type { Table } from '../options/option.ts'
import { catalogue } from './catalogue.ts'
import type { Composition } from './compose.ts'
import { conclude } from './conclude.ts'

/** The command line. Returns the exit code. */
export async function cli(dist: string, argv: readonly string[]): Promise<number> {
  const read = readArguments(argv, shapeOf(catalogue.table))
  if (read.version) return print(`${await versionOf(dist)}\n`)
  if (read.help) {
    const { renderHelp } = await import('../generate/help.ts')
    return print(renderHelp(catalogue, await versionOf(dist)))
  }
  const host = terminalHost()
  const work: Work = {}
  return Promise.race([
    conclude(host, () => run(dist, host, rawOptionsOf(read, process.env), work)),
    forsaken(host, work),
  ])
}

/** What is under way, once it is known. */
interface Work {
  composition?: Composition
}

/** Loaded late: help and version need none of it. */
async function run(
  dist: string,
  host: TerminalHost,
  raw: ReturnType<typeof rawOptionsOf>,
  work: Work,
): Promise<void> {
  const { compose } = await import('./compose.ts')
  const { runLaunch } = await import('./run-launch.ts')
  work.composition = await compose(host, raw, dist)
  await runLaunch(work.composition)
}

/** Whoever sends a second signal will not wait for the removal, and must know what may be left. */
async function forsaken({ insistence, log }: TerminalHost, work: Work): Promise<number> {
  await new Promise((resolve) => insistence.addEventListener('abort', resolve, { once: true }))
  const { composition } = work
  if (composition) for (const line of leftLines(composition)) log.warn(line)
  return exitCodeOf(insistence.reason)
}

function leftLines({ order, ports, values }: Composition): readonly string[] {
  const { cloud, forge } = ports
  const regions = cloud.regionsOf(order.request.regions).join(', ')
  const expiry = new Date(order.lease.expiresAt * 1000).toISOString()
  if (values['dry-run']) return []
  return [
    `Stopped before the removal was confirmed. Look in ${cloud.name} ${regions} for machines with the tag ${leaseTags.identity}=${order.lease.identity}; they end by themselves at ${expiry} at the latest.`,
    `Look for runner ${runnerNameOf(order)} at ${forge.runnersPage}.`,
  ]
}

function shapeOf(table: Table): Parameters<typeof readArguments>[1] {
  const rows = Object.entries(table).flatMap(([name, row]) =>
    [name, ...(row.aliases ?? [])].map((spelling) => ({ spelling, row })),
  )
  const named = (kinds: readonly string[]): ReadonlySet<string> =>
    new Set(rows.filter(({ row }) => kinds.includes(row.kind)).map(({ spelling }) => spelling))
  return {
    known: new Set(rows.map(({ spelling }) => spelling)),
    flags: named(['flag']),
    repeatable: named(['list', 'pairs']),
  }
}

/** The package's version, beside the folder of the doors in every way this program is shipped. */
async function versionOf(dist: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dist, '..', 'package.json'), 'utf8')) as {
    version: string
  }
  return version
}

function print(text: string): 0 {
  process.stdout.write(text)
  return 0
}
