import { renderMarkdown, renderTable, type Table } from '../lib/table.ts'
import { joinReasons } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import { list, type Listed, type Listing } from './list.ts'
import { placesToLookIn } from './places.ts'
import { inTime, verbTimes } from './time-limit.ts'

const columns: readonly (readonly [title: string, cell: (row: Listed) => string])[] = [
  ['NAME', ({ name }) => name],
  ['STATE', ({ state }) => state],
  ['CLOUD', ({ cloud }) => cloud],
  ['REGION', ({ region }) => region],
  ['TYPE', ({ type }) => type],
  ['MARKET', ({ market }) => market],
  ['INSTANCE', ({ instanceId }) => instanceId],
  ['AGE', ({ launched, age }) => (launched ? renderAge(age) : '')],
  ['OWNER', ({ owner }) => owner],
  ['EXPIRES', ({ expires }) => expires.replace(/:\d\d\.\d+Z$/, 'Z')],
]

function tableOf(rows: readonly Listed[]): Table {
  return {
    titles: columns.map(([title]) => title),
    rows: rows.map((row) => columns.map(([, read]) => read(row))),
  }
}

const nothing = 'Nothing of this scope is there.'
const unknown =
  'Not everything could be looked at, so what is there is not known; the log of the step says why.'

/** Lists where the user's words say, everywhere without any, and prints it. */
export async function listAndReport(
  regions: readonly string[] | undefined,
  asJson: boolean,
  ports: Ports,
): Promise<void> {
  const { places, problems } = await placesToLookIn(regions, ports, ports.signal)
  const listing = await inTime(ports, verbTimes.list, (timed) => list(places, timed))
  await reportListing({ ...listing, problems: [...problems, ...listing.problems] }, asJson, ports)
}

/** Prints what exists now in the scope. Throws, after printing, when something could not be looked at. */
async function reportListing(
  { launches, problems }: Listing,
  asJson: boolean,
  { host, forge }: Ports,
): Promise<void> {
  const table = tableOf(launches)
  // Where not everything could be looked at, an empty list would say what nobody knows.
  const known = problems.length === 0
  if (asJson && (known || launches.length > 0)) host.print(JSON.stringify(launches, undefined, 2))
  if (!asJson && launches.length > 0) host.print(renderTable(table))
  if (!asJson && launches.length === 0 && known) host.print(nothing)
  await host.summary(renderMarkdown(`Machines of ${forge.scope}`, table, known ? nothing : unknown))
  if (problems.length > 0) throw joinReasons(problems)
}

/** `2d 3h`, `4h 12m`, `9m`: the two largest units. */
export function renderAge(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24]
  if (days > 0) return `${days}d ${hours}h`
  return hours > 0 ? `${hours}h ${minutes % 60}m` : `${minutes}m`
}
