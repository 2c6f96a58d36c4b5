import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import type { Check } from '../../../src/model/check.ts'
import { usersGroup, usualIdentity } from '../../emulators/azure/azure.ts'
import { given } from './documented-role.ts'
import { ask, lease, startAzureWorld, type AzureWorld } from './world.ts'

let world: AzureWorld

beforeEach(async () => {
  world = await startAzureWorld()
})

afterEach(async () => {
  expect(world.azure.refused).toEqual([])
  await world.close()
})

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
const unknowable = ['way out of the network in eastus', 'quota in eastus']
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
/** What `stop` and `sweep` look in. */
const noLaunch: ReadonlySet<string> = new Set(['Microsoft.Resources/subscriptions/locations/read'])

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
