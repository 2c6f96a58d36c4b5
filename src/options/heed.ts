import type { RawOptions } from '../hosts/host.ts'
import type { Command } from './command.ts'
import { foreignVariableLines } from './foreign.ts'
import type { Option, OwnedTable, Owner } from './option.ts'
import { invalid, type Problem } from './problem.ts'
import { variableOf } from './spelling.ts'

/** What a launch is made of, as far as it is known. Against what is not known no option is held. */
export interface InUse {
  /** None: the machine at hand is to be the runner. */
  readonly clouds?: readonly string[]
  readonly forge?: string
  /** Titles of the clouds among them whose machines have no Docker. */
  readonly withoutDocker?: readonly string[]
}

/** What was asked, with everything it takes to say whether it can be heeded. */
export interface Wish {
  readonly command: Command
  readonly values: Readonly<Record<string, unknown>>
  readonly sources: ReadonlyMap<string, string>
  readonly inUse: InUse
  readonly raw: RawOptions
}

/** What there is to say of wishes that cannot be heeded; none is passed over in silence. */
export interface Heeding {
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
  /** Of interest, and nothing to worry about. */
  readonly notes: readonly string[]
}

type Row = OwnedTable[string]
/** Why a row cannot be heeded, and what to do about it. */
interface Reason {
  readonly why: string
  readonly instead: string
}

/** Does the command look at this option at all? `doctor` examines a launch, by all that is said of that. */
export function heeds(command: Command, { commands = ['launch'] }: Pick<Option, 'commands'>): boolean {
  return commands.includes(command === 'doctor' ? 'launch' : command)
}

/**
 * A wish that cannot be heeded is told by name, whichever door it came through. One that promises safety or money is refused: the launch
 * would go on without what somebody relies on.
 */
export function heedingOf(table: OwnedTable, wish: Wish): Heeding {
  const asked = Object.entries(table).filter(([name, row]) => isAsked(name, row, wish))
  const ours = asked.filter(([, row]) => heeds(wish.command, row))
  const others = otherCommands(
    asked.filter(([, row]) => !heeds(wish.command, row)),
    wish,
  )
  const problems: Problem[] = [...others.problems]
  const warnings: string[] = [...others.warnings]
  for (const [name, row] of ours) {
    const reason = obstacle(table, row, wish)
    const missing = withoutDocker(name, row, wish)
    if (missing !== undefined) problems.push(invalid(missing))
    else if (reason) tell(name, row, { reason, wish, problems, warnings })
    else warnings.push(...oldName(name, row, wish))
  }
  warnings.push(...foreignVariableLines(wish.raw.variables, wish.sources))
  return { problems, warnings, notes: others.notes }
}

/** `false` is what a flag is without being given. */
function isAsked(name: string, { asksNothing = false }: Row, { sources, values }: Wish): boolean {
  return sources.has(name) && values[name] !== asksNothing
}

/** How a person finds the place where it was given. */
function label(name: string, { sources, raw }: Wish): string {
  const [written, source] = [raw.prefix + name, sources.get(name)]
  return `\`${written}\`${source === undefined || source === written ? '' : ` (from ${source})`}`
}

interface Telling {
  readonly reason: Reason
  readonly wish: Wish
  readonly problems: Problem[]
  readonly warnings: string[]
}

/** The default is what everybody has without asking: nobody loses a promise with it. */
function tell(name: string, row: Row, { reason, wish, problems, warnings }: Telling): void {
  const { why, instead } = reason
  const isDefault = row.default !== undefined && String(wish.values[name]) === row.default
  if (row.promise === undefined || isDefault) {
    warnings.push(`${label(name, wish)} ${why}: it is ignored.`)
    return
  }
  const text = `${label(name, wish)} ${why}: it cannot promise ${row.promise}. ${instead}`
  problems.push(invalid(text))
}

function obstacle(table: OwnedTable, row: Row, wish: Wish): Reason | undefined {
  const leave = 'Leave it out.'
  if (!isInUse(row.owner, wish.inUse))
    return {
      why: `is an option of ${titleOf(row.owner)}, and ${whatIs(table, row.owner, wish)}`,
      instead: leave,
    }
  const [unmet] = Object.entries(row.onlyWith ?? {}).filter(
    ([name, value]) => String(wish.values[name]) !== value,
  )
  if (!unmet) return undefined
  const [name, value] = unmet
  const needed = `\`${wish.raw.prefix}${name}${value === 'true' ? '' : `=${value}`}\``
  return { why: `has no effect without ${needed}`, instead: `Give ${needed} too, or leave it out.` }
}

/** Jobs would run in the wrong surroundings. */
function withoutDocker(name: string, { owner, needsDocker }: Row, wish: Wish): string | undefined {
  const [cloud] = wish.inUse.withoutDocker ?? []
  const asks = needsDocker === true || (needsDocker !== undefined && wish.values[name] === needsDocker)
  if (cloud === undefined || !asks || !isInUse(owner, wish.inUse)) return undefined
  return `${label(name, wish)} needs Docker, which a runner of ${cloud} does not have: jobs run in the image of \`${wish.raw.prefix}cloud-image\`. Leave it out, and give that image.`
}

function isInUse({ kind, name }: Owner, { clouds, forge }: InUse): boolean {
  if (kind === 'forge') return forge === undefined || forge === name
  if (kind === 'here') return clouds === undefined || clouds.length === 0
  if (kind === 'cloud' && clouds !== undefined)
    return name === undefined ? clouds.length > 0 : clouds.includes(name)
  return true
}

function titleOf({ title, name }: Owner): string {
  return title ?? name ?? 'machines in a cloud'
}

function whatIs(table: OwnedTable, { kind }: Owner, { inUse: { clouds = [], forge = '' } }: Wish): string {
  const names = kind === 'forge' ? [forge] : clouds
  const owners = Object.values(table).map(({ owner }) => owner)
  const titles = names.map((name) => titleOf(owners.find((owner) => owner.name === name) ?? { kind, name }))
  return titles.length === 0 ? 'this machine itself is to be the runner' : `this is for ${titles.join(', ')}`
}

function oldName(name: string, { oldNames = [] }: Row, { sources }: Wish): readonly string[] {
  const source = sources.get(name) ?? ''
  return oldNames.includes(source)
    ? [`The variable ${source} is CML's old name and is read for now; write ${variableOf(name)}.`]
    : []
}

/** Variables speak to every command of a job, so one line about all of them is enough, unless one promises something. */
function otherCommands(rows: readonly (readonly [string, Row])[], wish: Wish): Heeding {
  const { command, raw } = wish
  const isGiven = ([name, { aliases = [] }]: readonly [string, Row]): boolean =>
    [name, ...aliases].some((spelling) => raw.given[spelling]?.trim())
  const isRefused = (entry: readonly [string, Row]): boolean =>
    entry[1].refusedBy?.[command] !== undefined && (isGiven(entry) || entry[1].promise !== undefined)
  const silent = rows.filter((entry) => !isGiven(entry) && !isRefused(entry))
  const names = silent.map(([name]) => wish.sources.get(name) ?? name)
  return {
    problems: rows
      .filter(isRefused)
      .map(([name, { refusedBy }]) =>
        invalid(
          `${label(name, wish)} means nothing to \`${command}\`, which would do more than you ask for. ${refusedBy?.[command]}`,
        ),
      ),
    warnings: rows
      .filter((entry) => isGiven(entry) && !isRefused(entry))
      .map(([name]) => `${label(name, wish)} means nothing to \`${command}\` and is ignored.`),
    notes: names.length > 0 ? [`Set, and without effect on \`${command}\`: ${names.join(', ')}.`] : [],
  }
}
