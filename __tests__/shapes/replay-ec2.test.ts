import { afterEach, expect, test } from '@jest/globals'
import { createEc2, type Ec2 } from '../../src/clouds/aws/client.ts'
import { describeExit } from '../../src/clouds/aws/exits.ts'
import { groupsIn } from '../../src/clouds/aws/groups.ts'
import { explainUnusable, readImage } from '../../src/clouds/aws/image-facts.ts'
import { destroy, list, look, readInstance } from '../../src/clouds/aws/instances.ts'
import { silentLog } from '../../src/lib/log.ts'
import type { FailureKind } from '../../src/model/failure.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { folder, readRecordings } from './recordings.ts'
import { failureOf, said as saidIn, startReplay, to, type Replay, type Said } from './replay.ts'
import { withRecordings } from './with-recordings.ts'

withRecordings('what EC2 has answered', () => {
  const recordings = readRecordings(folder, 'ec2')
  const said = (name: string): readonly Said[] => saidIn(recordings, name)
  const clock = new FakeClock(Date.parse('2020-08-12T14:15:00Z'))
  const region = 'us-east-1'
  const call = { tried: 'try it' }
  const nothing = { machines: [], unreadable: [] }
  let replay: Replay

  afterEach(() => replay.close())

  async function open(answers: readonly Said[]): Promise<Ec2> {
    replay = await startReplay('ec2', answers)
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_EC2: replay.url,
      AWS_ACCESS_KEY_ID: 'AKIAREPLAYED00000001',
      AWS_SECRET_ACCESS_KEY: 'replayed',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    })
    return createEc2({ variables: {}, clock, log: silentLog })
  }

  /** The first text of that element, read as plainly as can be: what the recording says stays in the recording. */
  const told = ([answer]: readonly Said[], element: string): string =>
    new RegExp(`<${element}>([^<]*)<`).exec(answer?.body ?? '')?.[1] ?? ''

  /** A machine as it was recorded, without what depends on its state. */
  const recorded = (answers: readonly Said[]) => ({
    cloud: 'aws',
    id: told(answers, 'instanceId'),
    region,
    zone: told(answers, 'availabilityZone'),
    type: told(answers, 'instanceType'),
    market: 'on-demand',
    launchedAt: Date.parse(told(answers, 'launchTime')) / 1000,
  })

  const instances = async (name: string) => {
    const machines = await (await open(said(name))).describeInstances(region, {}, call)
    return machines.map((one) => readInstance(region, one))
  }

  test('of a machine that runs', async () => {
    const answers = said('describe-instances-vpc')
    expect(await instances('describe-instances-vpc')).toEqual([
      { ...recorded(answers), state: 'running', ip: told(answers, 'ipAddress') },
    ])
  })

  test('of a machine that somebody has stopped: its disk costs money, so it counts, and is told', async () => {
    const answers = said('describe-instances-reconnect')
    const reasons = `${told(answers, 'message')}; ${told(answers, 'reason')}`
    expect(await instances('describe-instances-reconnect')).toEqual([
      {
        ...recorded(answers),
        state: 'running',
        ip: told(answers, 'privateIpAddress'),
        ended: {
          kind: 'cancelled',
          code: 'Client.UserInitiatedShutdown',
          text: `the machine was stopped, not ended, and its disk is still billed: somebody ended the machine through the EC2 API (${reasons})`,
        },
      },
    ])
  })

  test.each(['describe-instances-vpc', 'describe-instances-reconnect'])(
    'of machines of others (%s), which are nobody’s that we look for',
    async (name) => {
      expect(await list(await open(said(name)), { scope: 'github.com/o/r' }, { regions: [region] })).toEqual(
        nothing,
      )
    },
  )

  test('of a machine that it does not know: not yet while that is young, no more when it is old', async () => {
    const [empty] = said('describe-instances-empty')
    const ec2 = await open([empty!, empty!, empty!])
    const known = {
      cloud: 'aws',
      id: 'i-0123456789abcdef0',
      region,
      type: 'x',
      market: 'spot',
      state: 'running',
    } as const
    const now = clock.now() / 1000
    expect(await look(ec2, { ...known, launchedAt: now - 60 }, clock)).toBeUndefined()
    expect(await look(ec2, { ...known, launchedAt: now - 3600 }, clock)).toMatchObject({ state: 'gone' })
    expect(await list(ec2, { scope: 'github.com/o/r' }, { regions: [region] })).toEqual(nothing)
  })

  test('to an order, and to its removal', async () => {
    const answers = said('run-instances-parsed')
    const ec2 = await open(answers)
    const { Instances = [] } = await ec2.runInstances(region, { MinCount: 1, MaxCount: 1 }, call)
    const [machine] = Instances.map((one) => readInstance(region, one))
    expect(machine).toEqual({
      ...recorded(answers),
      state: 'pending',
      ip: told(answers, 'privateIpAddress'),
    })
    await destroy(ec2, machine!)
    expect(replay.asked).toEqual(['RunInstances', 'TerminateInstances'])
  })

  test('to the removal of a machine that is protected, until it is not', async () => {
    const answers = said('terminate-protected-400')
    const ec2 = await open(answers)
    const machine = { id: 'i-0123456789abcdef0', region }
    const { kind, explanation } = await failureOf(destroy(ec2, machine))
    expect(kind).toBe('permission-denied')
    expect(explanation).toEqual({
      tried: 'remove machine i-0123456789abcdef0 in us-east-1',
      said: told(answers, 'Message'),
      code: 'OperationNotPermitted',
      why: expect.stringContaining('termination protection'),
      fix: expect.stringContaining('--no-disable-api-termination'),
    })
    expect(explanation.said).toMatch(/disableApiTermination/)
    await destroy(ec2, machine)
    expect(replay.asked).toEqual(['TerminateInstances', 'TerminateInstances'])
  })

  test('of an image, and of none', async () => {
    const answers = said('describe-images-one')
    const ec2 = await open([...answers, ...said('describe-images-empty')])
    const [image] = await ec2.describeImages(region, {}, call)
    expect(explainUnusable(image!)).toBeUndefined()
    expect(readImage(image)).toEqual({
      id: told(answers, 'imageId'),
      name: told(answers, 'name'),
      architecture: 'x64',
      rootDevice: told(answers, 'rootDeviceName'),
      minimumGb: Number(told(answers, 'volumeSize')),
      otherVolumes: [],
    })
    expect(await ec2.describeImages(region, {}, call)).toEqual([])
  })

  test('of a subnet, a VPC, and a group that is looked for by its name', async () => {
    const groups = said('describe-security-groups')
    const subnets = said('describe-subnets')
    const ec2 = await open([...subnets, ...said('describe-vpcs'), ...groups, ...groups])
    const [subnet] = await ec2.describeSubnets(region, {}, call)
    expect(subnet?.AvailabilityZone).toBe(told(subnets, 'availabilityZone'))
    expect(describeExit(subnet!, [], { publicAddress: 'auto' })).toMatchObject({ closed: false })
    const [vpc] = await ec2.describeVpcs(region, {}, call)
    expect([vpc!.VpcId, vpc!.IsDefault]).toEqual([told(subnets, 'vpcId'), false])
    const find = (name: string) => groupsIn(ec2, { region, vpc: vpc!.VpcId! }, [{ name }])
    expect(await find(told(groups, 'groupName'))).toEqual({
      groups: { ids: [told(groups, 'groupId')], names: [] },
      shut: false,
    })
    expect((await failureOf(find('another'))).kind).toBe('not-found')
  })

  const order = (ec2: Ec2): Promise<unknown> => ec2.runInstances(region, { MinCount: 1, MaxCount: 1 }, call)

  test.each<[string, FailureKind, string]>([
    ['create-tags-missing-parameter-400', 'internal', 'MissingParameter'],
    ['delete-subnet-dependency-400', 'unknown', 'DependencyViolation'],
    ['launch-template-not-found-400', 'unknown', 'InvalidLaunchTemplateId.NotFound'],
    ['stop-protected-400', 'permission-denied', 'OperationNotPermitted'],
    ['subnet-not-found-400', 'failed-precondition', 'InvalidSubnetID.NotFound'],
  ])('as a refusal of an order: %s is %s', async (name, kind, code) => {
    const answers = to('RunInstances', said(name))
    const refused = await failureOf(order(await open(answers)))
    expect(refused.kind).toBe(kind)
    expect(refused.explanation).toMatchObject({ code, said: told(answers, 'Message') })
    expect(replay.asked).toEqual(['RunInstances'])
  })

  /** Pasted by users, so without headers. `InsufficientInstanceCapacity` is HTTP 500, which the others' statuses are not known to be. */
  const pasted = (code: string, status: number): Said => {
    const quotes = recordings.find(({ name }) => name === 'pasted-wire-errors')!.quotes
    const body = quotes.find((quote) => typeof quote === 'string' && quote.includes(`<Code>${code}</Code>`))
    return {
      operation: 'RunInstances',
      status,
      headers: { 'content-type': 'text/xml;charset=UTF-8' },
      body: body as string,
    }
  }

  test.each<[string, number, FailureKind]>([
    ['InsufficientInstanceCapacity', 500, 'capacity-unavailable'],
    ['InvalidPlacementGroup.Unknown', 400, 'unknown'],
    ['DependencyViolation', 400, 'unknown'],
  ])('as users have seen it: %s, as HTTP %s, is %s, and final', async (code, status, kind) => {
    const answer = pasted(code, status)
    const refused = await failureOf(order(await open([answer])))
    expect(refused.kind).toBe(kind)
    expect(refused.explanation).toMatchObject({ code, said: told([answer], 'Message') })
    expect(replay.asked).toHaveLength(1)
  })

  test('when it is asked too quickly: it is asked again', async () => {
    const [machine] = said('run-instances-parsed')
    const ec2 = await open([pasted('RequestLimitExceeded', 503), machine!])
    await expect(order(ec2)).resolves.toMatchObject({ ReservationId: told([machine!], 'reservationId') })
    expect(replay.asked).toHaveLength(2)
  })
})
