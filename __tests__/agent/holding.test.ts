import { expect, test } from '@jest/globals'
import { setImmediate } from 'node:timers/promises'
import type { Machine } from '../../src/agent/world.ts'
import { holding } from '../../src/entry/agent-holding.ts'

const machine = {} as Machine
const there = { docker: true, gpus: false }

test.each([
  ['what Docker is there', { lookForDocker: async () => there }, there],
  ['that nobody asks for Docker', {}, { docker: false, gpus: false }],
])(
  'a runner does not start before what jobs must not find is gone, and then knows %s',
  async (_, given, told) => {
    let begun = 0
    let end: () => void = () => undefined
    const conceal = (): Promise<void> => {
      begun++
      return new Promise((resolve) => (end = resolve))
    }
    const { lookForDocker } = holding({ conceal }, given)
    // Beside the registration, not after it.
    expect(begun).toBe(1)
    const heard: unknown[] = []
    const known = lookForDocker?.(machine).then((docker) => heard.push(docker))
    for (let turn = 0; turn < 5; turn++) await setImmediate()
    expect(heard).toEqual([])
    end()
    await known
    expect([heard, begun]).toEqual([[told], 1])
  },
)
