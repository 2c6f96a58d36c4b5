import { describe, expect, test } from '@jest/globals'

import type { Instance } from '../../../src/model/instance.ts'
import { leaseKeys, leaseToText } from '../../../src/model/lease.ts'
import { besideTheProject, given } from './documented-roles.ts'
import { ask, lease, orderOf, startGcpWorld, type GcpWorld } from './world.ts'

/** What was asked for, of the project itself; the account to act as is given by a line of its own. */
const used = ({ gcp }: GcpWorld): readonly string[] =>
  [...new Set(gcp.journal.flatMap(({ permissions = [] }) => permissions))]
    .filter((name) => name.startsWith('compute.'))
    .sort()

/** A world in which nothing but this is allowed. */
async function allowing(
  role: 'launcher' | 'sweeper',
  tell: (world: GcpWorld) => Promise<void>,
): Promise<readonly string[]> {
  const world = await startGcpWorld()
  try {
    world.gcp.dials.allowed = new Set([...given(role), ...besideTheProject])
    await tell(world)
    return used(world).filter((name) => !name.startsWith('compute.images.'))
  } finally {
    await world.close()
  }
}

const requests = [
  ask({}),
  ask({ regions: ['us-west1'] }),
  ask({ metadata: { team: 'vision' }, permissionSet: 'my-sa@my-project.iam.gserviceaccount.com' }),
]

describe('the accounts that the script makes', () => {
  test('let a launch do all it does, and nothing that it does not', async () => {
    const asked = await allowing('launcher', async (world) => {
      for (const [index, request] of requests.entries()) {
        const cloud = world.open(request.permissionSet ? ['default'] : undefined)
        // Doctor does it in the same role.
        for await (const { what, verdict } of cloud.examine({ lease, request }))
          expect([what, verdict]).not.toEqual([what, 'bad'])
        const { candidates, warnings } = await cloud.resolve(request)
        expect(warnings.filter((text) => !text.startsWith('cloud-permission-set'))).toEqual([])
        const order = orderOf(request, {
          lease: { ...lease, identity: `${lease.identity.slice(0, -1)}${'abc'[index]}` },
        })
        const machine = await cloud.create(candidates[0]!, order)
        await cloud.look(machine)
        await cloud.console(machine)
        expect(await cloud.conceal(machine)).toBeUndefined()
        const { machines, unreadable } = await cloud.list({ scope: lease.scope }, ['us-east1', 'us-west1'])
        expect(unreadable).toEqual([])
        expect(machines.length).toBeGreaterThan(0)
        world.gcp.powerOff(machine.id)
        await cloud.look(machine)
        await cloud.destroy(machine)
      }
    })
    expect(asked).toEqual(given('launcher'))
  })

  test('let a sweep look everywhere and delete, and nothing else', async () => {
    const asked = await allowing('sweeper', async (world) => {
      const left = world.gcp.seedMachine('us-east1-b', {
        name: 'cml-left',
        labels: leaseKeys(lease),
        metadata: { 'cml-runner-lease': leaseToText(lease) },
      })
      const cloud = world.open()
      const regions = await cloud.enabledRegions()
      const { machines, unreadable } = await cloud.list({ scope: lease.scope }, regions)
      expect(unreadable).toEqual([])
      const [machine] = machines as readonly [Instance]
      world.gcp.powerOff(left.key)
      await cloud.look(machine)
      await cloud.destroy(machine)
    })
    expect(asked).toEqual(given('sweeper'))
  })
})
