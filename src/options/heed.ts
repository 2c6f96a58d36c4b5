import type { RawOptions } from '../hosts/host.ts'
import type { Command } from './command.ts'
import { spellingsOf, type Option, type Table } from './option.ts'
import { escapeUnseen } from './problem.ts'
import { nearest, variableOf, variablePrefix } from './spelling.ts'

/** Does the command look at this option at all? */
export function heeds(command: Command, { commands = ['launch'] }: Pick<Option, 'commands'>): boolean {
  return commands.includes(command)
}

/** A wish that the command can not heed is told. Variables speak to every command of a job, and are not. */
export function unheeded(table: Table, command: Command, { given, prefix }: RawOptions): readonly string[] {
  return givenInVain(table, command, given)
    .filter(([, { refusedBy }]) => refusedBy?.[command] === undefined)
    .map(([name]) => `\`${prefix}${name}\` says nothing to \`${command}\` and is ignored.`)
}

/** A wish without which the command would do more than was asked for. */
export function refused(table: Table, command: Command, { given, prefix }: RawOptions): readonly string[] {
  return givenInVain(table, command, given).flatMap(([name, { refusedBy }]) => {
    const instead = refusedBy?.[command]
    return instead === undefined
      ? []
      : [
          `\`${prefix}${name}\` says nothing to \`${command}\`, which would do more than you ask for. ${instead}`,
        ]
  })
}

/** `false` is what a flag is without being given. */
function givenInVain(
  table: Table,
  command: Command,
  given: RawOptions['given'],
): readonly (readonly [string, Option])[] {
  const isGiven = ([name, { aliases = [], kind }]: readonly [string, Option]): boolean =>
    [name, ...aliases].some((spelling) => {
      const text = given[spelling]?.trim() ?? ''
      return text !== '' && !(kind === 'flag' && text.toLowerCase() === 'false')
    })
  return Object.entries(table).filter((entry) => !heeds(command, entry[1]) && isGiven(entry))
}

/** They may belong to another version or another program, so they never stop a launch. */
export function unknownVariables(table: Table, { variables }: RawOptions): readonly string[] {
  const known = new Set(spellingsOf(table).map(variableOf))
  return Object.keys(variables)
    .filter((name) => name.startsWith(variablePrefix) && !known.has(name) && !isInternal(name))
    .map((name) => {
      const meant = nearest(name.slice(variablePrefix.length), Object.keys(table))
      return `The variable ${escapeUnseen(name.slice(0, 80))} is no option of cml-runner and is ignored.${meant ? ` Did you mean ${variableOf(meant)}?` : ''}`
    })
}

/** Switches of our own tests against live vendors, and the machine's root prefix. */
function isInternal(variable: string): boolean {
  return variable.startsWith(`${variablePrefix}LIVE_`) || variable === `${variablePrefix}ROOT`
}
