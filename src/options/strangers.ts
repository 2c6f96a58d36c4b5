import type { RawOptions } from '../hosts/host.ts'
import { foreignOptions } from './foreign.ts'
import { spellingsOf, type Table } from './option.ts'
import { escapeUnseen, invalid, type Problem } from './problem.ts'
import { kebab, nearest, variableOf, variablePrefix } from './spelling.ts'

/** What was given under names that are no option's. */
export interface Strangers {
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

/** Options that nobody knows, with what was probably meant; CML's that are of no use here are left aside. */
export function strangersIn(table: Table, raw: RawOptions): Strangers {
  const known = new Set(spellingsOf(table))
  const names = Object.entries(raw.given)
    .filter(([name, text]) => !known.has(name) && text.trim() !== '')
    .map(([name]) => name)
  const harmless = names.filter((name) => foreignOf(name)?.harmless)
  return {
    problems: names
      .filter((name) => !harmless.includes(name))
      .map((name) =>
        invalid(
          `There is no option \`${raw.prefix}${escapeUnseen(name.slice(0, 60))}\`.${hint(name, table, raw.prefix)}`,
        ),
      ),
    warnings: [
      ...harmless.map((name) => `\`${raw.prefix}${name}\` is ignored. ${foreignOf(name)?.say}`),
      ...unknownVariables(table, raw),
    ],
  }
}

function foreignOf(name: string): (typeof foreignOptions)[string] | undefined {
  return Object.hasOwn(foreignOptions, name) ? foreignOptions[name] : undefined
}

function hint(name: string, table: Table, prefix: string): string {
  const foreign = foreignOf(name)
  if (foreign) return ` ${foreign.say}`
  const questions = prefix === '--' ? ['help', 'version'] : []
  const meant = nearest(name, [...Object.keys(table), ...Object.keys(foreignOptions), ...questions])
  if (meant === undefined) return ''
  const other = foreignOf(meant)
  return other ? ` If \`${prefix}${meant}\` was meant: ${other.say}` : ` Did you mean \`${prefix}${meant}\`?`
}

/** They may belong to another version or another program, so they never stop a launch. */
function unknownVariables(table: Table, { variables }: RawOptions): readonly string[] {
  const known = new Set(spellingsOf(table).map(variableOf))
  return Object.keys(variables)
    .filter((name) => name.startsWith(variablePrefix) && !known.has(name) && !isInternal(name))
    .map((name) => {
      const word = name.slice(variablePrefix.length)
      const about = foreignOf(kebab(word))?.say ?? spellingHint(word, table)
      return `The variable ${escapeUnseen(name.slice(0, 80))} is not an option of cml-runner and is ignored.${about ? ` ${about}` : ''}`
    })
}

function spellingHint(word: string, table: Table): string {
  const meant = nearest(word, Object.keys(table))
  return meant === undefined ? '' : `Did you mean ${variableOf(meant)}?`
}

/** Switches of our own tests against live vendors, the machine's root prefix, and what a host itself reads. */
function isInternal(variable: string): boolean {
  const own = ['ROOT', 'SUMMARY'].map((name) => variablePrefix + name)
  return variable.startsWith(`${variablePrefix}LIVE_`) || own.includes(variable)
}
