import { createHash } from 'node:crypto'
import { Failure } from '../../model/failure.ts'
import { identityPattern } from '../../model/identity.ts'

/** Carried by every runner that we make. Lists show no tags, but can be asked for one. */
export const ownTag = 'cml-runner-managed'

/**
 * A tag that a name alone leads to, since lists can be filtered by tags only. `cml-<identity>`, the usual name, is a tag of its runner
 * already.
 */
export function nameTag(name: string): string {
  if (name.startsWith('cml-') && identityPattern.test(name.slice(4))) return name
  return `cml-name-${createHash('sha256').update(name).digest('hex').slice(0, 20)}`
}

/** GitLab's own limits: characters of a tag (`Ci::Tag`), and tags of a runner (`TAG_LIST_MAX_LENGTH` in app/models/ci/runner.rb). */
const longest = 255
const most = 50

/** Tags that a launch adds: which launch and try it is, where its machine is, whose and what its name is. */
const own = 8

/** Labels that GitLab would not take as tags, told before anything is asked; empty = all are fine. */
export function tooManyTags(labels: readonly string[]): readonly Failure[] {
  const tried = 'use the labels as tags of a GitLab runner'
  const long = labels.filter((label) => [...label].length > longest)
  const failures: Failure[] = []
  if (long.length > 0)
    failures.push(
      new Failure('invalid-input', {
        tried,
        said: `${long.map((label) => `"${label.slice(0, 40)}…" has ${[...label].length} characters`).join(', ')}`,
        fix: `give \`labels\` of at most ${longest} characters.`,
      }),
    )
  const count = new Set(labels).size
  if (count > most - own)
    failures.push(
      new Failure('invalid-input', {
        tried,
        said: `there are ${count}, and a runner has ${most} tags at most, up to ${own} of them cml-runner's own`,
        fix: `give at most ${most - own} \`labels\`.`,
      }),
    )
  return failures
}

/** All tags of a new runner, each once. */
export function tagsOf(name: string, labels: readonly string[]): readonly string[] {
  return [...new Set([...labels, nameTag(name), ownTag])]
}
