import { expect, test } from '@jest/globals'
import { LastingLife } from '../../src/agent/lasting.ts'
import { birth, type Life, type LifeEvent, type Rules } from '../../src/agent/life-state.ts'

const rules: Rules = { idleTimeout: 300_000, single: false, ephemeral: true, finishes: false }

type Happening = LifeEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never

/** What becomes of a life to which things happen, each at its time in seconds. */
function told(happenings: readonly (readonly [number, Happening])[], of: Partial<Rules> = {}) {
  const lasting = new LastingLife()
  let life: Life = { ...birth, registered: true }
  const starts: number[] = []
  const said: string[] = []
  for (const [seconds, happening] of happenings) {
    const [next, effects] = lasting.step({ ...rules, ...of }, life, { ...happening, at: seconds * 1000 })
    life = next
    for (const effect of effects) {
      if (effect.kind === 'start') starts.push(effect.after)
      if (effect.kind === 'say') said.push(effect.milestone)
    }
  }
  return { state: life.state, ending: lasting.ending, starts, said }
}

const listening = { kind: 'said', event: { kind: 'listening' } } as const
const started = { kind: 'said', event: { kind: 'job-started', name: 'train' } } as const
const ended = { kind: 'said', event: { kind: 'job-ended', name: 'train', result: 'Succeeded' } } as const
const look = { kind: 'looked', workers: [], hooks: [] } as const
const online = [
  [0, { kind: 'registered' }],
  [1, listening],
] as const

test('a program that ends unasked is started again, after pauses that double', () => {
  const crashes = [10, 20, 30].map((at) => [at, { kind: 'exited' }] as const)
  const { state, starts } = told([...online, ...crashes])
  expect([state, starts]).toEqual(['idle', [0, 1000, 2000, 4000]])
})

test('with a job in it, that job is over and the idle time begins anew', () => {
  const { state, said } = told([
    ...online,
    [10, started],
    [200, { kind: 'exited' }],
    [301, look],
    [302, look],
  ])
  expect(state).toBe('idle')
  expect(said.slice(-2)).toEqual(['job-ended', 'registering'])
})

const refused = { kind: 'said', event: { kind: 'refused', text: 'there is a session' } } as const

test.each<[string, readonly (readonly [number, Happening])[]]>([
  ['waits for a session', []],
  [
    'is refused',
    [
      [1, refused],
      [2, { kind: 'exited' }],
    ],
  ],
])('told to leave while it %s, it does not wait until it is online', (_, before) => {
  const leave = { kind: 'interrupted', why: 'x', urgent: false } as const
  const { state, ending } = told([
    [0, { kind: 'registered' }],
    ...before,
    [3, leave],
    [4, { kind: 'exited' }],
  ])
  expect([state, ending.kind]).toEqual(['gone', 'over'])
})

test('one that ends again and again is given up', () => {
  const crashes = Array.from({ length: 9 }, (_, index) => [10 + index * 60, { kind: 'exited' }] as const)
  expect(told([...online, ...crashes])).toMatchObject({ state: 'gone', ending: { kind: 'failed' } })
  const rare = Array.from({ length: 9 }, (_, index) => [10 + index * 90, { kind: 'exited' }] as const)
  expect(told([...online, ...rare], { idleTimeout: Infinity }).state).toBe('idle')
})

test('a job that has run as long as one may is ended, and the runner waits for the next', () => {
  const working = { kind: 'looked', workers: ['7:1'], hooks: [] } as const
  const long = [2, 3602, 3604].map((at) => [at, working] as const)
  const { state, starts, said } = told([...online, [1, started], ...long, [3605, { kind: 'exited' }]], {
    longestJob: 3_600_000,
  })
  expect([state, starts.slice(-1)]).toEqual(['idle', [1000]])
  expect(said.filter((milestone) => milestone === 'interrupted')).toHaveLength(1)
})

test.each<[string, readonly (readonly [number, Happening])[], Partial<Rules>, string]>([
  [
    'its one job is done',
    [
      [2, started],
      [3, ended],
      [4, { kind: 'exited' }],
    ],
    { single: true },
    'over',
  ],
  [
    'it was idle',
    [
      [400, look],
      [400, look],
      [401, { kind: 'exited' }],
    ],
    {},
    'over',
  ],
  [
    'it was told to end',
    [
      [2, { kind: 'interrupted', why: 'x', urgent: true }],
      [3, { kind: 'exited' }],
    ],
    {},
    'over',
  ],
  [
    'it was told to take no other job',
    [
      [2, { kind: 'interrupted', why: 'x', urgent: false }],
      [3, look],
      [3, look],
      [4, { kind: 'exited' }],
    ],
    {},
    'over',
  ],
  [
    'its registration is gone for good',
    [
      [2, { kind: 'said', event: { kind: 'unregistered', final: true } }],
      [3, { kind: 'exited' }],
    ],
    {},
    'lost',
  ],
  [
    'its token has ended',
    [[2, { kind: 'said', event: { kind: 'deaf', text: 'ended', final: true } }]],
    {},
    'lost',
  ],
  [
    'it is refused for too long',
    [
      [2, { kind: 'said', event: { kind: 'refused', text: 'too old' } }],
      [3, { kind: 'exited' }],
      [1300, { kind: 'said', event: { kind: 'refused', text: 'too old' } }],
      [1301, { kind: 'exited' }],
    ],
    { idleTimeout: Infinity },
    'failed',
  ],
  ['it cannot be started', [[2, { kind: 'failed', why: 'no memory' }]], {}, 'failed'],
])('it ends for good when %s', (_, happenings, of, kind) => {
  const { state, ending } = told([...online, ...happenings], of)
  expect([state, ending.kind]).toEqual(['gone', kind])
})
