import { readEach, readingOf, type Draw, type Known, type Reading, type Unread } from '../../model/quota.ts'
import type { GcpCandidate } from './candidate.ts'
import type { Compute, Quota } from './compute.ts'
import { parseType } from './machine-type.ts'
import { sharesOf, type Share } from './quota-words.ts'

/** Quotas by their metric. */
type Quotas = ReadonlyMap<string, Quota>
type Table = Reading<Quotas>

/** What each machine takes of the region's quotas, and of the project's. Each is read once. */
export async function drawsOf(
  compute: Compute,
  candidates: readonly GcpCandidate[],
  lifetime: number,
  signal: AbortSignal | undefined,
): Promise<readonly (readonly Draw[])[]> {
  const [project, whole, tableOf] = await Promise.all([
    compute.project(),
    readingOf(readQuotas(compute, undefined, signal)),
    readEach(candidates, (region) => readQuotas(compute, region, signal)),
  ])
  return candidates.map(({ type, region, market }) => {
    const native = parseType(type)
    const shares = native ? sharesOf(native, market, lifetime) : []
    const takers = { type, region, project }
    return [
      ...inRegion(takers, shares, tableOf({ region })),
      ...inProject(takers, market === 'spot' ? [] : shares, whole),
    ]
  })
}

async function readQuotas(
  compute: Compute,
  region: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Quotas> {
  const call = { tried: `read the quotas of ${region ?? 'the project'}`, signal, attempts: 2 }
  const quotas = await compute.quotas(region, call)
  return new Map(quotas.map((quota) => [quota.metric ?? '', quota]))
}

interface Taker {
  readonly type: string
  readonly region: string
  readonly project: string
}

/** Of new families the region names no quota of vCPUs; one of GPUs is then what decides. */
function inRegion(taker: Taker, shares: readonly Share[], table: Table): readonly Draw[] {
  const { type, region, project } = taker
  const place = `quota in ${region}`
  const unread = (why: string, { takes, unit }: Share): Draw => {
    const fix = lookIn(`regions describe ${region}`, 'compute.regions.get')
    return { what: place, by: type, takes, unit, known: { why, look: fix } }
  }
  const last = shares.at(-1)
  if (!last) return []
  if ('why' in table) return [unread(table.why, last)]
  const draws = shares.flatMap((share) => {
    const quota = quotaOf(share, table.value)
    return quota ? [drawOf(`quota ${quota.metric} in ${region}`, taker, share, knownOf(quota, project))] : []
  })
  return quotaOf(last, table.value)
    ? draws
    : [...draws, unread(`the region names none of ${last.metrics.join(', ')}`, last)]
}

const all = { vCPUs: 'CPUS_ALL_REGIONS', GPUs: 'GPUS_ALL_REGIONS' } as const

function inProject(taker: Taker, shares: readonly Share[], table: Table): readonly Draw[] {
  return shares.flatMap((share) => {
    const metric = all[share.unit]
    const what = `quota ${metric} of the project`
    if ('why' in table) {
      const look = lookIn('project-info describe', 'compute.projects.get')
      return [drawOf(what, taker, share, { why: table.why, look })]
    }
    const quota = table.value.get(metric)
    return quota ? [drawOf(what, taker, share, knownOf(quota, taker.project))] : []
  })
}

/** Where the first has no limit to speak of, the next one counts. */
function quotaOf({ metrics }: Share, quotas: ReadonlyMap<string, Quota>): Quota | undefined {
  const named = metrics.flatMap((metric) => quotas.get(metric) ?? [])
  return named.find(({ limit = 0 }) => limit > 0) ?? named.at(-1)
}

function drawOf(what: string, { type }: Taker, { takes, unit }: Share, known: Known | Unread): Draw {
  return { what, by: type, takes, unit, known }
}

function knownOf({ limit = 0, usage = 0 }: Quota, project: string): Known {
  const raise = `ask for more: https://console.cloud.google.com/iam-admin/quotas?project=${project}`
  return { limit, used: usage, raise }
}

function lookIn(what: string, permission: string): string {
  return `look: gcloud compute ${what} --flatten quotas --format 'table(quotas.metric,quotas.limit,quotas.usage)'; or add ${permission} to the role, and doctor looks.`
}
