import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Check } from '../../../src/model/check.ts'
import { given } from './documented-role.ts'
import { isChange, lease, plainRequest, startKubernetesWorld, type KubernetesWorld } from './world.ts'

let world: KubernetesWorld

beforeEach(async () => {
  world = await startKubernetesWorld()
})

afterEach(async () => {
  expect(world.cluster.refused).toEqual([])
  await world.close()
})

/** With the Role of the manifest, without this one line. */
async function examine(without?: string): Promise<readonly Check[]> {
  world.cluster.dials.allowed = new Set(given.filter((right) => right !== without))
  const checks: Check[] = []
  for await (const check of world.open().examine({ lease, request: plainRequest })) checks.push(check)
  return checks
}

const notGood = (checks: readonly Check[]): readonly string[] =>
  checks.filter(({ verdict }) => verdict !== 'good').map(({ what }) => what)

test('with exactly the Role of the manifest all is good that can be known, and nothing is made', async () => {
  const checks = await examine()
  expect(notGood(checks)).toEqual([
    'image in runners',
    'way out of the network in runners',
    'quota in runners',
    'price',
  ])
  expect(checks.map(({ what }) => what)).toEqual(
    expect.arrayContaining([...world.open().permissions(plainRequest)]),
  )
  expect(world.cluster.journal.filter(isChange)).toEqual([])
})

describe('a line of the Role that is taken out is named, and no other', () => {
  test.each(given)('%s', async (right) => {
    const checks = await examine(right)
    const permissions = world.open().permissions(plainRequest)
    const lacking = checks.filter(({ what, verdict }) => verdict !== 'good' && permissions.includes(what))
    expect(lacking.map(({ what }) => what.replace(/ \(optional\)|\.batch/g, ''))).toEqual([right])
    const [{ what, verdict, fix } = { what: '', verdict: 'good', fix: undefined }] = lacking
    expect(verdict).toBe(what.includes('(optional)') ? 'unknown' : 'bad')
    if (verdict === 'bad') expect(fix).toContain('docs/kubernetes-role.yaml')
  })
})
