import { describe, expect, test } from '@jest/globals'
import { numberOf } from '../../../src/clouds/kubernetes/quotas.ts'
import type { Check } from '../../../src/model/check.ts'
import { forDoctor, given } from './documented-role.ts'
import { isChange, lease, plainRequest, startKubernetesWorld, type KubernetesWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: KubernetesWorld

inEachTest(startKubernetesWorld, (made) => (world = made))

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
  expect(notGood(checks)).toEqual(['image in runners', 'way out of the network in runners', 'price'])
  expect(checks.map(({ what }) => what)).toEqual(
    expect.arrayContaining([...world.open().permissions(plainRequest)]),
  )
  expect(world.cluster.journal.filter(isChange)).toEqual([])
})

describe('a line of the Role that is taken out is named, and no other', () => {
  test.each(given.filter((right) => right !== forDoctor))('%s', async (right) => {
    const checks = await examine(right)
    const permissions = world.open().permissions(plainRequest)
    const lacking = checks.filter(({ what, verdict }) => verdict !== 'good' && permissions.includes(what))
    expect(lacking.map(({ what }) => what.replace(/ \(optional\)|\.batch/g, ''))).toEqual([right])
    const [{ what, verdict, fix } = { what: '', verdict: 'good', fix: undefined }] = lacking
    expect(verdict).toBe(what.includes('(optional)') ? 'unknown' : 'bad')
    if (verdict === 'bad') expect(fix).toContain('docs/kubernetes-role.yaml')
  })
})

describe('the quota', () => {
  const quotas = (checks: readonly Check[]): readonly Check[] =>
    checks.filter(({ what }) => what.startsWith('quota '))
  const set = (hard: Readonly<Record<string, string>>, used: Readonly<Record<string, string>> = {}) =>
    void world.cluster.dials.quotas.push({ name: 'compute', hard, used })

  test('without its right is unknown, and it is named', async () => {
    const [check] = quotas(await examine(forDoctor))
    expect([check?.what, check?.verdict]).toEqual(['quota in runners', 'unknown'])
    expect(check?.fix).toContain('`list` of resourcequotas')
  })

  test('is good where there is none', async () => {
    expect(quotas(await examine())).toEqual([
      { what: 'quota in runners', verdict: 'good', said: 'none is set, so nothing limits it' },
    ])
  })

  test('is told by each thing that it counts of a pod, and others are left out', async () => {
    set(
      { 'requests.cpu': '20', 'limits.memory': '64Gi', pods: '5', services: '0' },
      { 'requests.cpu': '11500m' },
    )
    expect(quotas(await examine()).map(({ what, verdict, said }) => `${verdict} ${what}: ${said}`)).toEqual([
      'good quota requests.cpu of compute in runners: 8-32768 takes 8 cores, and the limit is 20 with 11.5 in use',
      'good quota limits.memory of compute in runners: 8-32768 takes 32 GiB of memory, and the limit is 64 with 0 in use',
      'good quota pods of compute in runners: 8-32768 takes 1 pod, and the limit is 5 with 0 in use',
    ])
  })

  test('that is used up is bad, with the command that changes it', async () => {
    set({ cpu: '16' }, { cpu: '9' })
    const [check] = quotas(await examine())
    expect([check?.verdict, check?.fix]).toEqual([
      'bad',
      'kubectl edit resourcequota compute --namespace runners',
    ])
  })

  test('with a scope is unknown', async () => {
    world.cluster.dials.quotas.push({
      name: 'few',
      spec: { scopes: ['BestEffort'] },
      hard: { pods: '0' },
      used: {},
    })
    expect(quotas(await examine())[0]?.verdict).toBe('unknown')
  })

  test.each([
    ['500m', 0.5],
    ['8', 8],
    ['1k', 1000],
    ['64Gi', 64 * 1024 ** 3],
    ['1e3', 1000],
    ['2E', 2e18],
  ])('%s is %s', (quantity, value) => {
    expect(numberOf(quantity)).toBe(value)
  })
})
