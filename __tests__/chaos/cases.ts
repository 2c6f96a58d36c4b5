import type { Pair } from './pairs.ts'
import type { Random } from './random.ts'
import { run, SetupFailure, type Recovery, type Strike, type Subject } from './flows.ts'
import { faultKinds } from './rig.ts'
import { Story } from './story.ts'
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
  readonly pace?: { readonly registersAfter: number; readonly listensAfter: number; readonly lingers: number }
}

export interface Outcome {
  readonly case: Case
  readonly leaks: readonly string[]
  readonly harm: readonly string[]
  readonly problems: readonly string[]
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
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce(one, conditions)
    if (outcome !== 'not ready') return outcome
    if (attempt === attempts)
      return { ...nothing(one), problems: ['what comes before the trouble did not work'] }
  }
}

/** How often what comes before the trouble may fail. */
const attempts = 4

async function tryOnce(one: Case, { dist, factor }: Conditions): Promise<Outcome | 'not ready'> {
  const { pair, lag, lying, variant, pace } = one
  let story: Story | undefined
  let timer: NodeJS.Timeout | undefined
  try {
    story = await Story.open(pair, { dist, factor, lag, lying, variant, ...(pace ? { pace } : {}) })
    const hung = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('it did not come to its end')), patience / factor)
    })
    await Promise.race([run(story, one.subject, one.strike, one.recovery), hung])
    return outcomeOf(one, story)
  } catch (error) {
    if (error instanceof SetupFailure) return 'not ready'
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { ...(story ? outcomeOf(one, story) : nothing(one)), problems: [problem] }
  } finally {
    clearTimeout(timer)
    await story?.close()
  }
}

function nothing(one: Case): Outcome {
  return { case: one, leaks: [], harm: [], problems: [], struck: false, recovery: 0, death: 0, log: [] }
}

function outcomeOf(one: Case, story: Story): Outcome {
  return {
    case: one,
    leaks: story.leaks(),
    harm: story.harm(),
    problems: story.otherProblems(),
    struck: story.struck,
    recovery: story.recovery / 1000,
    death: one.subject.endsWith('-cli') ? 0 : story.processes.slowestDeath,
    log: story.log,
  }
}

export function failed({ leaks, harm, problems }: Outcome): boolean {
  return leaks.length + harm.length + problems.length > 0
}

/** What a run without trouble asks for and writes down, by subject: where trouble can come. */
export interface Points {
  readonly calls: readonly string[]
  readonly writes: readonly string[]
}

/** Polls go on as long as a machine boots; one is like the next. */
const samePoll = 2

export async function discover(
  pair: Pair,
  subject: Subject,
  variant: number,
  { dist, factor }: Conditions,
): Promise<Points> {
  const story = await Story.open(pair, { dist, factor, lag: 0, lying: false, variant })
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
      writes: story.writes().slice(start).filter(isMilestone),
    }
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
  return [...points].flatMap(([subject, { calls, writes }]) => [
    ...faultCells(subject, calls),
    ...crashCells(subject, calls),
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
  return { ...cell, id, pair, lag, lying, variant: usable }
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
function momentsOf(point: string): readonly Moment[] {
  return isRead(point) ? ['before', 'after'] : ['before', 'after', 'late']
}

const isRead = (point: string): boolean => /^(GET |\w+:(Describe|Get|List))/.test(point)

const signals = ['SIGINT', 'SIGKILL'] as const
const recoveries = ['job', 'sweep'] as const

function crashCells(subject: Subject, calls: readonly string[]): readonly Cell[] {
  return calls.flatMap((point) =>
    momentsOf(point).flatMap((moment) =>
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

function traitOf({ subject, strike }: Case): string {
  return strike.kind === 'fault' ? strike.fault : `${subject} ${'signal' in strike ? strike.signal : ''}`
}
