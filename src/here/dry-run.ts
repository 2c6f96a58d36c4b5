import { all } from '../lib/all.ts'
import { onOneLine } from '../lib/printable.ts'
import type { Rehearsal } from '../launch/dry-run.ts'
import type { Reused } from '../launch/reused.ts'
import { bullets, pageOf, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { joinReasons } from '../model/failure.ts'
import { renderDuration } from '../model/duration.ts'
import type { Ports } from '../ports.ts'
import { wouldServe } from './instead.ts'
import type { HereOrder } from './order.ts'
import { labelsOf } from './registration.ts'

/** What a runner on this machine would be, for people and as data. Reads only. */
export async function dryRunHere(order: HereOrder, ports: Ports): Promise<Rehearsal> {
  const { forge, signal } = ports
  const { lease, platform } = order
  const reads = await all([
    forge.download(platform, signal),
    forge.findRunner(lease.name, signal),
    wouldServe(order, ports),
  ])
  if ('reasons' in reads) throw joinReasons(reads.reasons)
  const [{ url, version }, namesake, reused] = reads.values
  const shown = labelsOf(order).slice(0, -1)
  const lines = [
    ...linesOfReused(reused),
    `The runner would be this machine (${platform.os} on ${platform.architecture}), in the foreground.`,
    `Runner:   ${lease.name} at ${forge.scope}, with the labels ${shown.join(', ')}`,
    ...(namesake && namesake.id !== reused?.runner.id
      ? [
          `Name:     taken by a runner that is ${namesake.online ? 'online: an error' : 'offline, which would be deleted first'}`,
        ]
      : []),
    `Program:  ${version}, from ${url}`,
    ...linesOfMachine(order),
  ]
  return {
    lines,
    page: pageOf([verdict('🔍', `Dry run: ${lines[0]}`), bullets(lines.slice(1).map(cell))]),
    data: {
      candidates: [],
      ...(order.reuse ? { reused: reused ? reused.runner.name : null } : {}),
      runner: { name: lease.name, labels: shown, platform, version, url, folder: order.base },
    },
  }
}

function linesOfReused(reused: Reused | undefined): readonly string[] {
  if (!reused) return []
  return [
    `Runner ${onOneLine(reused.runner.name)} is online and would be used: nothing would be started. What follows is for when it has ended.`,
  ]
}

function linesOfMachine({
  base,
  workdir,
  user,
  single,
  idleTimeout,
  lifetime,
}: HereOrder): readonly string[] {
  const ends = [
    ...(single ? ['after one job'] : []),
    Number.isFinite(idleTimeout)
      ? `when it was idle for ${renderDuration(idleTimeout)}`
      : 'never by idleness',
    ...(Number.isFinite(lifetime) ? [`at the latest after ${renderDuration(lifetime)}`] : []),
  ]
  return [
    `Folder:   below ${base}${workdir ? `; jobs work in ${workdir}` : ''}`,
    `Jobs run: as ${user?.name ?? 'whoever starts it'}`,
    `Ends:     ${ends.join(', ')}`,
  ]
}
