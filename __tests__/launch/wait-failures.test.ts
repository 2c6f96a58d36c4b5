import { describe, expect, it } from '@jest/globals'
import { notInTime } from '../../src/launch/wait-failures.ts'
import type { Wait } from '../../src/launch/wait.ts'
import { carriers, type CarrierName } from '../../src/machine/carriers.ts'

const wait = { lease: { name: 'trainer' }, launchTimeout: 600, wayOut: 'A rule may be in the way.' } as Wait

describe('a machine that was never heard', () => {
  it.each(Object.keys(carriers) as CarrierName[])('is explained by what there is on it (%s)', (carrier) => {
    const { message } = notInTime(wait, undefined, [], carrier)
    expect(message).toContain(wait.wayOut)
    expect(message.includes('cloud-init')).toBe(carrier === 'cloud-init')
    expect(message.includes('subnet')).toBe(carrier !== 'mounted')
  })
})
