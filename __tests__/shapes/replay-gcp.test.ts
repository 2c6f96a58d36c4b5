import { afterEach, expect, test } from '@jest/globals'
import { createCompute } from '../../src/clouds/gcp/client.ts'
import type { Compute, GceInstance } from '../../src/clouds/gcp/compute.ts'
import { conceal } from '../../src/clouds/gcp/conceal.ts'
import { startupKey } from '../../src/clouds/gcp/insert-request.ts'
import { explainOperation, zonesWithRoom } from '../../src/clouds/gcp/failures.ts'
import { awaitDone } from '../../src/clouds/gcp/operations.ts'
import { isStopping, readInstance } from '../../src/clouds/gcp/read-instance.ts'
import { Sightings } from '../../src/clouds/gcp/sightings.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { FailureKind } from '../../src/model/failure.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { keyFile } from '../emulators/gcp/credentials.ts'
import { folder, readRecordings } from './recordings.ts'
import { failureOf, said as saidIn, startReplay, to, type Replay, type Said } from './replay.ts'
import { withRecordings } from './with-recordings.ts'

const instances = '/compute/*/projects/*/zones/*/instances'
const get = `GET ${instances}/*`
const insert = `POST ${instances}`
const remove = `DELETE ${instances}/*`
const wait = 'POST /compute/*/projects/*/zones/*/operations/*/wait'
const everywhere = 'GET /compute/*/projects/*/aggregated/instances'

withRecordings('what Compute Engine has answered', () => {
  const recordings = readRecordings(folder, 'gcp')
  const said = (name: string): readonly Said[] => saidIn(recordings, name)
  const clock = new FakeClock(Date.parse('2026-07-07T20:57:00Z'))
  const zone = 'us-central1-a'
  const call = { tried: 'try it' }
  const project = 'my-project'
  const context = { variables: {}, clock, log: silentLog }
  let replay: Replay

  afterEach(() => replay.close())

  async function open(answers: readonly Said[]): Promise<Compute> {
    replay = await startReplay('gcp', answers)
    const variables = {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${replay.url}/compute/v1/`,
      GOOGLE_APPLICATION_CREDENTIALS_DATA: keyFile(project),
    }
    return createCompute({ ...context, variables })
  }

  /** The first value of that key, read as plainly as can be: what the recording says stays in the recording. */
  const told = (answers: readonly Said[], key: string): string =>
    new RegExp(`"${key}":"([^"]*)"`).exec(answers.map(({ body }) => body).join('\n'))?.[1] ?? ''
  const ending = (answers: readonly Said[], key: string): string => told(answers, key).split('/').at(-1) ?? ''

  /** A machine as it was recorded, without what depends on its state. */
  const recorded = (answers: readonly Said[]) => ({
    cloud: 'gcp',
    id: `${ending(answers, 'zone')}/${told(answers, 'name')}`,
    region: 'us-central1',
    zone: ending(answers, 'zone'),
    type: ending(answers, 'machineType'),
    market: 'on-demand',
    launchedAt: Math.floor(Date.parse(told(answers, 'creationTimestamp')) / 1000),
  })
  const last = (name: string): readonly Said[] => said(name).slice(-1)
  const readFirst = async (answers: readonly Said[]): Promise<GceInstance> =>
    (await open(to(get, answers))).get({ zone, name: 'whoever' }, call)

  test.each(['instance-set-metadata-2026', 'instance-remove-metadata-2026'])(
    'of a machine that runs: %s',
    async (name) => {
      const machine = await readFirst(last(name))
      const ip = told(last(name), 'natIP') || told(last(name), 'networkIP')
      expect(readInstance(machine)).toEqual({ ...recorded(last(name)), state: 'running', ip })
      expect(isStopping(machine)).toBe(false)
    },
  )

  test('of a machine without a public address', async () => {
    const answers = last('instance-insert-operation-get')
    const machine = readInstance(await readFirst(answers))
    expect(machine).toEqual({ ...recorded(answers), state: 'running', ip: told(answers, 'networkIP') })
  })

  test.each([
    ['stopped', () => last('instance-get-full')],
    ['suspended', () => said('instance-suspend-resume').slice(1, 2)],
  ])('of a machine that is %s: none works there, and something is still paid for', async (_, answersOf) => {
    const answers = answersOf()
    const machine = await readFirst(answers)
    expect(readInstance(machine)).toMatchObject({ ...recorded(answers), state: 'remnant' })
    expect(isStopping(machine)).toBe(true)
  })

  test('of a machine that is being stopped, in a list', async () => {
    const [answer] = last('instance-stop')
    const { items } = JSON.parse(answer!.body ?? '') as { readonly items: readonly object[] }
    const machine = await readFirst([{ ...answer!, body: JSON.stringify(items[0]) }])
    expect(readInstance(machine)).toMatchObject({ state: 'running', zone: 'us-central1-c' })
    expect(isStopping(machine)).toBe(true)
  })

  test.each(['aggregated-instances', 'aggregated-instances-recent'])(
    'of machines of others (%s), which are nobody’s that we look for, and of zones without any, which are not unreadable',
    async (name) => {
      const answers = said(name)
      const found = await (await open([...answers, ...answers])).list('anything', call)
      expect(found.unreadable).toEqual([])
      expect(found.instances.length).toBeGreaterThan(0)
      expect(found.instances.map(({ name }) => name)).toContain(told(answers, 'name'))
      await replay.close()
      const sightings = new Sightings(await open(answers), context)
      const listing = await sightings.list({ scope: 'github.com/o/r' }, ['us-central1'])
      expect(listing).toEqual({ machines: [], unreadable: [] })
      expect(replay.asked).toEqual([everywhere])
    },
  )

  test('page by page, where it answers so', async () => {
    const pages = to(everywhere, said('aggregated-machine-types-paged'))
    expect(await (await open(pages)).list('anything', call)).toMatchObject({ instances: [] })
    expect(replay.asked).toEqual([everywhere, everywhere])
  })

  test.each(['instance-insert-operation-get', 'instance-insert-slow-operation'])(
    'to an order: an operation that is waited for at its own place, whatever its link says (%s)',
    async (name) => {
      const [started, done, machine] = said(name)
      const compute = await open([
        { ...started!, operation: insert },
        { ...done!, operation: wait },
        machine!,
      ])
      const begun = await compute.insert(zone, '6f0d6a52-7b4e-5d6a-9d5e-0123456789ab', {}, call)
      expect(begun).toMatchObject({ status: 'RUNNING', progress: 0, targetId: told([machine!], 'id') })
      const ended = await awaitDone(compute, begun, { zone }, { ...call, clock })
      expect(ended).toMatchObject({ status: 'DONE', name: begun.name, targetId: begun.targetId })
      expect(ended.error?.errors ?? []).toEqual([])
      const made = readInstance(await compute.get({ zone, name: 'it' }, call))
      expect(made).toMatchObject({ ...recorded([machine!]), state: 'running' })
      expect(replay.asked).toEqual([insert, wait, get])
    },
  )

  test.each(['instance-delete-operation', 'instance-delete-pending'])(
    'to a removal: %s, whose operation nobody waits for',
    async (name) => {
      const compute = await open(said(name).slice(0, 1))
      await new Sightings(compute, context).destroy({
        cloud: 'gcp',
        region: 'us-central1',
        id: `${zone}/it`,
      })
      expect(replay.asked).toEqual([remove])
    },
  )

  test('of a machine that is not there: removed is what it was to be', async () => {
    const [answer] = said('firewall-404')
    const missing = { ...answer!, operation: remove }
    const sightings = new Sightings(await open([missing, { ...answer!, operation: get }]), context)
    const id = `${zone}/it`
    await sightings.destroy({ cloud: 'gcp', region: 'us-central1', id })
    const known = { cloud: 'gcp', id, region: 'us-central1', zone, type: 'x', market: 'spot' } as const
    const seen = await sightings.follow({ ...known, state: 'running', launchedAt: 0 })
    expect(seen).toMatchObject({ state: 'gone' })
  })

  test('to what takes the startup script out of a machine’s metadata', async () => {
    const [order, machine] = said('instance-set-metadata-2026')
    const read = JSON.parse(machine!.body ?? '') as { metadata: { items?: object[] } }
    read.metadata.items = [
      { key: startupKey, value: 'a token' },
      { key: 'other', value: 'stays' },
    ]
    const withScript = { ...machine!, body: JSON.stringify(read) }
    const own = { ...recorded([machine!]), state: 'running' } as const
    const compute = await open([withScript, order!, machine!])
    expect(await conceal(compute, own as Parameters<typeof conceal>[1], context)).toBeUndefined()
    expect(replay.asked.slice(0, 2)).toEqual([get, `POST ${instances}/*/setMetadata`])
  })

  test('of the newest image of a family, and of one by its name', async () => {
    const family = said('image-family-get')
    const one = { ...family[0]!, operation: 'GET /compute/*/projects/*/global/images/*' }
    const compute = await open([...family, one])
    for (const what of ['family', 'image'] as const) {
      const image = await compute.image('debian-cloud', 'debian-11', what, call)
      expect(image).toMatchObject({ name: told(family, 'name'), architecture: 'X86_64' })
      expect(Number(image.diskSizeGb)).toBeGreaterThan(0)
    }
  })

  test('of a zone, as lists of them show it', async () => {
    const [answer] = said('zone-get')
    const list = { items: [JSON.parse(answer!.body ?? '')] as unknown[] }
    const listed = { ...answer!, operation: 'GET /compute/*/projects/*/zones', body: JSON.stringify(list) }
    const [found] = await (await open([listed])).zones(call)
    expect([found?.name, ending([answer!], 'region')]).toEqual([zone, 'us-central1'])
  })

  const order = async (answer: Said): Promise<unknown> => (await open([answer])).insert(zone, 'x', {}, call)

  test.each<[string, FailureKind, string]>([
    ['firewall-404', 'not-found', 'notFound'],
    ['instance-template-404', 'not-found', 'notFound'],
    ['api-disabled-403-dataflow', 'permission-denied', 'PERMISSION_DENIED'],
    ['api-disabled-403-app-engine', 'permission-denied', 'PERMISSION_DENIED'],
  ])('as a refusal of an order: %s is %s', async (name, kind, code) => {
    const [answer] = to(insert, said(name))
    const refused = await failureOf(order(answer!))
    expect(refused.kind).toBe(kind)
    expect(refused.explanation).toMatchObject({ code })
    expect(answer!.body).toContain(JSON.stringify(refused.explanation.said).slice(1, -1))
    expect(replay.asked).toEqual([insert])
  })

  /** What was pasted of operations that failed: whole operations, and single errors. */
  const errorsOf = (name: string): readonly object[] => {
    const { quotes } = recordings.find((recording) => recording.name === name)!
    return quotes.flatMap((quote) => {
      const one = quote as { readonly error?: { readonly errors?: object[] }; readonly code?: unknown }
      return one.error?.errors ?? (one.code === undefined ? [] : [one])
    })
  }

  /** As the real server sends it: 200 to the order, and the refusal in the operation that is done. */
  async function refusedLate(error: object) {
    const [started, done] = said('instance-insert-operation-get')
    const failed = { ...(JSON.parse(done!.body ?? '') as object), error: { errors: [error] } }
    const late = { ...done!, operation: wait, body: JSON.stringify(failed) }
    const compute = await open([{ ...started!, operation: insert }, late])
    const begun = await compute.insert(zone, 'x', {}, call)
    const { error: told } = await awaitDone(compute, begun, { zone }, { ...call, clock })
    const problems = told?.errors ?? []
    return { failure: explainOperation(problems, { ...call, project }), room: zonesWithRoom(problems) }
  }

  test.each<[string, FailureKind]>([
    ['ZONE_RESOURCE_POOL_EXHAUSTED', 'capacity-unavailable'],
    ['ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', 'capacity-unavailable'],
    ['VM_MIN_COUNT_NOT_REACHED', 'capacity-unavailable'],
    ['QUOTA_EXCEEDED', 'quota-exceeded'],
  ])('as users have seen operations fail: %s is %s', async (code, kind) => {
    const errors = errorsOf('pasted-capacity-quota-errors').filter(
      (error) => (error as { readonly code?: string }).code === code,
    )
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) {
      const { failure } = await refusedLate(error)
      expect([failure.kind, failure.explanation.code]).toEqual([kind, code])
      await replay.close()
    }
  })

  test('of zones that have what another lacks', async () => {
    const named = errorsOf('pasted-capacity-quota-errors').find((error) =>
      /"zonesAvailable":"[a-z]/.test(JSON.stringify(error)),
    )
    const { room } = await refusedLate(named!)
    const [, zones = ''] = /"zonesAvailable":"([^"]+)"/.exec(JSON.stringify(named)) ?? []
    expect(room).toEqual(zones.split(','))
  })

  test('of a name that is taken, in the operation', async () => {
    const [error] = errorsOf('edited-fixture-operation-error-already-exists')
    const { failure } = await refusedLate(error!)
    expect(failure.explanation.code).toBe('RESOURCE_ALREADY_EXISTS')
  })

  test('of the quotas of a project', async () => {
    const answers = said('project-quotas-2026').slice(0, 1)
    const quotas = await (await open(answers)).quotas(undefined, call)
    expect(quotas).toEqual((JSON.parse(answers[0]?.body ?? '') as { readonly quotas: unknown }).quotas)
    expect(quotas.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(['CPUS_ALL_REGIONS', 'GPUS_ALL_REGIONS']),
    )
  })
})
