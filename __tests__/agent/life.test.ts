import { describe, expect, it } from '@jest/globals'

import { birth, type Effect, type Life, type LifeEvent, type Rules } from '../../src/agent/life-state.ts'
import * as limits from '../../src/agent/limits.ts'
import { step } from '../../src/agent/life.ts'

const second = 1000
const minute = 60 * second
/** The promise of the product, not the constant of the code. */
const hungWorker = 15 * minute

type Happening = LifeEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never
type Story = readonly (readonly [at: number, happening: Happening])[]

const registered: Happening = { kind: 'registered' }
const listening: Happening = { kind: 'said', event: { kind: 'listening' } }
const running = (name = 'train'): Happening => ({ kind: 'said', event: { kind: 'job-started', name } })
const completed = (name = 'train', result = 'Succeeded'): Happening => ({
  kind: 'said',
  event: { kind: 'job-ended', name, result },
})
const updating: Happening = { kind: 'said', event: { kind: 'updating' } }
const unregistered: Happening = { kind: 'said', event: { kind: 'unregistered', final: false } }
const refused: Happening = { kind: 'said', event: { kind: 'refused', text: 'version v1 is deprecated' } }
const exited: Happening = { kind: 'exited' }
const notice: Happening = { kind: 'interrupted', why: 'spot', urgent: true }
const gentle: Happening = { kind: 'interrupted', why: 'at risk', urgent: false }
const look = (workers: string[] = [], ...hooks: ('started' | 'completed')[]): Happening => ({
  kind: 'looked',
  workers,
  hooks,
})

/** Looks every 2 s from one moment up to, not including, another. */
const looks = (from: number, to: number, workers: string[] = []): Story =>
  Array.from({ length: Math.ceil((to - from) / (2 * second)) }, (_, index) => [
    from + index * 2 * second,
    look(workers),
  ])

const online: Story = [
  [0, registered],
  [1 * second, listening],
]
const patient: Rules = { idleTimeout: 5 * minute, single: false, ephemeral: true, finishes: false }

interface End {
  readonly life: Life
  readonly effects: readonly Effect[]
  /** `stop@60000`, in order. */
  readonly trace: readonly string[]
}

function play(rules: Rules, story: Story): End {
  let life = birth
  const all: Effect[] = []
  const trace: string[] = []
  for (const [at, happening] of story) {
    const [next, effects] = step(rules, life, { ...happening, at })
    life = next
    all.push(...effects)
    trace.push(...effects.map((effect) => `${effect.kind === 'say' ? effect.milestone : effect.kind}@${at}`))
  }
  return { life, effects: all, trace }
}

const stateAfter = (story: Story, rules = patient) => play(rules, story).life.state
const kinds = (effects: readonly Effect[]) =>
  effects.map((effect) => (effect.kind === 'say' ? effect.milestone : effect.kind))

describe('the longest job', () => {
  const limited: Rules = { ...patient, longestJob: 60 * minute }
  const story: Story = [...online, [minute, running()], ...looks(minute, 62 * minute, ['7:1'])]

  it('is ended by a signal, once, and says why; then the machine ends', () => {
    const { trace, life } = play(limited, [...story, [62 * minute, exited]])
    expect(trace).toEqual([
      ...['start@0', 'listening@1000', 'job-started@60000'],
      ...[
        `interrupted@${61 * minute}`,
        `stop@${61 * minute}`,
        `ending@${62 * minute}`,
        `leave@${62 * minute}`,
      ],
    ])
    expect(life.state).toBe('gone')
  })

  it('is counted from its own start, and nothing ends it where the forge fails such jobs itself', () => {
    const two: Story = [
      ...online,
      [minute, running('one')],
      ...looks(minute, 50 * minute, ['7:1']),
      [50 * minute, completed('one')],
      [51 * minute, running('two')],
      ...looks(51 * minute, 110 * minute, ['8:1']),
    ]
    expect(play(limited, two).trace.filter((what) => what.startsWith('interrupted'))).toEqual([])
    expect(play(limited, two).life.state).toBe('busy')
    expect(play(patient, story).life.state).toBe('busy')
  })
})

describe('the idle time', () => {
  it('ends the machine after one more look, counted from the moment the runner was online', () => {
    const { trace, life } = play(patient, [...online, ...looks(2 * second, 6 * minute), [6 * minute, exited]])
    expect(trace).toEqual([
      'start@0',
      'listening@1000',
      'look@302000',
      'ending@304000',
      'stop@304000',
      'leave@360000',
    ])
    expect(life.state).toBe('gone')
  })

  it("does not count before the runner is online: that is the boot timer's business", () => {
    expect(stateAfter([[0, registered], ...looks(0, 60 * minute)])).toBe('idle')
  })

  it('never ends when there is none', () => {
    expect(stateAfter([...online, ...looks(0, 60 * minute)], { ...patient, idleTimeout: Infinity })).toBe(
      'idle',
    )
  })

  it('starts again at the end of each job', () => {
    const story: Story = [
      ...online,
      [4 * minute, running()],
      ...looks(4 * minute, 30 * minute, ['7:1']),
      [30 * minute, completed()],
      ...looks(30 * minute, 34 * minute),
    ]
    expect(stateAfter(story)).toBe('idle')
    expect(stateAfter([...story, ...looks(34 * minute, 36 * minute)])).toBe('draining')
  })

  it("stops the machine's end when a job shows in that last look", () => {
    const { life, effects } = play(patient, [
      ...online,
      [6 * minute, look()],
      [6 * minute + 1, look(['7:1'])],
    ])
    expect(life.state).toBe('busy')
    expect(kinds(effects)).not.toContain('stop')
  })

  it('waits while the runner replaces itself, though not for ever', () => {
    const story: Story = [...online, [4 * minute, updating], ...looks(4 * minute, 13 * minute)]
    expect(stateAfter(story)).toBe('idle')
    expect(stateAfter([...story, ...looks(13 * minute, 15 * minute)])).toBe('draining')
  })
})

describe('a job', () => {
  it.each([
    ['its line', running()],
    ['its worker', look(['7:1'])],
    ['its hook', look([], 'started')],
  ])('makes the runner busy from %s on', (_, sign) => {
    expect(stateAfter([...online, [2 * minute, sign]])).toBe('busy')
  })

  it('is never ended by the idle time, however long it downloads its actions', () => {
    const story: Story = [...online, [minute, running()], ...looks(minute, 300 * minute, ['7:1'])]
    const { life, effects } = play({ ...patient, idleTimeout: second }, story)
    expect(life.state).toBe('busy')
    expect(kinds(effects)).toEqual(['start', 'listening', 'job-started'])
  })

  it('whose worker cannot be seen is believed to run until the runner says otherwise', () => {
    expect(stateAfter([...online, [minute, running()], ...looks(minute, 300 * minute)])).toBe('busy')
  })

  it('that only a hook told of is over when no worker shows', () => {
    expect(
      stateAfter([...online, [minute, look([], 'started')], ...looks(minute, minute + limits.missingWorker)]),
    ).toBe('busy')
    expect(stateAfter([...online, [minute, look([], 'started')], ...looks(minute, 3 * minute)])).toBe('idle')
  })

  it('ends at its line, and gives the work folder back', () => {
    const { life, effects } = play(patient, [...online, [minute, running()], [2 * minute, completed()]])
    expect(life).toMatchObject({ state: 'idle', jobs: 1, idleSince: 2 * minute })
    expect(kinds(effects).slice(-2)).toEqual(['job-ended', 'give-back'])
    expect(effects.at(-2)).toMatchObject({ text: 'train: Succeeded' })
  })

  it('ends when its worker is gone for two looks, though no line says so', () => {
    const story: Story = [...online, [minute, running()], [minute + 1, look(['7:1'])], [minute + 2, look()]]
    expect(stateAfter(story)).toBe('busy')
    expect(stateAfter([...story, [minute + 3, look(['7:1'])], [minute + 4, look()]])).toBe('busy')
    expect(stateAfter([...story, [minute + 3, look()]])).toBe('idle')
  })

  it.each<readonly [string, Story]>([
    [
      'seen one by one',
      [
        [2 * minute + 1, look(['7:1'], 'started')],
        [3 * minute, look(['7:1'], 'completed')],
      ],
    ],
    ['seen in one look', [[3 * minute, look(['7:1'], 'started', 'completed')]]],
  ])(
    'whose worker outlives its hooks (%s) by 15 minutes is over, and that worker counts no more',
    (_, hooks) => {
      const story: Story = [
        ...online,
        [minute, running()],
        [2 * minute, look(['7:1'])],
        ...hooks,
        ...looks(3 * minute + 1, 3 * minute + hungWorker, ['7:1']),
      ]
      expect(stateAfter(story)).toBe('busy')
      const end = play(patient, [...story, ...looks(3 * minute + hungWorker, 20 * minute, ['7:1'])])
      expect(end.life).toMatchObject({ state: 'idle', spent: ['7:1'] })
      expect(
        stateAfter([
          ...story,
          ...looks(3 * minute + hungWorker, 20 * minute, ['7:1']),
          [20 * minute, look(['7:1', '9:2'])],
        ]),
      ).toBe('busy')
    },
  )

  it('known by its worker and hooks alone is over 15 minutes after them as well', () => {
    const story: Story = [...online, [3 * minute, look(['7:1'], 'started', 'completed')]]
    expect(stateAfter([...story, ...looks(3 * minute, 3 * minute + hungWorker, ['7:1'])])).toBe('busy')
    expect(play(patient, [...story, [3 * minute + hungWorker, look(['7:1'])]]).life.spent).toEqual(['7:1'])
  })

  it('is not taken for one that hangs because the message of the job before came late', () => {
    const story: Story = [
      ...online,
      [50 * second, running('a')],
      [51 * second, look(['7:1'], 'started')],
      [101 * second, completed('a')],
      [101.5 * second, running('b')],
      [102 * second, look(['9:2'], 'completed')],
      [104 * second, look(['9:2'], 'started')],
    ]
    const { life, trace } = play(patient, [...story, ...looks(106 * second, 60 * minute, ['9:2'])])
    expect(life).toMatchObject({ state: 'busy', job: { name: 'b' } })
    expect(trace.filter((entry) => entry.startsWith('job-ended'))).toEqual(['job-ended@101000'])
    // Its own hook may be long in coming: actions are downloaded before it.
    expect(stateAfter([...story.slice(0, -1), ...looks(106 * second, 60 * minute, ['9:2'])])).toBe('busy')
    // Its own still counts.
    const own: Story = [...story, [5 * minute, look(['9:2'], 'completed')]]
    expect(stateAfter([...own, [5 * minute + hungWorker, look(['9:2'])]])).toBe('idle')
  })

  it('forgets what a look told of the job before once its own hook has started', () => {
    const story: Story = [
      ...online,
      [99 * second, running('a')],
      [101 * second, completed('a')],
      [101.5 * second, running('b')],
      [102 * second, look(['9:2'], 'started', 'completed')],
      [104 * second, look(['9:2'], 'started')],
    ]
    expect(stateAfter([...story, ...looks(106 * second, 60 * minute, ['9:2'])])).toBe('busy')
  })

  it("is not ended by another job's line, which its display name may imitate", () => {
    expect(stateAfter([...online, [minute, running('a')], [2 * minute, completed('b')]])).toBe('busy')
  })

  it('follows another whose end was never told', () => {
    const { life, effects } = play(patient, [
      ...online,
      [minute, running('a')],
      [2 * minute, running('b')],
      [3 * minute, completed('b')],
    ])
    expect(life.state).toBe('idle')
    expect(kinds(effects)).toEqual([
      'start',
      'listening',
      'job-started',
      'job-started',
      'job-ended',
      'give-back',
    ])
  })

  it('does not come back to life by a worker that takes a moment to leave', () => {
    const story: Story = [
      ...online,
      [minute, running()],
      [2 * minute, completed()],
      [2 * minute + second, look(['7:1'])],
    ]
    expect(stateAfter(story)).toBe('idle')
    expect(stateAfter([...story, [2 * minute + 2 * limits.leavingWorker, look(['7:1'])]])).toBe('busy')
  })

  it('that comes while the runner was told to stop for idleness keeps the machine', () => {
    const draining: Story = [...online, [6 * minute, look()], [6 * minute + 1, look()]]
    expect(stateAfter(draining)).toBe('draining')
    for (const sign of [running(), look(['7:1']), look([], 'started')]) {
      const story: Story = [...draining, [6 * minute + 2, sign], ...looks(7 * minute, 90 * minute, ['7:1'])]
      expect(stateAfter(story)).toBe('busy')
      expect(stateAfter([...story, [91 * minute, completed()], [91 * minute, exited]])).toBe('gone')
    }
  })
})

describe('the end', () => {
  it('of a single runner comes with its job, and leaves no registration to remove', () => {
    const { effects } = play({ ...patient, single: true }, [
      ...online,
      [minute, running()],
      [2 * minute, completed()],
      [2 * minute, exited],
    ])
    expect(effects.at(-1)).toEqual({ kind: 'leave', registered: false })
  })

  it('of a single runner that had no job removes the registration', () => {
    const { effects } = play({ ...patient, single: true }, [
      ...online,
      [6 * minute, look()],
      [6 * minute, look()],
      [7 * minute, exited],
    ])
    expect(effects.at(-1)).toEqual({ kind: 'leave', registered: true })
  })

  it('of a single runner comes soon after its job though its program stays', () => {
    const rules = { ...patient, idleTimeout: Infinity, single: true }
    expect(
      stateAfter(
        [...online, [minute, running()], [2 * minute, completed()], ...looks(2 * minute, 5 * minute)],
        rules,
      ),
    ).toBe('draining')
  })

  it('of a runner that will not stop comes all the same', () => {
    const story: Story = [
      ...online,
      [6 * minute, look()],
      [6 * minute, look()],
      ...looks(6 * minute, 6 * minute + limits.stop),
    ]
    expect(stateAfter(story)).toBe('draining')
    expect(stateAfter([...story, [6 * minute + limits.stop, look()]])).toBe('gone')
  })

  it("comes when the forge's program ends by itself", () => {
    const { effects } = play(patient, [...online, [minute, exited]])
    expect(effects.slice(-2)).toEqual([
      { kind: 'say', milestone: 'ending', text: 'the runner has stopped' },
      { kind: 'leave', registered: true },
    ])
  })

  it.each([true, false])('comes when the forge has forgotten the runner (its program ends: %s)', (ends) => {
    const story: Story = [
      ...online,
      [10 * minute, unregistered],
      [10 * minute, exited],
      [11 * minute, unregistered],
      ...(ends ? ([[11 * minute, exited]] as const) : looks(11 * minute, 14 * minute)),
    ]
    const { effects } = play({ ...patient, idleTimeout: Infinity }, story)
    expect(effects.find((effect) => effect.kind === 'say' && effect.milestone === 'ending')).toMatchObject({
      text: 'its registration is gone',
    })
    expect(effects).not.toContainEqual({ kind: 'leave', registered: true })
  })

  it.each([
    ['of a registration that is seconds old', [0, 30, 60, 90]],
    ['once of an older one', [3600]],
    ['once, and once more an hour later', [3600, 7200]],
  ])('does not come because one session was refused: that it is gone is said %s', (_, moments) => {
    const said = moments.flatMap((at): Story => [
      [at * second + 1, unregistered],
      [at * second + 2, exited],
      [at * second + 3, listening],
    ])
    const { life, effects } = play({ ...patient, idleTimeout: Infinity }, [[0, registered], ...said])
    expect(life).toMatchObject({ state: 'idle', registered: true })
    expect(effects.filter(({ kind }) => kind === 'start')).toHaveLength(1 + moments.length)
    expect(effects).toContainEqual({
      kind: 'say',
      milestone: 'registering',
      text: 'its registration is gone; trying again',
    })
  })

  it('comes when the program has thrown its registration away, however young that is', () => {
    const final: Happening = { kind: 'said', event: { kind: 'unregistered', final: true } }
    const { life, effects } = play(patient, [...online, [5 * second, final], [5 * second, exited]])
    expect(life.state).toBe('gone')
    expect(effects.at(-1)).toEqual({ kind: 'leave', registered: false })
  })

  it('comes when a registration that is minutes old is still said to be gone', () => {
    const said = [1, 40, 80, 130].flatMap((at): Story => [
      [at * second, unregistered],
      [at * second, exited],
    ])
    const { life, effects } = play(patient, [[0, registered], ...said])
    expect(life.state).toBe('gone')
    expect(effects.at(-1)).toEqual({ kind: 'leave', registered: false })
  })

  it('does not come at once when the forge refuses for now', () => {
    const story: Story = [
      [0, registered],
      [second, refused],
      [2 * second, exited],
    ]
    const { life, effects } = play(patient, story)
    expect(life.state).toBe('idle')
    expect(effects.at(-1)).toEqual({ kind: 'start', after: limits.refusalPause, first: false })
    const later: Story = [
      ...story,
      [10 * minute, refused],
      [10 * minute, exited],
      [minute + limits.refusals, refused],
      [minute + limits.refusals, exited],
    ]
    const end = play(patient, later)
    expect(end.life.state).toBe('gone')
    expect(end.effects.at(-2)).toMatchObject({ milestone: 'failed', text: 'version v1 is deprecated' })
  })

  it('forgets refusals once the runner was online', () => {
    const story: Story = [
      [0, registered],
      [second, refused],
      [2 * second, exited],
      [minute, listening],
    ]
    expect(play(patient, story).life).not.toHaveProperty('refusedSince')
    expect(stateAfter([...story, [60 * minute, refused], [60 * minute, exited]])).toBe('idle')
  })

  it('comes when the installation fails, with the reason', () => {
    const { life, effects } = play(patient, [
      [0, { kind: 'failed', why: 'no such token' }],
      [1, registered],
    ])
    expect(life.state).toBe('gone')
    expect(effects).toEqual([
      { kind: 'say', milestone: 'failed', text: 'no such token' },
      { kind: 'leave', registered: false },
    ])
  })
})

describe('an interruption', () => {
  it.each([
    ['idle', online],
    ['busy', [...online, [minute, running()] as const, [minute, look(['7:1'])] as const]],
    ['draining', [...online, [6 * minute, look()] as const, [6 * minute, look()] as const]],
  ])("while %s stops the forge's program and waits for it, but not for long", (state, before: Story) => {
    expect(stateAfter(before)).toBe(state)
    const at = 7 * minute
    const { life, effects } = play(patient, [...before, [at, notice]])
    expect(life.state).toBe('draining')
    expect(kinds(effects).slice(-2)).toEqual(['interrupted', 'stop'])
    const during: Story = [...before, [at, notice], ...looks(at, at + limits.forcedStop, ['7:1'])]
    expect(stateAfter([...during, [at + second, running('another')]])).toBe('draining')
    expect(stateAfter([...during, [at + limits.forcedStop, look(['7:1'])]])).toBe('gone')
    expect(stateAfter([...before, [at, notice], [at + second, exited]])).toBe('gone')
  })

  it('is heard once', () => {
    expect(kinds(play(patient, [...online, [minute, notice], [2 * minute, notice]]).effects)).toEqual([
      'start',
      'listening',
      'interrupted',
      'stop',
    ])
  })

  it('before the registration ends the machine', () => {
    expect(stateAfter([[0, notice]])).toBe('gone')
  })
})

describe('an interruption that leaves time', () => {
  it('while idle stops after one more look, and says why', () => {
    const { trace, effects } = play(patient, [
      ...online,
      [minute, gentle],
      [minute, look()],
      [minute, look()],
      [minute + second, exited],
    ])
    expect(trace.slice(2)).toEqual([
      `interrupted@${minute}`,
      `look@${minute}`,
      `look@${minute}`,
      `ending@${minute}`,
      `stop@${minute}`,
      `leave@${minute + second}`,
    ])
    expect(effects.filter(({ kind }) => kind === 'stop')).toEqual([{ kind: 'stop', now: false }])
    expect(effects).toContainEqual({ kind: 'say', milestone: 'ending', text: 'at risk' })
  })

  it('lets a job finish that has just come, and takes no other', () => {
    const { trace, life } = play(patient, [
      ...online,
      [minute, gentle],
      [minute, look(['7:1'])],
      [2 * minute, running()],
      ...looks(2 * minute, 60 * minute, ['7:1']),
      [60 * minute, completed()],
      [60 * minute, look(['7:1'])],
      [60 * minute, look(['7:1'])],
      [60 * minute + second, exited],
    ])
    expect(life.state).toBe('gone')
    expect(trace.slice(4)).toEqual([
      `job-started@${2 * minute}`,
      `job-ended@${60 * minute}`,
      `give-back@${60 * minute}`,
      `look@${60 * minute}`,
      `look@${60 * minute}`,
      `ending@${60 * minute}`,
      `stop@${60 * minute}`,
      `leave@${60 * minute + second}`,
    ])
  })

  it('does not take the worker of the job that ended for another job', () => {
    const end = 2 * minute
    const story: Story = [
      ...online,
      [minute, running()],
      [minute, gentle],
      [end, completed()],
      [end, look(['7:1'])],
      [end, look(['7:1'])],
    ]
    expect(stateAfter(story)).toBe('draining')
    expect(stateAfter([...story, [end + 2 * second, look(['7:1'])]])).toBe('draining')
    expect(stateAfter([...story, [end + 2 * second, look(['7:1', '8:1'])]])).toBe('draining')
    expect(stateAfter([...story, [end + 6 * second, look(['8:1'])]])).toBe('busy')
  })

  it('stops a program gently at once that finishes its job then', () => {
    const finishing = { ...patient, finishes: true }
    const story: Story = [...online, [minute, running()], [2 * minute, gentle]]
    expect(play(finishing, story).effects.at(-1)).toEqual({ kind: 'stop', now: false })
    expect(kinds(play(patient, story).effects)).not.toContain('stop')
    expect(stateAfter([...story, [9 * minute, look(['7:1'])]], finishing)).toBe('busy')
    expect(stateAfter([...story, [9 * minute, completed()], [9 * minute, exited]], finishing)).toBe('gone')
  })

  it('ends at once when an urgent one follows', () => {
    const { effects, life } = play(patient, [
      ...online,
      [minute, running()],
      [2 * minute, gentle],
      [3 * minute, notice],
    ])
    expect(effects.at(-1)).toEqual({ kind: 'stop', now: true })
    expect(life.state).toBe('draining')
    expect(
      kinds(play(patient, [...online, [minute, notice], [2 * minute, gentle]]).effects).slice(-2),
    ).toEqual(['interrupted', 'stop'])
  })

  it('before the registration ends the machine, and before the runner is online waits for it', () => {
    expect(stateAfter([[0, gentle]])).toBe('gone')
    const early: Story = [[0, registered], [0, gentle], ...looks(0, minute)]
    expect(stateAfter(early)).toBe('idle')
    expect(stateAfter([...early, [minute, listening], [minute, look()], [minute, look()]])).toBe('draining')
  })
})

it('nothing happens after the end', () => {
  const { life } = play(patient, [[0, { kind: 'failed', why: 'x' }]])
  for (const happening of [registered, listening, running(), look(['1:1']), exited, notice, gentle]) {
    expect(step(patient, life, { ...happening, at: 1 })).toEqual([life, []])
  }
})
