import {
  DescribeImagesCommand,
  DescribeRegionsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type DescribeImagesRequest,
  type DescribeInstancesRequest,
  type DescribeInstancesResult,
  type DescribeInstanceTypeOfferingsRequest,
  type DescribeInstanceTypeOfferingsResult,
  type DescribeInstanceTypesRequest,
  type DescribeRegionsRequest,
  type DescribeRouteTablesRequest,
  type DescribeSecurityGroupsRequest,
  type DescribeSubnetsRequest,
  type DescribeVpcsRequest,
  type EC2ClientConfig,
  type GetConsoleOutputRequest,
  type Image,
  type InstanceTypeInfo,
  type Region,
  type Reservation,
  type RouteTable,
  type RunInstancesRequest,
  type SecurityGroup,
  type Subnet,
  type Vpc,
} from '@aws-sdk/client-ec2'
import { namesProxy } from '../../lib/http.ts'
import type { CloudContext } from '../cloud.ts'
import { askAccount } from './account.ts'
import { proxyAgents } from './proxy.ts'
import { patience, Sender, type Call } from './sender.ts'

export type {
  BlockDeviceMapping,
  DescribeImagesRequest,
  Image,
  InstanceTypeInfo,
  Instance as Ec2Instance,
  ResourceType,
  RouteTable,
  RunInstancesRequest,
  SecurityGroup,
  Subnet,
} from '@aws-sdk/client-ec2'

/**
 * The EC2 calls this cloud makes, each for one region. All throw Failures. Throttling, EC2's own errors and lost answers are repeated with
 * the same contents; an answer about capacity or quota is not, although EC2 gives it as HTTP 500.
 */
export interface Ec2 {
  runInstances(region: string, input: RunInstancesRequest, call: Call): Promise<Reservation>
  describeInstances(
    region: string,
    input: DescribeInstancesRequest,
    call: Call,
  ): Promise<DescribeInstancesResult>
  terminateInstance(region: string, id: string, call: Call): Promise<void>
  describeImages(region: string, input: DescribeImagesRequest, call: Call): Promise<readonly Image[]>
  describeSubnets(region: string, input: DescribeSubnetsRequest, call: Call): Promise<readonly Subnet[]>
  describeVpcs(region: string, input: DescribeVpcsRequest, call: Call): Promise<readonly Vpc[]>
  describeSecurityGroups(
    region: string,
    input: DescribeSecurityGroupsRequest,
    call: Call,
  ): Promise<readonly SecurityGroup[]>
  describeRouteTables(
    region: string,
    input: DescribeRouteTablesRequest,
    call: Call,
  ): Promise<readonly RouteTable[]>
  describeOfferings(
    region: string,
    input: DescribeInstanceTypeOfferingsRequest,
    call: Call,
  ): Promise<DescribeInstanceTypeOfferingsResult>
  describeTypes(
    region: string,
    input: DescribeInstanceTypesRequest,
    call: Call,
  ): Promise<readonly InstanceTypeInfo[]>
  describeRegions(region: string, input: DescribeRegionsRequest, call: Call): Promise<readonly Region[]>
  /** Number of the account, where it could be asked. Never throws. */
  account(region: string, signal?: AbortSignal): Promise<string | undefined>
  /** Base64, as EC2 gives it. */
  consoleOutput(region: string, input: GetConsoleOutputRequest, call: Call): Promise<string | undefined>
}

/** All clients of one object share their credentials. */
export function createEc2(context: CloudContext): Ec2 {
  const clients = new Clients(context)
  const sender = new Sender(clients, context)
  let asked: Promise<string | undefined> | undefined
  return {
    ...machineCalls(sender),
    ...catalogueCalls(sender),
    ...networkCalls(sender),
    account: (region, signal) => (asked ??= askAccount(clients.forSigning(region), region, context, signal)),
  }
}

type MachineCalls =
  'runInstances' | 'describeInstances' | 'terminateInstance' | 'describeRegions' | 'consoleOutput'

function machineCalls(sender: Sender<EC2Client>): Pick<Ec2, MachineCalls> {
  return {
    runInstances: (region, input, call) =>
      sender.send(region, 'RunInstances', call, (ec2, options) =>
        ec2.send(new RunInstancesCommand(input), options),
      ),
    describeInstances: (region, input, call) =>
      sender.send(region, 'DescribeInstances', call, (ec2, options) =>
        ec2.send(new DescribeInstancesCommand(input), options),
      ),
    terminateInstance: async (region, id, call) => {
      await sender.send(region, 'TerminateInstances', call, (ec2, options) =>
        ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }), options),
      )
    },
    describeRegions: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeRegions', call, (ec2, options) =>
        ec2.send(new DescribeRegionsCommand(input), options),
      )
      return answer.Regions ?? []
    },
    consoleOutput: async (region, input, call) => {
      const answer = await sender.send(region, 'GetConsoleOutput', call, (ec2, options) =>
        ec2.send(new GetConsoleOutputCommand(input), options),
      )
      return answer.Output
    },
  }
}

type CatalogueCalls = 'describeImages' | 'describeOfferings' | 'describeTypes'

/** What there is to be had. */
function catalogueCalls(sender: Sender<EC2Client>): Pick<Ec2, CatalogueCalls> {
  return {
    describeImages: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeImages', call, (ec2, options) =>
        ec2.send(new DescribeImagesCommand(input), options),
      )
      return answer.Images ?? []
    },
    describeOfferings: (region, input, call) =>
      sender.send(region, 'DescribeInstanceTypeOfferings', call, (ec2, options) =>
        ec2.send(new DescribeInstanceTypeOfferingsCommand(input), options),
      ),
    describeTypes: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeInstanceTypes', call, (ec2, options) =>
        ec2.send(new DescribeInstanceTypesCommand(input), options),
      )
      return answer.InstanceTypes ?? []
    },
  }
}

/** The surroundings. */
function networkCalls(sender: Sender<EC2Client>): Omit<Ec2, MachineCalls | CatalogueCalls | 'account'> {
  return {
    describeSubnets: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeSubnets', call, (ec2, options) =>
        ec2.send(new DescribeSubnetsCommand(input), options),
      )
      return answer.Subnets ?? []
    },
    describeVpcs: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeVpcs', call, (ec2, options) =>
        ec2.send(new DescribeVpcsCommand(input), options),
      )
      return answer.Vpcs ?? []
    },
    describeSecurityGroups: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeSecurityGroups', call, (ec2, options) =>
        ec2.send(new DescribeSecurityGroupsCommand(input), options),
      )
      return answer.SecurityGroups ?? []
    },
    describeRouteTables: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeRouteTables', call, (ec2, options) =>
        ec2.send(new DescribeRouteTablesCommand(input), options),
      )
      return answer.RouteTables ?? []
    },
  }
}

/** One bare client per region; all share one set of credentials, so that a role is assumed once. */
class Clients {
  readonly #byRegion = new Map<string, EC2Client>()
  readonly #handler: EC2ClientConfig['requestHandler']
  #credentials: EC2ClientConfig['credentials']

  constructor({ variables }: CloudContext) {
    const timeouts = {
      connectionTimeout: patience.connect,
      requestTimeout: patience.answer,
      throwOnRequestTimeout: true,
    }
    this.#handler = namesProxy(variables) ? { ...timeouts, ...proxyAgents(variables) } : timeouts
  }

  of(region: string): EC2Client {
    const known = this.#byRegion.get(region)
    if (known) return known
    const client = this.#make(region)
    this.#byRegion.set(region, client)
    return client
  }

  /** One that sends no request to EC2. */
  forSigning(region: string): EC2Client {
    return this.#make(region)
  }

  #make(region: string): EC2Client {
    const credentials = this.#credentials
    // The SDK's own repetition is off: it repeats every HTTP 500, and EC2 says "no capacity" that way.
    const client = new EC2Client({
      region,
      maxAttempts: 1,
      requestHandler: this.#handler!,
      customUserAgent: 'cml-runner',
      ...(credentials ? { credentials } : {}),
    })
    this.#credentials ??= client.config.credentials
    return client
  }
}
