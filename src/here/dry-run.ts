import { all } from '../lib/all.ts'
import { joinReasons } from '../model/failure.ts'
import { renderDuration } from '../model/duration.ts'
import type { Ports } from '../ports.ts'
import type { HereOrder } from './order.ts'
import { labelsOf } from './registration.ts'

/** What a runner on this machine would be, for people and as data. Reads only. */
export async function dryRunHere(
  order: HereOrder,
  { forge, signal }: Ports,
): Promise<{ readonly lines: readonly string[]; readonly data: unknown }> {
  const { lease, platform, base, workdir, user, idleTimeout, lifetime } = order
  const reads = await all([forge.download(platform, signal), forge.findRunner(lease.name, signal)])
  if ('reasons' in reads) throw joinReasons(reads.reasons)
  const [{ url, version }, namesake] = reads.values
  const ends = [
    ...(order.single ? ['after one job'] : []),
    Number.isFinite(idleTimeout)
      ? `when it was idle for ${renderDuration(idleTimeout)}`
      : 'never by idleness',
    ...(Number.isFinite(lifetime) ? [`at the latest after ${renderDuration(lifetime)}`] : []),
  ]
  const shown = labelsOf(order).slice(0, -1)
  return {
    lines: [
      `The runner would be this machine (${platform.os} on ${platform.architecture}), in the foreground.`,
      `Runner:   ${lease.name} at ${forge.scope}, with the labels ${shown.join(', ')}`,
      ...(namesake
        ? [
            `Name:     taken by a runner that is ${namesake.online ? 'online: an error' : 'offline, which would be deleted first'}`,
          ]
        : []),
      `Program:  ${version}, from ${url}`,
      `Folder:   below ${base}${workdir ? `; jobs work in ${workdir}` : ''}`,
      `Jobs run: as ${user?.name ?? 'whoever starts it'}`,
      `Ends:     ${ends.join(', ')}`,
    ],
    data: {
      candidates: [],
      runner: { name: lease.name, labels: shown, platform, version, url, folder: base },
    },
  }
}
