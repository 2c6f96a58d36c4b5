import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import { usersGroup, usualIdentity } from '../../emulators/azure/azure.ts'
import { given } from './documented-role.ts'
import { ask, lease, orderOf, startAzureWorld, type AzureWorld, type Settings } from './world.ts'

const docs = join(import.meta.dirname, '../../../docs')
const page = readFileSync(join(docs, 'azure.md'), 'utf8')

const used = ({ azure }: AzureWorld): readonly string[] =>
  [...new Set(azure.journal.flatMap(({ permissions = [] }) => permissions))].sort()

const inGroup: Settings = { group: usersGroup }
const requests = [ask({}), ask({ permissionSet: usualIdentity, spot: true, metadata: { team: 'vision' } })]

/** All that a launch and what follows it do with one request. */
async function wholeLife(
  world: AzureWorld,
  request: MachineRequest,
  settings: Settings,
  index = 0,
): Promise<void> {
  const cloud = world.open(settings)
  const { candidates } = await cloud.resolve(request)
  const identity = `${lease.identity.slice(0, -1)}${'abc'[index]}`
  const machine = await cloud.create(candidates[0]!, orderOf(request, { lease: { ...lease, identity } }))
  await cloud.look(machine)
  await cloud.console(machine)
  const regions = await cloud.enabledRegions()
  const { machines, unreadable } = await cloud.list({ scope: lease.scope }, regions)
  expect(unreadable).toEqual([])
  expect(machines.length).toBeGreaterThan(0)
  const tale = world.azure.machine(machine.id)
  tale.trouble = { code: 'AllocationFailed', message: 'Allocation failed.' }
  world.azure.world.machines.fail(tale)
  expect(await cloud.look(machine)).toMatchObject({ ended: { kind: 'capacity-unavailable' } })
  await cloud.destroy(machine)
}

describe('the roles that the script makes', () => {
  test('let a launch in its group do all it does, and nothing that it does not', async () => {
    const world = await startAzureWorld()
    world.azure.dials.allowed = given('everywhere')
    world.azure.dials.allowedIn.set(usersGroup, given('launcher'))
    try {
      for (const [index, request] of requests.entries()) {
        // Doctor has the same role.
        for await (const { what, verdict } of world.open(inGroup).examine({ lease, request }))
          expect([what, verdict]).not.toEqual([what, 'bad'])
        await wholeLife(world, request, inGroup, index)
      }
      expect(used(world)).toEqual(given('launcher', 'everywhere'))
    } finally {
      await world.close()
    }
  })

  test('let a machine look at itself and remove itself, and nothing else', () => {
    expect(given('machine')).toEqual([
      'Microsoft.Compute/virtualMachines/delete',
      'Microsoft.Compute/virtualMachines/read',
    ])
  })

  test('are what the page names', () => {
    const blocks = [...page.matchAll(/```\n(Microsoft\.[^]*?)\n```/g)].flatMap(([, block = '']) =>
      block.split('\n'),
    )
    const [, rest = ''] = /With `cloud-permission-set` also([^]*)/.exec(page) ?? []
    const named = rest.match(/(?<=`)Microsoft\.[\w./]+(?=`)/g) ?? []
    expect([...blocks, ...named]).toEqual(expect.arrayContaining([...given('launcher', 'everywhere')]))
  })
})

describe('the permissions that a launch says it needs', () => {
  test.each<[string, MachineRequest, Settings]>([
    ['in a group that is there', ask({}), inGroup],
    ['in a group that is there, with an identity', requests[1]!, inGroup],
    ['without an address', ask({ publicAddress: 'never' }), inGroup],
    ['in a group of its own', ask({}), {}],
  ])('%s, are all it uses', async (_, request, settings) => {
    const world = await startAzureWorld()
    const said = world.open(settings).permissions(request)
    const actions = said.map((text) => text.split(' ')[0]!)
    // What looks in all regions is no launch.
    world.azure.dials.allowed = [...actions, 'Microsoft.Resources/subscriptions/locations/read']
    try {
      await wholeLife(world, request, settings)
      expect([...actions, 'Microsoft.Resources/subscriptions/locations/read']).toEqual(
        expect.arrayContaining([...used(world)]),
      )
    } finally {
      await world.close()
    }
  })
})
