import { count } from '../lib/ages.ts'
import { pageOf, table, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { renderTable } from '../lib/terminal-table.ts'
import { joinReasons } from '../model/failure.ts'
import { placesOf } from '../model/ownership.ts'
import type { Ports } from '../ports.ts'
import type { Swept } from './clear.ts'
import { placesToLookIn } from './places.ts'
import { sweep } from './sweep.ts'
import { inTime, verbTimes } from './time-limit.ts'
import { problemsPart } from './trouble.ts'

/** Sweeps where the user's words say, everywhere without any, and tells it. */
export async function sweepAndReport(
  regions: readonly string[] | undefined,
  dryRun: boolean,
  ports: Ports,
): Promise<void> {
  const { places, problems } = await placesToLookIn(regions, ports, ports.signal)
  const swept = await inTime(ports, verbTimes.sweep, (timed) => sweep(places, { dryRun }, timed))
  await reportSweep({ ...swept, problems: [...problems, ...swept.problems] }, dryRun, ports)
}

/** Tells what a sweep took away, or would. Throws, after telling, when something could not be looked at or taken away. */
async function reportSweep(swept: Swept, dryRun: boolean, { host, forge, clouds }: Ports): Promise<void> {
  const rows = rowsOf(swept, clouds)
  const { machines, corpses, busyRunners, problems } = swept
  const counts = `${count(machines.length, 'machine')} and ${count(corpses.length, 'registration')} without a machine`
  const partly = problems.length > 0 ? ', as far as could be looked' : ''
  const none = machines.length + corpses.length === 0
  const what = `${none ? 'nothing' : counts}${partly}`
  const told = dryRun ? `A sweep would remove ${what}.` : `Removed ${what}.`
  if (dryRun && rows.length > 0)
    host.print(
      renderTable(
        { titles: titles.map((title) => title.toUpperCase()), rows: rows.map(cellsOf) },
        host.width,
      ),
    )
  host.log.info(told)
  if (busyRunners.length > 0)
    host.log.warn(
      `${forge.name} still believes that ${busyRunners.join(', ')} are busy and keeps them; a later sweep removes them.`,
    )
  host.result(dryRun ? 'candidates' : 'removed', rows)
  await host.summary(
    pageOf([
      verdict(dryRun ? '🔍' : '🧹', `${told.replace(/\.$/, '')} · ${forge.scope}`),
      table(
        titles,
        rows.map((row) => cellsOf(row).map(cell)),
      ),
      problemsPart(problems),
    ]),
  )
  if (problems.length > 0) throw joinReasons(problems)
}

const titles = ['Name', 'Place', 'Instance', 'Owner', 'Why']

/** As programs get it; empty where there is none. */
interface Row {
  readonly name: string
  readonly region: string
  readonly instanceId: string
  readonly owner: string
  readonly why: string
}

function cellsOf({ name, region, instanceId, owner, why }: Row): readonly string[] {
  return [name, region, instanceId, owner, why]
}

function rowsOf({ machines, corpses }: Swept, { open }: Ports['clouds']): readonly Row[] {
  return [
    ...machines.map(({ machine: { lease, zone, region, id }, verdict: why }) => ({
      name: lease.name,
      region: zone ?? region,
      instanceId: id,
      owner: lease.owner,
      why,
    })),
    ...corpses.map((runner) => ({
      name: runner.name,
      region: placesOf(runner, open)
        .places.map(({ region }) => region)
        .join(', '),
      instanceId: '',
      owner: '',
      why: 'its machine is gone',
    })),
  ]
}
