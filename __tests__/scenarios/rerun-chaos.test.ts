import { describe, expect, test } from '@jest/globals'
import type { Forge } from '../../src/forges/forge.ts'
import { rerun } from '../../src/rerun/rerun.ts'
import { Clouds } from '../../src/clouds/clouds.ts'
import { Failure } from '../../src/model/failure.ts'
import type { RunBooks } from '../conformance/runs-suite.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { startGithub } from '../emulators/github/github.ts'
import { startGitlab } from '../emulators/gitlab/gitlab.ts'
import { RecordingHost } from '../emulators/ports.ts'
import { githubRunBooks } from '../forges/github-runs.ts'
import { openGithub } from '../forges/github-world.ts'
import { gitlabRunBooks } from '../forges/gitlab-runs.ts'
import { openGitlab } from '../forges/gitlab-world.ts'

type Struck = 'reset-before' | 'reset-after' | '5xx' | 'throttle' | 'malformed'

/** What happens to one call: it is struck, all from it on are, or whoever made it is killed. */
const strokes = {
  'lost before it came': { fault: 'reset-before' },
  'its answer lost': { fault: 'reset-after' },
  'a failure of the server': { fault: '5xx' },
  'a pause asked for': { fault: 'throttle' },
  'half an answer': { fault: 'malformed' },
  'the server away from it on': { fault: '5xx', stays: true },
  'killed before it': { fault: 'reset-before', kills: true },
  'killed after it': { fault: 'reset-after', kills: true },
} as const satisfies Record<string, { fault: Struck; stays?: boolean; kills?: boolean }>

type Stroke = keyof typeof strokes

interface Ground {
  readonly books: RunBooks
  /** As a new process has it. */
  open(): Forge
  /** Asked for each call of the API, by its path. */
  strike(fault: ((path: string) => Struck | undefined) | undefined): void
  refused(): readonly string[]
  close(): Promise<void>
}

const grounds: Readonly<Record<string, () => Promise<Ground>>> = {
  async GitHub() {
    const github = await startGithub()
    return {
      books: githubRunBooks(github),
      open: () => openGithub(github, { token: github.token('job') }).forge,
      strike: (fault) =>
        void (github.fault = ({ side, path }) => (side === 'api' ? fault?.(path) : undefined)),
      refused: () => github.refused,
      close: () => github.close(),
    }
  },
  async GitLab() {
    const gitlab = await startGitlab()
    const open = (): Forge => openGitlab(gitlab, { token: gitlab.token('developer') }).forge
    return {
      books: gitlabRunBooks(gitlab, open().scope),
      open,
      strike: (fault) =>
        void (gitlab.fault = ({ side, path }) => (side === 'api' ? fault?.(path) : undefined)),
      refused: () => gitlab.refused,
      close: () => gitlab.close(),
    }
  },
}

/** One process that looks, at this run or by a schedule, and is struck at that call. Gives how many calls it made. */
async function look(
  { books, open, strike }: Ground,
  id: string | undefined,
  at?: { readonly call: number; readonly stroke: Stroke },
): Promise<number> {
  const host = new RecordingHost()
  let calls = 0
  strike((path) => {
    calls++
    if (!at) return undefined
    const {
      fault,
      stays = false,
      kills = false,
    }: { fault: Struck; stays?: boolean; kills?: boolean } = strokes[at.stroke]
    if (calls < at.call || (calls > at.call && !stays && !host.signal.aborted)) return undefined
    if (kills) host.cancel.abort(new Error('killed'))
    // That a log is cut off shows by its length alone, as a connection that breaks.
    return fault === 'malformed' && path.endsWith('/trace') ? 'reset-after' : fault
  })
  const { signal } = host
  const ports = { clouds: new Clouds([]), forge: open(), host, clock: new FakeClock(books.now()), signal }
  const wish = id === undefined ? { places: [] } : { id, places: [] }
  try {
    const { problems } = await rerun(wish, ports)
    expect(problems.filter(({ kind }) => kind !== 'unavailable' && kind !== 'rate-limited')).toEqual([])
  } catch (error) {
    if (!signal.aborted && !(error instanceof Failure)) throw error
  } finally {
    strike(undefined)
  }
  return calls
}

/** Runs that nobody may start again: by themselves, by a person, by the launch's own word. */
function bystanders({ stage, cancel }: RunBooks): readonly string[] {
  const cancelled = stage(['lost', 'going'])
  cancel(cancelled)
  return [stage(['red']), stage(['well']), stage(['lost'], { declines: true }), cancelled]
}

/** What stood before: two legs that were lost, one that did well. */
const legs = ['lost', 'lost', 'well'] as const

interface Settled {
  readonly launch: number
  readonly legs: readonly (number | undefined)[]
}

/** What runs ends well, and looks come as they do, until nothing runs any more. */
async function settle(ground: Ground, id: string, schedule: boolean): Promise<Settled> {
  const { books } = ground
  if (schedule) await look(ground, undefined)
  for (let later = 0; later < 3; later++) {
    books.end(id, 'well')
    await look(ground, schedule ? undefined : id)
  }
  const { launch = 0, ...tries } = books.tries(id)
  return { launch, legs: [tries['leg 1'], tries['leg 2']] }
}

describe.each(Object.entries(grounds))('rerun at %s', (name, start) => {
  async function tell(story: (ground: Ground) => Promise<void>): Promise<void> {
    const ground = await start()
    try {
      await story(ground)
      expect(ground.refused()).toEqual([])
    } finally {
      await ground.close()
    }
  }

  describe.each([
    ['of one run', false],
    ['by a schedule', true],
  ])('%s', (_, schedule) => {
    test.each(Object.keys(strokes) as Stroke[])(
      'starts each loss again once, and nothing else, whichever call meets this: %s',
      async (stroke) => {
        await tell(async (ground) => {
          const { books } = ground
          for (let call = 1; ; call++) {
            // What stands there of earlier stories is too old to be looked at.
            books.pass(8 * 24 * 3600_000)
            const others = bystanders(books)
            const id = books.stage(legs)
            const made = await look(ground, schedule ? undefined : id, { call, stroke })
            const { launch, legs: tried } = await settle(ground, id, schedule)
            expect([stroke, call, tried]).toEqual([stroke, call, [2, 2]])
            // An order that was cut short between the launch and its jobs needs the launch once more.
            expect(launch).toBeLessThanOrEqual(name === 'GitLab' && /^killed|away/.test(stroke) ? 3 : 2)
            for (const other of others)
              expect(Object.values(books.tries(other)).every((count) => count === 1)).toBe(true)
            // That look was one that nothing has struck.
            if (made < call) return
          }
        })
      },
    )
  })

  test.each([...Object.keys(strokes), 'nothing'])(
    'never starts a run again more than three times, however often it is lost and looked at, every order meeting this: %s',
    async (stroke) => {
      await tell(async (ground) => {
        const { books } = ground
        // The last calls of a look are its orders.
        const whole = await look(ground, books.stage(legs))
        for (const back of [0, 1, 2]) {
          const id = books.stage(legs)
          for (let losses = 0; losses < 8; losses++) {
            const at = { call: whole - back, stroke: stroke as Stroke }
            await look(ground, id, ...(stroke === 'nothing' ? [] : [at]))
            books.end(id, 'lost')
          }
          expect(Math.max(...Object.values(books.tries(id)))).toBeLessThanOrEqual(4)
        }
      })
    },
  )
})
