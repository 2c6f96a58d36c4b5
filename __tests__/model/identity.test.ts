import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { githubOrigin, gitlabOrigin, terminalOrigin, type Variables } from '../../src/hosts/origin.ts'
import { identityOf, identityPattern, runOf } from '../../src/model/identity.ts'
import {
  keyOf,
  leaseFromText,
  leaseKeys,
  leaseTags,
  leaseToTags,
  leaseToText,
  readLease,
  sealed,
  sealOf,
  tagOf,
  type Lease,
} from '../../src/model/lease.ts'
import { isOfTry, isOfTryOf, launchOf, placesOf, sameTry } from '../../src/model/ownership.ts'
import { placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'

const scope = 'github.com/octo-org/octo-repo'
const seed = 20261122

describe('the identity of a launch', () => {
  const step: Variables = {
    GITHUB_RUN_ID: '7100000001',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'deploy',
    GITHUB_ACTION: '__self',
    RUNNER_TRACKING_ID: 'github_6f1c3f3e-2f0b-4a52-9a6c-0c8f2f5f2a11',
  }
  const job: Variables = { CI_PIPELINE_ID: '9001', CI_JOB_ID: '77' }

  interface Asked {
    readonly variables?: Variables
    /** `job.check_run_id` and `strategy.job-index`, as the internal input passes them. */
    readonly instance?: string
    readonly name?: string
    readonly index?: number
    readonly scope?: string
  }
  const onGithub = ({ variables = {}, instance, name, index, scope: where = scope }: Asked = {}): string =>
    identityOf(githubOrigin({ ...step, ...variables }, instance), where, name, index)
  const blank = { RUNNER_TRACKING_ID: '' }

  test.each<[string, Asked, Asked]>([
    ['two legs of a matrix', {}, { variables: { RUNNER_TRACKING_ID: 'github_other' } }],
    [
      'two legs of a matrix where the runner tells no GUID',
      { variables: blank, instance: '/0' },
      { variables: blank, instance: '/1' },
    ],
    [
      'two calls of one reusable workflow, whose jobs have one key',
      { variables: blank, instance: '501/' },
      { variables: blank, instance: '502/' },
    ],
    ['two jobs', { variables: blank }, { variables: { ...blank, GITHUB_JOB: 'other' } }],
    ['two steps of one job', {}, { variables: { GITHUB_ACTION: '__self_2' } }],
    ['two uses of one composite action in one job', {}, { variables: { GITHUB_ACTION: 'second' } }],
    ['two launches of one step with different names', { name: 'a' }, { name: 'b' }],
    ['a launch with a name and one without', {}, { name: 'a' }],
    ['two machines of one launch', { index: 0 }, { index: 1 }],
    ['a re-run', {}, { variables: { GITHUB_RUN_ATTEMPT: '2' } }],
    ['another run', {}, { variables: { GITHUB_RUN_ID: '7100000002' } }],
    ['another repository', {}, { scope: 'github.com/octo-org/fork' }],
    [
      'what a separator could blur',
      { name: '1:a\n1:b' },
      { name: '1:a', variables: { GITHUB_ACTION: '1:b' } },
    ],
  ])('tells apart %s', (_, one, other) => {
    expect(onGithub(one)).not.toBe(onGithub(other))
    // And a process that is repeated is the same launch.
    expect([onGithub(one), onGithub(other)]).toEqual([onGithub(one), onGithub(other)])
    expect(onGithub(one)).toMatch(identityPattern)
  })

  test('differs from job to job on GitLab, where a retried job is a new one', () => {
    const of = (variables: Variables): string =>
      identityOf(gitlabOrigin({ ...job, ...variables }), scope, undefined)
    expect(new Set([of({}), of({ CI_JOB_ID: '78' }), of({ CI_PIPELINE_ID: '9002' })]).size).toBe(3)
    expect(of({})).toBe(of({}))
  })

  test('is another one at every call at home, also for the same name', () => {
    const all = Array.from({ length: 20 }, () => identityOf(terminalOrigin({ USER: 'me' }), scope, 'gpu'))
    expect(new Set(all).size).toBe(20)
  })

  test('changes with every part, whatever the parts are', () => {
    const part = fc.string({ unit: 'binary', maxLength: 12 })
    const origin = fc.record({ host: part, run: part, attempt: part, job: part, step: part, owner: part })
    fc.assert(
      fc.property(origin, origin, part, part, (one, other, first, second) => {
        const parts = [one, other].map(({ owner: _, ...rest }) => JSON.stringify(rest))
        const same = parts[0] === parts[1] && first === second
        expect(identityOf(one, scope, first) === identityOf(other, scope, second)).toBe(same)
        expect(identityOf(one, scope, first)).toMatch(identityPattern)
      }),
      { seed, numRuns: 500 },
    )
  })

  test.each([
    ['an attempt', { GITHUB_RUN_ATTEMPT: '2' }, true],
    ['a job', { RUNNER_TRACKING_ID: 'github_other', GITHUB_JOB: 'other' }, true],
    ['a step', { GITHUB_ACTION: '__self_2' }, true],
    ['a run', { GITHUB_RUN_ID: '7100000002' }, false],
  ])('of another one than %s has the run of its own: %j keeps it: %j', (_, variables, same) => {
    const run = (more: Variables): string => runOf(githubOrigin({ ...step, ...more }, undefined), scope)
    expect(run(variables) === run({})).toBe(same)
    expect(run(variables)).toMatch(identityPattern)
  })
})

const identity = 'abcdefghijklmnopqr27'
const lease: Lease = {
  identity,
  run: 'r'.repeat(20),
  scope,
  owner: 'octocat',
  name: `cml-${identity}`,
  dueAt: 1_790_000_600,
  nonce: 'a1b2c3',
  expiresAt: 1_790_432_000,
}

/** What each vendor takes as a name, a label or a tag. */
const rules = {
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
  aws: { key: /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u, value: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u },
  // A client token: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
  awsToken: /^[\x21-\x7e]{1,64}$/,
  // https://cloud.google.com/compute/docs/labeling-resources#requirements
  gcp: { key: /^[a-z][a-z0-9_-]{0,62}$/, value: /^[a-z0-9_-]{0,63}$/ },
  // https://cloud.google.com/compute/docs/naming-resources
  gcpName: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  // https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
  azure: { key: /^[^<>%&\\?/]{1,512}$/, value: /^[^]{0,256}$/ },
  // Linux machines: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
  azureName: /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/,
  // https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
  kubernetes: {
    key: /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    value: /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
  },
  // RFC 1123 label: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
  kubernetesName: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  // https://docs.github.com/rest/actions/self-hosted-runners: names of at most 64 characters; labels of at most 256, no comma.
  githubName: /^[^\p{Cc}]{1,64}$/u,
  githubLabel: /^[^,\s\p{Cc}]{1,256}$/u,
  // https://docs.gitlab.com/ci/yaml/#tags and app/models/ci/tag.rb of GitLab: at most 255 characters, separated by commas.
  gitlabTag: /^[^,\s\p{Cc}]{1,255}$/u,
} as const

describe('what everything of a launch carries', () => {
  const vendors = ['aws', 'gcp', 'azure', 'kubernetes'] as const

  test.each(vendors)('has keys that %s takes, and values that it takes wherever they are ours', (vendor) => {
    const { key, value } = rules[vendor]
    const own = Object.entries(leaseToTags(lease)).filter(
      ([tag]) => ![leaseTags.scope, leaseTags.owner].includes(tag as never),
    )
    for (const [tag, text] of own) {
      expect(tag).toMatch(key)
      expect(text).toMatch(value)
    }
    expect(own).toHaveLength(7)
  })

  test('is a legal name and a legal label for every cloud and forge, whatever the hash', () => {
    const digits = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567')
    const hash = fc.array(digits, { minLength: 20, maxLength: 20 }).map((all) => all.join(''))
    const region = fc.constantFrom(
      'us-west-1',
      'northamerica-northeast2-a',
      'germanywestcentral',
      'my_cluster',
    )
    fc.assert(
      fc.property(hash, hash, region, (id, run, where) => {
        const name = uniqueLabel(id)
        for (const rule of [rules.gcpName, rules.azureName, rules.kubernetesName, rules.githubName])
          expect(name).toMatch(rule)
        expect(`${id}-${run}`).toMatch(rules.awsToken)
        for (const label of [name, placeLabel('kubernetes', where), runLabel({ ...lease, run })])
          for (const rule of [rules.githubLabel, rules.gitlabTag]) expect(label).toMatch(rule)
      }),
      { seed, numRuns: 200 },
    )
  })

  const text = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc.constantFrom(
      'dependabot[bot]',
      '$(id)',
      "o'brien",
      '*',
      '?',
      '\\*',
      '__proto__',
      ' ',
      'ملف',
      'a=b,c=d',
      '😀',
    ),
  )
  const hash = fc
    .array(fc.constantFrom(...'abcxyz267'), { minLength: 20, maxLength: 20 })
    .map((all) => all.join(''))
  const seconds = fc.integer({ min: 1_600_000_000, max: 4_000_000_000 })
  const leases = fc.record({
    identity: hash,
    run: hash,
    scope: text,
    owner: text,
    name: text,
    dueAt: seconds,
    nonce: fc.stringMatching(/^[a-z0-9]{18}$/),
    expiresAt: seconds,
  })

  test('is read back from the tags as it was, whatever the owner and the name', () => {
    fc.assert(
      fc.property(leases, (one) => expect(readLease(leaseToTags(one))).toEqual({ lease: sealed(one) })),
      { seed, numRuns: 500 },
    )
  })

  test('tells its nonce to nobody who reads the tags, and knows it again', () => {
    fc.assert(
      fc.property(leases, leases, (one, other) => {
        const tags = Object.values(leaseToTags(one)).join(' ')
        expect(tags).not.toContain(one.nonce)
        expect(readLease(leaseToTags(sealed(one)))).toEqual({ lease: sealed(one) })
        expect(sealOf(one.nonce) === sealOf(other.nonce)).toBe(one.nonce === other.nonce)
      }),
      { seed, numRuns: 200 },
    )
  })

  test('is nothing at all when any tag is missing, cut or written in another way, which is told', () => {
    const { owner: _, ...essentials } = leaseTags
    const essential = fc.constantFrom(...Object.values(essentials))
    const damage = fc.constantFrom<(tag: string) => string | undefined>(
      () => undefined,
      () => '',
      (tag) => tag.slice(0, -1),
      (tag) => tag.slice(1),
      (tag) => `${tag}0`,
      (tag) => ` ${tag}`,
      (tag) => `${tag}\n`,
      (tag) => `${tag}.88`,
      (tag) => tag.toUpperCase().replace(/\d/g, 'x'),
      (tag) => `-${tag}`,
      () => '1e9',
      () => '0x6AB1',
      () => '٤٤٤٤٤٤٤٤٤٤',
    )
    const free: readonly string[] = [leaseTags.scope, leaseTags.name, leaseTags.nonce]
    fc.assert(
      fc.property(leases, essential, damage, (one, tag, hurt) => {
        const { [tag]: before, ...rest } = leaseToTags(one)
        const after = hurt(before ?? '')
        fc.pre(after !== before)
        const read = readLease(after === undefined ? rest : { ...rest, [tag]: after })
        // Another name or nonce in good order is another launch's, or another try's.
        if (free.includes(tag) && read.lease) return expect(read.lease).not.toEqual(one)
        expect(read.lease).toBeUndefined()
        expect(read.damage?.wrong).toEqual(tag === leaseTags.managedBy ? undefined : [tag])
      }),
      { seed, numRuns: 800 },
    )
  })

  test('tells two tries of one launch apart', () => {
    const named = (label: string) => ({ name: lease.name, labels: [uniqueLabel(lease.identity), label] })
    const [one, other] = ['aaaaaa', 'aaaaab'].map((nonce) => ({ ...lease, nonce }))
    expect(sameTry(lease, { ...lease, owner: 'somebody' })).toBe(true)
    expect(sameTry(lease, { ...lease, dueAt: lease.dueAt + 1 })).toBe(false)
    // A cloud has its say in when a machine ends.
    expect(sameTry(lease, { ...lease, expiresAt: lease.expiresAt + 1 })).toBe(true)
    expect(sameTry(one!, other!)).toBe(false)
    expect([one!, other!, lease].map((of) => isOfTry(named(runLabel(one!)), of))).toEqual([
      true,
      false,
      false,
    ])
    // Without a whole run label nothing is of any try.
    for (const label of ['cml', runLabel(lease).slice(0, -7), runLabel(lease).slice(0, -1)])
      expect(isOfTry(named(label), lease)).toBe(false)
    // The same for who asks the forge, and has no lease there.
    const asked = { name: lease.name, labels: ['cml', 'cml-at-nimbus-north-1', runLabel(one!)] }
    const theirs = [
      runLabel(one!).toUpperCase(),
      runLabel(other!),
      runLabel({ ...one!, dueAt: 1_999_999_999 }),
    ]
    expect(theirs.map((label) => isOfTryOf(named(label), asked))).toEqual([true, false, false])
    expect(isOfTryOf({ ...named(runLabel(one!)), name: 'another' }, asked)).toBe(false)
    expect(isOfTryOf(named('cml'), asked)).toBe(false)
    const bare = { ...asked, labels: ['cml'] }
    expect([named('cml'), named(runLabel(one!))].map((runner) => isOfTryOf(runner, bare))).toEqual([
      true,
      false,
    ])
  })

  test('is searched by keys that every cloud takes, and read back from its text', () => {
    fc.assert(
      fc.property(leases, (lease) => {
        for (const [key, value] of Object.entries(leaseKeys(lease)))
          expect([key, value]).toEqual([
            expect.stringMatching(/^[a-z][a-z0-9-]{0,62}$/),
            expect.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
          ])
        const { identity, run, scope } = lease
        for (const query of [{ identity }, { run }, { scope }]) {
          const [key, value] = keyOf(query)
          expect(leaseKeys(lease)[key]).toBe(value)
          expect(leaseToTags(lease)).toMatchObject(Object.fromEntries([tagOf(query)]))
        }
        expect(leaseFromText(leaseToText(lease))).toEqual({ lease: sealed(lease) })
        expect(leaseToText(lease)).not.toContain(lease.nonce)
      }),
      { seed, numRuns: 300 },
    )
  })

  test.each(['', '[]', 'null', '{', '{"cml-runner-identity":7}', `"${'x'.repeat(9_000)}"`])(
    'whose text is %j is damaged, and nobody’s',
    (text) => {
      expect(leaseFromText(text)).toMatchObject({ damage: { identity: '' } })
    },
  )

  test('is read back from the labels of a registration, in whatever case and order the forge gives them', () => {
    const others = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.constantFrom('cml', 'cml-gpu', 'cml-run-', 'cml-at', 'self-hosted'),
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(leases, others, fc.boolean(), fc.boolean(), (one, more, upper, last) => {
        const ours = [uniqueLabel(one.identity), placeLabel('nimbus', 'north-1'), runLabel(one)]
        const cased = ours.map((label) => (upper ? label.toUpperCase() : label))
        const labels = last ? [...more, ...cased] : [...cased, ...more]
        expect(launchOf({ labels })).toEqual({ identity: one.identity, run: one.run })
        expect(isOfTry({ name: one.name, labels }, one)).toBe(true)
        const nimbus = { name: 'nimbus', isRegion: (text: string) => text === 'north-1' }
        expect(placesOf({ labels }, [nimbus])).toEqual({
          places: [{ cloud: 'nimbus', region: 'north-1' }],
          elsewhere: false,
        })
      }),
      { seed, numRuns: 300 },
    )
  })
})
