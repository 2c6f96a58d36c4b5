import type { RawOptions } from '../hosts/host.ts'
import type { Command } from './command.ts'
import type { Option } from './option.ts'
import { invalid, type Problem } from './problem.ts'

/** What there is to say of an option that was not given. */
export function missing(
  name: string,
  row: Option,
  command: Command,
  { prefix, variables }: RawOptions,
): readonly Problem[] {
  const say = row.required?.say ?? row.needed?.(command, isInCi(variables))
  return say === undefined ? [] : [invalid(`\`${prefix}${name}\` is missing. ${say}`)]
}

/** Does this run inside a job of CI? */
export function isInCi({ CI, GITHUB_ACTIONS, GITLAB_CI }: RawOptions['variables']): boolean {
  return [CI, GITHUB_ACTIONS, GITLAB_CI].includes('true')
}
