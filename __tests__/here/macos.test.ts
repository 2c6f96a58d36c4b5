import { expect, test } from '@jest/globals'
import { readListing, workersIn } from '../../src/agent/processes.ts'
import { platformOf } from '../../src/entry/here-order.ts'

// macOS is not to be had here. The columns are those of its ps(1), whose manual says that `lstart` has the format `%c` of strftime(3), in the C locale
// (https://keith.github.io/xcode-man-pages/ps.1.html); the names of the runner's processes are those that people report of it (actions/runner issue 4575).
const listing = `    1     0 Mon Nov  2 08:01:13 2026     /sbin/launchd
  501     1 Thu Nov 26 21:37:14 2026     node /usr/local/bin/cml-runner here
  612   501 Thu Nov 26 21:37:15 2026     /bin/bash ./run.sh
  613   612 Thu Nov 26 21:37:15 2026     /bin/bash /Users/ci/.cml-runner/github-1/runner/run-helper.sh
  614   613 Thu Nov 26 21:37:15 2026     /Users/ci/.cml-runner/github-1/runner/bin/Runner.Listener run
 1702   614 Thu Nov 26 21:40:02 2026     /Users/ci/.cml-runner/github-1/runner/bin/Runner.Worker spawnclient 153 158
 1703  1702 Thu Nov 26 21:40:04 2026     (ps)
 1704  1702 Thu Nov 26 21:40:05 2026     grep Runner.Worker log
 2001     1 Thu Nov 26 21:41:00 2026     /Users/other/actions-runner/bin/Runner.Worker spawnclient 9 12
`

test('a listing of macOS tells number, parent, start and words of each process', () => {
  const all = readListing(listing)
  expect(all.length).toBe(9)
  expect(all[0]).toEqual({
    pid: 1,
    parent: 0,
    started: 'Mon Nov  2 08:01:13 2026',
    words: ['/sbin/launchd'],
  })
  expect(readListing('ps: illegal option\n\n')).toEqual([])
})

test('workers are found below the runner’s program, by the program that they execute', () => {
  const all = readListing(listing)
  const worker = '1702:Thu Nov 26 21:40:02 2026'
  expect([workersIn(all, 612, 'Runner.Worker'), workersIn(all, 1702, 'Runner.Worker')]).toEqual([
    expect.arrayContaining([worker]),
    expect.not.arrayContaining([worker]),
  ])
  expect(workersIn(all, 612, 'Runner.Worker').join()).not.toContain('2001')
})

test.each([
  ['darwin', 'arm64', { os: 'macos', architecture: 'arm64' }],
  ['darwin', 'x64', { os: 'macos', architecture: 'x64' }],
  ['linux', 'arm64', { os: 'linux', architecture: 'arm64' }],
  ['linux', 'x64', { os: 'linux', architecture: 'x64' }],
])('%s on %s has a program of its own', (os, architecture, platform) => {
  expect(platformOf(os, architecture)).toEqual(platform)
})

test.each([
  ['win32', 'x64'],
  ['freebsd', 'x64'],
  ['linux', 'riscv64'],
  ['linux', 'arm'],
])('%s on %s is refused, with what there is', (os, architecture) => {
  expect(() => platformOf(os, architecture)).toThrow(/Linux or macOS on x64 or arm64, or name a `cloud`/)
})
