import { list } from '../launch/list.ts'
import { joinReasons } from '../model/failure.ts'
import type { Composition } from './compose.ts'
import { renderMarkdown, renderTable, tableOf } from './listing.ts'
import { regionsToLookIn } from './places.ts'

const nothing = 'Nothing of this scope is there.'

/** Prints what exists now in the scope. Fails, after printing, when something could not be looked at. */
export async function runList(composition: Composition): Promise<void> {
  const { ports, values } = composition
  const { host, forge } = ports
  const regions = await regionsToLookIn(composition, host.signal)
  const { launches, problems } = await list(regions, ports)
  const table = tableOf(launches)
  if (values.json) host.print(JSON.stringify(launches, undefined, 2))
  else host.print(launches.length > 0 ? renderTable(table) : nothing)
  await host.summary(renderMarkdown(`Machines of ${forge.scope}`, table, nothing))
  if (problems.length > 0) throw joinReasons(problems)
}
