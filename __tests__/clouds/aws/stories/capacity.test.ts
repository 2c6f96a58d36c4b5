import { describe, expect } from '@jest/globals'
import type { JournalEntry } from '../../../emulators/ec2/ec2.ts'
import { story, type Stage } from './story.ts'

/** Where each RunInstances went: `us-east-1a`, or the region where EC2 was to choose. */
const placesAsked = ({ ec2 }: Stage): string[] => ec2.calls('RunInstances').map(placeOf)

function placeOf({ input, region }: JournalEntry): string {
  const { Placement, SubnetId, InstanceType } = input as {
    Placement?: { AvailabilityZone: string }
    SubnetId?: string
    InstanceType: string
  }
  return `${InstanceType} ${SubnetId ?? Placement?.AvailabilityZone ?? region}`
}

const tokensAsked = ({ ec2 }: Stage): unknown[] =>
  ec2.calls('RunInstances').map(({ input }) => (input as { ClientToken: string }).ClientToken)

/** Nine places: eight zones in two regions' lists, and one more. */
const nineZones = ['a', 'b', 'c', 'd', 'f']
  .map((letter) => `us-east-1${letter}`)
  .concat(['a', 'b', 'c', 'd'].map((letter) => `us-west-2${letter}`))

const refusals = (log: string): string[] =>
  log.split('\n').filter((line) => /^No \S+ (on-demand|spot) in /.test(line))

describe('lists that EC2 gives in pages of one', () => {
  story('change nothing for a launch', async (stage) => {
    const { ec2 } = stage
    ec2.dials.pageSize = 1
    const { main, outputs } = await stage.launch({ 'cloud-region': 'us-west-1', 'cloud-type': 'm' })
    expect([main.exitCode, outputs.region]).toEqual([0, ec2.machines[0]?.order.zone])
    expect(ec2.calls('DescribeSubnets').length).toBeGreaterThan(1)
    await stage.shutDown()
  })
})

describe('a lack of machines', () => {
  story('after eight empty places the ninth is taken, each asked once', async (stage) => {
    const { ec2 } = stage
    for (const zone of nineZones.slice(0, 8)) ec2.dials.dry.add(`m7i.2xlarge|${zone}|*`)
    const { main, outputs } = await stage.launch({
      'cloud-region': nineZones.join(','),
      'cloud-type': 'm7i.2xlarge',
    })
    expect(main.exitCode).toBe(0)
    expect(placesAsked(stage)).toEqual(nineZones.map((zone) => `m7i.2xlarge ${zone}`))
    expect(new Set(tokensAsked(stage)).size).toBe(9)
    expect(outputs.region).toBe('us-west-2d')
    expect(refusals(main.log)).toHaveLength(8)
    expect(main.summary).toContain('<summary>Refused: 8 choices</summary>')
    expect(main.summary.match(/\| InsufficientInstanceCapacity \|/g)!.length).toBeLessThanOrEqual(2)
    for (const zone of nineZones.slice(0, 8)) expect(main.summary).toContain(`in ${zone}`)
    expect(ec2.machines).toHaveLength(1)
    await stage.shutDown()
  })

  story(
    'when all places are empty, each was asked once, each refusal is told, and nothing is left',
    async (stage) => {
      const { ec2, github } = stage
      ec2.dials.dry.add('*|*|*')
      const inputs = { 'cloud-region': nineZones.slice(0, 8).join(','), 'cloud-type': 'm7i.2xlarge' }
      const { main, post, outputs } = await stage.launch(inputs)
      expect([main.exitCode, post?.exitCode, outputs]).toEqual([1, 0, {}])
      expect(placesAsked(stage)).toEqual(nineZones.slice(0, 8).map((zone) => `m7i.2xlarge ${zone}`))
      expect(main.log).toContain('all 8 choices were refused')
      for (const zone of nineZones.slice(0, 8)) {
        expect(main.log).toContain(`- m7i.2xlarge on-demand in ${zone}: InsufficientInstanceCapacity`)
        expect(main.summary).toContain(`m7i.2xlarge on-demand in ${zone}`)
      }
      expect(main.log).toContain('`cloud-region`, `cloud-type` and `cloud-aws-subnet` take lists')
      expect([ec2.machines, github.runners()]).toEqual([[], []])
    },
  )

  story('a region whose own choice was empty is not asked for that zone again', async (stage) => {
    stage.ec2.dials.dry.add('m7i.2xlarge|us-west-1b|*')
    const { main, outputs } = await stage.launch({ 'cloud-region': 'us-west-1', 'cloud-type': 'm7i.2xlarge' })
    expect(main.exitCode).toBe(0)
    expect(outputs.region).toBe('us-west-1c')
    expect(placesAsked(stage)).toEqual(['m7i.2xlarge us-west-1', 'm7i.2xlarge us-west-1c'])
    await stage.shutDown()
  })

  story('a used-up quota moves on to the next family', async (stage) => {
    stage.ec2.dials.exhausted.add('g4dn|us-west-2|on-demand')
    const inputs = { 'cloud-region': 'us-west-2', 'cloud-type': 'g4dn.xlarge,m7i.xlarge' }
    const { main, outputs } = await stage.launch(inputs)
    expect([main.exitCode, outputs.instanceType]).toEqual([0, 'm7i.xlarge'])
    expect(placesAsked(stage).filter((place) => place.startsWith('g4dn'))).toHaveLength(1)
    expect(main.log).toContain('VcpuLimitExceeded')
    await stage.shutDown()
  })

  story('a used-up quota alone is explained with what to ask for', async (stage) => {
    stage.ec2.dials.exhausted.add('*|*|*')
    const { main } = await stage.launch({ 'cloud-type': 'm7i.xlarge' })
    expect(main.exitCode).toBe(1)
    expect(placesAsked(stage)).toHaveLength(1)
    for (const part of ['VcpuLimitExceeded', 'Quotas are limits of your account', 'ask the cloud to raise'])
      expect(main.log).toContain(part)
  })
})

describe('a refusal that no table knows', () => {
  story('is taken for one about this candidate five times, and then ends the launch', async (stage) => {
    stage.ec2.dials.refuse = ({ type }) => ({ code: 'VeryNewRefusal', message: `not ${type}` })
    const types = ['c5', 'c6i', 'c7i', 'm5', 'm6i', 'm7i', 'r5', 'r6i'].map((family) => `${family}.large`)
    const { main } = await stage.launch({ 'cloud-region': 'us-west-1b', 'cloud-type': types.join(',') })
    expect(main.exitCode).toBe(1)
    expect(placesAsked(stage)).toEqual(types.slice(0, 6).map((type) => `${type} us-west-1b`))
    expect(main.log).toContain('the first 6 choices were refused')
    for (const type of types.slice(0, 6)) expect(main.log).toContain(`VeryNewRefusal: not ${type}`)
  })

  story('is no matter of the arguments, and leads to the next type', async (stage) => {
    stage.ec2.dials.refuse = ({ type }) =>
      type === 't2.large'
        ? { code: 'UnsupportedOperation', message: 'The instance configuration is not supported.' }
        : undefined
    const inputs = { 'cloud-region': 'us-west-1', 'cloud-type': 't2.large,t3.large' }
    const { main, outputs } = await stage.launch(inputs)
    expect([main.exitCode, outputs.instanceType]).toEqual([0, 't3.large'])
    expect(placesAsked(stage)).toEqual(['t2.large us-west-1', 't3.large us-west-1'])
    await stage.shutDown()
  })
})

describe('the spot market', () => {
  story('an empty one is followed by on-demand when that was asked for', async (stage) => {
    stage.ec2.dials.dry.add('*|*|spot')
    const { main, outputs } = await stage.launch({
      'cloud-type': 'm7i.2xlarge',
      'cloud-spot': 'true',
      'cloud-spot-fallback': 'true',
    })
    expect([main.exitCode, outputs.spot]).toEqual([0, 'false'])
    const markets = stage.ec2
      .calls('RunInstances')
      .map(({ input }) => ('InstanceMarketOptions' in (input ?? {}) ? 'spot' : 'on-demand'))
    expect(markets.at(-1)).toBe('on-demand')
    expect(markets.slice(0, -1)).toEqual(markets.slice(0, -1).map(() => 'spot'))
    expect(new Set(placesAsked(stage).slice(0, -1)).size).toBe(markets.length - 1)
    await stage.shutDown()
  })

  story('an empty one is the end where nothing else was asked for', async (stage) => {
    stage.ec2.dials.dry.add('*|*|spot')
    const { main } = await stage.launch({ 'cloud-type': 'm7i.2xlarge', 'cloud-spot': 'true' })
    expect(main.exitCode).toBe(1)
    expect(main.log).toContain('add `cloud-spot-fallback` to a spot launch')
    expect(stage.ec2.machines).toEqual([])
  })

  story('gives a machine by its own options, at the price given', async (stage) => {
    const { main, outputs } = await stage.launch({ 'cloud-spot': 'true', 'cloud-spot-price': '0.35' })
    expect([main.exitCode, outputs.spot]).toEqual([0, 'true'])
    expect(stage.ec2.calls('RunInstances')[0]?.input).toMatchObject({
      InstanceMarketOptions: {
        MarketType: 'spot',
        SpotOptions: {
          MaxPrice: '0.35',
          SpotInstanceType: 'one-time',
          InstanceInterruptionBehavior: 'terminate',
        },
      },
    })
    expect(stage.ec2.machines[0]?.order.spotTags).toMatchObject({ 'managed-by': 'cml-runner' })
    await stage.shutDown()
  })
})

describe('a machine that dies in boot', () => {
  const deathOf = (code: string, message: string) => ({ code, message: `${code}: ${message}` })

  story(
    'for a reason that holds for all places ends the launch with it, and nothing is left',
    async (stage) => {
      const { ec2, github } = stage
      ec2.dials.dies = 'in-boot'
      ec2.dials.death = deathOf('Client.InternalError', 'Client error on launch')
      const { main, post, outputs } = await stage.launch({
        'cloud-region': 'us-west-1b',
        'launch-timeout': '60m',
      })
      expect([main.exitCode, post?.exitCode, outputs]).toEqual([1, 0, {}])
      for (const part of [
        'all 3 choices were refused',
        'Client.InternalError: the disk could not be made, mostly because the KMS key',
        '(Client.InternalError: Client error on launch)',
        'not asked again',
        'Boot log (end):',
        '│ cml-runner',
      ])
        expect(main.log).toContain(part)
      expect(ec2.calls('RunInstances')).toHaveLength(1)
      expect(github.runners()).toEqual([])
    },
  )

  story(
    'for a reason that no table knows is followed by the next place, the reason told whole',
    async (stage) => {
      const { ec2 } = stage
      ec2.dials.dies = 'before-boot'
      ec2.dials.death = deathOf('Client.NewlyInvented', 'the moon was full')
      void ec2.until(() => ec2.machines.length === 1).then(() => (ec2.dials.dies = undefined))
      const { main, outputs } = await stage.launch({
        'cloud-region': 'us-west-1b,us-west-1c',
        'cloud-type': 'm7i.2xlarge',
      })
      expect([main.exitCode, outputs.region]).toEqual([0, 'us-west-1c'])
      expect(main.log).toContain('Client.NewlyInvented: the moon was full')
      await stage.shutDown()
    },
  )

  story('for want of capacity is followed by the next place', async (stage) => {
    const { ec2 } = stage
    ec2.dials.dies = 'before-boot'
    ec2.dials.death = deathOf(
      'Server.InsufficientInstanceCapacity',
      'Insufficient capacity to satisfy instance request',
    )
    void ec2.until(() => ec2.machines.length === 1).then(() => (ec2.dials.dies = undefined))
    const { main, outputs } = await stage.launch({
      'cloud-region': 'us-west-1b,us-west-1c',
      'cloud-type': 'm7i.2xlarge',
    })
    expect([main.exitCode, outputs.region]).toEqual([0, 'us-west-1c'])
    expect(refusals(main.log)).toHaveLength(1)
    expect(ec2.machines.map(({ state }) => state)[0]).toBe('terminated')
    expect(main.summary).toContain('Server.InsufficientInstanceCapacity')
    await stage.shutDown()
  })

  story('because the spot market took it back is followed by on-demand', async (stage) => {
    const { ec2 } = stage
    ec2.dials.bootDelay = 60_000
    void ec2
      .until(() => ec2.machines[0]?.order.market === 'spot')
      .then(() => {
        ec2.dials.bootDelay = 0
        ec2.interrupt(ec2.machines[0]!.id, 0)
      })
    const inputs = {
      'cloud-region': 'us-west-1b',
      'cloud-spot': 'true',
      'cloud-spot-fallback': 'true',
      'cloud-type': 'm7i.2xlarge',
    }
    const { main, outputs } = await stage.launch(inputs)
    expect([main.exitCode, outputs.spot]).toEqual([0, 'false'])
    expect(main.log).toContain('Server.SpotInstanceTermination')
    await stage.shutDown()
  })
})
