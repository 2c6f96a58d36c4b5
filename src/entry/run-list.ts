import { list } from '../removal/list.ts'
import { inTime, verbTimes } from '../removal/time-limit.ts'
import { joinReasons } from '../model/failure.ts'
import type { Composition } from './compose.ts'
import { renderMarkdown, renderTable, tableOf } from './listing.ts'
import { regionsToLookIn } from './places.ts'

const nothing = 'Nothing of this scope is there.'
const unknown =
  'Not everything could be looked at, so what is there is not known; the log of the step says why.'

/** Prints what exists now in the scope. Fails, after printing, when something could not be looked at. */
export async function runList(composition: Composition): Promise<void> {
  const { ports, values } = composition
  const { host, forge, signal } = ports
  const regions = await regionsToLookIn(composition, signal)
  const { launches, problems } = await inTime(ports, verbTimes.list, (timed) => list(regions, timed))
  const table = tableOf(launches)
  // Where not everything could be looked at, an empty list would say what nobody knows.
  const known = problems.length === 0
  if (values.json && (known || launches.length > 0)) host.print(JSON.stringify(launches, undefined, 2))
  if (!values.json && launches.length > 0) host.print(renderTable(table))
  if (!values.json && launches.length === 0 && known) host.print(nothing)
  await host.summary(renderMarkdown(`Machines of ${forge.scope}`, table, known ? nothing : unknown))
  if (problems.length > 0) throw joinReasons(problems)
}
