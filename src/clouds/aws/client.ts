import {
  DescribeImagesCommand,
  DescribeRegionsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotPriceHistoryCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type $Command,
  type DescribeImagesRequest,
  type DescribeInstancesRequest,
  type DescribeInstanceTypeOfferingsRequest,
  type DescribeInstanceTypesRequest,
  type DescribeRegionsRequest,
  type DescribeRouteTablesRequest,
  type DescribeSecurityGroupsRequest,
  type DescribeSpotPriceHistoryRequest,
  type DescribeSubnetsRequest,
  type DescribeVpcsRequest,
  type EC2ClientConfig,
  type EC2ClientResolvedConfig,
  type GetConsoleOutputRequest,
  type Image,
  type Instance,
  type InstanceTypeOffering,
  type InstanceTypeInfo,
  type Region,
  type Reservation,
  type RouteTable,
  type RunInstancesRequest,
  type SecurityGroup,
  type ServiceInputTypes,
  type ServiceOutputTypes,
  type SpotPrice,
  type Subnet,
  type TerminateInstancesRequest,
  type Vpc,
} from '@aws-sdk/client-ec2'
import { namesProxy } from '../../lib/http.ts'
import type { CloudContext } from '../cloud.ts'
import { askCaller, kept, type Caller, type Signing } from './caller.ts'
import { listed, type Read } from './pages.ts'
import { proxyAgents } from './proxy.ts'
import { refusePages } from './refuse-pages.ts'
import type { Call } from '../../lib/sending.ts'
import { Sender, timeouts, type Act } from './sender.ts'

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
  /** Regions that have turned out to be shut to these credentials, so that nothing of ours can be there. */
  readonly shut: Set<string>
  runInstances(region: string, input: RunInstancesRequest, call: Call): Promise<Reservation>
  describeInstances: Read<DescribeInstancesRequest, Instance>
  terminateInstances(region: string, input: TerminateInstancesRequest, call: Call): Promise<void>
  describeImages: Read<DescribeImagesRequest, Image>
  describeSubnets: Read<DescribeSubnetsRequest, Subnet>
  describeVpcs: Read<DescribeVpcsRequest, Vpc>
  describeSecurityGroups: Read<DescribeSecurityGroupsRequest, SecurityGroup>
  describeRouteTables: Read<DescribeRouteTablesRequest, RouteTable>
  describeOfferings: Read<DescribeInstanceTypeOfferingsRequest, InstanceTypeOffering>
  describeTypes: Read<DescribeInstanceTypesRequest, InstanceTypeInfo>
  describeSpotPrices: Read<DescribeSpotPriceHistoryRequest, SpotPrice>
  /** All at once. */
  describeRegions: Read<DescribeRegionsRequest, Region>
  /** Whose credentials these are, where it could be asked. Never throws. */
  caller(region: string, signal?: AbortSignal): Promise<Caller | undefined>
  /** One for a single request to another service: its signer remembers which. */
  signing(region: string): Signing
  /** Base64, as EC2 gives it. */
  consoleOutput(region: string, input: GetConsoleOutputRequest, call: Call): Promise<string | undefined>
}

/** All clients of one object share their credentials. */
export function createEc2(context: CloudContext): Ec2 {
  const clients = new Clients(context)
  const sender = new Sender(clients, context)
  const signing = (region: string): Signing => clients.make(region)
  return {
    shut: new Set(),
    ...machineCalls(sender),
    ...catalogueCalls(sender),
    ...networkCalls(sender),
    signing,
    caller: kept((region, signal) => askCaller(signing(region), region, context, signal)),
  }
}

type CommandOf<I extends ServiceInputTypes, O extends ServiceOutputTypes> = new (
  input: I,
) => $Command<I, O, EC2ClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>

/** What a client is sent, for each input. */
function by<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  Command: CommandOf<I, O>,
): (input: I) => Act<EC2Client, O> {
  return (input) => (ec2, options) => ec2.send(new Command(input), options)
}

type MachineCalls =
  'runInstances' | 'describeInstances' | 'terminateInstances' | 'describeRegions' | 'consoleOutput'

function machineCalls(sender: Sender<EC2Client>): Pick<Ec2, MachineCalls> {
  return {
    runInstances: (region, input, call) =>
      sender.send(region, 'RunInstances', call, by(RunInstancesCommand)(input)),
    describeInstances: listed(sender, by(DescribeInstancesCommand), {
      action: 'DescribeInstances',
      entriesOf: ({ Reservations }) => Reservations?.flatMap(({ Instances = [] }) => Instances),
      keyOf: ({ InstanceId }) => InstanceId,
    }),
    terminateInstances: async (region, input, call) => {
      await sender.send(region, 'TerminateInstances', call, by(TerminateInstancesCommand)(input))
    },
    describeRegions: async (region, input, call) => {
      const answer = await sender.send(region, 'DescribeRegions', call, by(DescribeRegionsCommand)(input))
      return answer.Regions ?? []
    },
    consoleOutput: async (region, input, call) => {
      const answer = await sender.send(region, 'GetConsoleOutput', call, by(GetConsoleOutputCommand)(input))
      return answer.Output
    },
  }
}

type CatalogueCalls = 'describeImages' | 'describeOfferings' | 'describeTypes' | 'describeSpotPrices'

/** What there is to be had. */
function catalogueCalls(sender: Sender<EC2Client>): Pick<Ec2, CatalogueCalls> {
  return {
    describeImages: listed(sender, by(DescribeImagesCommand), {
      action: 'DescribeImages',
      entriesOf: ({ Images }) => Images,
      keyOf: ({ ImageId }) => ImageId,
    }),
    describeOfferings: listed(sender, by(DescribeInstanceTypeOfferingsCommand), {
      action: 'DescribeInstanceTypeOfferings',
      entriesOf: ({ InstanceTypeOfferings }) => InstanceTypeOfferings,
      keyOf: ({ InstanceType, Location }) => `${InstanceType} ${Location}`,
    }),
    describeTypes: listed(sender, by(DescribeInstanceTypesCommand), {
      action: 'DescribeInstanceTypes',
      entriesOf: ({ InstanceTypes }) => InstanceTypes,
      keyOf: ({ InstanceType }) => InstanceType,
    }),
    describeSpotPrices: listed(sender, by(DescribeSpotPriceHistoryCommand), {
      action: 'DescribeSpotPriceHistory',
      entriesOf: ({ SpotPriceHistory }) => SpotPriceHistory,
      keyOf: ({ InstanceType, AvailabilityZone, Timestamp }) =>
        `${InstanceType} ${AvailabilityZone} ${Timestamp?.getTime()}`,
    }),
  }
}

/** The surroundings. */
function networkCalls(
  sender: Sender<EC2Client>,
): Omit<Ec2, MachineCalls | CatalogueCalls | 'caller' | 'signing' | 'shut'> {
  return {
    describeSubnets: listed(sender, by(DescribeSubnetsCommand), {
      action: 'DescribeSubnets',
      entriesOf: ({ Subnets }) => Subnets,
      keyOf: ({ SubnetId }) => SubnetId,
    }),
    describeVpcs: listed(sender, by(DescribeVpcsCommand), {
      action: 'DescribeVpcs',
      entriesOf: ({ Vpcs }) => Vpcs,
      keyOf: ({ VpcId }) => VpcId,
    }),
    describeSecurityGroups: listed(sender, by(DescribeSecurityGroupsCommand), {
      action: 'DescribeSecurityGroups',
      entriesOf: ({ SecurityGroups }) => SecurityGroups,
      keyOf: ({ GroupId }) => GroupId,
    }),
    describeRouteTables: listed(sender, by(DescribeRouteTablesCommand), {
      action: 'DescribeRouteTables',
      entriesOf: ({ RouteTables }) => RouteTables,
      keyOf: ({ RouteTableId }) => RouteTableId,
    }),
  }
}

/** One bare client per region; all share one set of credentials, so that a role is assumed once. */
class Clients {
  readonly #byRegion = new Map<string, EC2Client>()
  readonly #handler: EC2ClientConfig['requestHandler']
  #credentials: EC2ClientConfig['credentials']

  constructor({ variables }: CloudContext) {
    this.#handler = namesProxy(variables) ? { ...timeouts, ...proxyAgents(variables) } : timeouts
  }

  of(region: string): EC2Client {
    const client = this.#byRegion.get(region) ?? this.make(region)
    this.#byRegion.set(region, client)
    return client
  }

  make(region: string): EC2Client {
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
    client.middlewareStack.add(refusePages, { step: 'deserialize', priority: 'low' })
    return client
  }
}
