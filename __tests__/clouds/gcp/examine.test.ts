import { describe, expect, test } from '@jest/globals'
import type { Cloud, MachineRequest } from '../../../src/clouds/cloud.ts'
import { parseType } from '../../../src/clouds/gcp/machine-type.ts'
import { sharesOf } from '../../../src/clouds/gcp/quota-words.ts'
import type { Check } from '../../../src/model/check.ts'
import { besideTheProject, given } from './documented-roles.ts'
import { ask, lease, startGcpWorld, type GcpWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: GcpWorld

inEachTest(startGcpWorld, (made) => (world = made))

/** With a subnet that is named, where everything is. */
function opened(request: MachineRequest): Cloud {
  return world.open(request === everything ? ['default'] : undefined)
}

async function examine(request: MachineRequest): Promise<readonly Check[]> {
  const checks: Check[] = []
  for await (const check of opened(request).examine({ lease, request })) checks.push(check)
  return checks
}

/** The launcher's role of the script, without this one line. */
function documented(without?: string): void {
  const role = given('launcher').filter((name) => name !== without)
  world.gcp.dials.allowed = new Set([...role, ...besideTheProject])
}

const everything = ask({
  permissionSet: 'my-sa@my-project.iam.gserviceaccount.com',
  metadata: { team: 'vision' },
})
const actAs = 'iam.serviceAccounts.actAs (on the service account)'
const unknowable = ['way out of the network in us-east1']
/** What only `doctor` reads, and what it then cannot tell. */
const forQuotas: Readonly<Record<string, string>> = {
  'compute.regions.get': 'quota in us-east1',
  'compute.projects.get': 'quota CPUS_ALL_REGIONS of the project',
}
const notGood = (checks: readonly Check[]): readonly string[] =>
  checks.filter(({ verdict }) => verdict !== 'good').map(({ what }) => what)

describe('with exactly the role of the script', () => {
  test.each([
    ['a plain launch', ask({}), unknowable],
    // The project cannot be asked about what is held on an account alone.
    ['a launch with everything', everything, [...unknowable, actAs]],
  ])('of %s all is good that can be known, and nothing is made', async (_, request, untold) => {
    documented()
    const checks = await examine(request)
    expect(notGood(checks)).toEqual(untold)
    expect(checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining([...opened(request).permissions(request)]),
    )
    expect(world.gcp.journal.filter(({ action }) => /insert|delete|set/.test(action))).toEqual([])
  })
})

describe('a line of the role that is taken out is named, and no other', () => {
  test.each(given('launcher').filter((name) => !Object.hasOwn(forQuotas, name)))('%s', async (name) => {
    documented(name)
    const checks = await examine(everything)
    const named = checks.filter(({ what, verdict }) => what.split(' ')[0] === name && verdict !== 'good')
    expect(named).toHaveLength(1)
    const [{ what, verdict, fix } = { what: '', verdict: 'good', fix: undefined }] = named
    expect(verdict).toBe(what.includes('(optional)') ? 'unknown' : 'bad')
    if (verdict === 'bad') expect(fix).toContain(`--add-permissions=${name}`)
    const permissions = opened(everything).permissions(everything)
    expect(
      notGood(checks)
        .filter((other) => permissions.includes(other))
        .toSorted(),
    ).toEqual([what, actAs].toSorted())
  })
})

describe('the quota', () => {
  const gpu = ask({ types: ['m+t4'] })
  const quota = (checks: readonly Check[], about: string): Check | undefined =>
    checks.find(({ what }) => what.startsWith(`quota ${about}`))
  const set = (metric: string, limit: number, usage = 0) =>
    world.gcp.dials.quotas.set(metric, { limit, usage })

  test.each(Object.entries(forQuotas))('without %s is unknown, and it is named', async (name, what) => {
    documented(name)
    const untold = (await examine(ask({}))).filter(({ verdict }) => verdict === 'unknown')
    expect(untold.map((check) => check.what)).toEqual([...unknowable, what])
    expect(untold.at(-1)?.fix).toContain(`add ${name} to the role`)
  })

  test('of the region and of the project is told with what is in use', async () => {
    set('CPUS', 24, 8)
    const checks = await examine(gpu)
    expect(quota(checks, 'CPUS in us-east1')).toEqual({
      what: 'quota CPUS in us-east1',
      verdict: 'good',
      said: 'n1-standard-4+nvidia-tesla-t4*1 takes 4 vCPUs, and the limit is 24 with 8 in use',
    })
    expect(quota(checks, 'NVIDIA_T4_GPUS')?.verdict).toBe('good')
    expect(quota(checks, 'GPUS_ALL_REGIONS')?.verdict).toBe('good')
  })

  test.each(['NVIDIA_T4_GPUS', 'GPUS_ALL_REGIONS', 'CPUS'])('%s that is used up is bad', async (metric) => {
    set(metric, 1, 1)
    const check = quota(await examine(gpu), metric)
    expect(check?.verdict).toBe('bad')
    expect(check?.fix).toContain('https://console.cloud.google.com/iam-admin/quotas')
  })

  test('that only the first type lacks is not bad', async () => {
    set('CPUS', 8, 1)
    const checks = await examine(ask({}))
    expect(quota(checks, 'CPUS in')?.verdict).toBe('unknown')
    expect(quota(checks, 'N2_CPUS in')?.verdict).toBe('good')
  })

  test('of spot machines is their own where there is one, and neither counts in the project', async () => {
    set('PREEMPTIBLE_NVIDIA_T4_GPUS', 0)
    expect(quota(await examine({ ...gpu, spot: true }), 'NVIDIA_T4_GPUS')?.verdict).toBe('good')
    set('PREEMPTIBLE_NVIDIA_T4_GPUS', 1, 1)
    const checks = await examine({ ...gpu, spot: true })
    expect(quota(checks, 'PREEMPTIBLE_NVIDIA_T4_GPUS')?.verdict).toBe('bad')
    expect(quota(checks, 'GPUS_ALL_REGIONS')).toBeUndefined()
  })

  test('that the region does not name is unknown', async () => {
    const checks = await examine(ask({ types: ['c4-standard-8'] }))
    expect(quota(checks, 'in us-east1')?.said).toContain('the region names none of C4_CPUS')
  })
})

test.each([
  ['e2-standard-8', 8, undefined],
  ['e2-small', 2, undefined],
  ['g1-small', 1, undefined],
  ['custom-8-32768', 8, undefined],
  ['n2-custom-64-262144', 64, undefined],
  ['c3-standard-22-lssd', 22, undefined],
  ['g2-standard-8', 8, 1],
  ['g2-standard-24', 24, 2],
  ['g2-standard-32', 32, 1],
  ['g2-standard-96', 96, 8],
  ['g4-standard-192', 192, 4],
  ['a2-highgpu-4g', 48, 4],
  ['a3-highgpu-8g', 208, 8],
  ['a3-ultragpu-8g', 224, 8],
  ['n1-standard-32+nvidia-tesla-t4*4', 32, 4],
])('%s takes %s vCPUs and %s GPUs', (word, vcpus, gpus) => {
  const [cpu, gpu] = sharesOf(parseType(word)!, 'on-demand', 3600)
  expect([cpu?.takes, gpu?.takes]).toEqual([vcpus, gpus])
})
