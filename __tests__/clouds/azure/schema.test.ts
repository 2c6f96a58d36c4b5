import { describe, expect, test } from '@jest/globals'
import { usersGroup, usualIdentity } from '../../emulators/azure/azure.ts'
import { vendorSchema } from '../../emulators/azure/schema.ts'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import { ask, orderOf, startAzureWorld, type Settings } from './world.ts'

const { skip } = describe
const judge = vendorSchema()
if (!judge)
  process.stderr.write(
    'Some of schema.test.ts is left out: CML_MODELS names no folder with Microsoft’s own schema.\n',
  )

/** What was asked of Azure for such a machine. */
async function bodyFor(request: MachineRequest, settings: Settings): Promise<Record<string, unknown>> {
  const world = await startAzureWorld()
  try {
    const cloud = world.open(settings)
    const { candidates } = await cloud.resolve(request)
    await cloud.create(candidates[0]!, orderOf(request))
    expect(world.azure.refused).toEqual([])
    const { body, query } = world.azure.journal.find(({ action }) => action === 'machines.put')!
    const type = 'Microsoft.Compute/virtualMachines'
    return { name: 'it', type, apiVersion: query['api-version'], ...body }
  } finally {
    await world.close()
  }
}

;(judge ? describe : skip)('Microsoft’s own schema', () => {
  test.each<[string, MachineRequest, Settings]>([
    ['a plain machine', ask({}), {}],
    ['a machine in a group that is there', ask({}), { group: usersGroup }],
    ['a spot machine with a ceiling', ask({ spot: true, spotPrice: 0.5 }), {}],
    ['a machine in a zone, with tags', ask({ regions: ['westus2-1'], metadata: { team: 'vision' } }), {}],
    ['a machine with a GPU', ask({ types: ['m'], gpu: 't4' }), {}],
    ['a machine without an address', ask({ publicAddress: 'never' }), { group: usersGroup }],
    ['a machine with an identity', ask({ permissionSet: usualIdentity }), { group: usersGroup }],
  ])('takes the order of %s', async (_, request, settings) => {
    expect(judge!(await bodyFor(request, settings))).toEqual([])
  })

  test.each<[string, (properties: Record<string, unknown>) => void]>([
    ['a wrong word', (properties) => (properties.evictionPolicy = 'Destroy')],
    ['a wrong type', (properties) => (properties.networkProfile = 'any')],
    ['a price in words', (properties) => (properties.billingProfile = { maxPrice: 'cheap' })],
  ])('refuses the same with %s', async (_, spoil) => {
    const body = await bodyFor(ask({}), {})
    spoil(body.properties as Record<string, unknown>)
    expect(judge!(body)).not.toEqual([])
  })
})
