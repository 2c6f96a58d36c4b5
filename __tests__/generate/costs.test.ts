import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { priceOf as ofAws } from '../../src/clouds/aws/price.ts'
import { priceOf as ofGcp } from '../../src/clouds/gcp/price.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const row =
  /^\|[^|]*\| (\w+) `(\S+)` in `(\S+)` \| \$([\d.]+) \| (?:(\d+) × )?(?:(\d+) h )?(\d+) min[^|]*\| \$([\d.]+) \|$/gm
const examples = [...readme.matchAll(row)].map(([, cloud = '', type = '', region = '', hourly, ...rest]) => {
  const [times = '1', hours = '0', minutes, together] = rest
  return {
    ...{ cloud, type, region, hourly: Number(hourly), together: Number(together) },
    hours: Number(times) * (Number(hours) + Number(minutes) / 60),
  }
})

const market = 'on-demand'
const listed: Readonly<Record<string, (type: string, region: string) => Promise<number | undefined>>> = {
  AWS: async (type, region) =>
    (await ofAws({} as never, { market, type, region } as never, {} as never))?.usdPerHour,
  GCP: async (type, region) => (await ofGcp({ market, type, region }))?.usdPerHour,
}

describe('what the README says a machine comes to', () => {
  test('has three examples', () => expect(examples).toHaveLength(3))

  test.each(examples)('$cloud $type: is the listed price times its time', async (example) => {
    const price = await listed[example.cloud]?.(example.type, example.region)
    expect(price?.toFixed(4)).toBe(example.hourly.toFixed(4))
    expect((example.hourly * example.hours).toFixed(2)).toBe(example.together.toFixed(2))
  })
})
