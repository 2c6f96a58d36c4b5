import { renderMarkdown, renderTable, type Table } from '../lib/table.ts'
import { joinReasons } from '../model/failure.ts'
import { placesOf } from '../model/ownership.ts'
import type { Ports } from '../ports.ts'
import type { Swept } from './clear.ts'
import { placesToLookIn } from './places.ts'
import { sweep } from './sweep.ts'
import { inTime, verbTimes } from './time-limit.ts'

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
  const table = tableOf(swept, clouds)
  const { machines, corpses, busyRunners, problems } = swept
  const counts = `${machines.length} machine(s) and ${corpses.length} registration(s) whose machine is gone`
  const partly = problems.length > 0 ? ', as far as could be looked' : ''
  const told = dryRun ? `A sweep would take away ${counts}${partly}.` : `Took away ${counts}${partly}.`
  if (dryRun && table.rows.length > 0) host.print(renderTable(table))
  host.log.info(told)
  if (busyRunners.length > 0)
    host.log.warn(
      `${forge.name} still believes that ${busyRunners.join(', ')} are busy and keeps them; a later sweep takes them away.`,
    )
  const heading = dryRun ? `What a sweep of ${forge.scope} would take away` : `Swept ${forge.scope}`
  await host.summary(renderMarkdown(heading, table, told))
  if (problems.length > 0) throw joinReasons(problems)
}

function tableOf({ machines, corpses }: Swept, { open }: Ports['clouds']): Table {
  return {
    titles: ['NAME', 'REGION', 'INSTANCE', 'OWNER', 'WHY'],
    rows: [
      ...machines.map(({ machine: { lease, zone, region, id }, verdict }) => [
        lease.name,
        zone ?? region,
        id,
        lease.owner,
        verdict,
      ]),
      ...corpses.map((runner) => [
        runner.name,
        placesOf(runner, open)
          .places.map(({ region }) => region)
          .join(', '),
        '',
        '',
        'its machine is gone',
      ]),
    ],
  }
}
