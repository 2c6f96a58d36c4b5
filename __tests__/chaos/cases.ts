import type { Pace } from './light-machine.ts'
import type { Pair } from './pairs.ts'
import type { Random } from './random.ts'
import { run, SetupFailure, type Recovery, type Strike, type Subject } from './flows.ts'
import { takenStories, type ForgeryPlan } from './forgery-plan.ts'
import { faultKinds, sweepers, type Door } from './rig.ts'
import { Story, type Deceptions } from './story.ts'
import type { Moment } from './tap.ts'

/** One cell of the matrix. Its id says all of it, so that it can be run alone. */
export interface Case {
  readonly id: string
  readonly pair: Pair
  /** Row of the table. */
  readonly kind: string
  readonly subject: Subject
  readonly strike: Strike
  readonly recovery: Recovery
  readonly lag: number
  readonly lying: boolean
  /** Index of the forge's registrations: 0 = the usual one. */
  readonly variant: number
  /** Absent: nobody forges anything. */
  readonly forgery?: ForgeryPlan
  readonly pace?: Partial<Pace>
  /** So many times slower than others' its time runs: somebody else does something while a request of it waits. */
  readonly slower?: number
  /** A request that its subject makes in every world. Absent: no point was planned, or nobody asks. */
  readonly sure?: string
}

export interface Outcome {
  readonly case: Case
  readonly leaks: readonly string[]
  readonly harm: readonly string[]
  readonly problems: readonly string[]
  readonly deceptions: Deceptions
  /** The forgeries that were there, as `act: machine 12`. */
  readonly planted: readonly string[]
  /** False: the process had ended before the trouble came. */
  readonly struck: boolean
  /** Seconds of the story that removing took. */
  readonly recovery: number
  /** Real ms from SIGINT to the end of a step that a post step follows. */
  readonly death: number
  readonly log: readonly string[]
}

export interface Conditions {
  readonly dist: string
  readonly factor: number
  /** Cases at a time. */
  readonly lanes: number
}

/** Milliseconds of the story after which it counts as hung. */
const patience = 2_400_000

export async function tryCase(one: Case, conditions: Conditions): Promise<Outcome> {
  const outcome = await onceSetUp(() => tryOnce(one, conditions))
  if (!(outcome instanceof SetupFailure)) return outcome
  return { ...nothing(one), problems: ['what comes before the trouble did not work'], log: [outcome.message] }
}

async function onceSetUp<T>(tryIt: () => Promise<T | SetupFailure>): Promise<T | SetupFailure> {
  for (let attempt = 1; ; attempt++) {
    const found = await tryIt()
    if (!(found instanceof SetupFailure) || attempt === attempts) return found
  }
}

/** How often what comes before the trouble may fail: a host that is busy for a moment must not cost a run of hours. */
const attempts = 4

async function tryOnce(one: Case, { dist, ...conditions }: Conditions): Promise<Outcome | SetupFailure> {
  const { pair, lag, lying, variant, forgery, pace } = one
  const factor = conditions.factor / (one.slower ?? 1)
  const door = doorOf(one.subject)
  const told = { dist, factor, lag, lying, variant, door }
  const more = { ...(forgery ? { forgery } : {}), ...(pace ? { pace } : {}) }
  const story = await Story.open(pair, { ...told, ...more })
  const outcome = await play(one, story, factor)
  try {
    await story.close()
    return outcome
  } catch (error) {
    // What comes after its end is this case's trouble, and no other's.
    if (outcome instanceof SetupFailure) return outcome
    return { ...outcome, problems: [...outcome.problems, textOf(error)] }
  }
}

async function play(one: Case, story: Story, factor: number): Promise<Outcome | SetupFailure> {
  let timer: NodeJS.Timeout | undefined
  try {
    const hung = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('it did not come to its end')), patience / factor)
    })
    await Promise.race([run(story, one.subject, one.strike, one.recovery), hung])
    return outcomeOf(one, story)
  } catch (error) {
    if (error instanceof SetupFailure && !deceived(story.deceptions())) return error
    return { ...outcomeOf(one, story), problems: [textOf(error)] }
  } finally {
    clearTimeout(timer)
  }
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error)

function nothing(one: Case): Outcome {
  return {
    case: one,
    leaks: [],
    harm: [],
    problems: [],
    deceptions: { removed: [], adopted: [], believed: [] },
    planted: [],
    struck: false,
    recovery: 0,
    death: 0,
    log: [],
  }
}

function outcomeOf(one: Case, story: Story): Outcome {
  return {
    case: one,
    leaks: story.leaks(),
    harm: story.harm(),
    problems: story.otherProblems(),
    deceptions: story.deceptions(),
    planted: story.forgers.planted,
    struck: story.struck,
    recovery: story.recovery / 1000,
    death: one.subject.endsWith('-cli') ? 0 : story.processes.slowestDeath,
    log: story.log,
  }
}

export function failed({ leaks, harm, problems, deceptions }: Outcome): boolean {
  return leaks.length + harm.length + problems.length > 0 || deceived(deceptions)
}

function deceived({ removed, adopted, believed }: Deceptions): boolean {
  return removed.length + adopted.length + believed.length > 0
}

/** Its trouble was planned for a point to which its subject did not come: points are those of a quiet world, and are met in others. */
export const missed = ({ case: { strike }, struck }: Outcome): boolean => !struck && 'point' in strike

/** The same trouble where nobody gets by. */
export function atSurePoint(one: Case): Case {
  const { sure, strike } = one
  if (sure === undefined || !('point' in strike)) throw new Error(`${one.id} has no sure point`)
  const id = one.id.replace(strike.point, sure)
  if (strike.kind !== 'write') return { ...one, id, strike: { ...strike, point: sure } }
  return { ...one, id, strike: { kind: 'crash', point: sure, moment: strike.when, signal: strike.signal } }
}

/** What a run without trouble asks for and writes down, by subject: where trouble can come. */
export interface Points {
  readonly calls: readonly string[]
  /** Those of them that change nothing. */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

/** Polls go on as long as a machine boots; one is like the next. */
const samePoll = 2

export async function discover(
  pair: Pair,
  subject: Subject,
  variant: number,
  conditions: Conditions,
): Promise<Points> {
  const points = await onceSetUp(() => discoverOnce(pair, subject, variant, conditions))
  if (points instanceof SetupFailure) throw points
  return points
}

async function discoverOnce(
  pair: Pair,
  subject: Subject,
  variant: number,
  { dist, factor }: Conditions,
): Promise<Points | SetupFailure> {
  const quiet = { lag: 0, lying: false }
  const story = await Story.open(pair, { ...quiet, dist, factor, variant, door: doorOf(subject) })
  try {
    const before = (): number => story.writes().length
    let start = 0
    story.onStruck = () => (start = before())
    await run(story, subject, { kind: 'none' }, 'job')
    const problems = [...story.leaks(), ...story.harm(), ...story.otherProblems(), ...story.fleet.failures()]
    if (problems.length > 0)
      throw new Error(
        `${pair.name}: ${subject} without any trouble: ${problems.join('; ')}\n${story.log.join('\n')}`,
      )
    return {
      calls: story.tap.points.filter((point) => Number(point.split('#').at(-1)) <= samePoll),
      reads: [...story.tap.reads],
      writes: story.writes().slice(start).filter(isMilestone),
    }
  } catch (error) {
    if (error instanceof SetupFailure) return error
    throw error
  } finally {
    await story.close()
  }
}

/** Of a group of outputs written one after the other, the first and the last. */
function isMilestone(write: string, index: number, all: readonly string[]): boolean {
  if (!write.startsWith('output ')) return true
  return !all[index - 1]?.startsWith('output ') || !all[index + 1]?.startsWith('output ')
}

interface Cell {
  readonly subject: Subject
  readonly kind: string
  readonly name: string
  readonly strike: Strike
  readonly recovery: Recovery
}

/** Every request × every fault, every request and every write × every signal, each in one of the worlds in turn. */
export function matrixOf(pair: Pair, points: ReadonlyMap<Subject, Points>, random: Random): readonly Case[] {
  const first = random.below(worlds.length)
  return cellsOf(points).map((cell, index) => caseOf(pair, cell, worlds[(first + index) % worlds.length]!))
}

/** The same, each in every world. */
export function wholeMatrixOf(pair: Pair, points: ReadonlyMap<Subject, Points>): readonly Case[] {
  return cellsOf(points).flatMap((cell) => worlds.map((world) => caseOf(pair, cell, world)))
}

function cellsOf(points: ReadonlyMap<Subject, Points>): readonly Cell[] {
  return [...points].flatMap(([subject, { calls, reads, writes }]) => [
    ...faultCells(subject, calls),
    ...crashCells(subject, calls, new Set(reads)),
    ...writeCells(subject, writes),
  ])
}

interface World {
  readonly lag: number
  readonly lying: boolean
  readonly variant: number
}

/** An odd number of them, since kinds of trouble come in twos and sixes: each then meets every world in turn. */
const worlds: readonly World[] = [
  { lag: 0, lying: false, variant: 0 },
  { lag: 2, lying: true, variant: 0 },
  { lag: 0, lying: true, variant: 1 },
  { lag: 2, lying: false, variant: 0 },
  { lag: 2, lying: true, variant: 1 },
  { lag: 0, lying: true, variant: 0 },
  { lag: 2, lying: false, variant: 1 },
]

function caseOf(pair: Pair, { name, ...cell }: Cell, { lag, lying, variant }: World): Case {
  const usable = Math.min(variant, pair.forge.variants)
  const world = `${lag ? 'lagging' : 'current'}-${lying ? 'lying' : 'honest'}-registration${usable}`
  const id = `${pair.name}/${cell.subject}/${name}/${world}`
  return { ...cell, id, pair, lag, lying, variant: usable, forgery: { number: 0 } }
}

/** Launches whose name, or a perfect copy of whose machine, is somebody's before they begin. Nothing else troubles them. */
export function takenCases(pair: Pair): readonly Case[] {
  return Array.from({ length: takenStories }, (_, number) => ({
    id: `${pair.name}/taken`,
    pair,
    kind: 'launch: its name taken beforehand',
    subject: number % 2 === 0 ? ('launch' as const) : ('launch-cli' as const),
    strike: { kind: 'none' as const },
    recovery: 'job' as const,
    ...worlds[number % worlds.length]!,
    variant: 0,
    forgery: { number, taken: true },
  }))
}

/** Between every two requests of a launch somebody else sweeps, another run of the scope or another scope: each in one of the worlds in turn, or in all. */
export function sweptCases(
  pair: Pair,
  points: ReadonlyMap<Subject, Points>,
  everywhere = false,
): readonly Case[] {
  const cells = (['launch', 'launch-cli'] as const).flatMap((subject) =>
    (points.get(subject)?.calls ?? []).flatMap((point) =>
      sweepers.map((by): Cell => ({
        subject,
        kind: `${subject}: swept meanwhile`,
        name: `${point}/swept by ${by}`,
        strike: { kind: 'sweep', point, by },
        recovery: 'job',
      })),
    ),
  )
  // Longer than a sweep takes: it meets a machine that has not registered.
  const slowly = { slower: 3, pace: { registersAfter: 25_000 } }
  return cells.flatMap((cell, index) =>
    (everywhere ? worlds : [worlds[index % worlds.length]!]).map((world) => {
      // A forged registration of its name would keep the machine from a sweep that errs.
      const { forgery: _, ...one } = caseOf(pair, cell, world)
      return { ...one, ...slowly }
    }),
  )
}

/** Each its own forgeries, so that all of them are met in turn on every pair; its id says which. */
export function numbered(cases: readonly Case[]): readonly Case[] {
  const counts = new Map<Pair, number>()
  return cases.map((one) => {
    if (!one.forgery) return one
    const number = one.forgery.taken ? one.forgery.number : (counts.get(one.pair) ?? 0)
    if (!one.forgery.taken) counts.set(one.pair, number + 1)
    return withForgery(one, number)
  })
}

/** Some machines boot so slowly that a runner which somebody has forged meanwhile is seen before theirs. */
function withForgery(one: Case, number: number): Case {
  if (!one.forgery) return one
  return {
    ...one,
    id: `${one.id}${forgeryMark}${number}`,
    forgery: { ...one.forgery, number },
    ...(number % 4 === 0 && !one.pace ? { pace: { registersAfter: 12_000 } } : {}),
  }
}

const forgeryMark = '/forgery'

/** The case that an id names, forgeries and all. */
export function caseNamed(id: string, cases: readonly Case[]): Case | undefined {
  const [name, number = '0'] = id.split(forgeryMark)
  const same = cases.find(
    (one) => one.id === name && (!one.forgery?.taken || one.forgery.number === Number(number)),
  )
  return same && withForgery(same, Number(number))
}

function doorOf(subject: Subject): Door {
  return subject === 'launch-cli' ? 'command' : 'step'
}

function faultCells(subject: Subject, calls: readonly string[]): readonly Cell[] {
  const first = (point: string): boolean => point.endsWith('#1')
  return calls.flatMap((point) =>
    faultKinds.flatMap((fault) =>
      (first(point) ? [false, true] : [false]).map((always) => ({
        subject,
        kind: `${subject}: faults`,
        name: `${point}/${fault}/${always ? 'always' : 'once'}`,
        strike: { kind: 'fault' as const, point, fault, always },
        recovery: 'job' as const,
      })),
    ),
  )
}

/** A question that is answered late changes nothing. */
const momentsOf = (reads: boolean): readonly Moment[] =>
  reads ? ['before', 'after'] : ['before', 'after', 'late']

const signals = ['SIGINT', 'SIGKILL'] as const
const recoveries = ['job', 'sweep'] as const

function crashCells(subject: Subject, calls: readonly string[], reads: ReadonlySet<string>): readonly Cell[] {
  return calls.flatMap((point) =>
    momentsOf(reads.has(point)).flatMap((moment) =>
      signals.flatMap((signal) =>
        recoveries.map((recovery) => ({
          subject,
          kind: `${subject}: ${signal}`,
          name: `${point}/${moment}/${signal}/${recovery}`,
          strike: { kind: 'crash' as const, point, moment, signal },
          recovery,
        })),
      ),
    ),
  )
}

function writeCells(subject: Subject, writes: readonly string[]): readonly Cell[] {
  return writes.flatMap((point) =>
    (['before', 'after'] as const).flatMap((when) =>
      signals.flatMap((signal) =>
        recoveries.map((recovery) => ({
          subject,
          kind: `${subject}: ${signal}`,
          name: `${point}/${when}/${signal}/${recovery}`,
          strike: { kind: 'write' as const, point, when, signal },
          recovery,
        })),
      ),
    ),
  )
}

/** Few cases for many: every kind of fault, every signal at every subject, and as many more as there is time for. */
export function sampleOf(cases: readonly Case[], count: number, random: Random): readonly Case[] {
  const shuffled = random.shuffled(cases)
  const firsts = new Map(shuffled.map((one) => [traitOf(one), one]))
  const chosen = [...firsts.values()]
  const rest = shuffled.filter((one) => !chosen.includes(one))
  return [...chosen, ...rest.slice(0, Math.max(0, count - chosen.length))]
}

function traitOf({ subject, strike, forgery }: Case): string {
  if (forgery?.taken) return `${subject} taken`
  if (strike.kind === 'sweep') return `${subject} swept by ${strike.by}`
  return strike.kind === 'fault' ? strike.fault : `${subject} ${'signal' in strike ? strike.signal : ''}`
}
