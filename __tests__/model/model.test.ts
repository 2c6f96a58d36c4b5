import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseDuration, renderDuration } from '../../src/model/duration.ts'
import { Failure, joinFailures, joinReasons, movesOn } from '../../src/model/failure.ts'
import { identityOf, identityPattern, runOf, type Origin } from '../../src/model/identity.ts'
import { leaseToTags, readLease, sealed } from '../../src/model/lease.ts'
import { carries, identityOfRunner, placeLabel, uniqueLabel } from '../../src/model/runner.ts'
import { Secret } from '../../src/model/secret.ts'

const origin: Origin = {
  host: 'github',
  run: '42',
  attempt: '1',
  job: 'deploy 0',
  step: '__self',
  owner: 'someone',
}

describe('an identity', () => {
  it('is the same for the same launch and legal as a name everywhere', () => {
    expect(identityOf(origin, 'scope', 'name')).toBe(identityOf({ ...origin }, 'scope', 'name'))
    expect(identityOf(origin, 'scope', 'name')).toMatch(identityPattern)
  })

  it('differs for another run, attempt, job, step, name, scope and index, and not for another owner', () => {
    const base = identityOf(origin, 'scope', undefined)
    const changed = (['host', 'run', 'attempt', 'job', 'step'] as const).map((part) =>
      identityOf({ ...origin, [part]: 'x' }, 'scope', undefined),
    )
    const others = [
      ...changed,
      identityOf(origin, 'other', undefined),
      identityOf(origin, 'scope', 'n'),
      identityOf(origin, 'scope', undefined, 1),
    ]
    expect(new Set([base, ...others]).size).toBe(9)
    expect(identityOf({ ...origin, owner: 'x' }, 'scope', undefined)).toBe(base)
  })

  it('never confuses neighbouring parts', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (job, step) => {
        fc.pre(job !== '')
        const shifted = { ...origin, job: job.slice(0, -1), step: job.slice(-1) + step }
        return identityOf({ ...origin, job, step }, 's', undefined) !== identityOf(shifted, 's', undefined)
      }),
      { seed: 7 },
    )
  })

  it('shares the run with another attempt, job and step, and not with another run', () => {
    expect(runOf({ ...origin, attempt: '2', job: 'x', step: 'y' }, 'scope')).toBe(runOf(origin, 'scope'))
    expect(runOf({ ...origin, run: '43' }, 'scope')).not.toBe(runOf(origin, 'scope'))
  })
})

describe('a lease', () => {
  it("comes back from its tags, and from nobody else's", () => {
    const lease = {
      identity: 'a'.repeat(20),
      run: 'b'.repeat(20),
      scope: 'github.com/org/repo',
      owner: 'someone',
      name: 'trainer',
      dueAt: 1_789_000_600,
      nonce: 'a1b2c3',
      expiresAt: 1_790_000_000,
    }
    expect(readLease(leaseToTags(lease))).toEqual({ lease: sealed(lease) })
    expect(readLease({ ...leaseToTags(lease), 'managed-by': 'somebody' })).toEqual({})
    expect(readLease({ 'managed-by': 'cml-runner' }).lease).toBeUndefined()
  })
})

describe('a runner', () => {
  it('tells its identity by its label, in any case, and not by a place label', () => {
    const identity = 'abcdefghijklmnop2345'
    expect(
      identityOfRunner({
        labels: ['gpu', placeLabel('nimbus', 'north-1'), uniqueLabel(identity).toUpperCase()],
      }),
    ).toBe(identity)
    expect(identityOfRunner({ labels: ['cml', 'cml-at-nimbus-north-1'] })).toBeUndefined()
    expect(identityOfRunner({ labels: [identity] })).toBeUndefined()
  })

  it('carries labels ignoring case', () => {
    expect(carries({ labels: ['CML', 'gpu'] }, ['cml', 'GPU'])).toBe(true)
    expect(carries({ labels: ['cml'] }, ['cml', 'gpu'])).toBe(false)
  })
})

describe('a duration', () => {
  it.each([
    ['300', 300],
    ['90s', 90],
    ['15m', 900],
    ['1.5h', 5400],
    ['1h 30m', 5400],
    ['2 days', 172800],
    ['5min', 300],
    ['1W', 604800],
    ['0', Infinity],
    ['-1', Infinity],
    ['-5m', Infinity],
    ['2 hrs', 7200],
    ['3mins', 180],
    ['never', Infinity],
    ['Never ', Infinity],
  ])('%s is %d seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  it.each(['', 'soon', '5 parsecs', '5m!', 'm', '1h-3m', '٣', '500ms', '5hs', '--5m', '-', '5 constructor'])(
    '%j is none',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  )

  it.each([
    ['1.3333h', 4800],
    ['90.5', 91],
    ['10.01m', 601],
    ['0.2', 1],
    ['0.0001s', 1],
  ])('%s is %d whole seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  it('is whole seconds, whatever is given, and reads back as it was written', () => {
    const unit = fc.constantFrom('', 's', 'm', ' min', 'h', ' hours', 'd', 'w')
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 9999, noNaN: true }), unit, (amount, suffix) => {
        const seconds = parseDuration(`${amount.toFixed(4)}${suffix}`)
        if (Number(amount.toFixed(4)) === 0) return expect(seconds).toBe(Infinity)
        expect(Number.isInteger(seconds)).toBe(true)
        expect(parseDuration(renderDuration(seconds!))).toBe(seconds)
      }),
    )
  })

  it('reads back what it renders', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        (seconds) => parseDuration(renderDuration(seconds)) === seconds,
      ),
      { seed: 7 },
    )
  })
})

describe('a failure', () => {
  it('reads as what was tried, what was said, why, and what to do', () => {
    const failure = new Failure('not-found', {
      tried: 'find image x',
      said: 'no such image',
      code: 'Missing',
      why: 'Images are regional.',
      fix: 'name another.',
    })
    expect(failure.message).toBe(
      'Could not find image x: Missing: no such image\nImages are regional.\nWhat to do: name another.',
    )
  })

  it('joins others found beside it into one message', () => {
    const joined = joinFailures([
      new Failure('not-found', { tried: 'a' }),
      new Failure('internal', { tried: 'b' }),
    ])
    expect(joined.kind).toBe('not-found')
    expect(joined.message).toBe('Could not a.\n\nCould not b.')
  })

  it('tells a shared reason once', () => {
    const both = ['a', 'b'].map(
      (tried) => new Failure('unauthenticated', { tried, said: 'no credentials', fix: 'log in.' }),
    )
    expect(joinFailures(both).message).toBe(
      'Could not a: no credentials\nWhat to do: log in.\nCould not b, for the same reason.',
    )
  })

  it('moves on only for want of capacity or quota', () => {
    const kinds = (['capacity-unavailable', 'quota-exceeded', 'permission-denied'] as const).map((kind) =>
      movesOn(new Failure(kind, { tried: 'x' })),
    )
    expect(kinds).toEqual([true, true, false])
    expect(movesOn(new Error('x'))).toBe(false)
  })

  it('is joined with defects by standing beside them, whatever was joined before', () => {
    const [one, two] = ['read a', 'read b'].map((tried) => new Failure('unavailable', { tried }))
    const defect = new TypeError('ours')
    expect(joinReasons([defect])).toBe(defect)
    const joined = joinReasons([one, joinReasons([two, defect])]) as AggregateError
    expect(joined.errors).toEqual([defect, joinFailures([one!, two!])])
  })
})

describe('a secret', () => {
  it('shows itself to nobody who does not ask', () => {
    const secret = new Secret('hunter2')
    expect(
      [
        String(secret),
        JSON.stringify({ secret }),
        inspect(secret),
        inspect({ deep: [secret] }, { showHidden: true, depth: 9 }),
      ].join(),
    ).not.toContain('hunter2')
    expect(secret.reveal()).toBe('hunter2')
  })
})
