import { leaseTags, leaseToTags, managedBy, readLease, type Lease } from '../../src/model/lease.ts'
import {
  documentedLimit,
  startEc2,
  type Ec2Emulator,
  type JournalEntry,
  type Machine,
} from '../emulators/ec2/ec2.ts'
import type { CloudCall, CloudMachine, CloudOptions, CloudSide, EmulatedCloud, Verb } from './cloud-side.ts'
import { OverEmulator, viewsBy } from './over-emulator.ts'

const zonesOf = (region: string): string[] => [...'abcd'].map((letter) => region + letter)

export const awsSide: CloudSide = {
  name: 'aws',
  service: 'EC2',
  emulator: 'ec2',
  names: ['aws', 'ec2', 'amazon', 'amazonaws'],
  inputs: {},
  ownEnd: 'powered-off',
  mutationsPerCreate: 1,
  // Itself, its disk, its network interface.
  leftoversPerMachine: 3,
  namesMachines: true,
  words: {
    takenBack: 'the spot market takes the machine (terminate at 20',
    home: 'us-west-1',
    homePlace: 'us-west-1b',
    other: 'eu-west-1',
    type: 'm7i.2xlarge',
    armType: 'm7g.xlarge',
    eightPlaces: ['us-east-1', 'us-west-2'].flatMap(zonesOf),
    removal: ({ id, region }) => `aws ec2 terminate-instances --region ${region} --instance-ids ${id}`,
    page: ({ id, region }) =>
      `https://console.aws.amazon.com/ec2/home?region=${region}#InstanceDetails:instanceId=${id}`,
    search: (identity) => `the tag cml-runner-identity=${identity}`,
    empty: 'InsufficientInstanceCapacity',
    exhausted: 'VcpuLimitExceeded',
    next: 'us-west-2',
    twoPlaces: ['us-west-1b', 'us-west-1c'],
    asks: { launcher: ['aws-sdk-js', 'cml-runner'], machine: [] },
    ids: { begin: 'i-', nobody: 'i-0123456789abcdef0' },
    denied: 'UnauthorizedOperation',
    logins: { 'aws-actions/configure-aws-credentials': "the emulated EC2's own credentials" },
  },
  start: startAws,
}

/** The emulated EC2 of a world that was opened on AWS. */
export function ec2Of({ cloud }: { readonly cloud: EmulatedCloud }): Ec2Emulator {
  if (cloud instanceof AwsCloud) return cloud.ec2
  throw new Error(`a story of EC2 on ${cloud.side.name}`)
}

const verbs: Readonly<Record<string, Verb>> = {
  RunInstances: 'create',
  TerminateInstances: 'destroy',
  DescribeInstances: 'list',
  DescribeRegions: 'regions',
  GetConsoleOutput: 'console',
  GetCallerIdentity: 'account',
}

const actions: Readonly<Record<Verb, readonly string[]>> = {
  create: ['RunInstances'],
  destroy: ['TerminateInstances'],
  list: ['DescribeInstances'],
  console: ['GetConsoleOutput'],
  regions: ['DescribeRegions'],
  resolve: ['DescribeImages'],
  account: ['GetCallerIdentity'],
}

/** What all of them say alike: the machine and the parts that are made with it. */
function commonOf([first = {}, ...others]: readonly Readonly<Record<string, string>>[]): Record<
  string,
  string
> {
  const same = Object.entries(first).filter(([key, value]) => others.every((tags) => tags[key] === value))
  return Object.fromEntries(same)
}

const callOf = ({ action, status, code }: JournalEntry): CloudCall => ({
  verb: verbs[action] ?? 'resolve',
  name: action,
  changes: !/^(Describe|Get)/.test(action),
  status,
  throttled: code === 'RequestLimitExceeded',
})

const machineOf = viewsBy<Machine>(viewOf)

function viewOf(machine: Machine): CloudMachine {
  const { id, order } = machine
  return {
    id,
    region: order.region,
    place: order.zone,
    type: order.type,
    name: order.tags['Name'],
    market: order.market,
    get billed() {
      return machine.billed
    },
    get ended() {
      return machine.ended
    },
    get told() {
      return `${machine.state}: ${machine.reason?.message ?? 'no reason given'}`
    },
    tags: commonOf([order.tags, order.networkTags, ...order.volumes.map((volume) => volume.tags)]),
    lease: readLease(order.tags).lease,
    payloadBytes: order.userData.length,
  }
}

async function startAws(options: CloudOptions = {}): Promise<AwsCloud> {
  return new AwsCloud(await startEc2(options))
}

class AwsCloud extends OverEmulator<JournalEntry> implements EmulatedCloud {
  readonly side = awsSide
  readonly ec2: Ec2Emulator

  constructor(ec2: Ec2Emulator) {
    super(ec2, callOf)
    this.ec2 = ec2
  }

  get account(): string {
    return this.ec2.account
  }
  override get variables(): Readonly<Record<string, string>> {
    return { ...super.variables, AWS_SESSION_TOKEN: 'FwoGsessionToken+/=emulated' }
  }
  get secrets(): readonly string[] {
    const { AWS_SECRET_ACCESS_KEY = '', AWS_ACCESS_KEY_ID = '', AWS_SESSION_TOKEN = '' } = this.variables
    return [AWS_SECRET_ACCESS_KEY, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN]
  }
  get machines(): readonly CloudMachine[] {
    return this.ec2.machines.map(machineOf)
  }
  protected override journalOf(verb: Verb | undefined): readonly JournalEntry[] {
    return verb === 'account' ? this.ec2.stsJournal : super.journalOf(verb)
  }
  deny(verb: Verb, region?: string): void {
    for (const action of actions[verb]) this.ec2.dials.denied.add(region ? `${action}@${region}` : action)
  }
  dry = (where?: string): void => {
    // A zone, a region, or all there is.
    const zones = where === undefined ? ['*'] : /[a-z]$/.test(where) ? [where] : zonesOf(where)
    for (const zone of zones) this.ec2.dials.dry.add(`*|${zone}|*`)
  }
  exhaust = (): void => void this.ec2.dials.exhausted.add('*|*|*')
  restock = (): void => this.ec2.dials.dry.clear()
  limit = (): void => void (this.ec2.dials.limit = documentedLimit)
  lag = (looks: number): void => void (this.ec2.dials.lag = { looks })
  hide = (looks: number): void =>
    this.lag(Math.max(...this.ec2.machines.map((machine) => machine.looksSinceCreation)) + looks)
  startsEmpty(): void {
    const { dials } = this.ec2
    dials.dies = 'before-boot'
    dials.death = { code: 'Server.InsufficientInstanceCapacity', message: 'no capacity' }
    const made = this.ec2.machines.length
    void this.ec2.until(() => this.ec2.machines.length > made).then(() => (dials.dies = undefined))
  }
  hushAccount = (): void => void (this.ec2.dials.sts = 'silent')
  seed(region: string, lease: Lease | undefined, launchedAt?: number): CloudMachine {
    const tags = lease ? leaseToTags(lease) : { Name: 'database' }
    return machineOf(this.ec2.seedMachine(region, tags, launchedAt))
  }
  seedHalf = (region: string, launchedAt?: number): CloudMachine =>
    machineOf(
      this.ec2.seedMachine(region, { [leaseTags.managedBy]: managedBy, Name: 'half-tagged' }, launchedAt),
    )
  end = (id: string): void =>
    this.ec2.end(id, { code: 'Server.InternalError', message: 'Server.InternalError: gone' })
  interrupt = (id: string, notice?: number): void => this.ec2.interrupt(id, notice)
  leftovers = (): number => Object.values(this.ec2.leftovers()).reduce((sum, count) => sum + count, 0)
}
