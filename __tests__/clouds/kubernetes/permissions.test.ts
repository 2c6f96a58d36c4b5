import { expect, test } from '@jest/globals'

import { forDoctor, given, manifest } from './documented-role.ts'
import { lease, orderOf, plainRequest, startKubernetesWorld } from './world.ts'

test('the manifest makes a namespace, an account, a Role in that namespace, and binds them', () => {
  expect(manifest.map(({ kind }) => kind)).toEqual(['Namespace', 'ServiceAccount', 'Role', 'RoleBinding'])
})

test('the Role lets a launch, its end and a sweep do all they do, and nothing that they do not', async () => {
  const { cluster, open, close } = await startKubernetesWorld()
  cluster.dials.allowed = new Set(given)
  const cloud = open()
  const { candidates, warnings } = await cloud.resolve(plainRequest)
  expect(warnings).toEqual([])
  const machine = await cloud.create(candidates[0]!, orderOf(plainRequest))
  await cloud.look(machine)
  await cloud.console(machine)
  expect(await cloud.conceal(machine)).toBeUndefined()
  const regions = await cloud.enabledRegions()
  expect((await cloud.list({ scope: lease.scope }, regions)).unreadable).toEqual([])
  cluster.end(machine.id)
  await cloud.look(machine)
  const second = await open().create(candidates[0]!, orderOf(plainRequest))
  cluster.world.machines.get(second.id).pod = undefined
  cluster.world.machines.get(second.id).podGone = true
  await cloud.destroy(second)
  await cloud.look(second)
  const used = new Set<string>()
  // Why a pod that is gone has ended is read of its events.
  cluster.delete(second.id)
  await open().look(second)
  for (const { action } of cluster.journal) used.add(action.split('.').toReversed().join(' '))
  used.delete('create selfsubjectaccessreviews')
  const launching = given.filter((right) => right !== forDoctor)
  expect([...used].sort()).toEqual(launching)
  expect(
    cloud
      .permissions(plainRequest)
      .map((text) => text.replace(/ \(optional\)|\.batch/g, ''))
      .sort(),
  ).toEqual(launching)
  await close()
})
