import { afterEach, describe, expect, test } from '@jest/globals'
import { cloudFailures, type ThrowingVerb } from '../../src/clouds/cloud-failures.ts'
import type { Cloud, MachineRequest, CreateOrder } from '../../src/clouds/cloud.ts'
import type { Check } from '../../src/model/check.ts'
import { Failure, type FailureKind } from '../../src/model/failure.ts'
import { digest } from '../../src/model/identity.ts'
import type { Candidate, Instance } from '../../src/model/instance.ts'
import { sealed, type Lease } from '../../src/model/lease.ts'
import type { Answer } from '../emulators/http/wire.ts'
import { expectEnd } from '../ended-as.ts'

/** What only an emulated vendor can be made to do. */
export interface Levers {
  /** From now on there is no machine left for this candidate. */
  empty(candidate: Candidate): void
  /** The quota for this candidate is used up. */
  exhaust(candidate: Candidate): void
  /** The next creating call is carried out and its answer lost. */
  loseNextCreation(): void
  /** So many of the next calls are throttled. */
  throttle(calls: number): void
  /** Something on the way answers so from now on, in the vendor's place, and hands nothing on; undefined = no more. */
  interpose(answer: Answer | undefined): void
  /** What is created from now on stays out of so many listings. */
  hide(looks: number): void
  /** The vendor ends the machine for want of capacity. */
  reclaim(instance: Instance): void
  denyConsole(): void
  /** Machines of this region cannot be listed any more. */
  denyListing(region: string): void
  /** The regions cannot be asked for any more. */
  denyRegions(): void
  denyOptionalReads(): void
  /** What this verb cannot do without is not allowed any more. */
  deny(verb: ThrowingVerb): void
  /** The vendor answers every call with a failure of its own. */
  break(): void
  revokeCredentials(): void
  /** Creating calls that reached the vendor. */
  creations(): number
  /** Calls of any kind that change something, creating ones included. */
  mutations(): number
  /** Machines and everything made with them that still cost money. */
  leftovers(): number
  /** What the vendor's model did not know. Must stay empty. */
  refused(): readonly string[]
}

/** One account of one vendor, for one test. */
export interface CloudWorld {
  /** A Cloud as a new process would have it: it remembers nothing. */
  open(): Cloud
  /** Of a request with several candidates. */
  readonly request: MachineRequest
  /** Calls that change something, for one machine. */
  readonly mutationsPerCreate: number
  /** It tells of machines that have ended. */
  readonly remembers: boolean
  /** Its ids are names, which a machine's successor may have again. */
  readonly idsReturn?: true
  /** What it means that a region cannot be read; `permission-denied` when absent. */
  readonly blindness?: FailureKind
  /** An image that is well spelt and nowhere to be found. */
  readonly badImage: string
  /** A word that is no region of this cloud. */
  readonly badRegion: string
  /** What is sent to a machine, whose contents do not matter, as this cloud takes it. */
  payload?(text: string): Buffer
  /** The id of a machine that never was, in this cloud's form. */
  readonly stranger: string
  /** Waits between looks. */
  pause(): Promise<void>
  readonly levers?: Levers
  /** Ends everything that the test has left. */
  close(): Promise<void>
}

let sequence = 0

/** A lease nobody else has; `scope` tells whose it is. */
function leaseOf(scope = 'github.com/octo-org/octo-repo'): Lease {
  const unique = `${process.pid}-${Date.now()}-${sequence++}`
  return {
    identity: digest(['identity', unique]),
    run: digest(['run', unique]),
    scope,
    owner: 'dependabot[bot]',
    name: `trainer-${sequence}`,
    dueAt: 1_899_000_600,
    nonce: 'a1b2c3',
    expiresAt: 1_900_000_000,
  }
}

function orderOf(world: CloudWorld, change: Partial<CreateOrder> = {}): CreateOrder {
  const lease = change.lease ?? leaseOf()
  return {
    lease,
    payload: payloadOf(world, '#!/bin/sh\nsleep 60\n'),
    request: world.request,
    ...change,
  }
}

function payloadOf(world: CloudWorld, text: string): Buffer {
  return world.payload?.(text) ?? Buffer.from(text)
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof Failure) return error
  throw error
}

async function expectKind(promise: Promise<unknown>, kind: FailureKind): Promise<Failure> {
  const failure = await failureOf(promise)
  expectEnd(failure.kind, kind, failure.message)
  return failure
}

const ids = (instances: readonly Instance[]): string[] => instances.map(({ id }) => id)

/**
 * The contract of the Cloud port, sentence by sentence. `start` opens a world per test. Sentences that need levers are left out where there
 * are none (live clouds). `without`: beginnings of sentences about what the vendor has not.
 */
export function cloudConformance(
  name: string,
  start: () => Promise<CloudWorld>,
  {
    levers: hasLevers = true,
    timeout = 20_000,
    without = [],
  }: { readonly levers?: boolean; readonly timeout?: number; readonly without?: readonly string[] } = {},
): void {
  describe(`the Cloud port over ${name}`, () => {
    const open: CloudWorld[] = []
    const world = async (): Promise<CloudWorld> => {
      const made = await start()
      open.push(made)
      return made
    }
    afterEach(async () => {
      const worlds = open.splice(0)
      for (const made of worlds) expect(made.levers?.refused() ?? []).toEqual([])
      await Promise.all(worlds.map((made) => made.close()))
    }, timeout)

    const it = (
      sentence: string,
      body: (world: CloudWorld, cloud: Cloud, first: Candidate) => Promise<void>,
    ): void =>
      (without.some((words) => sentence.startsWith(words)) ? test.skip : test)(
        sentence,
        async () => {
          const made = await world()
          const cloud = made.open()
          await body(made, cloud, (await cloud.resolve(made.request)).candidates[0]!)
        },
        timeout,
      )
    const itWithLevers = (
      sentence: string,
      body: (
        world: CloudWorld & { readonly levers: Levers },
        cloud: Cloud,
        first: Candidate,
      ) => Promise<void>,
    ): void => {
      if (hasLevers)
        it(sentence, (made, cloud, first) =>
          body(made as CloudWorld & { readonly levers: Levers }, cloud, first),
        )
    }

    describe('resolve', () => {
      it('gives candidates of this cloud that are complete, distinct and plain data', async (made, cloud) => {
        const { candidates, warnings } = await cloud.resolve(made.request)
        expect(candidates.length).toBeGreaterThan(0)
        for (const candidate of candidates) {
          expect(candidate).toMatchObject({
            cloud: cloud.name,
            market: expect.stringMatching(/^(spot|on-demand)$/),
          })
          expect(candidate.image.id).not.toBe('')
          expect(candidate.diskGb).toBeGreaterThanOrEqual(made.request.diskGb)
          expect(JSON.parse(JSON.stringify(candidate))).toEqual(candidate)
          expect(candidate.wayOut).not.toBe('')
        }
        expect(new Set(candidates.map((candidate) => JSON.stringify(candidate))).size).toBe(candidates.length)
        expect(warnings.every((warning) => warning.trim() !== '')).toBe(true)
      })

      it('names every bad word in one message', async (made, cloud) => {
        const bad = {
          ...made.request,
          regions: [made.badRegion],
          types: ['gigantic'],
          metadata: { ['k'.repeat(2000)]: 'v' },
        }
        const failure = await expectKind(cloud.resolve(bad), 'invalid-input')
        expect(failure.message).toMatch(made.badRegion)
        expect(failure.message).toMatch(/gigantic/)
        expect(failure.message).toMatch(/cloud-metadata/)
      })

      it('takes no other image in the place of one that is not there', async (made, cloud) => {
        const failure = await failureOf(cloud.resolve({ ...made.request, image: made.badImage }))
        expect(['not-found', 'invalid-input']).toContain(failure.kind)
        expect(failure.message).toContain(made.badImage)
      })

      itWithLevers('changes nothing', async ({ levers }) => {
        expect(levers.mutations()).toBe(0)
      })

      itWithLevers(
        'goes on with a warning where reads beyond the least-privilege policy are denied',
        async (made, cloud) => {
          made.levers.denyOptionalReads()
          const { candidates, warnings } = await cloud.resolve(made.request)
          expect(candidates.length).toBeGreaterThan(0)
          expect(warnings.length).toBeGreaterThan(0)
        },
      )

      itWithLevers('says whose fault it is when the credentials are refused', async (made, cloud) => {
        made.levers.revokeCredentials()
        const failure = await expectKind(cloud.resolve(made.request), 'unauthenticated')
        expect(failure.explanation.fix).toBeTruthy()
      })
    })

    describe('a web page in the place of an answer', () => {
      const page = '<html><head><title>Blocked</title></head><body>Category: cloud hosting</body></html>'
      const answerOf = (status: number): Answer => ({
        status,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from(page),
      })

      itWithLevers(
        'is quoted, and lays nothing to the role or to what was asked for',
        async (made, cloud) => {
          for (const status of [403, 404, 407]) {
            made.levers.interpose(answerOf(status))
            const failure = await expectKind(cloud.resolve(made.request), 'unavailable')
            expect(failure.message).toMatch(/Blocked Category: cloud hosting[^]*a web page[^]*a proxy/)
          }
        },
      )

      itWithLevers('says of no machine that it is not there, or gone', async (made, cloud, first) => {
        const order = orderOf(made)
        const machine = await cloud.create(first, order)
        for (const status of [200, 403, 404]) {
          made.levers.interpose(answerOf(status))
          await expectKind(cloud.look(machine), 'unavailable')
          await expectKind(cloud.destroy(machine), 'unavailable')
          const { machines, unreadable } = await cloud.list({ identity: order.lease.identity }, [
            machine.region,
          ])
          expect([machines, unreadable.map(({ failure }) => failure.kind)]).toEqual([[], ['unavailable']])
        }
        made.levers.interpose(undefined)
        await cloud.destroy(machine)
        expect(made.levers.leftovers()).toBe(0)
      })
    })

    describe('create', () => {
      it('makes one machine that carries its lease', async (made, cloud, first) => {
        const order = orderOf(made)
        const instance = await cloud.create(first, order)
        expect(instance).toMatchObject({
          cloud: cloud.name,
          region: first.region,
          type: first.type,
          market: first.market,
          lease: sealed(order.lease),
        })
        expect(['pending', 'running']).toContain(instance.state)
        expect(await found(made, cloud, order, first)).toMatchObject([
          { id: instance.id, lease: sealed(order.lease) },
        ])
        await cloud.destroy(instance)
      })

      it('returns the same machine when a second process asks the same', async (made, cloud, first) => {
        const order = orderOf(made)
        const instance = await cloud.create(first, order)
        expect((await made.open().create(first, order)).id).toBe(instance.id)
        expect(ids(await found(made, cloud, order, first))).toEqual([instance.id])
        await cloud.destroy(instance)
      })

      it("returns our twin's machine when a second process asks the same with another payload", async (made, cloud, first) => {
        const order = orderOf(made)
        const instance = await cloud.create(first, order)
        const twin = await made
          .open()
          .create(first, { ...order, payload: payloadOf(made, '#!/bin/sh\nsleep 61\n') })
        expect(twin.id).toBe(instance.id)
        await cloud.destroy(instance)
      })

      itWithLevers("finds our twin's machine although listings lag behind it", async (made, cloud, first) => {
        made.levers.hide(3)
        const order = orderOf(made)
        const instance = await cloud.create(first, order)
        const twin = await made.open().create(first, { ...order, payload: payloadOf(made, 'other') })
        expect(twin.id).toBe(instance.id)
      })

      it('makes another machine once the first has ended', async (made, cloud, first) => {
        const order = orderOf(made)
        const instance = await cloud.create(first, order)
        await ended(made, cloud, instance)
        const second = await made.open().create(first, order)
        if (!made.idsReturn) expect(second.id).not.toBe(instance.id)
        expect(['pending', 'running']).toContain(second.state)
        expect(ids(await found(made, made.open(), order, first))).toEqual([second.id])
        await cloud.destroy(second)
      })

      it('makes different machines for different launches', async (made, cloud, first) => {
        const [one, two] = [
          await cloud.create(first, orderOf(made)),
          await cloud.create(first, orderOf(made)),
        ]
        expect(one.id).not.toBe(two.id)
        await Promise.all([cloud.destroy(one), cloud.destroy(two)])
      })

      itWithLevers(
        'needs no more calls that change something than the cloud says, tags included',
        async ({ levers, ...made }, cloud, first) => {
          const order = orderOf({ ...made, levers })
          await cloud.create(first, order)
          expect([levers.creations(), levers.mutations()]).toEqual([1, made.mutationsPerCreate])
        },
      )

      itWithLevers(
        'makes no second machine when the answer to the first try is lost',
        async (made, cloud, first) => {
          made.levers.loseNextCreation()
          const order = orderOf(made)
          const instance = await cloud.create(first, order)
          expect(made.levers.creations()).toBe(2)
          expect(
            ids((await cloud.list({ identity: order.lease.identity }, [first.region])).machines),
          ).toEqual([instance.id])
        },
      )

      itWithLevers(
        'asks an empty place once, and not again for the same type and market',
        async (made, cloud, first) => {
          made.levers.empty(first)
          await expectKind(cloud.create(first, orderOf(made)), 'capacity-unavailable')
          expect(made.levers.creations()).toBe(1)
          const again = (await cloud.resolve(made.request)).candidates.filter(
            (candidate) =>
              candidate.place === first.place &&
              candidate.type === first.type &&
              candidate.market === first.market,
          )
          if (first.place) await expectKind(cloud.create(again[0]!, orderOf(made)), 'capacity-unavailable')
          expect(made.levers.creations()).toBe(1)
        },
      )

      itWithLevers('tells a used-up quota from a lack of machines', async (made, cloud, first) => {
        made.levers.exhaust(first)
        await expectKind(cloud.create(first, orderOf(made)), 'quota-exceeded')
        expect(made.levers.creations()).toBe(1)
      })

      itWithLevers('repeats what is throttled', async (made, cloud, first) => {
        made.levers.throttle(2)
        const order = orderOf(made)
        const instance = await cloud.create(first, order)
        expect(ids((await cloud.list({ identity: order.lease.identity }, [first.region])).machines)).toEqual([
          instance.id,
        ])
      })

      itWithLevers(
        'refuses a payload above its limit before it calls anybody',
        async (made, cloud, first) => {
          const payload = Buffer.alloc(cloud.limits.payloadBytes + 1, 'x')
          const failure = await expectKind(cloud.create(first, orderOf(made, { payload })), 'invalid-input')
          expect(failure.message).toMatch(String(cloud.limits.payloadBytes).slice(0, 2))
          expect(made.levers.creations()).toBe(0)
        },
      )
    })

    describe('find, look and list', () => {
      it('finding nothing is an answer', async (made, cloud, first) => {
        expect((await cloud.list({ identity: leaseOf().identity }, [first.region])).machines).toEqual([])
        expect((await cloud.list({ scope: 'github.com/nobody/nothing' }, [first.region])).machines).toEqual(
          [],
        )
      })

      it('shows a machine that has ended as such, and not among those that live', async (made, cloud, first) => {
        const order = orderOf(made)
        const { identity } = order.lease
        const instance = await cloud.create(first, order)
        await found(made, cloud, order, first)
        expect((await cloud.listEnded({ identity }, [first.region])).machines).toEqual([])
        await ended(made, cloud, instance)
        expect(ids((await cloud.listEnded({ identity }, [first.region])).machines)).toEqual(
          made.remembers ? [instance.id] : [],
        )
        expect((await cloud.list({ identity }, [first.region])).machines).toEqual([])
      })

      it('lists the machines of a scope and no others', async (made, cloud, first) => {
        const [mine, other] = [leaseOf(`github.com/octo-org/${digest([String(Date.now())])}`), leaseOf()]
        const [one, two] = [
          await cloud.create(first, orderOf(made, { lease: mine })),
          await cloud.create(first, orderOf(made, { lease: other })),
        ]
        await found(made, cloud, orderOf(made, { lease: mine }), first)
        expect(ids((await cloud.list({ scope: mine.scope }, [first.region])).machines)).toEqual([one.id])
        await Promise.all([cloud.destroy(one), cloud.destroy(two)])
      })

      it('lists the machines of a run, and each with the lease it was made with', async (made, cloud, first) => {
        const [one, other] = [leaseOf(), leaseOf()]
        const sister = { ...leaseOf(), run: one.run }
        const machines = await Promise.all(
          [one, sister, other].map((lease) => cloud.create(first, orderOf(made, { lease }))),
        )
        for (const lease of [one, sister, other]) await found(made, cloud, orderOf(made, { lease }), first)
        const listed = (await cloud.list({ run: one.run }, [first.region])).machines
        expect(listed.map(({ lease }) => lease?.identity).toSorted()).toEqual(
          [one.identity, sister.identity].toSorted(),
        )
        expect(listed.map(({ lease }) => lease)).toEqual(
          expect.arrayContaining([sealed(one), sealed(sister)]),
        )
        expect((await cloud.list({ run: leaseOf().run }, [first.region])).machines).toEqual([])
        const counted = (await cloud.list({ run: one.run, roughly: true }, [first.region])).machines
        const facts = (all: readonly Instance[]): readonly unknown[] =>
          all
            .map(({ id, launchedAt, lease }) => [id, launchedAt, lease?.identity])
            .toSorted((first, second) => String(first).localeCompare(String(second)))
        expect(facts(counted)).toEqual(facts(listed))
        for (const { state } of counted) expect(state).toMatch(/^(pending|running)$/)
        await Promise.all(machines.map((machine) => cloud.destroy(machine)))
      })

      it('lists in the regions asked for and in no other', async (made, cloud, first) => {
        const lease = leaseOf()
        const machine = await cloud.create(first, orderOf(made, { lease }))
        await found(made, cloud, orderOf(made, { lease }), first)
        const elsewhere = (await cloud.enabledRegions()).find((region) => region !== first.region)
        expect((await cloud.list({ identity: lease.identity }, [])).machines).toEqual([])
        if (elsewhere)
          expect((await cloud.list({ identity: lease.identity }, [elsewhere])).machines).toEqual([])
        await cloud.destroy(machine)
      })

      itWithLevers('a region that cannot be read is told, and hides no other', async (made, cloud, first) => {
        const readable = (await cloud.enabledRegions()).find((region) => region !== first.region)
        made.levers.denyListing(first.region)
        const both = [...(readable ? [readable] : []), first.region]
        const { unreadable } = await cloud.list({ run: leaseOf().run }, both)
        expect(unreadable).toMatchObject([
          {
            place: { cloud: cloud.name, region: first.region },
            failure: { kind: made.blindness ?? 'permission-denied' },
          },
        ])
        if (readable) expect((await cloud.list({ run: leaseOf().run }, [readable])).machines).toEqual([])
      })

      it('the regions of the account are sorted, each once, and can be listed', async (made, cloud, first) => {
        const regions = await cloud.enabledRegions()
        expect(regions).toEqual([...new Set(regions)].toSorted())
        expect(regions).toContain(first.region)
        expect(cloud.regionsOf(regions)).toEqual({ regions, complaints: [] })
        expect(
          (await cloud.list({ scope: leaseOf('github.com/nobody/nothing').scope }, regions)).machines,
        ).toEqual([])
      })

      itWithLevers('who may not ask for the regions is told so', async (made, cloud) => {
        made.levers.denyRegions()
        await expectKind(cloud.enabledRegions(), 'permission-denied')
      })

      itWithLevers(
        'a machine that listings do not show yet is neither an error nor gone',
        async (made, cloud, first) => {
          made.levers.hide(2)
          const order = orderOf(made)
          const instance = await cloud.create(first, order)
          expect(await cloud.look(instance)).toBeUndefined()
          expect(ids(await found(made, cloud, order, first))).toEqual([instance.id])
          expect(await cloud.look(instance)).toMatchObject({ id: instance.id })
        },
      )

      itWithLevers(
        'a machine taken back by the cloud is gone for want of capacity',
        async (made, cloud, first) => {
          const instance = await cloud.create(first, orderOf(made))
          // One that nobody has seen yet may only not show.
          await cloud.look(instance)
          made.levers.reclaim(instance)
          const seen = await cloud.look(instance)
          expect(seen).toMatchObject({
            ended: { kind: 'capacity-unavailable', code: expect.any(String), text: expect.any(String) },
          })
          expect(['ending', 'gone']).toContain(seen?.state)
        },
      )
    })

    describe('destroy', () => {
      it('ends a machine, and ending it again is success', async (made, cloud, first) => {
        const order = orderOf(made)
        const instance = await cloud.create(first, order)
        await ended(made, cloud, instance)
        await cloud.destroy(instance)
        const left = (await cloud.list({ identity: order.lease.identity }, [first.region])).machines
        expect(left.filter(({ state }) => state !== 'ending')).toEqual([])
      })

      it('takes the absence of a machine for success', async (made, cloud, first) => {
        const instance = await cloud.create(first, orderOf(made))
        await ended(made, cloud, instance)
        await expect(cloud.destroy({ ...first, id: instance.id })).resolves.toBeUndefined()
        await expect(cloud.destroy({ ...first, id: made.stranger })).resolves.toBeUndefined()
      })

      itWithLevers('leaves nothing that costs money', async (made, cloud, first) => {
        const instance = await cloud.create(first, orderOf(made))
        expect(made.levers.leftovers()).toBeGreaterThan(0)
        await ended(made, cloud, instance)
        expect(made.levers.leftovers()).toBe(0)
      })

      it('has a page of that machine for people, or none', async (made, cloud, first) => {
        const page = cloud.machinePage({ ...first, id: 'machine-1' })
        if (page !== undefined)
          expect([URL.canParse(page), page]).toEqual([true, expect.stringMatching(/^https:.*machine-1/)])
      })

      it('can be done by hand with the command given', async (made, cloud, first) => {
        expect(cloud.removalCommand({ ...first, id: 'machine-1' })).toMatch(/machine-1/)
      })
    })

    describe('console', () => {
      it('never throws: not for a machine nobody knows, not when stopped', async (made, cloud, first) => {
        const stranger: Instance = {
          cloud: cloud.name,
          id: 'nobody',
          region: first.region,
          type: first.type,
          market: 'on-demand',
          state: 'running',
          launchedAt: 0,
        }
        expect(await cloud.console(stranger)).toBeUndefined()
        expect(await cloud.console(stranger, AbortSignal.abort(new Error('stop')))).toBeUndefined()
      })

      itWithLevers('never throws: not when it is denied', async (made, cloud, first) => {
        const instance = await cloud.create(first, orderOf(made))
        made.levers.denyConsole()
        expect(await cloud.console(instance)).toBeUndefined()
      })

      itWithLevers('is text with line ends as everybody writes them', async (made, cloud, first) => {
        const instance = await cloud.create(first, orderOf(made))
        expect(await cloud.console(instance)).toMatch(/^[^\r]*\n$/)
      })
    })

    test(
      'every call stops with the reason of its signal',
      async () => {
        const made = await world()
        const cloud = made.open()
        const first = (await cloud.resolve(made.request)).candidates[0]!
        const reason = new Failure('cancelled', { tried: 'go on' })
        const signal = AbortSignal.abort(reason)
        const stranger = { cloud: first.cloud, id: made.stranger, region: first.region }
        const calls = [
          cloud.resolve(made.request, signal),
          cloud.create(first, orderOf(made), signal),
          cloud.list({ identity: leaseOf().identity }, [first.region], signal),
          cloud.list({ scope: 'github.com/octo-org/octo-repo' }, [first.region], signal),
          cloud.enabledRegions(signal),
          cloud.destroy(stranger, signal),
          cloud.look(
            {
              ...stranger,
              cloud: cloud.name,
              type: first.type,
              market: 'on-demand',
              state: 'running',
              launchedAt: 0,
            },
            signal,
          ),
        ]
        for (const outcome of await Promise.allSettled(calls))
          expect(outcome).toEqual({ status: 'rejected', reason })
      },
      timeout,
    )

    test(
      'region words become native names, each once',
      async () => {
        const made = await world()
        const cloud = made.open()
        const { regions, complaints } = cloud.regionsOf([...made.request.regions, ...made.request.regions])
        expect(complaints).toEqual([])
        expect(regions.length).toBe(new Set(regions).size)
        expect(regions.length).toBeGreaterThan(0)
        expect(cloud.regionsOf(regions)).toEqual({ regions, complaints: [] })
        expect(cloud.regionsOf([...regions, made.badRegion])).toEqual({
          regions,
          complaints: [
            {
              option: 'cloud-region',
              word: made.badRegion,
              text: expect.stringContaining(made.badRegion) as unknown,
            },
          ],
        })
        expect(cloud.regionsOf([]).regions.length).toBeGreaterThan(0)
      },
      timeout,
    )

    describe('what can be told without asking', () => {
      it('complains of each word that is none, and of no other', (made, cloud) => {
        expect(cloud.complaints(made.request)).toEqual([])
        const complaints = cloud.complaints({
          ...made.request,
          regions: [made.badRegion],
          types: ['gigantic'],
        })
        expect(complaints.map(({ option, word }) => [option, word])).toEqual(
          expect.arrayContaining([
            ['cloud-region', made.badRegion],
            ['cloud-type', 'gigantic'],
          ]),
        )
        for (const { option, text } of complaints) expect(text).toContain(option)
        return Promise.resolve()
      })

      it('what resolve refuses as invalid is what it complains of', async (made, cloud) => {
        const wrong = { ...made.request, types: ['gigantic'] }
        const failure = await expectKind(cloud.resolve(wrong), 'invalid-input')
        for (const { text } of cloud.complaints(wrong)) expect(failure.message).toContain(text)
      })

      it('says what carries an identity, for a person who looks for it', (_, cloud) => {
        const { identity } = leaseOf()
        expect(cloud.searchHint(identity)).toContain(identity)
        return Promise.resolve()
      })

      it('knows its own regions by their form, and no stranger’s', (made, cloud, first) => {
        expect([cloud.isRegion(first.region), cloud.isRegion(made.badRegion), cloud.isRegion('')]).toEqual([
          true,
          false,
          false,
        ])
        return Promise.resolve()
      })
    })

    describe('price', () => {
      it('is a number of dollars with its source and day, or not known', async (_, cloud, first) => {
        const price = await cloud.price(first)
        if (price) {
          expect(price.usdPerHour).toBeGreaterThan(0)
          expect([price.asOf, price.source]).toEqual([
            expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
            expect.stringMatching(/\w/),
          ])
        }
      })
    })

    describe('conceal', () => {
      it('can be called again, of a machine that has ended too, and harms none', async (made, cloud, first) => {
        const machine = await cloud.create(first, orderOf(made))
        const said = [await cloud.conceal(machine), await cloud.conceal(machine)]
        expect((await cloud.look(machine))?.state).not.toBe('gone')
        await ended(made, cloud, machine)
        for (const text of [...said, await cloud.conceal(machine)])
          expect(text === undefined || text.trim() !== '').toBe(true)
      })

      itWithLevers(
        'never throws: not when the vendor is away, not when stopped',
        async (made, cloud, first) => {
          const machine = await cloud.create(first, orderOf(made))
          await cloud.conceal(machine, AbortSignal.abort(new Error('stop')))
          made.levers.break()
          await cloud.conceal(machine)
        },
      )
    })

    itWithLevers(
      'a refused creation leaves nothing where the cloud is atomic, and else shows it',
      async (made, cloud, first) => {
        made.levers.empty(first)
        const order = orderOf(made)
        const { explanation } = await expectKind(cloud.create(first, order), 'capacity-unavailable')
        const { machines } = await cloud.list({ identity: order.lease.identity }, [first.region])
        if (explanation.nothingLeft) expect([made.levers.leftovers(), machines]).toEqual([0, []])
        expect(machines.filter(({ state }) => state !== 'remnant')).toEqual([])
        expect(made.levers.leftovers()).toBe(cloud.limits.atomic ? 0 : machines.length)
      },
    )

    test(
      'the permissions of a launch can be told',
      async () => {
        const made = await world()
        expect(made.open().permissions(made.request).length).toBeGreaterThan(0)
      },
      timeout,
    )

    describe('the error table', () => {
      for (const { verb, kind, when } of cloudFailures)
        itWithLevers(`${verb}: ${kind} when ${when}`, async (made, cloud, first) => {
          const machine = await cloud.create(first, orderOf(made))
          provoke(made.levers, { verb, kind }, first)
          await expectKind(call(verb, { made, cloud, first, machine, kind }), kind)
        })
    })

    describe('what a launch would meet', () => {
      const examine = async (
        { request }: CloudWorld,
        cloud: Cloud,
        signal?: AbortSignal,
      ): Promise<readonly Check[]> => {
        const checks: Check[] = []
        for await (const check of cloud.examine({ lease: leaseOf(), request }, signal)) checks.push(check)
        return checks
      }
      const told = (checks: readonly Check[], verdict: Check['verdict']): readonly string[] =>
        checks.filter((check) => check.verdict === verdict).map(({ what }) => what)

      it('with all rights nothing is bad, and each permission is told', async (made, cloud) => {
        const checks = await examine(made, cloud)
        expect(told(checks, 'bad')).toEqual([])
        expect(told(checks, 'good')).toContain('credentials')
        expect(checks.map(({ what }) => what)).toEqual(
          expect.arrayContaining([...cloud.permissions(made.request)]),
        )
      })

      it('what nobody can know beforehand is told as such, with what to look at', async (made, cloud, first) => {
        const checks = await examine(made, cloud)
        const here = checks.filter(({ what }) => what === `way out of the network in ${first.region}`)
        expect(here.map(({ verdict }) => verdict)).toContain('unknown')
        expect(here.every(({ said }) => said)).toBe(true)
      })

      it('the quota is told where the machine would be, with what to look at where it could not be read', async (made, cloud, first) => {
        const checks = await examine(made, cloud)
        const here = checks.filter(
          ({ what }) => what.startsWith('quota ') && what.endsWith(` in ${first.region}`),
        )
        expect(here.length).toBeGreaterThan(0)
        expect(here.filter(({ verdict, said, fix }) => !said || (verdict !== 'good' && !fix))).toEqual([])
      })

      it('the image that a machine would have is told, and is good only where it was looked up', async (made, cloud, first) => {
        const checks = await examine(made, cloud)
        const image = checks.find(({ what }) => what === `image in ${first.region}`)
        expect(image?.said).toContain(first.image.name)
        const bad = await examine({ ...made, request: { ...made.request, image: made.badImage } }, cloud)
        const verdicts = bad
          .filter(({ said = '' }) => said.includes(made.badImage))
          .map(({ verdict }) => verdict)
        expect(verdicts.length).toBeGreaterThan(0)
        expect(verdicts).not.toContain('good')
      })

      itWithLevers('makes nothing', async (made, cloud) => {
        await examine(made, cloud)
        expect([made.levers.mutations(), made.levers.leftovers()]).toEqual([0, 0])
      })

      itWithLevers('a permission that a launch does without is not bad', async (made, cloud) => {
        const before = told(await examine(made, cloud), 'unknown')
        made.levers.denyOptionalReads()
        const checks = await examine(made, made.open())
        expect(told(checks, 'bad')).toEqual([])
        expect(told(checks, 'unknown').length).toBeGreaterThan(before.length)
      })

      itWithLevers('of credentials that are refused nothing is good', async (made, cloud) => {
        made.levers.revokeCredentials()
        const checks = await examine(made, cloud)
        expect(told(checks, 'bad')).toContain('credentials')
        expect(told(checks, 'good')).toEqual([])
        expect(checks.filter(({ verdict, fix }) => verdict === 'bad' && !fix)).toEqual([])
      })

      itWithLevers('a cloud that is away leaves all but the credentials unknown', async (made, cloud) => {
        made.levers.throttle(Infinity)
        const checks = await examine(made, cloud)
        const others = checks.filter(({ what }) => what !== 'credentials')
        expect(others.length).toBeGreaterThan(0)
        expect(others.filter(({ verdict }) => verdict !== 'unknown')).toEqual([])
        expect(told(checks, 'bad')).toEqual([])
      })

      it('an aborted signal ends it with its reason', async (made, cloud) => {
        const reason = new Failure('cancelled', { tried: 'go on' })
        await expect(examine(made, cloud, AbortSignal.abort(reason))).rejects.toBe(reason)
      })
    })
  })
}

function provoke(
  levers: Levers,
  { verb, kind }: Pick<(typeof cloudFailures)[number], 'verb' | 'kind'>,
  first: Candidate,
): void {
  const ways: Partial<Record<FailureKind, () => void>> = {
    unauthenticated: () => levers.revokeCredentials(),
    'permission-denied': () => levers.deny(verb),
    'rate-limited': () => levers.throttle(Infinity),
    unavailable: () => levers.break(),
    'capacity-unavailable': () => levers.empty(first),
    'quota-exceeded': () => levers.exhaust(first),
  }
  ways[kind]?.()
}

interface Calling {
  readonly made: CloudWorld
  readonly cloud: Cloud
  readonly first: Candidate
  readonly machine: Instance
  readonly kind: FailureKind
}

/** The verb, with words that bring about what no lever can. */
function call(verb: ThrowingVerb, { made, cloud, first, machine, kind }: Calling): Promise<unknown> {
  const wrong: Partial<MachineRequest> =
    kind === 'invalid-input'
      ? { regions: [made.badRegion] }
      : kind === 'not-found'
        ? { image: made.badImage }
        : {}
  const large = { payload: Buffer.alloc(cloud.limits.payloadBytes + 1, 'x') }
  const calls: Record<ThrowingVerb, () => Promise<unknown>> = {
    resolve: () => cloud.resolve({ ...made.request, ...wrong }),
    create: () => cloud.create(first, orderOf(made, kind === 'invalid-input' ? large : {})),
    list: async () => {
      const { unreadable } = await cloud.list({ identity: leaseOf().identity }, [first.region])
      throw unreadable[0]?.failure ?? new Error('it could be read')
    },
    look: () => cloud.look(machine),
    destroy: () => cloud.destroy(machine),
    enabledRegions: () => cloud.enabledRegions(),
  }
  return calls[verb]()
}

/** Looks until the launch's machine is listed. */
async function found(
  world: CloudWorld,
  cloud: Cloud,
  { lease }: CreateOrder,
  { region }: Candidate,
): Promise<readonly Instance[]> {
  for (let looks = 0; looks < 60; looks++) {
    const machines = (await cloud.list({ identity: lease.identity }, [region])).machines
    if (machines.length > 0) return machines
    await world.pause()
  }
  return []
}

/** Ends a machine and looks until the cloud says so. */
async function ended(world: CloudWorld, cloud: Cloud, instance: Instance): Promise<void> {
  await cloud.destroy(instance)
  for (let looks = 0; looks < 120; looks++) {
    const seen = await cloud.look(instance)
    if (seen?.state === 'gone') return
    await world.pause()
  }
  throw new Error(`${instance.id} did not end`)
}
