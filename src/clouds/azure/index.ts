import { leaseTags } from '../../model/lease.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { Cloud, CloudContext, MachineRequest } from '../cloud.ts'
import { versions, type Arm } from './arm.ts'
import { asAzure } from './candidate.ts'
import { limits } from './limits.ts'
import { createArm } from './client.ts'
import { Consoles } from './console.ts'
import { create } from './create.ts'
import { Refusals } from './memory.ts'
import type { azureOptions } from './options.ts'
import { machinePage, removalCommand } from './page.ts'
import { allPages } from './pages.ts'
import { permissionsFor } from './permissions.ts'
import { complaintsOf, type Settings } from './plan.ts'
import { isRegion, regionsOf } from './regions.ts'
import { resolve } from './resolve.ts'
import { Sightings } from './sightings.ts'

/** One object serves one launch: it remembers what it was refused, and what it has seen. */
export function createAzure(values: ValuesOf<typeof azureOptions>, context: CloudContext): Cloud {
  const settings = settingsOf(values)
  const arm = createArm(context)
  const refusals = new Refusals()
  const sightings = new Sightings(arm, context, settings.group)
  const consoles = new Consoles(arm, context)
  const cloud: Cloud = {
    name: 'azure',
    limits,
    account: () => arm.subscription().catch(() => undefined),
    complaints: (request) => complaintsOf(request, settings),
    resolve: (request, signal) => resolve(arm, request, settings, signal),
    create: (candidate, order, signal) =>
      create({ arm, candidate: asAzure(candidate), order, context, refusals, sightings, signal }),
    ...machines(sightings, refusals),
    console: (instance, signal) => consoles.read(instance, signal),
    // What was sent never reaches the metadata service, and the machine itself removes the copies on its disk.
    conceal: () => Promise.resolve(undefined),
    ...{ regionsOf, isRegion },
    enabledRegions: (signal) => enabledRegions(arm, signal),
    price: async (what) => {
      const { priceOf } = await import('./price.ts')
      return priceOf(what)
    },
    permissions: (request) => permissionsFor(request, settings).map(({ text }) => text),
    async *examine(intent, signal) {
      const { examineAzure } = await import('./examine.ts')
      const permissionsOf = (request: MachineRequest) => permissionsFor(request, settings)
      yield* examineAzure({ cloud, arm, group: settings.group, permissionsOf }, intent, signal)
    },
    machinePage: (machine) => machinePage(machine, arm.knownSubscription),
    searchHint: (identity) => `machines and resource groups with the tag ${leaseTags.identity}=${identity}`,
    removalCommand: (machine) => removalCommand(machine, arm.knownSubscription),
  }
  return cloud
}

function settingsOf(values: ValuesOf<typeof azureOptions>): Settings {
  const group = values['cloud-azure-resource-group']
  return { subnets: values['cloud-azure-subnet'] ?? [], ...(group === undefined ? {} : { group }) }
}

function machines(
  sightings: Sightings,
  refusals: Refusals,
): Pick<Cloud, 'look' | 'list' | 'listEnded' | 'destroy'> {
  return {
    look: async (instance, signal) => {
      signal?.throwIfAborted()
      const seen = await sightings.follow(instance, signal)
      if (seen) refusals.noteEnd(seen)
      return seen
    },
    list: async (query, regions, signal) => {
      signal?.throwIfAborted()
      return sightings.list(query, regions, signal)
    },
    // Azure forgets what has ended at once.
    listEnded: () => Promise.resolve({ machines: [], unreadable: [] }),
    destroy: async (machine, signal) => {
      signal?.throwIfAborted()
      await sightings.destroy(machine, signal)
    },
  }
}

interface ArmLocation {
  readonly name?: string
  readonly metadata?: { readonly regionType?: string }
}

/** Those in which machines are. */
async function enabledRegions(arm: Arm, signal?: AbortSignal): Promise<readonly string[]> {
  signal?.throwIfAborted()
  const call = { tried: 'list the regions of this subscription', signal }
  const path = `/subscriptions/${await arm.subscription(call)}/locations?api-version=${versions.subscriptions}`
  const found = await allPages<ArmLocation>(arm, path, call)
  const names = found
    .filter(({ metadata }) => (metadata?.regionType ?? 'Physical') === 'Physical')
    .flatMap(({ name }) => name ?? [])
  return [...new Set(names)].filter(isRegion).sort()
}
