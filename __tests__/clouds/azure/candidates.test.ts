import { describe, expect, test } from '@jest/globals'
import type { MachineRequest, Resolution } from '../../../src/clouds/cloud.ts'
import { usersGroup } from '../../emulators/azure/azure.ts'
import { ask, failureOf, startAzureWorld, table, type AzureWorld, type Settings } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AzureWorld

inEachTest(startAzureWorld, (made) => (world = made))

const resolve = (change: Partial<MachineRequest>, settings: Settings = {}): Promise<Resolution> =>
  world.open(settings).resolve(ask(change))

const sizes = async (word: string): Promise<readonly [sizes: string, image: string, warnings: number]> => {
  const { candidates, warnings } = await resolve({ types: [word] })
  return [
    candidates.map(({ type }) => type.replace('Standard_', '')).join(' '),
    candidates[0]!.image.name.split(':').slice(0, 3).join(':'),
    warnings.length,
  ]
}

describe('a word of CML’s', () => {
  test.each([
    ['us-east', 'eastus'],
    ['us-west', 'westus2'],
    ['eu-west', 'westeurope'],
    ['eu-north', 'northeurope'],
    ['West US 2', 'westus2'],
    ['westus2-1', 'westus2-1'],
  ])('for the region %s means %s', async (word, place) => {
    expect(table((await resolve({ regions: [word] })).candidates)[0]).toBe(
      `Standard_D8s_v5 on-demand ${place}`,
    )
  })

  const [plain, gpu] = ['Canonical:ubuntu-24_04-lts:server', 'microsoft-dsvm:ubuntu-hpc:2404'] as const
  test.each([
    ['m', 'D8s_v5 D8as_v5', plain, 0],
    ['l', 'D32s_v5 D32as_v5', plain, 0],
    ['xl', 'D64s_v5 D64as_v5', plain, 0],
    ['m+t4', 'NC4as_T4_v3 NC8as_T4_v3', gpu, 0],
    ['l+t4', 'NC64as_T4_v3', gpu, 0],
    ['m+a100', 'NC24ads_A100_v4', gpu, 0],
    ['m+h100', 'NC40ads_H100_v5', gpu, 0],
    // What is retired or was never sold there has a warning that names both.
    ['m+k80', 'NC4as_T4_v3 NC8as_T4_v3', gpu, 1],
    ['m+v100', 'NC24ads_A100_v4', gpu, 1],
    ['l+v100', 'NC96ads_A100_v4', gpu, 1],
    ['m+a10g', 'NV36ads_A10_v5', gpu, 1],
    ['Standard_D8ps_v5', 'D8ps_v5', `${plain}-arm64`, 0],
  ])('for the size %s means %s', async (word, names, image, warnings) => {
    expect(await sizes(word)).toEqual([names, image, warnings])
  })
})

describe('candidates', () => {
  test('come by market, then by the user’s types, then by regions, each on a subnet of the group', async () => {
    const wish = { types: ['m', 'l'], regions: ['us-east', 'us-west'], spot: true, spotFallback: true }
    const { candidates } = await resolve(wish, { group: usersGroup })
    const expected = ['spot', 'on-demand'].flatMap((market) =>
      ['D8', 'D32'].flatMap((size) =>
        ['eastus', 'westus2'].flatMap((region) =>
          ['s', 'as'].map(
            (letters) =>
              `Standard_${size}${letters}_v5 ${market} ${region} in runners on runners-${region}/machines`,
          ),
        ),
      ),
    )
    expect(table(candidates)).toEqual(expected)
  })

  test('of a subnet without a group are in the subnet’s own', async () => {
    const { candidates } = await resolve({}, { subnets: [`${usersGroup}/runners-eastus/machines`] })
    expect(table(candidates)[0]).toBe(
      'Standard_D8s_v5 on-demand eastus in runners on runners-eastus/machines',
    )
  })

  test('have an image that their processor runs, or there is none', async () => {
    const other = await failureOf(resolve({ image: 'Canonical:ubuntu-24_04-lts:server-arm64:latest' }))
    expect(other.message).toMatch(/made for arm64, and Standard_D8s_v5 machines are x64/)
    expect((await failureOf(resolve({ image: 'x' }))).message).toMatch(/publisher:offer:sku:version/)
  })
})
