import { describe, expect, test } from '@jest/globals'
import type { MachineRequest } from '../../../src/clouds/cloud.ts'
import { movesOn } from '../../../src/model/failure.ts'
import type { EmulatedImage } from '../../emulators/ec2/ec2.ts'
import { ask, failureOf, orderOf, startAwsWorld, table, tryAll, type AwsWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld

inEachTest(startAwsWorld, (made) => (world = made))

/** An image of this account in every region. */
function publish(name: string, facts: Partial<EmulatedImage> = {}): string {
  const own = world.ec2.images.filter((image) => image.name === 'training-box')
  for (const image of own) {
    const id = `ami-${Buffer.from(`${image.region}${name}`).toString('hex').padEnd(17, '0').slice(-17)}`
    world.ec2.images.push({ ...image, id, name, ...facts })
  }
  return `self/${name}`
}

const asked = (): unknown[] =>
  world.ec2.calls('RunInstances').map(({ input }) => {
    const { InstanceType, Placement } = input as {
      InstanceType: string
      Placement?: { AvailabilityZone: string }
    }
    return [InstanceType, Placement?.AvailabilityZone].filter(Boolean).join(' ')
  })

/** What a launch of the request meets. */
async function launch(request: MachineRequest): Promise<readonly string[]> {
  const cloud = world.open()
  return tryAll(cloud, (await cloud.resolve(request)).candidates, request)
}

describe('an image’s wishes are read, and types that do not have them are not asked for', () => {
  const rows: readonly (readonly [string, Partial<EmulatedImage>, string, RegExp])[] = [
    ['UEFI alone', { bootMode: 'uefi' }, 't2.large', /boots by UEFI alone/],
    ['a TPM', { bootMode: 'uefi', tpm: true }, 't2.large', /boots by UEFI alone/],
    ['no ENA driver', { ena: false }, 't3.large', /lacks the ENA network driver/],
    ['paravirtual machines', { virtualization: 'paravirtual' }, 'm5.large', /made for paravirtual/],
  ]
  test.each(rows)('%s', async (_, facts, misfit, why) => {
    const image = publish('box', facts)
    const other = misfit === 't2.large' ? 't3.large' : 't2.large'
    const request = ask({ image, types: [misfit, other], regions: ['us-west-1b'] })
    if (facts.virtualization !== 'paravirtual') {
      const { candidates, warnings } = await world.open().resolve(request)
      expect(table(candidates)).toEqual([`${other} on-demand us-west-1b`])
      expect(warnings.join('\n')).toMatch(why)
    }
    const alone = await failureOf(world.open().resolve({ ...request, types: [misfit] }))
    expect([alone.kind, alone.message]).toEqual(['invalid-input', expect.stringMatching(why)])
    expect(world.ec2.calls('RunInstances')).toEqual([])
  })

  test('uefi-preferred, and no wish at all, boot everywhere and cost no read', async () => {
    for (const facts of [{ bootMode: 'uefi-preferred' as const }, {}]) {
      const image = publish(`box-${Object.keys(facts).length}`, facts)
      const request = ask({ image, types: ['t2.large', 't3.large'], regions: ['us-west-1b'] })
      expect((await world.open().resolve(request)).candidates).toHaveLength(2)
    }
    expect(world.ec2.calls('DescribeInstanceTypes')).toEqual([])
  })

  test('of several images of a name, each type gets the newest that it can boot', async () => {
    publish('box-1', { created: '2026-01-01T00:00:00.000Z' })
    publish('box-2', { created: '2026-02-01T00:00:00.000Z', bootMode: 'uefi' })
    const request = ask({ image: 'self/box-*', types: ['t2.large', 't3.large'], regions: ['us-west-1b'] })
    const { candidates } = await world.open().resolve(request)
    expect(candidates.map(({ type, image }) => `${type} ${image.name}`)).toEqual([
      't2.large box-1',
      't3.large box-2',
    ])
  })

  test('where it may not be read, EC2 is asked once a type, and the next type is tried', async () => {
    world.ec2.dials.denied.add('DescribeInstanceTypes')
    const image = publish('box', { bootMode: 'uefi' })
    const answers = await launch(ask({ image, types: ['t2.large', 't3.large'], regions: ['us-west-1'] }))
    expect(answers).toEqual([...Array<string>(3).fill('InvalidParameterValue'), 'i-'])
    expect(asked()).toEqual(['t2.large', 't3.large'])
  })

  test('a type of another processor is left out where others fit', async () => {
    const request = ask({
      image: 'self/training-box',
      types: ['m7g.large', 'm7i.large'],
      regions: ['us-west-1b'],
    })
    const { candidates, warnings } = await world.open().resolve(request)
    expect(table(candidates)).toEqual(['m7i.large on-demand us-west-1b'])
    expect(warnings).toEqual([
      'cloud-image: self/training-box is made for x64 machines, but cloud-type m7g.large is arm64. Not tried.',
    ])
  })

  test('a product of the Marketplace that does not run on a type leads to the next', async () => {
    const image = publish('product', { families: ['t3'] })
    const answers = await launch(ask({ image, types: ['t2.large', 't3.large'], regions: ['us-west-1'] }))
    expect(answers.at(-1)).toBe('i-')
    expect(asked()).toEqual(['t2.large', 't3.large'])
  })
})

describe('images that EC2 does not show by itself', () => {
  const deprecated = '099720109477/ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20230516'

  test('a deprecated one is taken, and the day is told', async () => {
    const { candidates, warnings } = await world
      .open()
      .resolve(ask({ image: deprecated, types: ['m5.large'] }))
    expect(candidates[0]!.image.name).toMatch(/20230516$/)
    expect(warnings.join('\n')).toMatch(/deprecated by its owner on 2025-05-16/)
    const id = candidates[0]!.image.id
    expect((await world.open().resolve(ask({ image: id, types: ['m5.large'] }))).warnings.join('\n')).toMatch(
      /deprecated by its owner on 2025-05-16/,
    )
  })

  test('one that is not deprecated comes before newer ones that are; a deprecation to come says nothing', async () => {
    publish('box-1', { created: '2026-01-01T00:00:00.000Z', deprecated: '2099-01-01T00:00:00.000Z' })
    publish('box-2', { created: '2026-02-01T00:00:00.000Z', deprecated: '2026-03-01T00:00:00.000Z' })
    const { candidates, warnings } = await world
      .open()
      .resolve(ask({ image: 'self/box-*', types: ['m5.large'] }))
    expect([candidates[0]!.image.name, warnings]).toEqual(['box-1', []])
  })

  test.each([
    ['disabled', undefined, /its state is disabled, its owner has disabled it/],
    [
      'failed',
      'Client.InvalidSnapshot: the snapshot is corrupt',
      /making it has failed: Client\.InvalidSnapshot/,
    ],
    ['transient', undefined, /its state is transient/],
  ] as const)('one that is %s is explained, as a matter of its owner', async (state, stateReason, why) => {
    const image = publish('box', { state, ...(stateReason ? { stateReason } : {}) })
    const failure = await failureOf(world.open().resolve(ask({ image, types: ['m5.large'] })))
    expect([failure.kind, failure.message]).toEqual(['failed-precondition', expect.stringMatching(why)])
  })

  test('a region without the image is left out where another one has it', async () => {
    publish('box')
    const here = world.ec2.images.findIndex(({ name, region }) => name === 'box' && region === 'us-east-1')
    world.ec2.images.splice(here, 1)
    const request = ask({ image: 'self/box', types: ['m5.large'], regions: ['us-east-1', 'us-west-1b'] })
    const { candidates, warnings } = await world.open().resolve(request)
    expect(table(candidates)).toEqual(['m5.large on-demand us-west-1b'])
    expect(warnings.join('\n')).toMatch(/find image self\/box in us-east-1: there is none/)
  })

  test.each([
    ['cn-north-1', '837727238323'],
    ['us-gov-west-1', '513442679011'],
  ])('in %s the default image is of the account that Canonical has there', async (region, owner) => {
    const { candidates } = await world.open().resolve(ask({ regions: [region], types: ['m5.large'] }))
    const image = world.ec2.images.find(({ id }) => id === candidates[0]!.image.id)!
    expect([image.owner, image.region]).toEqual([owner, region])
  })

  test('partitions do not mix', async () => {
    const request = ask({
      regions: ['cn-north-1', 'us-east-1'],
      permissionSet: 'arn:aws:iam::111122223333:instance-profile/training',
    })
    expect((await failureOf(world.open().resolve(request))).message).toMatch(
      /of several partitions \(aws-cn, aws\)[^]*arn:aws-cn:/,
    )
  })
})

describe('a refusal is about what was asked for, unless it says otherwise', () => {
  const refuse = (code: string, message: string, status = 400): void => {
    world.ec2.dials.refuse = ({ type }) => (type === 't2.large' ? { code, message, status } : undefined)
  }
  const request = ask({ types: ['t2.large', 't3.large'], regions: ['us-west-1'] })

  test.each([
    ['UnsupportedOperation', 'The instance configuration for this AWS Marketplace product is not supported.'],
    ['InvalidParameterCombination', 'Something that nobody has heard of'],
    ['InvalidParameterValue', "Invalid value 't2.large' for InstanceType."],
    ['VeryNewRefusal', 'No reason that a table knows'],
    ['VolumeTypeNotAvailableInZone', 'The specified zone does not support this volume type'],
  ])('%s: the next type is tried', async (code, message) => {
    refuse(code, message)
    expect((await launch(request)).at(-1)).toBe('i-')
    expect(asked().at(-1)).toBe('t3.large')
  })

  test('what no table knows is asked once a type and region, or once a place where it names one', async () => {
    refuse('VeryNewRefusal', 'not this one')
    await launch(request)
    expect(asked()).toEqual(['t2.large', 't3.large'])
    refuse('VeryNewRefusal', 'us-west-1b is closed for cleaning')
    await launch(ask({ types: ['t2.large'], regions: ['us-west-1b', 'us-west-1c'] }))
    expect(asked().slice(2)).toEqual(['t2.large us-west-1b', 't2.large us-west-1c'])
  })

  test.each([
    ['PendingVerification', 'Your request for accessing resources in this region is being validated'],
    ['OptInRequired', 'You are not subscribed to this service.'],
    ['VPCIdNotSpecified', 'No default VPC for this user.'],
    ['VolumeLimitExceeded', 'You have exceeded your maximum gp3 storage limit'],
  ])('%s holds for the region: the next one is tried at once', async (code, message) => {
    world.ec2.dials.refuse = ({ region }) => (region === 'us-west-1' ? { code, message } : undefined)
    const answers = await launch(
      ask({ types: ['m5.large', 'm6i.large'], regions: ['us-west', 'us-east-1a'] }),
    )
    expect(answers.at(-1)).toBe('i-')
    expect(asked()).toEqual(['m5.large', 'm5.large us-east-1a'])
  })

  test.each([
    ['OptInRequired', 'In order to use this AWS Marketplace product you need to accept terms and subscribe.'],
    ['InvalidAMIID.Unavailable', 'The image id is not available'],
    ['InvalidSnapshot.NotFound', 'The snapshot does not exist'],
  ])('%s holds for the image, in all types and places', async (code, message) => {
    world.ec2.dials.refuse = () => ({ code, message })
    const answers = await launch(request)
    expect(new Set(answers)).toEqual(new Set([code]))
    expect(asked()).toEqual(['t2.large'])
  })

  test('the first spot launch of an account falls back to on-demand', async () => {
    world.ec2.dials.refuse = ({ market }) =>
      market === 'spot'
        ? { code: 'AuthFailure.ServiceLinkedRoleCreationNotPermitted', message: 'no', status: 403 }
        : undefined
    const answers = await launch({ ...request, spot: true, spotFallback: true })
    expect(answers.at(-1)).toBe('i-')
    expect(asked()).toEqual(['t2.large', 't2.large'])
  })

  test.each([
    ['UnauthorizedOperation', 'You are not authorized to perform this operation.', 403, 'permission-denied'],
    ['SomeNewDenial', 'no', 403, 'permission-denied'],
    ['Blocked', 'This account is currently blocked', 400, 'permission-denied'],
    ['TagPolicyViolation', 'The tag policy does not allow the specified value', 400, 'permission-denied'],
    ['InvalidUserData.Malformed', 'User data is limited to 16384 bytes', 400, 'invalid-input'],
    ['InvalidParameterValue', 'Invalid IAM Instance Profile name', 400, 'not-found'],
    ['InvalidParameterCombination', 'Iops to volume size ratio of 600 is too high', 400, 'invalid-input'],
    ['InvalidParameterValue', "Invalid value '0' for MaxPrice", 400, 'invalid-input'],
    ['MissingParameter', 'The request must contain the parameter ImageId', 400, 'internal'],
  ] as const)('%s (%s) stops', async (code, message, status, kind) => {
    refuse(code, message, status)
    const cloud = world.open()
    const failure = await failureOf(
      cloud.create((await cloud.resolve(request)).candidates[0]!, orderOf(request)),
    )
    expect([failure.kind, movesOn(failure), failure.explanation.said]).toEqual([kind, false, message])
  })

  test('only arguments are told as arguments', async () => {
    for (const code of [
      'PendingVerification',
      'OptInRequired',
      'VPCIdNotSpecified',
      'InvalidBlockDeviceMapping',
      'InvalidInput',
    ]) {
      refuse(code, 'no')
      const cloud = world.open()
      const failure = await failureOf(
        cloud.create((await cloud.resolve(request)).candidates[0]!, orderOf(request)),
      )
      expect([code, failure.kind]).toEqual([code, expect.not.stringMatching(/invalid-input|unimplemented/)])
    }
  })
})

describe('what a machine ended of is remembered too', () => {
  test.each([
    ['Server.InsufficientInstanceCapacity', ['t3.large us-west-1c']],
    ['Client.VolumeLimitExceeded', []],
    ['Client.InternalError', []],
    ['Server.Unheard', ['t3.large us-west-1b', 't3.large us-west-1c']],
  ])('%s', async (code, places) => {
    const cloud = world.open()
    const request = ask({ types: ['t3.large'], regions: ['us-west-1'] })
    const { candidates } = await cloud.resolve(request)
    const instance = await cloud.create(candidates[0]!, orderOf(request))
    world.ec2.end(instance.id, { code, message: `${code}: and so on` })
    const seen = await cloud.look(instance)
    expect(seen?.ended?.text).toContain(`${code}: and so on`)
    for (const candidate of candidates.slice(1))
      await cloud
        .create(candidate, orderOf(request))
        .catch((error: unknown) => movesOn(error) || Promise.reject(error as Error))
    expect(asked().slice(1)).toEqual(places)
  })
})
