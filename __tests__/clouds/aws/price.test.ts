import { expect, test } from '@jest/globals'
import { listedRegions } from '../../../src/clouds/aws/price.ts'
import { regions } from '../../../src/clouds/aws/price-list.ts'
import type { Candidate } from '../../../src/model/instance.ts'
import { renderMost, renderPrice, type Price } from '../../../src/model/price.ts'
import { ask, failureOf, startAwsWorld, type AwsWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld

inEachTest(startAwsWorld, (made) => (world = made))

const candidatesOf = async (
  types: readonly string[],
  regions: readonly string[],
  spot = false,
): Promise<readonly Candidate[]> => (await world.open().resolve(ask({ types, regions, spot }))).candidates
const listed = (usdPerHour: number): Price => ({
  usdPerHour,
  asOf: expect.stringMatching(/^20\d\d-\d\d-\d\d$/) as unknown as string,
  source: 'aws/karpenter-provider-aws',
})

// Published prices: of a multiple of its family's, of one that is none, and of a GPU's.
test.each([
  ['m7i.2xlarge', 0.4032],
  ['t3.micro', 0.0104],
  ['g4dn.xlarge', 0.526],
  ['p5.48xlarge', 55.04],
])('on demand a %s costs what the list says, without a word to EC2', async (type, usdPerHour) => {
  const [candidate] = await candidatesOf([type], ['us-east-1'])
  const asked = world.ec2.journal.length
  expect(await world.open().price(candidate!)).toEqual(listed(usdPerHour))
  expect(world.ec2.journal).toHaveLength(asked)
})

test('the list is loaded for the regions that it has', () => {
  expect(listedRegions).toEqual(Object.keys(regions))
})

test('what the list does not hold is not known: another region, another type', async () => {
  const [west] = await candidatesOf(['m7i.2xlarge'], ['us-west-1'])
  expect(await world.open().price(west!)).toBeUndefined()
  for (const type of ['m7i.metal', 'z99.large', 'm7i.huge'])
    expect(await world.open().price({ ...west!, region: 'us-east-1', type })).toBeUndefined()
})

test('spot costs what EC2 says of its zone, or of the dearest where EC2 chooses', async () => {
  const letters = 'abcdef'
  world.ec2.dials.spotPrice = (_type, zone) => 0.1 + letters.indexOf(zone.at(-1)!) / 100
  world.ec2.dials.pageSize = 1
  const candidates = await candidatesOf(['m5.large'], ['us-east-1'], true)
  const cloud = world.open()
  const priceIn = async (place: string | undefined): Promise<number | undefined> =>
    (await cloud.price(candidates.find((candidate) => candidate.place === place)!))?.usdPerHour
  expect(await priceIn('us-east-1c')).toBeCloseTo(0.12)
  expect(await priceIn(undefined)).toBeCloseTo(0.15)
})

test('who may not ask for spot prices is told so, and asks once', async () => {
  world.ec2.dials.denied.add('DescribeSpotPriceHistory')
  const [candidate] = await candidatesOf(['m5.large'], ['us-east-1'], true)
  expect((await failureOf(world.open().price(candidate!))).kind).toBe('permission-denied')
  expect(world.ec2.calls('DescribeSpotPriceHistory')).toHaveLength(1)
})

test('a price is shown with its source and day, and what a life can cost is rounded up', () => {
  const price = { usdPerHour: 0.4032, asOf: '2026-07-20', source: 'a list' }
  expect(renderPrice(price, 'on-demand')).toBe('$0.4032 an hour (on-demand, a list of 2026-07-20)')
  expect(renderPrice({ ...price, usdPerHour: 55.04 }, 'spot')).toMatch(/^\$55\.04 an hour \(spot/)
  expect(renderPrice(undefined, 'spot')).toBe('price not known')
  expect(renderMost(price, 5 * 86_400)).toBe('$48.39')
})
