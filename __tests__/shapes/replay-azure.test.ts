import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { machinePath, type Arm, type ArmMachine } from '../../src/clouds/azure/arm.ts'
import { createArm } from '../../src/clouds/azure/client.ts'
import { isGone, isGroupGone } from '../../src/clouds/azure/failures.ts'
import { awaitDone, operationOf } from '../../src/clouds/azure/operations.ts'
import { allPages } from '../../src/clouds/azure/pages.ts'
import { powerOf, readGroup, readMachine } from '../../src/clouds/azure/read-machine.ts'
import { drawsOf } from '../../src/clouds/azure/quotas.ts'
import { Sightings } from '../../src/clouds/azure/sightings.ts'
import { Consoles } from '../../src/clouds/azure/console.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { FailureKind } from '../../src/model/failure.ts'
import type { Candidate, Instance } from '../../src/model/instance.ts'
import { certificate, type Certificate } from '../emulators/azure/certificate.ts'
import { entra } from '../emulators/azure/credentials.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { folder, readRecordings } from './recordings.ts'
import { failureOf, said as saidIn, startReplay, to, type Replay, type Said } from './replay.ts'
import { withRecordings } from './with-recordings.ts'

const inGroup = '/subscriptions/*/resourceGroups/*'
const machines = `${inGroup}/providers/Microsoft.Compute/virtualMachines`
const view = `GET ${machines}/*?$expand=instanceView`
const put = `PUT ${machines}/*`
const remove = `DELETE ${machines}/*`
const removeGroup = `DELETE ${inGroup}`
const operation = 'GET /subscriptions/*/providers/Microsoft.Compute/locations/*/operations/*'
const groupsOperation = 'GET /subscriptions/*/operationresults/*'

const home = 'https://management.azure.com'
const subscription = '00000000-0000-0000-0000-000000000000'
const where = { group: 'test-rg', name: 'it' }
const path = `${machinePath(subscription, where)}?api-version=2026-03-01`

/** Microsoft Entra, whose answers were not recorded. */
function entraSays(path: string, url: string): object | undefined {
  const [asked = ''] = path.split('?')
  const tenant = `${url}/${entra.tenant}`
  if (asked.endsWith('/.well-known/openid-configuration'))
    return {
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      issuer: `${tenant}/v2.0`,
      jwks_uri: `${tenant}/discovery/v2.0/keys`,
    }
  return asked.endsWith('/oauth2/v2.0/token')
    ? { token_type: 'Bearer', expires_in: 3599, access_token: entra.token }
    : undefined
}

withRecordings('what Azure has answered', () => {
  const recordings = readRecordings(folder, 'azure')
  const said = (name: string): readonly Said[] => saidIn(recordings, name)
  const clock = new FakeClock(Date.parse('2026-07-23T01:56:00Z'))
  const call = { tried: 'try it' }
  let tls: Certificate
  let replay: Replay
  let variables: Readonly<Record<string, string>>

  beforeAll(async () => {
    tls = await certificate()
  })
  afterEach(() => replay.close())

  async function open(answers: readonly Said[]): Promise<Arm> {
    replay = await startReplay('azure', answers, { tls, home, aside: entraSays })
    variables = {
      AZURE_RESOURCE_MANAGER_ENDPOINT: replay.url,
      AZURE_AUTHORITY_HOST: replay.url,
      AZURE_TENANT_ID: entra.tenant,
      AZURE_CLIENT_ID: entra.client,
      AZURE_CLIENT_SECRET: entra.secret,
      AZURE_SUBSCRIPTION_ID: subscription,
    }
    return createArm({ variables, clock, log: silentLog })
  }

  const context = () => ({ variables, clock, log: silentLog })
  const sightingsOf = async (answers: readonly Said[]): Promise<Sightings> => {
    const arm = await open(answers)
    return new Sightings(arm, context(), where.group)
  }

  /** The first value of that key, read as plainly as can be: what the recording says stays in the recording. */
  const told = ([answer]: readonly Said[], key: string): string =>
    new RegExp(`"${key}":\\s*"([^"]*)"`).exec(answer?.body ?? '')?.[1] ?? ''
  const at = (name: string, index: number): readonly Said[] => said(name).slice(index, index + 1)

  const known: Instance = {
    cloud: 'azure',
    id: 'test-rg/it',
    region: 'eastus',
    type: 'x',
    market: 'spot',
    state: 'running',
    launchedAt: 0,
  }

  test.each<[string, number, Instance['state'], string | undefined]>([
    ['vm-instance-view-creating', 0, 'running', undefined],
    ['vm-instance-view-creating', 1, 'running', undefined],
    ['vm-instance-view-os-provisioning-in-progress', 0, 'running', undefined],
    ['vm-instance-view-agent-unavailable', 0, 'running', undefined],
    ['vm-delete-option-delete', 0, 'running', undefined],
    ['vm-spot-get-after-create', 0, 'running', undefined],
    ['vm-instance-view-stopped-vs-deallocated', 0, 'remnant', 'PowerState/stopped'],
    ['vm-instance-view-stopped-vs-deallocated', 1, 'remnant', 'PowerState/deallocated'],
    ['vm-spot-simulate-eviction-deallocate', 1, 'remnant', 'PowerState/deallocated'],
  ])('of a machine: %s, answer %i, is one that is %s', async (name, index, state, code) => {
    const answers = to(view, at(name, index))
    const seen = await (await sightingsOf(answers)).look(where, call)
    expect(seen).toMatchObject({
      cloud: 'azure',
      id: `test-rg/${told(answers, 'name').toLowerCase()}`,
      region: told(answers, 'location'),
      type: told(answers, 'vmSize'),
      market: /^(Spot|Low)$/.test(told(answers, 'priority')) ? 'spot' : 'on-demand',
      launchedAt: Math.floor((Date.parse(told(answers, 'timeCreated')) || 0) / 1000),
      state,
    })
    expect(seen.ended?.code).toBe(code)
    expect(replay.asked[0]).toBe(view)
  })

  test.each(['vm-create-poll-get-2020-12-01', 'vm-create-poll-get-2022-03-01'])(
    'to an order: a machine in the making, an operation that is waited for as it asks, and the machine (%s)',
    async (name) => {
      const arm = await open(said(name))
      const before = clock.now()
      const ordered = await arm.send({ method: 'PUT', path, body: {} }, call)
      expect(ordered).toMatchObject({ status: 201, attempts: 1 })
      expect(readMachine(ordered.body as ArmMachine)).toMatchObject({ state: 'pending' })
      await awaitDone(arm, ordered, { ...call, clock })
      expect(clock.now()).toBeGreaterThan(before)
      const { body } = await arm.send({ method: 'GET', path }, call)
      expect(readMachine(body as ArmMachine)).toMatchObject({
        state: 'running',
        region: told(said(name), 'location'),
      })
      expect(replay.asked).toEqual([put, operation, operation, `GET ${machines}/*`])
    },
  )

  test.each([
    ['vm-spot-create-put-201', 'spot'],
    ['vm-identity-user-assigned-put', 'on-demand'],
  ])('to an order: %s is a machine in the making, whose operation can be asked', async (name, market) => {
    const ordered = await (await open(said(name))).send({ method: 'PUT', path, body: {} }, call)
    expect(operationOf(ordered)).toMatch(/\/operations\//)
    expect(readMachine(ordered.body as ArmMachine)).toMatchObject({ state: 'pending', market })
  })

  test('to an order of what is there: 200, by which it is told apart', async () => {
    const ordered = await (
      await open(said('vm-put-existing-200-update'))
    ).send({ method: 'PUT', path, body: {} }, call)
    expect(ordered).toMatchObject({ status: 200, attempts: 1 })
  })

  test.each<[string, FailureKind, string]>([
    ['vm-put-409-core-quota', 'quota-exceeded', 'OperationNotAllowed'],
    ['vm-put-404-nic-missing', 'not-found', 'NotFound'],
    ['authorization-failed-403', 'permission-denied', 'AuthorizationFailed'],
    ['auto-shutdown-409-provider-not-registered', 'permission-denied', 'MissingSubscriptionRegistration'],
  ])('as a refusal of an order: %s is %s', async (name, kind, code) => {
    const answers = to(put, said(name))
    const arm = await open(answers)
    const refused = await failureOf(arm.send({ method: 'PUT', path, body: {} }, call))
    expect([refused.kind, refused.explanation.code]).toEqual([kind, code])
    expect(told(answers, 'message')).toContain(refused.explanation.said?.slice(0, 60))
    expect(replay.asked).toEqual([put])
  })

  test.each([
    'nic-put-429-retryable-then-201',
    'network-503-server-timeout',
    'vm-put-504-resource-read-failed',
  ])('as what passes: after %s the same is asked again', async (name) => {
    const [first] = to(put, said(name))
    const arm = await open([first!, ...at('vm-spot-create-put-201', 0)])
    expect(await arm.send({ method: 'PUT', path, body: {} }, call)).toMatchObject({
      status: 201,
      attempts: 2,
    })
  })

  test('in the middle of an operation: 503 with nothing in it is no end', async () => {
    const [ordered, asking, done] = said('vm-create-poll-get-2022-03-01')
    const busy = to(operation, said('compute-503-empty-body').slice(-1))
    const arm = await open([ordered!, asking!, ...busy, done!])
    const answer = await arm.send({ method: 'PUT', path, body: {} }, call)
    await awaitDone(arm, answer, { ...call, clock })
    expect(replay.asked).toEqual([put, operation, operation, operation])
  })

  /** As the real server sends it: 201 to the order, and the failure in a 200. */
  async function failsLate(failed: Said) {
    const [ordered] = said('vm-create-poll-get-2022-03-01')
    const arm = await open([ordered!, { ...failed, operation }])
    const answer = await arm.send({ method: 'PUT', path, body: {} }, call)
    return failureOf(awaitDone(arm, answer, { ...call, clock }))
  }

  test.each([
    ['async-operation-failed-extension', 'VMExtensionProvisioningError'],
    ['async-operation-failed-internal', 'InternalExecutionError'],
    ['async-operation-failed-invalid-parameter', 'InvalidParameter'],
  ])('of an operation that has failed: %s', async (name, code) => {
    const failure = await failsLate(said(name)[0]!)
    expect(failure.explanation).toMatchObject({ code })
  })

  const errorsPasted = () =>
    recordings
      .find(({ name }) => name === 'pasted-capacity-and-quota-errors')!
      .quotes.flatMap((quote) => {
        const { error } = quote as { readonly error?: { readonly code: string; readonly message: string } }
        return error ? [error] : []
      })

  test.each<[string, FailureKind]>([
    ['SkuNotAvailable', 'capacity-unavailable'],
    ['OverconstrainedZonalAllocationRequest', 'capacity-unavailable'],
    ['OverconstrainedAllocationRequest', 'capacity-unavailable'],
    ['AllocationFailed', 'capacity-unavailable'],
    ['OperationNotAllowed', 'quota-exceeded'],
  ])('as users have seen orders fail, at once and late: %s is %s', async (code, kind) => {
    const errors = errorsPasted().filter((error) => error.code === code)
    expect(errors.length).toBeGreaterThan(0)
    const [late] = said('async-operation-failed-internal')
    for (const error of errors) {
      const body = { ...(JSON.parse(late!.body ?? '') as object), error }
      expect((await failsLate({ ...late!, body: JSON.stringify(body) })).kind).toBe(kind)
      await replay.close()
      const [refusal] = to(put, said('vm-put-409-core-quota'))
      const arm = await open([{ ...refusal!, body: JSON.stringify({ error }) }])
      expect((await failureOf(arm.send({ method: 'PUT', path, body: {} }, call))).kind).toBe(kind)
      await replay.close()
    }
  })

  test.each([
    ['vm-delete-poll-404', 0],
    ['vm-force-delete', 0],
    ['child-in-deleted-group-404', 1],
  ])('to a removal: %s, which nobody waits for', async (name, index) => {
    const sightings = await sightingsOf(to(remove, at(name, index)))
    await sightings.destroy({ cloud: 'azure', region: 'eastus', id: 'test-rg/it' })
    expect(replay.asked).toEqual([remove])
  })

  test('to a removal: its operation ends, and then nothing is there', async () => {
    const [first, ...others] = said('vm-delete-poll-404')
    const arm = await open([first!, ...others])
    await awaitDone(arm, await arm.send({ method: 'DELETE', path }, call), { ...call, clock })
    const missing = await failureOf(arm.send({ method: 'GET', path }, call))
    expect([missing.explanation.code, isGone(missing)]).toEqual(['ResourceNotFound', true])
  })

  test('of a spot machine that was taken back, in other words than of one that never was', async () => {
    const answers = to(view, said('vm-spot-evicted-delete-404-entity-not-found').slice(-1))
    const seen = await (await sightingsOf(answers)).follow(known)
    expect(seen).toMatchObject({ state: 'gone', ended: { kind: 'capacity-unavailable' } })
  })

  test('to the removal of a group: an address that changes with each look, until it is gone', async () => {
    const answers = said('resource-group-delete-poll-location')
    const arm = await open(answers)
    const ordered = await arm.send(
      {
        method: 'DELETE',
        path: `/subscriptions/${subscription}/resourceGroups/test-rg?api-version=2021-04-01`,
      },
      call,
    )
    await awaitDone(arm, ordered, { ...call, clock })
    expect(replay.asked).toEqual([removeGroup, groupsOperation, groupsOperation, groupsOperation])
  })

  test('of a group that is being removed, and then of none', async () => {
    const answers = said('resource-group-deleting-then-404-head-204').filter(
      ({ operation: of }) => of === `GET ${inGroup}`,
    )
    const arm = await open(answers)
    const group = `/subscriptions/${subscription}/resourceGroups/test-rg?api-version=2021-04-01`
    const { body } = await arm.send({ method: 'GET', path: group }, call)
    expect(readGroup(body as Parameters<typeof readGroup>[0]).state).toBe('ending')
    expect(isGroupGone(await failureOf(arm.send({ method: 'GET', path: group }, call)))).toBe(true)
  })

  test('of machines of others, which are nobody’s that we look for', async () => {
    const list = said('vm-list-in-group')
    const arm = await open([...list, ...list, ...said('vm-list-empty')])
    const all = `/subscriptions/${subscription}/resourceGroups/test-rg/providers/Microsoft.Compute/virtualMachines?api-version=2026-03-01`
    expect((await allPages(arm, all, call)).length).toBe(2)
    const sightings = new Sightings(arm, context(), where.group)
    for (let time = 0; time < 2; time++)
      expect(await sightings.list({ scope: 'github.com/o/r' }, ['eastus'])).toEqual({
        machines: [],
        unreadable: [],
      })
  })

  test('of boot logs: an address, which is then asked for the log', async () => {
    const [answer] = said('boot-diagnostics-retrieve')
    const address = told([answer!], 'serialConsoleLogBlobUri')
    expect(address).toMatch(/^https:/)
    const { origin } = new URL(address)
    // The store of logs is another server; here it is the same.
    const body = answer!.body?.replaceAll(`${origin}:443`, home)
    const consoles = new Consoles(await open([{ ...answer!, body }]), context())
    expect(await consoles.read(known)).toBeUndefined()
    expect(replay.asked).toEqual([
      `POST ${machines}/*/retrieveBootDiagnosticsData`,
      expect.stringMatching(/^GET /),
    ])
  })

  test('of the newest version of an image', async () => {
    const [answer] = said('images-latest-version')
    const arm = await open([answer!])
    const { body } = await arm.send(
      {
        method: 'GET',
        path: `/subscriptions/${subscription}/providers/Microsoft.Compute/locations/eastus/publishers/p/artifacttypes/vmimage/offers/o/skus/s/versions?$top=1&$orderby=name%20desc&api-version=2026-03-01`,
      },
      call,
    )
    expect(body).toEqual([expect.objectContaining({ name: told([answer!], 'name') })])
  })

  test('of a machine whose power nobody told', async () => {
    const { body } = await (
      await open(at('vm-user-data-expand', 0))
    ).send({ method: 'GET', path: `${path}&$expand=userData` }, call)
    expect(powerOf(body as ArmMachine)).toBeUndefined()
    expect(readMachine(body as ArmMachine).state).toBe('running')
  })

  test('of the quotas of a region, in which families are found', async () => {
    const answers = said('usages-westus')
    const known = JSON.parse(answers[0]?.body ?? '') as {
      readonly value: readonly {
        readonly name: { readonly value: string; readonly localizedValue: string }
      }[]
    }
    const nameOf = (value: string): string =>
      known.value.find(({ name }) => name.value === value)!.name.localizedValue
    const machine = { region: 'westus', market: 'on-demand', type: 'Standard_D8s_v3' }
    const [draws] = await drawsOf(await open(answers), [machine as Candidate], undefined)
    expect(draws!.map(({ what, known: { ...quota } }) => [what, 'limit' in quota])).toEqual([
      [`quota ${nameOf('standardDSv3Family')} in westus`, true],
      [`quota ${nameOf('cores')} in westus`, true],
    ])
  })
})
