import { leaseTags } from '../../model/lease.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { Check } from '../../model/check.ts'
import type { Cloud, CloudContext, Intent, MachineRequest } from '../cloud.ts'
import { asAws } from './candidate.ts'
import { limits } from './limits.ts'
import { createEc2 } from './client.ts'
import type { Examined } from './examine.ts'
import { Consoles } from './console.ts'
import { create, rehearse } from './create.ts'
import { destroy, enabledRegions, homeRegion, list, look, removalCommand } from './instances.ts'
import { machinePage } from './page.ts'
import { Refusals } from './memory.ts'
import type { awsOptions } from './options.ts'
import { permissionsFor } from './permissions.ts'
import { complaintsOf, networkSettings } from './plan.ts'
import { isRegion, regionsOf } from './regions.ts'
import { resolve } from './resolve.ts'

/** One object serves one launch: it remembers which places it was refused. */
export function createAws(settings: ValuesOf<typeof awsOptions>, context: CloudContext): Cloud {
  const ec2 = createEc2(context)
  const refusals = new Refusals()
  const consoles = new Consoles(ec2, context)
  const network = networkSettings(settings)
  const caller = (signal?: AbortSignal) => ec2.caller(homeRegion(context.variables), signal)
  const permissionsOf = (request: MachineRequest) => permissionsFor(request, network)
  const cloud: Cloud = {
    name: 'aws',
    limits,
    account: async (signal) => (await caller(signal))?.account,
    complaints: (request) => complaintsOf(request, network),
    resolve: (request, signal) => resolve({ ec2, request, settings: network, context, signal }),
    create: (candidate, order, signal) =>
      create({ ec2, candidate: asAws(candidate), order, context, signal }, refusals),
    look: async (instance, signal) => {
      const seen = await look(ec2, instance, context.clock, signal)
      if (seen) refusals.noteEnd(seen)
      return seen
    },
    list: (query, regions, signal) => list(ec2, query, { regions }, signal),
    listEnded: (query, regions, signal) => list(ec2, query, { regions, which: 'ended' }, signal),
    destroy: (instance, signal) => destroy(ec2, instance, signal),
    console: (instance, signal) => consoles.read(instance, signal),
    regionsOf,
    isRegion,
    enabledRegions: (signal) => enabledRegions(ec2, context, signal),
    price: async (what, signal) => (await import('./price.ts')).priceOf(ec2, what, context, signal),
    permissions: (request) => permissionsOf(request).map(({ text }) => text),
    examine: (intent, signal) =>
      examine({ cloud, ec2, context, caller, rehearse, permissionsOf }, intent, signal),
    // EC2 changes no user data of a running machine. What of it jobs can read, the launch tells when it registers.
    conceal: () => Promise.resolve(undefined),
    machinePage,
    searchHint: (identity) => `machines with the tag ${leaseTags.identity}=${identity}`,
    removalCommand,
  }
  return cloud
}

/** Loaded by those who ask. */
async function* examine(examined: Examined, intent: Intent, signal?: AbortSignal): AsyncIterable<Check> {
  const { examineAws } = await import('./examine.ts')
  yield* examineAws(examined, intent, signal)
}
