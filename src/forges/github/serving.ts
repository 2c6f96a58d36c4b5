import { carries, type Runner } from '../../model/runner.ts'
import type { ServingWish, Sighting } from '../forge.ts'
import type { Runners } from './runners.ts'

/** A name is looked up by itself; labels are no filter of GitHub's lists, and so all of them are read. */
export async function* servingAtGithub(
  runners: Runners,
  { name, labels, online }: ServingWish,
  signal?: AbortSignal,
): AsyncGenerator<readonly Sighting[]> {
  const sighted = (runner: Runner): readonly Sighting[] =>
    online && !runner.online ? [] : [sightingOf(runner, labels)]
  const named = name === undefined ? undefined : await runners.find(name, signal)
  if (named) yield sighted(named)
  for await (const page of runners.list(signal))
    yield page.filter((runner) => carries(runner, labels)).flatMap(sighted)
}

/** Lists tell everything there is. */
function sightingOf(runner: Runner, labels: readonly string[]): Sighting {
  const serving = { runner, serves: carries(runner, labels) }
  return { ...runner, whole: () => Promise.resolve(serving) }
}
