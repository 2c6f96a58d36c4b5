import { leaseTags, leaseToTags, managedBy, readLease, type Lease } from '../../src/model/lease.ts'
import {
  documentedLimit,
  startEc2,
  type Ec2Emulator,
  type JournalEntry,
  type Machine,
} from '../emulators/ec2/ec2.ts'
import type { CloudCall, CloudMachine, CloudOptions, CloudSide, EmulatedCloud, Verb } from './cloud-side.ts'

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
  words: {
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
    next: 'us-west-2',
    twoPlaces: ['us-west-1b', 'us-west-1c'],
    agent: 'aws-sdk-js',
    ids: { begin: 'i-', nobody: 'i-0123456789abcdef0' },
    credentials: (secret, session) => ({ AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session }),
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

const views = new WeakMap<Machine, CloudMachine>()

/** One view for each machine, however often it is looked at. */
function machineOf(machine: Machine): CloudMachine {
  const view = views.get(machine) ?? viewOf(machine)
  views.set(machine, view)
  return view
}

function viewOf(machine: Machine): CloudMachine {
  const { id, order } = machine
  return {
    id,
    region: order.region,
    place: order.zone,
    type: order.type,
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
    name: order.tags['Name'],
    tags: commonOf([order.tags, order.networkTags, ...order.volumes.map((volume) => volume.tags)]),
    lease: readLease(order.tags).lease,
    payloadBytes: order.userData.length,
  }
}

async function startAws(options: CloudOptions = {}): Promise<AwsCloud> {
  return new AwsCloud(await startEc2(options))
}

class AwsCloud implements EmulatedCloud {
  readonly side = awsSide
  readonly ec2: Ec2Emulator
  #fault: EmulatedCloud['fault']
  #hold: EmulatedCloud['hold']

  constructor(ec2: Ec2Emulator) {
    this.ec2 = ec2
  }

  get url(): string {
    return this.ec2.url
  }
  get account(): string {
    return this.ec2.account
  }
  get variables(): Readonly<Record<string, string>> {
    return this.ec2.variables
  }
  get secrets(): readonly string[] {
    const { AWS_SECRET_ACCESS_KEY = '', AWS_ACCESS_KEY_ID = '' } = this.ec2.variables
    return [AWS_SECRET_ACCESS_KEY, AWS_ACCESS_KEY_ID]
  }
  get machines(): readonly CloudMachine[] {
    return this.ec2.machines.map(machineOf)
  }
  get refused(): readonly string[] {
    return this.ec2.refused
  }

  // Set in the emulator only while there is one: a story of EC2 alone sets its own there.
  get fault(): EmulatedCloud['fault'] {
    return this.#fault
  }
  set fault(next: EmulatedCloud['fault']) {
    this.#fault = next
    this.ec2.fault = next && ((entry) => next(callOf(entry)))
  }
  get hold(): EmulatedCloud['hold'] {
    return this.#hold
  }
  set hold(next: EmulatedCloud['hold']) {
    this.#hold = next
    this.ec2.hold = next && ((entry) => next(callOf(entry)))
  }

  variablesAt = (url: string): Readonly<Record<string, string>> => ({
    ...this.ec2.variables,
    AWS_ENDPOINT_URL_EC2: url,
  })
  calls = (verb?: Verb): readonly CloudCall[] =>
    (verb === 'account' ? this.ec2.stsJournal : this.ec2.journal)
      .map(callOf)
      .filter((call) => verb === undefined || call.verb === verb)
  deny(verb: Verb, region?: string): void {
    for (const action of actions[verb]) this.ec2.dials.denied.add(region ? `${action}@${region}` : action)
  }
  dry = (where?: string): void => {
    // A zone, a region, or all there is.
    const zones = where === undefined ? ['*'] : /[a-z]$/.test(where) ? [where] : zonesOf(where)
    for (const zone of zones) this.ec2.dials.dry.add(`*|${zone}|*`)
  }
  restock = (): void => this.ec2.dials.dry.clear()
  throttle = (calls: number): void => void (this.ec2.dials.throttle = calls)
  limit = (): void => void (this.ec2.dials.limit = documentedLimit)
  lag = (looks: number): void => void (this.ec2.dials.lag = { looks })
  hide = (looks: number): void =>
    this.lag(Math.max(...this.ec2.machines.map((machine) => machine.looksSinceCreation)) + looks)
  console = (how: 'live' | 'absent' | { readonly lag: number }): void => void (this.ec2.dials.console = how)
  bootDelay = (ms: number): void => void (this.ec2.dials.bootDelay = ms)
  diesInBoot = (): void => void (this.ec2.dials.dies = 'in-boot')
  startsEmpty(): void {
    const { dials } = this.ec2
    dials.dies = 'before-boot'
    dials.death = { code: 'Server.InsufficientInstanceCapacity', message: 'no capacity' }
    const made = this.ec2.machines.length
    void this.ec2.until(() => this.ec2.machines.length > made).then(() => (dials.dies = undefined))
  }
  slow = (looks: number): void => void (this.ec2.dials.transitions = { running: looks, terminated: looks })
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
  snapshot = (): string => JSON.stringify(this.ec2.snapshot())
  until = <T>(find: () => T | undefined | false): Promise<T> => this.ec2.until(find)
  close = (): Promise<void> => this.ec2.close()
}
