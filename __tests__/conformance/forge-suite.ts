import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { forgeFailures, type ThrowingVerb } from '../../src/forges/forge-failures.ts'
import type { Forge, RegistrationRequest, ServingWish } from '../../src/forges/forge.ts'
import type { Registration } from '../../src/machine/agent-config.ts'
import type { Check } from '../../src/model/check.ts'
import { Failure } from '../../src/model/failure.ts'
import { carries, identityOfRunner, uniqueLabel } from '../../src/model/runner.ts'
import { platforms, x64 } from '../forges/platforms.ts'
import { type RunHands, runsConformance } from './runs-suite.ts'

/** What the next requests meet on their way. */
export type Disturbance = 'lost before it came' | 'answer lost' | 'server error' | 'asked to wait' | 'cut off'

/** One forge with one scope, and hands on both sides of it. */
export interface ForgeWorld {
  readonly forge: Forge
  /** The same scope, with a token that the forge does not know. */
  readonly stranger: { readonly forge: Forge; readonly token: string }
  /** The first look for a name is one that searches, and costs a second request where it finds something. */
  readonly searches: boolean
  /** The forge refuses to forget a runner while it believes that a job runs there. */
  readonly keepsBusy: boolean
  /** Labels that differ in the case of their letters are one. */
  readonly ignoresCase: boolean
  /** Requests to the forge's API so far. */
  requests(): number
  /** What a machine does with its registration: the runner is known afterwards, and offline. */
  join(registration: Registration, request: RegistrationRequest): Promise<void>
  /** What the forge believes of a runner. Makes one where there is none, with these labels. */
  stage(
    name: string,
    state: { readonly online: boolean; readonly busy: boolean },
    labels?: readonly string[],
  ): void
  /** Offline runners of earlier days. */
  crowd(count: number): void
  /** The next `times` requests go wrong. */
  disturb(disturbance: Disturbance, times: number): void
  /** The same scope, with tokens that lack something: what a check that is bad says of it. */
  readonly lacking: readonly { readonly without: string; readonly forge: Forge; readonly named: RegExp }[]
  /** The same scope, with a token that may not register. */
  readonly powerless: Forge
  /** From now on nobody gives digests of programs. */
  withholdDigests(): void
  /** What even the best of tokens is not told, by the names of the checks. */
  readonly untold: readonly RegExp[]
  /** Requests to the forge's API so far that are no reads. */
  changes(): number
  /** Sets our clock wrong. */
  skew(ms: number): Promise<void>
  /** Absent where the scope has no runs of its own. */
  readonly runs?: RunHands
  /** Names of all registrations, by the forge's own books. */
  names(): readonly string[]
  close(): Promise<void>
}

const identity = 'abcdefghijklmnop2345'
const request: RegistrationRequest = {
  name: `cml-${identity}`,
  labels: ['cml', uniqueLabel(identity), 'cml-at-nimbus-north-1'],
  single: true,
  platform: x64,
}

/** The port's contract, for any forge: exported so that every implementation, emulated or live, is held to the same sentences. */
export function forgeConformance(name: string, setup: () => Promise<ForgeWorld>): void {
  describe(`${name} as a forge`, () => {
    let world: ForgeWorld

    beforeEach(async () => {
      world = await setup()
    })

    afterEach(async () => {
      await world.close()
    })

    test('a runner that nobody registered is not found', async () => {
      expect(await world.forge.findRunner(request.name)).toBeUndefined()
    })

    test('a machine that joins with a registration is found by its name, with every label that was asked for', async () => {
      await world.join(await world.forge.register(request), request)
      const runner = await world.forge.findRunner(request.name)
      expect(runner).toMatchObject({ name: request.name, online: false, busy: false })
      expect(carries(runner!, request.labels)).toBe(true)
      expect(identityOfRunner(runner!)).toBe(identity)
    })

    test('going online, getting busy and going away again is seen by the next look', async () => {
      const look = async (): Promise<string> => {
        const { online, busy } = (await world.forge.findRunner(request.name))!
        return `${online ? 'online' : 'offline'} ${busy ? 'busy' : 'idle'}`
      }
      await world.join(await world.forge.register(request), request)
      const seen = [await look(), await look()]
      for (const state of [
        { online: true, busy: false },
        { online: true, busy: true },
        { online: false, busy: false },
      ]) {
        world.stage(request.name, state)
        seen.push(await look(), await look())
      }
      expect(seen).toEqual([
        'offline idle',
        'offline idle',
        'online idle',
        'online idle',
        'online busy',
        'online busy',
        'offline idle',
        'offline idle',
      ])
    })

    test('a look costs one request, or one more where it had to search, however many others are registered', async () => {
      const cost = async (name: string): Promise<number> => {
        const before = world.requests()
        expect((await world.forge.findRunner(name))?.online).toBe(name === request.name ? true : undefined)
        return world.requests() - before
      }
      await world.forge.findRunner('nobody')
      world.crowd(350)
      world.stage(request.name, { online: true, busy: false })
      const costs = [await cost(request.name), await cost(request.name), await cost(request.name)]
      expect(costs).toEqual([world.searches ? 2 : 1, 1, 1])
      expect(await cost('nobody')).toBe(1)
    })

    test('listing gives every runner once, page by page', async () => {
      world.crowd(250)
      world.stage(request.name, { online: true, busy: false })
      const pages: (readonly string[])[] = []
      for await (const page of world.forge.listRunners()) pages.push(page.map((runner) => runner.name))
      expect(pages.length).toBeGreaterThan(1)
      expect(pages.flat().toSorted()).toEqual(world.names().toSorted())
    })

    describe('of runners that would do', () => {
      const labels = ['tf', 'big']
      const serving = async (wish: Partial<ServingWish> = {}): Promise<readonly string[]> => {
        const found = new Set<string>()
        for await (const page of world.forge.serving({ labels, online: true, ...wish }))
          for (const seen of page) {
            const whole = await seen.whole()
            if (whole)
              found.add(`${whole.runner.name} ${whole.runner.busy ? 'busy' : 'idle'} ${whole.serves}`)
          }
        return [...found]
      }

      test('those that are online and carry all the labels are told, busy or not, ours or not', async () => {
        world.stage('one', { online: true, busy: true }, ['tf', 'big', 'more'])
        world.stage('two', { online: true, busy: false }, ['big', 'tf'])
        world.stage('half', { online: true, busy: false }, ['tf'])
        world.stage('gone', { online: false, busy: false }, labels)
        expect(await serving()).toEqual(['one busy true', 'two idle true'])
        expect(await serving({ online: false })).toEqual(expect.arrayContaining(['one busy true']))
        expect(await serving({ labels: ['tf'] })).toContain('half idle true')
      })

      test('one that has the name is told too, and that its labels are others', async () => {
        world.stage('trainer', { online: true, busy: false }, ['own'])
        world.stage('other', { online: true, busy: false }, ['own'])
        expect(await serving({ name: 'trainer' })).toEqual(['trainer idle false'])
        expect(await serving({ name: 'nobody' })).toEqual([])
      })

      test('all pages are read, and no further one by who has found what will do', async () => {
        world.crowd(250)
        world.stage('last', { online: true, busy: false }, labels)
        expect(await serving()).toEqual(['last idle true'])
        const before = world.requests()
        expect(await serving()).toHaveLength(1)
        const all = world.requests() - before
        world.stage('early', { online: true, busy: false }, labels)
        for await (const page of world.forge.serving({ name: 'early', labels, online: true }))
          if ((await page[0]?.whole())?.serves) break
        expect(world.requests() - before - all).toBeLessThanOrEqual(3)
        expect(all).toBeLessThanOrEqual(4)
      })

      test('a label that is no more than alike in its letters counts where the forge lets it count', async () => {
        world.stage('upper', { online: true, busy: false }, ['TF', 'big'])
        expect(await serving()).toEqual(world.ignoresCase ? ['upper idle true'] : [])
      })
    })

    test('an idle runner can be removed, and removing what is gone is no failure', async () => {
      world.stage(request.name, { online: false, busy: false })
      const { id } = (await world.forge.findRunner(request.name))!
      expect(await world.forge.unregister({ id })).toBe('gone')
      expect(world.names()).toEqual([])
      expect(await world.forge.unregister({ id })).toBe('gone')
      expect(await world.forge.findRunner(request.name)).toBeUndefined()
    })

    test('a runner with a job stays where the forge keeps it, and that is an answer; elsewhere it goes', async () => {
      world.stage(request.name, { online: true, busy: true })
      const { id } = (await world.forge.findRunner(request.name))!
      expect(await world.forge.unregister({ id })).toBe(world.keepsBusy ? 'busy' : 'gone')
      expect(world.names()).toEqual(world.keepsBusy ? [request.name] : [])
    })

    test('asking twice for the same machine leaves one registration at most', async () => {
      await world.forge.register(request)
      await world.join(await world.forge.register(request), request)
      expect(world.names()).toEqual([request.name])
    })

    test('the secrets of a registration are all the texts in it that open something', async () => {
      const registration = await world.forge.register(request)
      const secrets = world.forge.secretsOf(registration)
      expect(secrets.length).toBeGreaterThan(0)
      expect(JSON.stringify(registration)).toContain(secrets[0])
      expect(Math.min(...secrets.map((secret) => secret.length))).toBeGreaterThan(8)
    })

    test('a sample registration has the shape and about the size of a real one, and costs no request', async () => {
      const before = world.requests()
      const sample = world.forge.sampleRegistration(request)
      expect(world.requests()).toBe(before)
      const real = await world.forge.register(request)
      expect(Object.keys(sample)).toEqual(Object.keys(real))
      const ratio = JSON.stringify(sample).length / JSON.stringify(real).length
      expect(ratio).toBeGreaterThan(0.9)
      expect(ratio).toBeLessThan(1.3)
    })

    test('the runner program for each platform is what its digest says', async () => {
      const digests = new Set<string>()
      for (const platform of platforms) {
        const { node, ...program } = await world.forge.download(platform)
        for (const { url, sha256, version } of [program, ...(node ? [node] : [])]) {
          const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
          expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
          expect(version).toMatch(/^\d+\.\d+/)
          digests.add(sha256)
        }
        expect(digests.size % (node ? 2 : 1)).toBe(0)
      }
      expect(digests.size).toBeGreaterThanOrEqual(platforms.length)
    })

    test('a job can ask for one machine by its unique label', () => {
      expect(world.forge.runsOn(uniqueLabel(identity))).toContain(uniqueLabel(identity))
    })

    test('the scope is host and path, and the page is a web address', () => {
      expect(world.forge.scope).toMatch(/^[a-z0-9.:-]+(\/[\w.-]+)+$/)
      expect(URL.canParse(world.forge.runnersPage)).toBe(true)
      const page = world.forge.runnerPage({ id: '4711' })
      expect([URL.canParse(page), page]).toEqual([true, expect.stringMatching(/\/runners\/4711$/)])
    })

    test('a token that the forge does not know is refused, and never shown', async () => {
      const { forge, token } = world.stranger
      const failure = await forge.register(request).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Failure)
      expect((failure as Failure).kind).toBe('unauthenticated')
      expect((failure as Failure).explanation.fix).toBeDefined()
      expect(String(failure) + JSON.stringify(failure)).not.toContain(token)
    })

    for (const disturbance of [
      'lost before it came',
      'answer lost',
      'server error',
      'asked to wait',
      'cut off',
    ] as const) {
      test(`what it does survives trouble on the way: ${disturbance}`, async () => {
        world.crowd(3)
        world.disturb(disturbance, 2)
        await world.join(await world.forge.register(request), request)
        world.disturb(disturbance, 2)
        const runner = await world.forge.findRunner(request.name)
        expect(runner?.name).toBe(request.name)
        world.disturb(disturbance, 2)
        expect(await world.forge.unregister(runner!)).toBe('gone')
        world.disturb(disturbance, 2)
        expect(await world.forge.download(x64)).toHaveProperty('sha256')
        expect(world.names()).toHaveLength(3)
      })
    }

    test('trouble that does not end becomes a failure that says so', async () => {
      world.disturb('server error', Infinity)
      const failure = await world.forge.findRunner(request.name).catch((error: unknown) => error)
      expect(failure).toMatchObject({ name: 'Failure', kind: 'unavailable' })
    })

    describe('the error table', () => {
      for (const { verb, kind, when } of forgeFailures)
        test(`${verb}: ${kind} when ${when}`, async () => {
          world.crowd(1)
          if (kind === 'unavailable') world.disturb('server error', Infinity)
          if (kind === 'failed-precondition') world.withholdDigests()
          const forges: Partial<Record<typeof kind, Forge>> = {
            unauthenticated: world.stranger.forge,
            'permission-denied': world.powerless,
          }
          const failure = await call(verb, forges[kind] ?? world.forge).catch((error: unknown) => error)
          expect([failure instanceof Failure, (failure as Failure).kind]).toEqual([true, kind])
        })
    })

    describe('what a launch would meet', () => {
      const examine = async (forge: Forge, signal?: AbortSignal): Promise<readonly Check[]> => {
        const checks: Check[] = []
        for await (const check of forge.examine(request, signal)) checks.push(check)
        return checks
      }
      const told = (checks: readonly Check[], verdict: Check['verdict']): readonly string[] =>
        checks.filter((check) => check.verdict === verdict).map(({ what }) => what)

      test('nothing is bad with the token that the documents ask for, what cannot be known is said, and nothing is made', async () => {
        world.crowd(2)
        const before = [world.changes(), world.names()]
        const checks = await examine(world.forge)
        expect(told(checks, 'bad')).toEqual([])
        expect(told(checks, 'unknown')).toEqual(world.untold.map((what) => expect.stringMatching(what)))
        expect(told(checks, 'good').length).toBeGreaterThan(2)
        expect([world.changes(), world.names()]).toEqual(before)
      })

      test('what a token lacks is named, with what to do', async () => {
        for (const { without, forge, named } of world.lacking) {
          const bad = (await examine(forge)).filter(({ verdict }) => verdict === 'bad')
          expect([without, bad.map(({ what, said }) => `${what}: ${said}`).join('\n')]).toEqual([
            without,
            expect.stringMatching(named),
          ])
          expect(bad.filter(({ fix }) => !fix)).toEqual([])
        }
        expect(world.changes()).toBe(0)
      })

      test('of a token that the forge does not know nothing is good but the clock, and it is never shown', async () => {
        const { forge, token } = world.stranger
        const checks = await examine(forge)
        expect(told(checks, 'bad')).toContain('token')
        expect(told(checks, 'good').filter((what) => !what.startsWith('clock'))).toEqual([])
        expect(JSON.stringify(checks)).not.toContain(token)
      })

      test('a clock that is wrong is bad', async () => {
        await world.skew(10 * 60_000)
        expect(told(await examine(world.forge), 'bad')).toEqual([expect.stringMatching(/^clock/)])
      })

      test('a forge that is away makes everything unknown, and nothing good', async () => {
        world.disturb('server error', Infinity)
        const checks = await examine(world.forge)
        expect(told(checks, 'unknown').length).toBeGreaterThan(2)
        expect(told(checks, 'unknown').length).toBe(
          checks.filter(({ what }) => !what.startsWith('clock')).length,
        )
      })

      test('an aborted signal ends it with its reason', async () => {
        const reason = new Error('stop')
        await expect(examine(world.forge, AbortSignal.abort(reason))).rejects.toBe(reason)
        expect(world.requests()).toBe(0)
      })
    })

    runsConformance(() => world)

    test('an aborted signal ends a call with its reason, without a request and also in the middle of a wait', async () => {
      const reason = new Error('stop')
      const before = world.requests()
      await expect(world.forge.findRunner(request.name, AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(world.requests()).toBe(before)
      const controller = new AbortController()
      world.disturb('asked to wait', 1)
      const call = world.forge.register(request, controller.signal)
      controller.abort(reason)
      await expect(call).rejects.toBe(reason)
    })
  })
}

function call(verb: ThrowingVerb, forge: Forge): Promise<unknown> {
  const calls: Record<ThrowingVerb, () => Promise<unknown>> = {
    register: () => forge.register(request),
    download: () => forge.download(x64),
    findRunner: () => forge.findRunner(request.name),
    listRunners: async () => {
      for await (const page of forge.listRunners()) void page
    },
    serving: async () => {
      for await (const page of forge.serving({ labels: ['cml'], online: true })) void page
    },
    unregister: () => forge.unregister({ id: '4711' }),
  }
  return calls[verb]()
}
