import type { ServingWish, Sighting } from '../forge.ts'
import type { RunnerRow } from './answers.ts'
import { contactedBy } from './rows.ts'
import type { Runners } from './runners.ts'
import { nameTag } from './tags.ts'

/**
 * By the filters of GitLab's lists. Rows have names and no tags: a name leads to a runner of ours by its tag, and to another one only by reading
 * all that are online, which comes last.
 */
export async function* servingAtGitlab(
  runners: Runners,
  wish: ServingWish,
  signal?: AbortSignal,
): AsyncGenerator<readonly Sighting[]> {
  const { name, labels } = wish
  const state = { paused: 'false', ...(wish.online ? { status: 'online' } : {}) }
  const sighted = (rows: readonly RunnerRow[]): readonly Sighting[] =>
    rows
      .filter(({ status }) => status === 'online' || (status === 'never_contacted' && !wish.online))
      .map((row) => sightingOf(row, runners, wish))
  const named = (rows: readonly RunnerRow[]): readonly Sighting[] =>
    sighted(rows.filter((row) => row.name === name))
  if (name !== undefined) yield named(await runners.tagged(nameTag(name), signal))
  for await (const rows of runners.rows({ ...state, tag_list: labels.join(',') }, signal)) yield sighted(rows)
  if (name === undefined) return
  for await (const rows of runners.rows(state, signal)) yield named(rows)
}

/** GitLab gives a job to a runner that has all of its tags, letter by letter. A server that does not know a filter gives everybody. */
function sightingOf(row: RunnerRow, runners: Runners, { name, labels }: ServingWish): Sighting {
  const connected = contactedBy(row, undefined)
  return {
    id: row.id,
    name: row.name,
    online: row.online,
    busy: row.busy,
    ...(connected === undefined ? {} : { connected }),
    async whole(signal) {
      const runner = await runners.get(row.id, signal)
      const serves = labels.every((label) => runner?.labels.includes(label))
      return runner && (serves || runner.name === name) ? { runner, serves } : undefined
    },
  }
}
