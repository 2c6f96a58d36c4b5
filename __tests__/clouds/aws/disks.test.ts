import { expect, test } from '@jest/globals'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import { ask, failureOf, orderOf, startAwsWorld, tryAll, type AwsWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld

inEachTest(startAwsWorld, (made) => (world = made))

const request = (change: Partial<MachineRequest>): MachineRequest =>
  ask({ types: ['m5.large'], regions: ['us-west-1b'], ...change })

/** What the creating call says of the root disk. */
async function diskOf(change: Partial<MachineRequest>): Promise<unknown> {
  const cloud = world.open()
  const { candidates } = await cloud.resolve(request(change))
  await cloud.create(candidates[0]!, orderOf(request(change)))
  const { BlockDeviceMappings } = world.ec2.calls('RunInstances').at(-1)!.input as {
    BlockDeviceMappings: readonly { Ebs: unknown }[]
  }
  return BlockDeviceMappings[0]!.Ebs
}

test.each([
  [{}, { VolumeType: 'gp3', VolumeSize: 35 }],
  [{ throughput: 750 }, undefined],
  [
    { iops: 6000, throughput: 1000 },
    { VolumeType: 'gp3', Iops: 6000, Throughput: 1000 },
  ],
  [{ type: 'GP2' }, { VolumeType: 'gp2' }],
  [
    { type: 'io2', iops: 20_000 },
    { VolumeType: 'io2', Iops: 20_000 },
  ],
  [{ type: 'standard' }, { VolumeType: 'standard' }],
])('%j is asked for in the creating call', async (disk, sent) => {
  const always = { Encrypted: true, DeleteOnTermination: true }
  expect(await diskOf({ disk })).toMatchObject({
    ...always,
    ...(sent ?? { VolumeType: 'gp3', Throughput: 750 }),
  })
})

test.each([
  [
    { type: 'st1' },
    35,
    [/cloud-hdd-type: EC2 starts no machine from "st1"; valid: gp3, gp2, io1, io2, standard/],
  ],
  [
    { iops: 100_000, throughput: 3000 },
    35,
    [/cloud-hdd-iops: 100000 was given, and gp3 has 3000 to 80000/, /cloud-hdd-throughput: 3000 was given/],
  ],
  [
    { throughput: 1000 },
    35,
    [/cloud-hdd-throughput: 1000 MiB per second take at least 4000 in cloud-hdd-iops/],
  ],
  [
    { type: 'gp2', iops: 3000, throughput: 200 },
    20_000,
    [
      /cloud-hdd-iops: gp2 has none/,
      /cloud-hdd-throughput: gp2 has none/,
      /cloud-hdd-size: 20000 was given, and gp2 has 1 to 16384/,
    ],
  ],
  [{ type: 'io1' }, 35, [/cloud-hdd-type: io1 needs cloud-hdd-iops too/]],
  [
    { iops: 60_000 },
    35,
    [/cloud-hdd-iops: gp3 of 35 GB takes at most 17500; 60000 take a cloud-hdd-size of 120/],
  ],
])('%j of %d GB is refused, all problems at once', async (disk, diskGb, problems) => {
  const failure = await failureOf(world.open().resolve(request({ disk, diskGb })))
  expect(failure.kind).toBe('invalid-input')
  for (const problem of problems) expect(failure.message).toMatch(problem)
  expect(world.ec2.calls('RunInstances')).toEqual([])
})

test('the image’s own size counts for what a disk can do', async () => {
  expect(await diskOf({ image: 'self/training-box', disk: { iops: 60_000 } })).toMatchObject({
    VolumeSize: 120,
    Iops: 60_000,
  })
})

test('a kind of disk that a zone does not have leads to the next zone', async () => {
  world.ec2.dials.refuse = ({ zone }) =>
    zone === 'us-west-1b'
      ? {
          code: 'VolumeTypeNotAvailableInZone',
          message: 'The zone does not support Provisioned IOPS volumes',
        }
      : undefined
  const wish = request({
    types: ['m5.large', 'm6i.large'],
    regions: ['us-west-1b', 'us-west-1c'],
    disk: { type: 'io2', iops: 1000 },
  })
  const cloud = world.open()
  const answers = await tryAll(cloud, (await cloud.resolve(wish)).candidates, wish)
  expect(answers).toEqual(['VolumeTypeNotAvailableInZone', 'i-'])
})
