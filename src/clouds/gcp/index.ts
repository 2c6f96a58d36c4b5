import { leaseTags } from '../../model/lease.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { Cloud, CloudContext, MachineRequest } from '../cloud.ts'
import { asGcp } from './candidate.ts'
import { limits } from './limits.ts'
import { createCompute } from './client.ts'
import type { Compute } from './compute.ts'
import { conceal } from './conceal.ts'
import { Consoles } from './console.ts'
import { create } from './create.ts'
import { Refusals } from './memory.ts'
import type { gcpOptions } from './options.ts'
import { machinePage, removalCommand } from './page.ts'
import { permissionsFor } from './permissions.ts'
import { complaintsOf } from './plan.ts'
import { isRegion, lastPart, regionsOf } from './regions.ts'
import { resolve } from './resolve.ts'
import { Sightings } from './sightings.ts'

/** One object serves one launch: it remembers what it was refused, and what it has seen. */
export function createGcp(settings: ValuesOf<typeof gcpOptions>, context: CloudContext): Cloud {
  const compute = createCompute(context)
  const refusals = new Refusals()
  const sightings = new Sightings(compute, context)
  const consoles = new Consoles(compute, context)
  const subnets = settings['cloud-gcp-subnet'] ?? []
  const cloud: Cloud = {
    name: 'gcp',
    limits,
    account: () => compute.project().catch(() => undefined),
    complaints: (request) => complaintsOf(request, subnets),
    resolve: (request, signal) => resolve(compute, request, subnets, signal),
    create: (candidate, order, signal) =>
      create({ compute, candidate: asGcp(candidate), order, context, refusals, sightings, signal }),
    ...machines(sightings, refusals),
    console: (instance, signal) => consoles.read(instance, signal),
    conceal: (machine, signal) => conceal(compute, machine, context, signal),
    ...words,
    enabledRegions: (signal) => enabledRegions(compute, signal),
    price: async (what) => {
      const { priceOf } = await import('./price.ts')
      return priceOf(what)
    },
    permissions: (request) => permissionsFor(request, subnets).map(({ text }) => text),
    async *examine(intent, signal) {
      const { examineGcp } = await import('./examine.ts')
      const permissionsOf = (request: MachineRequest) => permissionsFor(request, subnets)
      yield* examineGcp({ cloud, compute, permissionsOf }, intent, signal)
    },
    ...forPeople(compute),
  }
  return cloud
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
    // Its record of operations holds names, and no lease: that a name was deleted proves nothing of a registration's very try.
    listEnded: () => Promise.resolve({ machines: [], unreadable: [] }),
    destroy: async (machine, signal) => {
      signal?.throwIfAborted()
      await sightings.destroy(machine, signal)
    },
  }
}

/** What is known of places without asking anybody. */
const words = { regionsOf, isRegion }

function forPeople(compute: Compute): Pick<Cloud, 'machinePage' | 'searchHint' | 'removalCommand'> {
  return {
    machinePage: (machine) => machinePage(machine, compute.knownProject),
    searchHint: (identity) => `instances with the label ${leaseTags.identity}=${identity}`,
    removalCommand: (machine) => removalCommand(machine, compute.knownProject),
  }
}

/** Every region with a zone that is open to the project. */
async function enabledRegions(compute: Compute, signal?: AbortSignal): Promise<readonly string[]> {
  const zones = await compute.zones({ tried: 'list the zones of this project', signal })
  return [...new Set(zones.map(({ region }) => lastPart(region)).filter(Boolean))].sort()
}
