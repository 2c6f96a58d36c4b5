import { expect, test } from '@jest/globals'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { noticesOf } from '../../src/here/notices.ts'
import { steadyClock } from '../../src/lib/clock.ts'

test('of two signals at once the second is told when a program has had time to hear the first', async () => {
  const waits = new Map<number, () => void>()
  const clock = {
    ...steadyClock,
    sleep: (ms: number) => new Promise<void>((resolve) => void waits.set(ms, resolve)),
  }
  const stops = {
    first: AbortSignal.abort(),
    second: AbortSignal.abort(),
    late: new AbortController().signal,
    hurried: false,
    lifetime: Infinity,
  }
  const notices = noticesOf(stops, clock, new AbortController().signal)
  const heard: boolean[] = []
  const listening = (async () => {
    for await (const { urgent } of notices) if (heard.push(urgent) === 2) return
  })()
  await nextTurn()
  expect(heard).toEqual([false])
  waits.get(500)!()
  await listening
  expect(heard).toEqual([false, true])
})
