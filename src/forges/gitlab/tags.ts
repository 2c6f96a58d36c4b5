import { createHash } from 'node:crypto'
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

/** All tags of a new runner, each once. GitLab takes 50 at most. */
export function tagsOf(name: string, labels: readonly string[]): readonly string[] {
  return [...new Set([...labels, nameTag(name), ownTag])]
}
