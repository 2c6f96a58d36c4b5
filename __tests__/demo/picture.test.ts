import { expect, test } from '@jest/globals'
import { readMoments } from '../../scripts/picture/moments.ts'
import { drawLife, sameButForNumbers } from '../../scripts/picture/svg.ts'

const said = [
  '  0.2  deploy   ▾ Run org/cml-runner-action@v1',
  '  2.0  deploy   Created i-0a1b: large on-demand in somewhere, an image.',
  '  6.1  deploy     │ timers: this machine ends on 2026-12-02 01:42:22 UTC at the latest',
  '  9.2  deploy     │ registering: cml-a',
  ' 11.4  deploy     Runner cml-a is online, 9 s after its machine was ordered.',
  ' 12.5  GitHub   Job deploy: success.',
  ' 12.7  machine  job-started: train',
  ' 15.2  machine  job-ended: train: Succeeded',
  ' 21.1  machine  ending: idle for 6 s',
  ' 22.5  cloud    i-0a1b is terminated: by itself.',
  'Left at the cloud: 0 machines, disks and network interfaces. Left at GitHub: 0 registrations.',
]

const drawn = (lines: readonly string[]): string => drawLife(readMoments(lines.join('\n')))

test('the picture of a life is the same for other seconds and ids, and another one for other words', () => {
  const later = said.map((line) => line.replaceAll('i-0a1b', 'i-77ff').replace(' 21.1 ', ' 21.9 '))
  expect(sameButForNumbers(drawn(said), drawn(later))).toBe(true)
  expect(sameButForNumbers(drawn(said), drawn(said.map((line) => line.replace('on-demand', 'spot'))))).toBe(
    false,
  )
  expect(drawn(said)).toContain('Created i-0a1b: large on-demand in somewhere')
})

test.each(said.map((line, index) => [line.trim(), index] as const))(
  'no picture is drawn of a life without its line "%s"',
  (_, index) => {
    const missing = said.filter((_, at) => at !== index).join('\n')
    expect(() => readMoments(missing)).toThrow(/the demo/)
  },
)

test.each([
  'Left at the cloud: 1 machines. Left at GitHub: 0 registrations.',
  'Left at the cloud: 0 machines. Left at GitHub: 2 registrations.',
])('nor of one that left something: %s', (left) => {
  expect(() => readMoments([...said.slice(0, -1), left].join('\n'))).toThrow(/left something/)
})
