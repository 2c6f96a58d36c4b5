import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

import { azureHalf } from '../../../src/clouds/azure/machine-half.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'

let root = ''
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'azure-copies-'))))
afterEach(() => rmSync(root, { recursive: true }))

const copy = '/var/lib/cloud/instance/user-data.txt'
const over = '/run/cloud-init/result.json'
function write(path: string): void {
  mkdirSync(dirname(root + path), { recursive: true })
  writeFileSync(root + path, 'what was sent')
}

/** It goes within some turns of the event loop, in which the emulated clock moves on. */
async function goes(path: string): Promise<boolean> {
  for (let turns = 0; turns < 2_000 && existsSync(root + path); turns++) await turn()
  return !existsSync(root + path)
}

test('copies that cloud-init writes beside a job go as they come, until it is over', async () => {
  const clock = new FakeClock(0)
  const { signal } = new AbortController()
  write(copy)
  await azureHalf.conceal({ clock, signal, variables: { CML_RUNNER_ROOT: root } })
  expect([existsSync(root + copy), Math.round(clock.now() / 1000)]).toEqual([false, 5])
  for (let time = 0; time < 3; time++) {
    const before = clock.now()
    write(copy)
    expect(await goes(copy)).toBe(true)
    // Between two looks it waits.
    expect(clock.now()).toBeGreaterThan(before)
  }
  write(copy)
  write(over)
  expect(await goes(copy)).toBe(true)
})

test('nobody waits where cloud-init is over already', async () => {
  const clock = new FakeClock(0)
  write(copy)
  write(over)
  await azureHalf.conceal({
    clock,
    signal: new AbortController().signal,
    variables: { CML_RUNNER_ROOT: root },
  })
  expect([existsSync(root + copy), clock.now()]).toEqual([false, 0])
})
