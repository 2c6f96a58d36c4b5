import type { Cloud, CloudContext, MachineRequest, CreateOrder } from '../../../src/clouds/cloud.ts'
import type { ThrowingVerb } from '../../../src/clouds/cloud-failures.ts'
import { createAws } from '../../../src/clouds/aws/index.ts'
import type { AwsCandidate } from '../../../src/clouds/aws/candidate.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { Failure } from '../../../src/model/failure.ts'
import type { Candidate } from '../../../src/model/instance.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'
import { startEc2, type Ec2Emulator, type Ec2Options } from '../../emulators/ec2/ec2.ts'
import type { Shape } from '../../emulators/ec2/schema.ts'
import type { CloudWorld, Levers } from '../../conformance/cloud-suite.ts'

export const plainRequest: MachineRequest = {
  regions: ['us-east'],
  types: ['m'],
  diskGb: 35,
  spot: false,
  spotPrice: -1,
  spotFallback: false,
  metadata: {},
  publicAddress: 'auto',
  ssh: false,
  lifetime: 432_000,
}

export interface AwsSettings {
  readonly subnets?: readonly string[]
  readonly group?: string | readonly string[]
}

/** An emulated EC2 and the real SDK in front of it. The SDK reads its endpoint and keys from the environment. */
export interface AwsWorld {
  readonly ec2: Ec2Emulator
  readonly clock: FakeClock
  open(settings?: AwsSettings, context?: Partial<CloudContext>): Cloud
  close(): Promise<void>
}

export async function startAwsWorld(options: Ec2Options = {}): Promise<AwsWorld> {
  const clock = new FakeClock()
  const ec2 = await startEc2({ now: () => clock.now(), ...options })
  Object.assign(process.env, ec2.variables)
  return {
    ec2,
    clock,
    open: ({ subnets, group } = {}, context = {}) =>
      createAws(
        {
          'cloud-aws-subnet': subnets,
          'cloud-aws-security-group': typeof group === 'string' ? [group] : group,
        },
        { log: silentLog, clock, variables: { AWS_ENDPOINT_URL_SERVICE_QUOTAS: ec2.url }, ...context },
      ),
    close: () => ec2.close(),
  }
}

const words = {
  mutationsPerCreate: 1,
  remembers: true,
  badRegion: 'atlantis',
  badImage: 'self/no-such-image-anywhere',
  stranger: 'i-0123456789abcdef0',
} as const

/** The same as the conformance suite wants it. */
export async function emulatedWorld(): Promise<CloudWorld> {
  const { ec2, clock, open, close } = await startAwsWorld()
  return {
    open: () => open(),
    request: plainRequest,
    ...words,
    pause: () => clock.sleep(2000),
    levers: leversOf(ec2),
    close,
  }
}

/** What each verb cannot do without. */
const essential: Readonly<Record<ThrowingVerb, string>> = {
  resolve: 'DescribeImages',
  create: 'RunInstances',
  list: 'DescribeInstances',
  look: 'DescribeInstances',
  destroy: 'TerminateInstances',
  enabledRegions: 'DescribeRegions',
}

/** A dry run changes nothing. */
const isMeant = ({ input }: { readonly input?: Shape }): boolean => input?.DryRun !== true

function leversOf(ec2: Ec2Emulator): Levers {
  const { dials } = ec2
  return {
    empty: ({ type, place, market }) => void dials.dry.add(`${type}|${place ?? '*'}|${market}`),
    exhaust: ({ type, region, market }) =>
      void dials.exhausted.add(`${type.split('.', 1)[0]}|${region}|${market}`),
    loseNextCreation() {
      let left = 1
      ec2.fault = ({ action }) => (action === 'RunInstances' && left-- > 0 ? 'reset-after' : undefined)
    },
    throttle: (calls) => void (dials.throttle = calls),
    interpose: (answer) => void (ec2.fault = answer && (() => answer)),
    hide: (looks) => void (dials.lag = { looks }),
    reclaim: ({ id }) =>
      ec2.end(id, {
        code: 'Server.SpotInstanceTermination',
        message: 'Server.SpotInstanceTermination: Spot instance termination',
      }),
    denyConsole: () => void dials.denied.add('GetConsoleOutput'),
    denyListing: (region) => void dials.denied.add(`DescribeInstances@${region}`),
    denyRegions: () => void dials.denied.add('DescribeRegions'),
    denyOptionalReads() {
      for (const action of [
        'DescribeInstanceTypeOfferings',
        'DescribeInstanceTypes',
        'DescribeSubnets',
        'DescribeVpcs',
        'DescribeSecurityGroups',
        'DescribeRouteTables',
      ])
        dials.denied.add(action)
    },
    deny: (verb) => void dials.denied.add(essential[verb]),
    break: () => void (ec2.fault = () => '5xx'),
    revokeCredentials: () => void (dials.credentials = 'unknown'),
    creations: () => ec2.calls('RunInstances').filter(isMeant).length,
    mutations: () =>
      ec2.journal.filter((entry) => isMeant(entry) && !/^(Describe|Get)/.test(entry.action)).length,
    leftovers: () => Object.values(ec2.leftovers()).reduce((sum, count) => sum + count, 0),
    refused: () => ec2.refused,
  }
}

/** A real account: credentials from the environment, the smallest machine, real time. */
export function liveWorld(): Promise<CloudWorld> {
  const request = {
    ...plainRequest,
    regions: [process.env.CML_RUNNER_LIVE_AWS_REGION ?? 'us-east-1'],
    types: ['t3.micro'],
    diskGb: 8,
  }
  const context = { log: silentLog, clock: systemClock, variables: process.env }
  const open = (): Cloud =>
    createAws({ 'cloud-aws-subnet': undefined, 'cloud-aws-security-group': undefined }, context)
  return Promise.resolve({
    open,
    request,
    ...words,
    pause: () => systemClock.sleep(5000),
    close: () => Promise.resolve(),
  })
}

/** Candidates as a table, one line each, for reading in a test. */
export function table(candidates: readonly unknown[]): string[] {
  return (candidates as readonly AwsCandidate[]).map(
    ({ type, market, region, place }) => `${type} ${market} ${place ?? region}`,
  )
}

export const ask = (change: Partial<MachineRequest>): MachineRequest => ({ ...plainRequest, ...change })

export const lease = {
  identity: 'abcdefghijklmnopqrst',
  run: 'tsrqponmlkjihgfedcba',
  scope: 'github.com/octo-org/octo-repo',
  owner: 'dependabot[bot]',
  name: 'cml-trainer',
  dueAt: 1_899_000_600,
  nonce: 'a1b2c3',
  expiresAt: 1_900_000_000,
}
export const payload = Buffer.from([0x1f, 0x8b, 8, 0, 255])

export function orderOf(request: MachineRequest, change: Partial<CreateOrder> = {}): CreateOrder {
  return { lease, payload, request, ...change }
}

export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof Failure) return error
  throw error
}

/** Tries candidates in order as a launch does; gives the refusals' codes. */
export async function tryAll(
  cloud: Cloud,
  candidates: readonly Candidate[],
  request: MachineRequest,
): Promise<string[]> {
  const answers: string[] = []
  for (const candidate of candidates) {
    try {
      return [...answers, (await cloud.create(candidate, orderOf(request))).id.slice(0, 2)]
    } catch (error) {
      answers.push((error as Failure).explanation.code ?? (error as Failure).kind)
    }
  }
  return answers
}
