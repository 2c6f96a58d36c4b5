import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from '@jest/globals'

import {
  defaultImages,
  genericRegions,
  gpuAliases,
  gpus,
  plainSizes,
  retiredAccelerators,
} from '../../../src/clouds/gcp/catalogue.ts'
import { factsOf, parseType } from '../../../src/clouds/gcp/machine-type.ts'
import { pageTables } from '../../../src/clouds/gcp/page-tables.ts'
import { asOf, regions } from '../../../src/clouds/gcp/price-list.ts'

/**
 * What Compute Engine sells, as of 2026-11-21: https://cloud.google.com/compute/docs/machine-resource, …/gpus, …/gpus/gpu-regions-zones and …/images/os-details.
 * Machine types by vCPUs, GB and GPUs of their own.
 */
const sold: Readonly<Record<string, readonly [vcpus: number, gb: number, gpus?: number]>> = {
  'e2-small': [2, 2],
  'e2-standard-8': [8, 32],
  'e2-standard-32': [32, 128],
  'n2-standard-8': [8, 32],
  'n2-standard-32': [32, 128],
  'n2-standard-64': [64, 256],
  'n2d-standard-8': [8, 32],
  'n2d-standard-32': [32, 128],
  'n2d-standard-64': [64, 256],
  'n1-standard-4': [4, 15],
  'n1-standard-8': [8, 30],
  'n1-standard-32': [32, 120],
  'n1-standard-64': [64, 240],
  'g2-standard-4': [4, 16, 1],
  'g2-standard-8': [8, 32, 1],
  'g2-standard-48': [48, 192, 4],
  'g2-standard-96': [96, 384, 8],
  'g4-standard-48': [48, 180, 1],
  'g4-standard-192': [192, 720, 4],
  'g4-standard-384': [384, 1440, 8],
  'a2-highgpu-1g': [12, 85, 1],
  'a2-highgpu-4g': [48, 340, 4],
  'a2-highgpu-8g': [96, 680, 8],
  'a2-ultragpu-1g': [12, 170, 1],
  'a2-ultragpu-4g': [48, 680, 4],
  'a2-ultragpu-8g': [96, 1360, 8],
  'a3-highgpu-1g': [26, 234, 1],
  'a3-highgpu-4g': [104, 936, 4],
  'a3-highgpu-8g': [208, 1872, 8],
  'a3-ultragpu-8g': [224, 2952, 8],
}

/** What is attached to N1 machines: for each count the most vCPUs that the machine may have. */
const attachable: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  'nvidia-tesla-t4': { 1: 48, 2: 48, 4: 96 },
  'nvidia-tesla-v100': { 1: 12, 2: 24, 4: 48, 8: 96 },
}

/** Which model the machines of a family bring along. */
const models: Readonly<Record<string, string>> = {
  'g2-standard': 'l4',
  'g4-standard': 'rtx-pro-6000',
  'a2-highgpu': 'a100',
  'a2-ultragpu': 'a100',
  'a3-highgpu': 'h100',
  'a3-ultragpu': 'h200',
}

const zones = ['us-east1-bcd', 'us-west1-abc', 'europe-west1-bcd', 'europe-north1-abc'].flatMap((text) =>
  [...text.slice(text.lastIndexOf('-') + 1)].map((letter) => text.replace(/[a-d]+$/, letter)),
)

const families = [
  'ubuntu-os-cloud/ubuntu-2404-lts-amd64',
  'ubuntu-os-cloud/ubuntu-2404-lts-arm64',
  'ubuntu-os-accelerator-images/ubuntu-accelerator-2404-amd64-with-nvidia-580',
  'ubuntu-os-accelerator-images/ubuntu-accelerator-2404-arm64-with-nvidia-580',
]

/** The price list has series of types, by the number in their names, and then what differs. */
const isPriced = (type: string, region?: string): boolean => {
  const [, series = '', number = ''] = /^(.+?)-(\d+g?|small)$/.exec(type) ?? []
  const pattern = new RegExp(`(^| )(${series}(:|-${number}:)|${type}:)`)
  return Object.entries(regions).some(
    ([name, lists]) => (region === undefined || name === region) && pattern.test(lists['on-demand']),
  )
}

const gpuRows = Object.entries(gpus).flatMap(([word, row]) =>
  (
    [
      ['m', 1],
      ['l', 4],
      ['xl', 8],
    ] as const
  ).flatMap(([size, count]) => row[size].map((type) => [word, size, type, count] as const)),
)

describe('the tables of Google Cloud, against what it sells', () => {
  test.each(
    Object.entries(plainSizes).flatMap(([size, types]) => types.map((type) => [size, type] as const)),
  )('%s: %s is of that size, and sold where the words for regions lead', (size, type) => {
    const shapes: Readonly<Record<string, readonly number[]>> = {
      s: [2, 2],
      m: [8, 32],
      l: [32, 128],
      xl: [64, 256],
    }
    expect(sold[type]).toEqual(shapes[size])
    for (const zone of Object.values(genericRegions))
      expect([zone, type, isPriced(type, zone.slice(0, -2))]).toEqual([zone, type, true])
  })

  test.each(gpuRows)('%s, %s: %s has as many as the size says', (word, size, name, count) => {
    const { machine, attached, family, gpu } = parseType(name)!
    const [vcpus = 0, , own = 0] = sold[machine] ?? []
    expect(vcpus).toBeGreaterThan(0)
    // The list has no region that sells them.
    expect(isPriced(machine)).toBe(word !== 'h200')
    expect(gpu).toBe(true)
    if (attached) {
      const most = attachable[attached.accelerator]?.[attached.count] ?? 0
      expect([family, attached.count, vcpus <= most]).toEqual(['n1', count, true])
    } else {
      expect(factsOf(family)).toMatchObject({ gpu: true, fixed: true })
      // Eight is the least that there is of one model.
      expect(own).toBe(word === 'h200' ? 8 : count)
    }
    // What is not of the model that was asked for is said, and where fewer or more come, too.
    const model =
      attached?.accelerator.replace(/^nvidia-(tesla-)?/, '') ?? models[machine.replace(/-\w+$/, '')]
    const told = gpus[word]!.note?.sizes.includes(size) ?? false
    expect([name, model === word || told]).toEqual([name, true])
  })

  test('what is no longer sold is in no row, and has a nearest that is', () => {
    for (const [retired, nearest] of Object.entries(retiredAccelerators)) {
      expect(attachable).not.toHaveProperty(retired)
      expect(gpuRows.map(([, , type]) => type).join()).not.toContain(retired)
      expect(Object.keys(attachable).some((name) => nearest.startsWith(name))).toBe(true)
    }
    expect(Object.values(gpuAliases).every((word) => Object.hasOwn(gpus, word))).toBe(true)
  })

  test('zones and images are there', () => {
    expect(zones).toEqual(expect.arrayContaining(Object.values(genericRegions)))
    const named = Object.values(defaultImages).map(({ project, family }) => `${project}/${family}`)
    expect(named.toSorted()).toEqual(families.toSorted())
  })

  test('prices are not older than a year before what is sold', () => {
    expect(Date.parse('2026-11-21') - Date.parse(asOf)).toBeLessThan(365 * 86_400_000)
  })

  test('stand in the page, each row', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/gcp.md'), 'utf8')
    for (const [name, text] of Object.entries(pageTables)) {
      expect(page).toContain(`<!-- generated:${name} -->\n\n${text}\n\n<!-- /generated:${name} -->`)
      expect(text.split('\n').length).toBeGreaterThan(3)
    }
  })
})
