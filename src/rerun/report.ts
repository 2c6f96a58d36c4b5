import { link, pageOf, table, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { joinFailures } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import { rerun, type RerunWish, type Reruns } from './rerun.ts'

/** Starts interrupted runs again, and tells it. Throws, after telling, when a run could not be looked at or started. */
export async function rerunAndReport(wish: RerunWish, ports: Ports): Promise<void> {
  await report(await rerun(wish, ports), wish, ports)
}

async function report(
  { outcomes, problems }: Reruns,
  { id }: RerunWish,
  { host, forge }: Ports,
): Promise<void> {
  for (const outcome of outcomes) host.log.info(`Run ${outcome.id} ${outcome.said}.`)
  const again = outcomes.filter((outcome) => outcome.again).length
  const looked = id === undefined ? `Runs that failed within a day: ${outcomes.length}. ` : ''
  const told = `${looked}Started again: ${again}.`
  host.log.info(told)
  const rows = outcomes.map(({ id: run, page, said }) => [link(run, page), cell(said)])
  const page = [
    verdict('🔁', `Interrupted runs of ${forge.scope}`),
    told,
    table(['Run', 'What became of it'], rows),
  ]
  await host.summary(pageOf(page))
  if (problems.length > 0) throw joinFailures(problems)
}
