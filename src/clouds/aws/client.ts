import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
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
  type DescribeRouteTablesRequest,
  type DescribeSecurityGroupsRequest,
  type DescribeSubnetsRequest,
  type DescribeVpcsRequest,
  type EC2ClientConfig,
  type GetConsoleOutputRequest,
  type Image,
  type Reservation,
  type RouteTable,
  type RunInstancesRequest,
  type SecurityGroup,
  type Subnet,
  type Vpc,
} from '@aws-sdk/client-ec2'
import { retry } from '../../lib/retry.ts'
import type { CloudContext } from '../cloud.ts'
import { explain, repeatable } from './failures.ts'
import { proxyAgents, usesProxy } from './proxy.ts'

export type {
  BlockDeviceMapping,
  Image,
  Instance as Ec2Instance,
  ResourceType,
  RouteTable,
  RunInstancesRequest,
  SecurityGroup,
  Subnet,
} from '@aws-sdk/client-ec2'

/** How one call is made: what for, and until when. */
export interface Call {
  /** Reads after "Could not …". */
  readonly tried: string
  readonly signal?: AbortSignal | undefined
  /** Tries in all, the first included. */
  readonly attempts?: number
}

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
  /** Base64, as EC2 gives it. */
  consoleOutput(region: string, input: GetConsoleOutputRequest, call: Call): Promise<string | undefined>
}

interface SendOptions {
  readonly abortSignal?: AbortSignal
  readonly requestTimeout: number
}

/** Milliseconds. Creating takes EC2 longer than anything else; repeating it early would be harmless (same token) but useless. */
const patience = { connect: 10_000, answer: 15_000, create: 30_000 } as const

type Act<T> = (client: EC2Client, options: SendOptions) => Promise<T>

export function createEc2(context: CloudContext): Ec2 {
  return new SdkEc2(context)
}

class SdkEc2 implements Ec2 {
  readonly #context: CloudContext
  readonly #clients: Clients

  constructor(context: CloudContext) {
    this.#context = context
    this.#clients = new Clients(context)
  }

  async #send<T>(
    region: string,
    action: string,
    { tried, signal, attempts = 6 }: Call,
    act: Act<T>,
  ): Promise<T> {
    const { clock, variables } = this.#context
    const requestTimeout = action === 'RunInstances' ? patience.create : patience.answer
    const options = { requestTimeout, ...(signal ? { abortSignal: signal } : {}) }
    const policy = {
      clock,
      attempts,
      pause: 250,
      longest: 4_000,
      again: repeatable,
      ...(signal ? { signal } : {}),
    }
    signal?.throwIfAborted()
    try {
      return await retry(policy, () => orAbort(act(this.#clients.of(region), options), signal))
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw explain(error, { tried, action: `ec2:${action}`, region }, variables)
    }
  }

  runInstances(region: string, input: RunInstancesRequest, call: Call): Promise<Reservation> {
    return this.#send(region, 'RunInstances', call, (ec2, options) =>
      ec2.send(new RunInstancesCommand(input), options),
    )
  }

  describeInstances(
    region: string,
    input: DescribeInstancesRequest,
    call: Call,
  ): Promise<DescribeInstancesResult> {
    return this.#send(region, 'DescribeInstances', call, (ec2, options) =>
      ec2.send(new DescribeInstancesCommand(input), options),
    )
  }

  async terminateInstance(region: string, id: string, call: Call): Promise<void> {
    await this.#send(region, 'TerminateInstances', call, (ec2, options) =>
      ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }), options),
    )
  }

  async describeImages(region: string, input: DescribeImagesRequest, call: Call): Promise<readonly Image[]> {
    const answer = await this.#send(region, 'DescribeImages', call, (ec2, options) =>
      ec2.send(new DescribeImagesCommand(input), options),
    )
    return answer.Images ?? []
  }

  async describeSubnets(
    region: string,
    input: DescribeSubnetsRequest,
    call: Call,
  ): Promise<readonly Subnet[]> {
    const answer = await this.#send(region, 'DescribeSubnets', call, (ec2, options) =>
      ec2.send(new DescribeSubnetsCommand(input), options),
    )
    return answer.Subnets ?? []
  }

  async describeVpcs(region: string, input: DescribeVpcsRequest, call: Call): Promise<readonly Vpc[]> {
    const answer = await this.#send(region, 'DescribeVpcs', call, (ec2, options) =>
      ec2.send(new DescribeVpcsCommand(input), options),
    )
    return answer.Vpcs ?? []
  }

  async describeSecurityGroups(
    region: string,
    input: DescribeSecurityGroupsRequest,
    call: Call,
  ): Promise<readonly SecurityGroup[]> {
    const answer = await this.#send(region, 'DescribeSecurityGroups', call, (ec2, options) =>
      ec2.send(new DescribeSecurityGroupsCommand(input), options),
    )
    return answer.SecurityGroups ?? []
  }

  async describeRouteTables(
    region: string,
    input: DescribeRouteTablesRequest,
    call: Call,
  ): Promise<readonly RouteTable[]> {
    const answer = await this.#send(region, 'DescribeRouteTables', call, (ec2, options) =>
      ec2.send(new DescribeRouteTablesCommand(input), options),
    )
    return answer.RouteTables ?? []
  }

  describeOfferings(
    region: string,
    input: DescribeInstanceTypeOfferingsRequest,
    call: Call,
  ): Promise<DescribeInstanceTypeOfferingsResult> {
    return this.#send(region, 'DescribeInstanceTypeOfferings', call, (ec2, options) =>
      ec2.send(new DescribeInstanceTypeOfferingsCommand(input), options),
    )
  }

  async consoleOutput(
    region: string,
    input: GetConsoleOutputRequest,
    call: Call,
  ): Promise<string | undefined> {
    const answer = await this.#send(region, 'GetConsoleOutput', call, (ec2, options) =>
      ec2.send(new GetConsoleOutputCommand(input), options),
    )
    return answer.Output
  }
}

/** The SDK stops a request when the signal aborts, but not its search for credentials before. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  const settled = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), {
      once: true,
      signal: settled.signal,
    })
  })
  return Promise.race([promise, aborted]).finally(() => settled.abort())
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
    this.#handler = usesProxy(variables) ? { ...timeouts, ...proxyAgents(variables) } : timeouts
  }

  of(region: string): EC2Client {
    const known = this.#byRegion.get(region)
    if (known) return known
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
    this.#byRegion.set(region, client)
    return client
  }
}
