import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import type { Check } from '../../../src/model/check.ts'
import { besideTheProject, given } from './documented-roles.ts'
import { ask, lease, startGcpWorld, type GcpWorld } from './world.ts'

let world: GcpWorld

beforeEach(async () => {
  world = await startGcpWorld()
})

afterEach(async () => {
  expect(world.gcp.refused).toEqual([])
  await world.close()
})

async function examine(request: MachineRequest): Promise<readonly Check[]> {
  const checks: Check[] = []
  for await (const check of world.open().examine({ lease, request })) checks.push(check)
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
const unknowable = ['way out of the network in us-east1', 'quota in us-east1']
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
      expect.arrayContaining([...world.open().permissions(request)]),
    )
    expect(world.gcp.journal.filter(({ action }) => /insert|delete|set/.test(action))).toEqual([])
  })
})

describe('a line of the role that is taken out is named, and no other', () => {
  test.each(given('launcher'))('%s', async (name) => {
    documented(name)
    const checks = await examine(everything)
    const named = checks.filter(({ what, verdict }) => what.split(' ')[0] === name && verdict !== 'good')
    expect(named).toHaveLength(1)
    const [{ what, verdict, fix } = { what: '', verdict: 'good', fix: undefined }] = named
    expect(verdict).toBe(what.includes('(optional)') ? 'unknown' : 'bad')
    if (verdict === 'bad') expect(fix).toContain(`--add-permissions=${name}`)
    const permissions = world.open().permissions(everything)
    expect(
      notGood(checks)
        .filter((other) => permissions.includes(other))
        .toSorted(),
    ).toEqual([what, actAs].toSorted())
  })
})
