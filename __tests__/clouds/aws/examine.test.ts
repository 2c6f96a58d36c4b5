import { describe, expect, test } from '@jest/globals'
import type { Cloud, MachineRequest } from '../../../src/clouds/cloud.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Check } from '../../../src/model/check.ts'
import type { Policy } from '../../emulators/ec2/policy.ts'
import { forScope, launching, machineRole, optional, profile, someLaunches } from './documented-policies.ts'
import { ask, lease, orderOf, startAwsWorld, type AwsWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AwsWorld

inEachTest(startAwsWorld, (made) => (world = made))

/** With an STS to ask, which is waited for by the real clock. */
const withSts = (): Cloud => world.open({}, { clock: systemClock, variables: world.ec2.variables })

async function examine(request: MachineRequest, cloud: Cloud = world.open()): Promise<readonly Check[]> {
  const checks: Check[] = []
  for await (const check of cloud.examine({ lease, request })) checks.push(check)
  return checks
}

const told = (checks: readonly Check[], verdict: Check['verdict']): readonly string[] =>
  checks.filter((check) => check.verdict === verdict).map(({ what }) => what)

const said = (checks: readonly Check[], start: string): Check =>
  checks.find(({ what }) => what.startsWith(start))!

/** One that `ec2:TerminateInstances` can be tried on. */
async function launch(): Promise<void> {
  const request = ask({})
  const cloud = world.open()
  const candidate = (await cloud.resolve(request)).candidates[0]!
  const machine = await cloud.create(candidate, orderOf(request))
  while ((await cloud.look(machine))?.state !== 'running') await world.clock.sleep(2000)
}

const everything = ask({ spot: true, permissionSet: profile.arn })
const documentedRole = (): readonly Policy[] =>
  machineRole(forScope([launching, optional, someLaunches], lease.scope))

describe('with exactly the documented role', () => {
  test('nothing is bad, and what cannot be known is said', async () => {
    world.ec2.dials.policies = documentedRole()
    const checks = await examine(everything, withSts())
    expect(told(checks, 'bad')).toEqual([])
    expect(told(checks, 'unknown')).toEqual([
      'ec2:TerminateInstances',
      "iam:CreateServiceLinkedRole (the account's first spot launch only)",
      'ec2:GetConsoleOutput (optional)',
      'way out of the network in us-east-1',
    ])
    expect(said(checks, 'quota for').said).toBe('m7i.2xlarge takes 8 vCPUs, and the limit is 1152')
    expect(checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining([...world.open().permissions(everything)]),
    )
    expect(said(checks, 'credentials').said).toBe(
      'arn:aws:sts::111122223333:assumed-role/ci/run, account 111122223333',
    )
    expect(said(checks, 'price of').said).toMatch(
      /^\$[\d.]+ an hour .* at most \$[\d.]+ within max-lifetime$/,
    )
    expect(world.ec2.machines).toEqual([])
  })

  test('what needs a machine is tried on one that is there, which lives on', async () => {
    await launch()
    world.ec2.dials.policies = documentedRole()
    const checks = await examine(everything)
    expect(told(checks, 'good')).toEqual(
      expect.arrayContaining(['ec2:TerminateInstances', 'ec2:GetConsoleOutput (optional)']),
    )
    expect(world.ec2.machines.map(({ state }) => state)).toEqual(['running'])
  })

  test('the optional permissions may be absent', async () => {
    world.ec2.dials.policies = forScope([launching], lease.scope)
    const checks = await examine(ask({}))
    expect(told(checks, 'bad')).toEqual([])
    expect(told(checks, 'unknown')).toContain('ec2:DescribeInstanceTypeOfferings (optional)')
  })
})

describe('a statement of the role that is absent is named', () => {
  const named: Readonly<Record<string, readonly string[]>> = {
    Look: ['a machine to try in us-east-1', 'ec2:DescribeImages', 'ec2:DescribeInstances'],
    LaunchOnlyTaggedMachines: ['ec2:RunInstances'],
    WithWhatTheyNeed: ['ec2:RunInstances'],
    TagInTheSameCall: ['ec2:CreateTags (on what RunInstances makes)'],
    EndOnlyItsOwn: ['ec2:TerminateInstances'],
    CloudPermissionSet: ['iam:PassRole (on the role of the instance profile)'],
  }

  test.each(
    [...launching.Statement, ...someLaunches.Statement]
      .map(({ Sid = '' }) => Sid)
      .filter((sid) => sid !== 'FirstSpotMachineOfAnAccount'),
  )('%s', async (sid) => {
    await launch()
    world.ec2.dials.policies = documentedRole().map((policy) => ({
      ...policy,
      Statement: policy.Statement.filter(({ Sid }) => Sid !== sid),
    }))
    const checks = await examine(everything)
    const bad = checks.filter(({ verdict }) => verdict === 'bad')
    expect(bad.map(({ what }) => what)).toEqual(named[sid])
    expect(bad.filter(({ fix }) => !fix)).toEqual([])
  })

  test('so is a role of another repository', async () => {
    world.ec2.dials.policies = forScope([launching, optional], 'github.com/somebody/else')
    expect(told(await examine(ask({})), 'bad')).toEqual(['ec2:RunInstances'])
  })
})

describe('the quota', () => {
  const gpu = ask({ types: ['m+t4'], regions: ['us-east'] })
  const both = { ...gpu, spot: true, spotFallback: true }
  const [onDemand, spot] = ['L-DB2E81BA', 'L-3819A6DF']

  test('of zero is bad, and the command asks for as much as the machine takes', async () => {
    world.ec2.dials.quotas.set(onDemand, 0)
    const check = said(await examine(gpu), 'quota for')
    expect(check).toEqual({
      what: 'quota for on-demand G and VT machines in us-east-1',
      verdict: 'bad',
      said: 'g4dn.xlarge takes 4 vCPUs, and the limit is 0',
      fix: `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${onDemand} --region us-east-1 --desired-value 4`,
    })
  })

  test('is good when it is just large enough, and is read once for all places', async () => {
    world.ec2.dials.quotas.set(onDemand, 4)
    expect(said(await examine(gpu), 'quota for').verdict).toBe('good')
    expect(world.ec2.refused).toEqual([])
  })

  test('of spot machines is not bad where the launch goes on to others', async () => {
    world.ec2.dials.quotas.set(spot, 0)
    const checks = await examine(both)
    expect(said(checks, 'quota for spot').verdict).toBe('unknown')
    expect(said(checks, 'quota for spot').said).toMatch(/a launch goes on to others$/)
    expect(said(checks, 'quota for on-demand').verdict).toBe('good')
    world.ec2.dials.quotas.set(onDemand, 3)
    expect(told(await examine(both), 'bad')).toEqual([
      'quota for spot G and VT machines in us-east-1',
      'quota for on-demand G and VT machines in us-east-1',
    ])
  })

  test('that may not be read is unknown, and the permission is named', async () => {
    world.ec2.dials.policies = forScope([launching], lease.scope)
    const check = said(await examine(gpu), 'quota for')
    expect(check.verdict).toBe('unknown')
    expect(check.said).toContain('is not authorized to perform: servicequotas:GetServiceQuota')
    expect(check.fix).toMatch(/^look: aws service-quotas get-service-quota .*servicequotas:GetServiceQuota/)
  })

  test('whose code is not known, or that AWS does not have, is unknown', async () => {
    world.ec2.dials.quotas.clear()
    expect(said(await examine(gpu), 'quota for').said).toContain('the specified quota does not exist')
    const check = said(await examine(ask({ types: ['p5.48xlarge'], spot: true })), 'quota for')
    expect(check.verdict).toBe('unknown')
    expect(check.fix).toContain('list-service-quotas')
  })
})

describe('what else would fail', () => {
  test('words that nobody understands are told, and credentials and permissions all the same', async () => {
    const checks = await examine(ask({ types: ['gigantic'], regions: ['us-east'] }))
    expect(told(checks, 'bad')).toEqual(['cloud-type'])
    expect(told(checks, 'good')).toEqual(expect.arrayContaining(['credentials', 'ec2:DescribeImages']))
    expect(told(checks, 'unknown')).toContain('ec2:RunInstances')
  })

  test('an image that is nowhere is bad', async () => {
    const checks = await examine(ask({ image: 'self/no-such-image' }))
    expect(told(checks, 'bad')).toEqual(['a machine to try in us-east-1'])
    expect(said(checks, 'a machine').fix).toMatch(/cloud-image/)
  })

  test('credentials that STS knows are good also where EC2 does not take them', async () => {
    const checks = await examine(ask({ regions: ['ap-southeast-5'] }), withSts())
    expect(checks.map(({ what, verdict }) => `${what}: ${verdict}`)).toEqual([
      'credentials: good',
      'EC2 in ap-southeast-5: bad',
    ])
  })

  test('what the creating call would be refused for beside rights is told by the dry run', async () => {
    const nowhere = 'arn:aws:iam::111122223333:instance-profile/nowhere'
    const checks = await examine(ask({ permissionSet: nowhere }))
    expect(said(checks, 'dry run of').verdict).toBe('bad')
    expect(said(checks, 'ec2:RunInstances').verdict).toBe('unknown')
  })

  test('a price that nobody tells is unknown', async () => {
    expect(said(await examine(ask({ regions: ['eu-west'] })), 'price of').verdict).toBe('unknown')
  })
})
