import { Failure } from '../../model/failure.ts'
import { leaseTags } from '../../model/lease.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { Cloud, CloudContext } from '../cloud.ts'
import { limits } from './limits.ts'
import { createCluster } from './api.ts'
import { asKubernetes } from './candidate.ts'
import type { Cluster } from './cluster.ts'
import { conceal } from './conceal.ts'
import { Consoles } from './console.ts'
import { create } from './create.ts'
import { Machines } from './machines.ts'
import type { kubernetesOptions } from './options.ts'
import { removalCommand } from './page.ts'
import { permissionTexts } from './permissions.ts'
import { complaintsOf, type Settings } from './plan.ts'
import { isRegion, regionsOf } from './regions.ts'
import { resolve } from './resolve.ts'
import { fileAt } from '../../model/pages.ts'

/** One object serves one launch: it remembers what it has seen. */
export function createKubernetes(values: ValuesOf<typeof kubernetesOptions>, context: CloudContext): Cloud {
  const cluster = createCluster(context)
  const machines = new Machines(cluster, context)
  const consoles = new Consoles(cluster, machines, context)
  const settings = settingsOf(values)
  const own = {
    cluster,
    machines,
    context,
    pending: settings.pending,
    full: new Set<string>(),
    seen: new Map<string, number>(),
  }
  const cloud: Cloud = {
    name: 'kubernetes',
    limits,
    account: () => Promise.resolve(cluster.server),
    complaints: (request) => complaintsOf(request, settings, cluster.namespace),
    resolve: (request, signal) => resolve(request, { cluster, settings, context, signal }),
    create: (candidate, order, signal) =>
      create({ ...own, candidate: asKubernetes(candidate), order, signal }),
    ...machinesOf(machines),
    console: (instance, signal) => consoles.read(instance, signal),
    waits: (instance) => consoles.waits(instance),
    conceal: (machine, signal) => conceal(cluster, machine, context, signal),
    regionsOf: (words) => regionsOf(words, cluster.namespace),
    isRegion,
    enabledRegions: (signal) => enabledRegions(cluster, signal),
    price: () => Promise.resolve(undefined),
    permissions: permissionTexts,
    async *examine(intent, signal) {
      const { examineKubernetes } = await import('./examine.ts')
      yield* examineKubernetes({ cloud, cluster }, intent, signal)
    },
    machinePage: () => undefined,
    searchHint: (identity) => `jobs with the label ${leaseTags.identity}=${identity}`,
    removalCommand,
  }
  return cloud
}

function settingsOf(values: ValuesOf<typeof kubernetesOptions>): Settings {
  const pending = values['cloud-kubernetes-pending']
  return {
    selector: values['cloud-kubernetes-node-selector'],
    tolerations: values['cloud-kubernetes-tolerations'] ?? [],
    pending: Number.isFinite(pending) ? pending : 0,
  }
}

function machinesOf(machines: Machines): Pick<Cloud, 'look' | 'list' | 'listEnded' | 'destroy'> {
  return {
    look: async (instance, signal) => {
      signal?.throwIfAborted()
      return machines.look(instance, signal)
    },
    list: async (query, regions, signal) => {
      signal?.throwIfAborted()
      return machines.list(query, regions, false, signal)
    },
    listEnded: async (query, regions, signal) => {
      signal?.throwIfAborted()
      return machines.list(query, regions, true, signal)
    },
    destroy: async (machine, signal) => {
      signal?.throwIfAborted()
      await machines.destroy(machine, signal)
    },
  }
}

/** That of the context: others, which the credentials need not even be allowed to list, are named by whoever uses them. */
async function enabledRegions(cluster: Cluster, signal?: AbortSignal): Promise<readonly string[]> {
  const tried = `look for machines in namespace ${cluster.namespace}`
  const right = { verb: 'list', resource: 'jobs' }
  if (await cluster.may(cluster.namespace, right, { tried, signal })) return [cluster.namespace]
  throw new Failure('permission-denied', {
    tried,
    said: 'these credentials may not list jobs.batch there',
    fix: `apply the Role of the documentation (${fileAt('docs/kubernetes-role.yaml')}), or name another namespace in \`cloud-region\`.`,
  })
}
