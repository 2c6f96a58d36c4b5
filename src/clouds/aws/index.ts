import { leaseTags } from '../../model/lease.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { Cloud, CloudContext, MachineRequest } from '../cloud.ts'
import { asAws } from './candidate.ts'
import { createEc2 } from './client.ts'
import { Consoles } from './console.ts'
import { create, payloadBytes } from './create.ts'
import { destroy, enabledRegions, homeRegion, list, look, removalCommand } from './instances.ts'
import { machinePage } from './page.ts'
import { Refusals } from './memory.ts'
import type { awsOptions } from './options.ts'
import { complaintsOf, networkSettings, type NetworkSettings } from './plan.ts'
import { isRegion, regionsOf } from './regions.ts'
import { resolve } from './resolve.ts'

/** One object serves one launch: it remembers which places it was refused. */
export function createAws(settings: ValuesOf<typeof awsOptions>, context: CloudContext): Cloud {
  const ec2 = createEc2(context)
  const refusals = new Refusals()
  const consoles = new Consoles(ec2, context)
  const network = networkSettings(settings)
  return {
    name: 'aws',
    limits: { payloadBytes, carrier: 'cloud-init', atomic: true, console: true },
    account: (signal) => ec2.account(homeRegion(context.variables), signal),
    complaints: (request) => complaintsOf(request, network),
    resolve: (request, signal) => resolve(ec2, request, network, context, signal),
    create: (candidate, order, signal) => create(ec2, asAws(candidate), order, refusals, context, signal),
    look: async (instance, signal) => {
      const seen = await look(ec2, instance, context.clock, signal)
      if (seen) refusals.noteEnd(seen)
      return seen
    },
    list: (query, regions, signal) => list(ec2, query, regions, signal),
    listEnded: (query, regions, signal) => list(ec2, query, regions, signal, 'ended'),
    destroy: (instance, signal) => destroy(ec2, instance, signal),
    console: (instance, signal) => consoles.read(instance, signal),
    regionsOf,
    isRegion,
    enabledRegions: (signal) => enabledRegions(ec2, context, signal),
    price: async (candidate, signal) => {
      const { priceOf } = await import('./price.ts')
      return priceOf(ec2, asAws(candidate), context, signal)
    },
    permissions: (request) => permissionsOf(request, network),
    // EC2 changes no user data of a running machine. What of it jobs can read, the launch tells when it registers.
    conceal: () => Promise.resolve(undefined),
    machinePage,
    searchHint: (identity) => `machines with the tag ${leaseTags.identity}=${identity}`,
    removalCommand,
  }
}

function permissionsOf(request: MachineRequest, { subnets, groups }: NetworkSettings): readonly string[] {
  const groupByName = groups.some((group) => !group.startsWith('sg-'))
  const needed = subnets.length > 0 && groupByName
  return [
    'ec2:RunInstances',
    'ec2:CreateTags (on what RunInstances makes)',
    'ec2:DescribeImages',
    'ec2:DescribeInstances',
    'ec2:TerminateInstances',
    ...(request.permissionSet ? ['iam:PassRole (on the role of the instance profile)'] : []),
    ...(request.spot ? ["iam:CreateServiceLinkedRole (the account's first spot launch only)"] : []),
    needed ? 'ec2:DescribeSubnets' : 'ec2:DescribeSubnets (optional)',
    'ec2:DescribeRouteTables (optional)',
    ...(needed ? ['ec2:DescribeSecurityGroups'] : []),
    ...(groupByName && !needed
      ? ['ec2:DescribeVpcs (optional)', 'ec2:DescribeSecurityGroups (optional)']
      : []),
    'ec2:DescribeInstanceTypeOfferings (optional)',
    ...(request.image === undefined ? [] : ['ec2:DescribeInstanceTypes (optional)']),
    'ec2:GetConsoleOutput (optional)',
    ...(request.spot ? ['ec2:DescribeSpotPriceHistory (optional)'] : []),
  ]
}
