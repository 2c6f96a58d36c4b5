import { describe, expect, test } from '@jest/globals'
import type { Forge } from '../../src/forges/forge.ts'
import { Failure } from '../../src/model/failure.ts'
import type { Run } from '../../src/model/run.ts'
import type { ForgeWorld } from './forge-suite.ts'

/** What becomes of a job: `lost` with its machine, `red` by a line of its script. */
export type JobEnd = 'well' | 'lost' | 'red' | 'going'

/** Runs as the forge has them in its books, and hands on them. */
export interface RunBooks {
  /** One whose launch did well, on a machine of the forge's own, and whose further jobs, `leg 1` and so on, ended so on the launch's machine. Gives its id. */
  stage(ends: readonly JobEnd[], launch?: { readonly declines?: true }): string
  /** What still goes on of it ends: the launch well, all others so. */
  end(id: string, end: Exclude<JobEnd, 'going'>): void
  /** Somebody cancels what still goes on of it. */
  cancel(id: string): void
  forget(id: string): void
  /** How often each job was tried, by its name. */
  tries(id: string): Readonly<Record<string, number>>
  /** Somebody changes nothing for so long. */
  pass(ms: number): void
  /** Unix ms, by the forge's clock. */
  now(): number
}

export interface RunHands extends RunBooks {
  /** The same scope, with a token that may look at runs and order them, and with one that may do neither. */
  readonly forge: Forge
  readonly powerless: Forge
}

const nobody = '4711000'

const launched = 'launch'
const minute = 60_000

/** What `Runs` promises, for any forge and a scope that has runs; of one that has none, that it says so. */
export function runsConformance(world: () => ForgeWorld): void {
  const hands = (): RunHands | undefined => world().runs
  const it = (sentence: string, body: (hands: RunHands, forge: Forge) => Promise<void>): void =>
    test(sentence, async () => {
      const given = hands()
      if (given) await body(given, given.forge)
    })
  const find = async (forge: Forge, id: string): Promise<Run> => (await forge.runs.find(id))!
  const again = async (forge: Forge, id: string) => {
    const run = await find(forge, id)
    return forge.runs.again(
      run,
      run.jobs.filter(({ lost }) => lost !== undefined),
    )
  }
  const failed = async (forge: Forge, since: number): Promise<readonly (readonly string[])[]> => {
    const pages: (readonly string[])[] = []
    for await (const page of forge.runs.failedSince(since)) pages.push(page)
    return pages
  }

  describe('runs', () => {
    test('of what has none, every verb says so, and that a part of it has', async () => {
      if (hands()) return
      const { runs } = world().forge
      const run: Run = {
        id: '7',
        page: '',
        attempt: 1,
        completed: true,
        cancelled: false,
        declined: false,
        jobs: [],
      }
      for (const call of [() => runs.find('7'), () => failed(world().forge, 0), () => runs.again(run, [])])
        expect(await call().catch((error: unknown) => error)).toMatchObject({
          name: 'Failure',
          kind: 'invalid-input',
          explanation: { fix: expect.stringContaining('`repo`') as unknown },
        })
      expect(world().changes()).toBe(0)
    })

    it('one that nobody has is not found', async (_, forge) => {
      expect(await forge.runs.find(nobody)).toBeUndefined()
    })

    it('one that did well, and one that goes on, show no job', async ({ stage }, forge) => {
      expect(await find(forge, stage(['well']))).toMatchObject({
        completed: true,
        cancelled: false,
        jobs: [],
      })
      expect(await find(forge, stage(['lost', 'going']))).toMatchObject({ completed: false, jobs: [] })
    })

    it('jobs that were lost with their machine are told from those that failed by themselves', async ({
      stage,
      now,
    }, forge) => {
      const id = stage(['lost', 'red', 'well'])
      const run = await find(forge, id)
      expect(run).toMatchObject({ id, attempt: 1, completed: true, cancelled: false, declined: false })
      expect(URL.canParse(run.page)).toBe(true)
      expect(run.jobs.map(({ name, failed, red }) => [name, failed, red])).toEqual([
        ['leg 1', true, false],
        ['leg 2', true, true],
      ])
      const [lost, red] = run.jobs
      expect([lost?.lost, red?.lost]).toEqual([expect.stringMatching(/\w/), undefined])
      expect(lost?.runner).toMatch(/^cml-/)
      // Forges tell whole seconds.
      expect(Math.abs(lost!.endedAt! - now())).toBeLessThan(minute)
    })

    it('a launch that has declined is heard', async ({ stage }, forge) => {
      expect(await find(forge, stage(['lost'], { declines: true }))).toMatchObject({ declined: true })
    })

    it('what somebody has cancelled, or a part of it, is known', async ({ stage, cancel }, forge) => {
      for (const ends of [['going'], ['lost', 'going']] as const) {
        const id = stage(ends)
        cancel(id)
        expect(await find(forge, id)).toMatchObject({ completed: true, cancelled: true })
      }
    })

    it('those that failed lately are listed, the latest first and page by page, and no others', async ({
      stage,
      pass,
      now,
    }, forge) => {
      stage(['lost'])
      pass(2 * 24 * 60 * minute)
      const since = now() - minute
      const ids = [stage(['lost']), stage(['red'])]
      stage(['well'])
      stage(['going'])
      expect(await failed(forge, since)).toEqual([ids.toReversed()])
      for (let more = 0; more < 120; more++) ids.push(stage(['red']))
      const pages = await failed(forge, since)
      expect([pages.length, pages.flat()]).toEqual([2, ids.toReversed()])
    })

    it('again makes the launch and what was lost, and no more when it is called again', async ({
      stage,
      tries,
      end,
    }, forge) => {
      const id = stage(['lost'])
      const before = await find(forge, id)
      expect(await again(forge, id)).toMatchObject({ ordered: true })
      expect(tries(id)).toEqual({ [launched]: 2, 'leg 1': 2 })
      const { ordered, said } = await forge.runs.again(before, before.jobs)
      expect([ordered, said, tries(id)]).toEqual([
        false,
        expect.stringContaining('already'),
        { [launched]: 2, 'leg 1': 2 },
      ])
      expect(await find(forge, id)).toMatchObject({ completed: false })
      for (const attempt of [2, 3]) {
        end(id, 'lost')
        expect(await find(forge, id)).toMatchObject({ attempt, completed: true })
        await again(forge, id)
      }
      expect(tries(id)).toEqual({ [launched]: 4, 'leg 1': 4 })
    })

    it('of a matrix of which two legs were lost each is made again once, with one launch', async ({
      stage,
      tries,
    }, forge) => {
      const id = stage(['lost', 'lost'])
      await again(forge, id)
      expect(tries(id)).toEqual({ [launched]: 2, 'leg 1': 2, 'leg 2': 2 })
    })

    it('an order for what is not there any more is answered', async ({ stage, forget }, forge) => {
      const id = stage(['lost'])
      const run = await find(forge, id)
      forget(id)
      const { ordered, said } = await forge.runs.again(run, run.jobs)
      expect([ordered, said]).toEqual([false, expect.stringMatching(/not there/)])
    })

    for (const disturbance of [
      'lost before it came',
      'answer lost',
      'server error',
      'asked to wait',
      'cut off',
    ] as const)
      it(`trouble on the way orders nothing twice: ${disturbance}`, async ({ stage, tries, now }, forge) => {
        const id = stage(['lost'])
        world().disturb(disturbance, 2)
        expect((await failed(forge, now() - minute)).flat()).toEqual([id])
        world().disturb(disturbance, 2)
        const run = await find(forge, id)
        world().disturb(disturbance, 2)
        await forge.runs.again(run, run.jobs)
        expect(tries(id)).toEqual({ [launched]: 2, 'leg 1': 2 })
      })

    it('trouble that does not end, and a token that will not do, become failures that say so', async ({
      stage,
      powerless,
      tries,
    }, forge) => {
      const id = stage(['lost'])
      const run = await find(forge, id)
      const kinds = async ({ runs }: Forge): Promise<readonly unknown[]> => {
        const calls = [
          () => runs.find(id),
          () => failed({ ...forge, runs }, 0),
          () => runs.again(run, run.jobs),
        ]
        const told: unknown[] = []
        for (const call of calls) {
          const failure = await call().catch((error: unknown) => error)
          told.push(failure instanceof Failure ? failure.kind : failure)
          if (failure instanceof Failure && failure.kind !== 'unavailable')
            expect(failure.explanation.fix).toBeDefined()
        }
        return told
      }
      expect(await kinds(world().stranger.forge)).toEqual(Array(3).fill('unauthenticated'))
      expect(await kinds(powerless)).toEqual(Array(3).fill('permission-denied'))
      world().disturb('server error', Infinity)
      expect(await kinds(forge)).toEqual(Array(3).fill('unavailable'))
      expect(Object.values(tries(id))).toEqual([1, 1])
    })

    it('an aborted signal ends each with its reason, without a request', async ({ stage }, { runs }) => {
      const run = (await runs.find(stage(['lost'])))!
      const reason = new Error('stop')
      const signal = AbortSignal.abort(reason)
      const before = world().requests()
      const list = async (): Promise<void> => {
        for await (const page of runs.failedSince(0, signal)) void page
      }
      for (const call of [() => runs.find(run.id, signal), list, () => runs.again(run, run.jobs, signal)])
        await expect(call()).rejects.toBe(reason)
      expect(world().requests()).toBe(before)
    })

    test('the advice is lines to paste, and costs no request', async () => {
      const before = world().requests()
      const lines = await world().forge.runs.advice()
      expect(lines.length).toBeGreaterThan(3)
      expect(lines.join('\n')).toContain('no-retry')
      expect(world().requests()).toBe(before)
    })
  })
}
