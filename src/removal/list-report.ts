import { count, renderAge } from '../lib/ages.ts'
import { link, pageOf, table, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { renderTable } from '../lib/terminal-table.ts'
import { joinReasons } from '../model/failure.ts'
import { renderSoFar } from '../model/price.ts'
import type { Ports } from '../ports.ts'
import { list, type Listed, type Listing } from './list.ts'
import { placesToLookIn } from './places.ts'
import { inTime, verbTimes } from './time-limit.ts'
import { problemsPart } from './trouble.ts'

const nothing = 'Nothing of this repository, organisation or group is there.'

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
async function reportListing(listing: Listing, asJson: boolean, ports: Ports): Promise<void> {
  const { launches, problems } = listing
  const { host } = ports
  // Where not everything could be looked at, an empty list would say what nobody knows.
  const known = problems.length === 0
  if (known || launches.length > 0) {
    host.result('launches', launches)
    if (asJson) host.print(JSON.stringify(launches, undefined, 2))
  }
  if (!asJson && launches.length > 0) host.print(renderList(launches, ports))
  if (!asJson && launches.length === 0 && known) host.print(nothing)
  await host.summary(listPage(listing, ports))
  if (problems.length > 0) throw joinReasons(problems)
}

function renderList(launches: readonly Listed[], { host, clouds, clock }: Ports): string {
  const several = clouds.open.length > 1
  const titles = ['NAME', 'STATE', 'PLACE', 'TYPE', 'MARKET', 'INSTANCE', 'AGE', 'COST', 'ENDS', 'OWNER']
  const rows = launches.map((row) => [
    row.name,
    row.state,
    several ? `${row.cloud} ${row.region}` : row.region,
    row.type,
    row.market,
    row.instanceId,
    row.launched ? renderAge(row.age) : '',
    row.usdSoFar === null ? '' : renderSoFar(row.usdSoFar),
    endsIn(row, clock.now()),
    row.owner,
  ])
  return renderTable({ titles, rows }, host.width)
}

/** `in 4d 23h`; one whose time is over should be gone. */
function endsIn({ expires }: Listed, now: number): string {
  const seconds = (Date.parse(expires) - now) / 1000
  if (Number.isNaN(seconds)) return ''
  return seconds > 0 ? `in ${renderAge(seconds)}` : `overdue ${renderAge(-seconds)}`
}

/** Read later than it was written, it tells times of day. */
function listPage({ launches, problems }: Listing, { forge }: Ports): string {
  const machines = launches.filter(({ instanceId }) => instanceId)
  const cost = machines.reduce((sum, { usdSoFar }) => sum + (usdSoFar ?? 0), 0)
  const unpriced = machines.some(({ usdSoFar }) => usdSoFar === null)
  const money = cost > 0 ? ` · ${unpriced ? 'at least ' : ''}${renderSoFar(cost)} so far` : ''
  const rows = launches.map((row) => [
    link(row.name, row.runnerPage || undefined),
    cell(row.state),
    cell(`${row.cloud} ${row.region}`),
    cell(`${row.type} ${row.market}`.trim()),
    link(row.instanceId, row.machinePage || undefined),
    row.launched.slice(0, 16).replace('T', ' '),
    row.usdSoFar === null ? '' : renderSoFar(row.usdSoFar),
    row.expires.slice(0, 16).replace('T', ' '),
    cell(row.owner),
  ])
  const known = problems.length === 0
  return pageOf([
    known || machines.length > 0
      ? verdict('🖥️', `${count(machines.length, 'machine')} of ${forge.scope}${money}`)
      : verdict('❔', `What there is of ${forge.scope} is not known`),
    table(['Name', 'State', 'Place', 'Type', 'Machine', 'Since (UTC)', 'Cost', 'Ends (UTC)', 'Owner'], rows),
    known && launches.length === 0 ? nothing : '',
    problemsPart(problems),
  ])
}
