import { describe, expect, test } from '@jest/globals'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import type { Check } from '../../../src/model/check.ts'
import { usersGroup, usualIdentity } from '../../emulators/azure/azure.ts'
import { given } from './documented-role.ts'
import { ask, lease, startAzureWorld, type AzureWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AzureWorld

inEachTest(startAzureWorld, (made) => (world = made))

async function examine(request: MachineRequest): Promise<readonly Check[]> {
  const checks: Check[] = []
  for await (const check of world.open({ group: usersGroup }).examine({ lease, request })) checks.push(check)
  return checks
}

/** The roles of the script, where it assigns them, without this one line. */
function documented(without?: string): void {
  const all = (list: 'launcher' | 'everywhere') => given(list).filter((action) => action !== without)
  world.azure.dials.allowed = all('everywhere')
  world.azure.dials.allowedIn.set(usersGroup, all('launcher'))
}

const everything = ask({ permissionSet: usualIdentity, spot: true, metadata: { team: 'vision' } })
const unknowable = ['way out of the network in eastus']
const told = (checks: readonly Check[], verdict: Check['verdict']): readonly Check[] =>
  checks.filter((check) => check.verdict === verdict)

describe('with exactly the roles of the script', () => {
  test.each([
    ['a plain launch', ask({}), unknowable],
    // No list tells what spot machines cost.
    ['a launch with everything', everything, [...unknowable, 'price']],
  ])('of %s all is good, and nothing is made', async (_, request, untold) => {
    documented()
    const checks = await examine(request)
    expect(checks.filter(({ verdict }) => verdict !== 'good').map(({ what }) => what)).toEqual(untold)
    expect(checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining([...world.open({ group: usersGroup }).permissions(request)]),
    )
    expect(world.azure.journal.filter(({ action }) => /\.(put|delete|submit)$/.test(action))).toEqual([])
  })
})

/** Held on the network or the identity itself, it is none of the group's; without these a launch only does worse. */
const unknown: ReadonlySet<string> = new Set([
  'Microsoft.Network/virtualNetworks/read',
  'Microsoft.Network/virtualNetworks/subnets/join/action',
  'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
])
/** What `stop` and `sweep` look in, and what `doctor` alone reads. */
const usages = 'Microsoft.Compute/locations/usages/read'
const noLaunch: ReadonlySet<string> = new Set(['Microsoft.Resources/subscriptions/locations/read', usages])

describe('a line of the roles that is taken out is named, and no other', () => {
  test.each([...given('launcher', 'everywhere')].filter((action) => !noLaunch.has(action)))(
    '%s',
    async (action) => {
      documented(action)
      const checks = await examine(everything)
      const named = checks.filter(({ what, verdict }) => what.split(' ')[0] === action && verdict !== 'good')
      expect(named).toHaveLength(1)
      const optional = named[0]!.what.includes('(optional)')
      expect(named[0]!.verdict).toBe(optional || unknown.has(action) ? 'unknown' : 'bad')
      const permissions = world.open({ group: usersGroup }).permissions(everything)
      const others = [...told(checks, 'bad'), ...told(checks, 'unknown')].filter(
        ({ what }) => what !== named[0]!.what && permissions.includes(what),
      )
      expect(others).toEqual([])
      for (const { verdict, fix } of named) if (verdict === 'bad') expect(fix).toContain(action)
    },
  )
})

test('what a launch needs on the whole subscription is of no use in the group alone, and the fix says where', async () => {
  world.azure.dials.allowed = []
  world.azure.dials.allowedIn.set(usersGroup, given('launcher', 'everywhere'))
  const bad = told(await examine(ask({})), 'bad').filter(({ what }) => what.endsWith('(on the subscription)'))
  expect(bad.map(({ fix }) => fix)).toEqual(
    [
      'Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read',
      'Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action',
    ].map((action) => expect.stringMatching(`^add ${action} to the role, on /subscriptions/[^/]+\\.$`)),
  )
})

describe('the quota', () => {
  const gpu = ask({ types: ['m+t4'] })
  const quotas = (checks: readonly Check[]): readonly Check[] =>
    checks.filter(({ what }) => what.startsWith('quota '))
  const set = (name: string, limit: number, currentValue = 0) =>
    world.azure.dials.quotas.set(name, { limit, currentValue })

  test('without its permission is unknown, and it is named', async () => {
    documented(usages)
    const [check] = quotas(await examine(ask({})))
    expect([check?.what, check?.verdict]).toEqual(['quota in eastus', 'unknown'])
    expect(check?.fix).toContain(`add ${usages} to the role, on the subscription`)
  })

  test('of the family and of the region is told with what is in use', async () => {
    expect(quotas(await examine(gpu))).toEqual([
      {
        what: 'quota Standard NCASv3_T4 Family in eastus',
        verdict: 'good',
        said: 'Standard_NC4as_T4_v3 takes 4 vCPUs, and the limit is 100 with 4 in use',
      },
      {
        what: 'quota cores in eastus',
        verdict: 'good',
        said: 'Standard_NC4as_T4_v3 takes 4 vCPUs, and the limit is 100 with 4 in use',
      },
    ])
  })

  test.each(['Standard NCASv3_T4 Family', 'cores'])('%s that is used up is bad', async (name) => {
    set(name, 4, 1)
    const bad = told(await examine(gpu), 'bad')
    expect(bad.map(({ what }) => what)).toEqual([`quota ${name} in eastus`])
    expect(bad[0]?.fix).toContain('https://portal.azure.com')
  })

  test('that only the first size lacks is not bad', async () => {
    set('standardDSv5Family', 0)
    const checks = quotas(await examine(ask({})))
    expect(checks.map(({ what, verdict }) => `${what}: ${verdict}`)).toEqual([
      'quota standardDSv5Family in eastus: unknown',
      'quota cores in eastus: good',
      'quota standardDASv5Family in eastus: good',
    ])
  })

  test('of spot machines is their own alone', async () => {
    set('cores', 0)
    expect(quotas(await examine({ ...gpu, spot: true })).map(({ what }) => what)).toEqual([
      'quota lowPriorityCores in eastus',
    ])
    set('lowPriorityCores', 3)
    expect(told(await examine({ ...gpu, spot: true }), 'bad')).toHaveLength(1)
  })

  test.each([
    ['Standard_NC24ads_A100_v4', 'StandardNCADSA100v4Family'],
    ['Standard_ND96amsr_A100_v4', 'standardNDAMSv4_A100Family'],
    ['Standard_ND96asr_v4', 'standardNDASv4_A100Family'],
    ['Standard_NC80adis_H100_v5', 'StandardNCadsH100v5Family'],
    ['Standard_NV36ads_A10_v5', 'StandardNVADSA10v5Family'],
    ['Standard_B2als_v2', 'standardBasv2Family'],
    ['Standard_B2s', 'standardBSFamily'],
    ['Standard_F8s_v2', 'standardFSv2Family'],
    ['Standard_D2_v3', 'standardDv3Family'],
  ])('of %s is %s', async (size, family) => {
    world.azure.dials.quotas.clear()
    for (const name of ['standardDv2Family', family, 'standardDSv3Family', 'cores']) set(name, 500)
    expect(quotas(await examine(ask({ types: [size] }))).map(({ what }) => what)).toEqual([
      `quota ${family} in eastus`,
      'quota cores in eastus',
    ])
  })

  test('of a family that is not to be found is unknown', async () => {
    set('cores', 5000)
    const checks = quotas(await examine(ask({ types: ['Standard_HB120rs_v3'] })))
    expect(checks.map(({ what, verdict }) => [what, verdict])).toEqual([
      ['quota cores in eastus', 'good'],
      ['quota in eastus', 'unknown'],
    ])
  })
})
