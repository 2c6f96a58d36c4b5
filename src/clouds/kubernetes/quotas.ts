import { readEach, type Draw, type Known, type Reading } from '../../model/quota.ts'
import type { KubernetesCandidate } from './candidate.ts'
import type { Cluster, ResourceQuota } from './cluster.ts'
import { gpuResource } from './placement.ts'

type Table = Reading<readonly ResourceQuota[]>

/** What each pod takes of the quotas of its namespace. Whether a node has room is no quota: nobody can know it beforehand. */
export async function drawsOf(
  cluster: Cluster,
  candidates: readonly KubernetesCandidate[],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly Draw[])[]> {
  const tableOf = await readEach(candidates, (namespace) =>
    cluster.listQuotas(namespace, { tried: `list the quotas of ${namespace}`, signal, attempts: 2 }),
  )
  return candidates.map((candidate) => drawsIn(candidate, tableOf(candidate)))
}

interface Share {
  readonly takes: number
  readonly unit: string
}

const GiB = 1024 ** 3

function drawsIn({ region, type, size, diskGb }: KubernetesCandidate, table: Table): readonly Draw[] {
  const what = `quota in ${region}`
  const cpu: Share = { takes: numberOf(size.cpu), unit: 'cores' }
  if ('why' in table) {
    const look = `look: kubectl describe resourcequota --namespace ${region}; or give the Role \`list\` of resourcequotas, and doctor looks.`
    return [{ what, by: type, ...cpu, known: { why: table.why, look } }]
  }
  const memory: Share = { takes: size.memory / 1024, unit: 'GiB of memory' }
  const disk: Share = { takes: diskGb, unit: 'GiB of disk' }
  const shares: Readonly<Record<string, Share>> = {
    ...{ cpu, 'requests.cpu': cpu, 'limits.cpu': cpu },
    ...{ memory, 'requests.memory': memory, 'limits.memory': memory },
    ...{ 'requests.ephemeral-storage': disk, 'limits.ephemeral-storage': disk },
    ...(size.gpu ? { [`requests.${gpuResource}`]: { takes: size.gpu.count, unit: 'GPUs' } } : {}),
    ...{ pods: one('pod'), 'count/pods': one('pod'), 'count/jobs.batch': one('Job') },
    ...{ secrets: one('Secret'), 'count/secrets': one('Secret') },
  }
  const draws = table.value.flatMap((quota) => drawsOn(quota, shares, { region, by: type }))
  // No quota is room without an end.
  return draws.length > 0 ? draws : [{ what, by: type, ...cpu, known: { limit: Infinity, raise: '' } }]
}

const one = (unit: string): Share => ({ takes: 1, unit })

/** One that counts some pods alone may not count this one. */
function drawsOn(
  { metadata, spec, status }: ResourceQuota,
  shares: Readonly<Record<string, Share>>,
  { region, by }: { readonly region: string; readonly by: string },
): readonly Draw[] {
  const name = metadata?.name ?? ''
  const { hard = {}, used = {} } = status ?? {}
  const scoped = (spec?.scopes?.length ?? 0) > 0 || spec?.scopeSelector !== undefined
  return Object.entries(hard).flatMap(([key, limit]) => {
    const share = Object.hasOwn(shares, key) ? shares[key]! : undefined
    if (!share) return []
    const scale = share.unit.startsWith('GiB') ? GiB : 1
    const known: Known = {
      limit: numberOf(limit) / scale,
      used: numberOf(used[key] ?? '0') / scale,
      raise: `kubectl edit resourcequota ${name} --namespace ${region}`,
    }
    const look = `look: kubectl describe resourcequota ${name} --namespace ${region}`
    const unsure = { why: 'it counts pods of some kind alone, which may be others', look }
    return [{ what: `quota ${key} of ${name} in ${region}`, by, ...share, known: scoped ? unsure : known }]
  })
}

const suffixes: Readonly<Record<string, number>> = {
  ...{ m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 1024, Mi: 1024 ** 2, Gi: GiB, Ti: 1024 ** 4, Pi: 1024 ** 5, Ei: 1024 ** 6 },
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
export function numberOf(quantity: string): number {
  const [, digits = '', suffix = ''] = /^([\d.]+(?:e\d+)?)([a-zA-Z]*)$/i.exec(quantity) ?? []
  return Number(digits) * (suffixes[suffix] ?? NaN)
}
