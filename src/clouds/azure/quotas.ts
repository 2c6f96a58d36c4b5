import type { Call } from '../../lib/sending.ts'
import type { Candidate } from '../../model/instance.ts'
import { readEach, type Draw, type Reading } from '../../model/quota.ts'
import { versions, type Arm } from './arm.ts'

/** https://learn.microsoft.com/rest/api/compute/usage/list */
interface Usage {
  readonly currentValue?: number
  readonly limit?: number
  readonly name?: { readonly value?: string; readonly localizedValue?: string }
}

type Table = Reading<readonly Usage[]>

/** What each machine takes: of a spot machine vCPUs of that kind alone are counted, of others those of its family and all of the region. */
export async function drawsOf(
  arm: Arm,
  candidates: readonly Candidate[],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly Draw[])[]> {
  const subscription = await arm.subscription()
  const tableOf = await readEach(candidates, (region) => {
    const path = `/subscriptions/${subscription}/providers/Microsoft.Compute/locations/${region}/usages?api-version=${versions.compute}`
    return readUsages(arm, path, { tried: `read the quotas of ${region}`, signal, attempts: 2 })
  })
  return candidates.map((candidate) => drawsIn(candidate, tableOf(candidate)))
}

async function readUsages(arm: Arm, path: string, call: Call): Promise<readonly Usage[]> {
  const { body } = await arm.send({ method: 'GET', path }, call)
  return ((body ?? {}) as { readonly value?: readonly Usage[] }).value ?? []
}

function drawsIn({ type, region, market }: Candidate, table: Table): readonly Draw[] {
  const size = sizeOf(type)
  const taken = { by: type, takes: size?.vcpus, unit: 'vCPUs' }
  const unread = (why: string): Draw => ({
    ...taken,
    what: `quota in ${region}`,
    known: {
      why,
      look: `look: az vm list-usage --location ${region} --output table; or add Microsoft.Compute/locations/usages/read to the role, on the subscription, and doctor looks.`,
    },
  })
  if ('why' in table) return [unread(table.why)]
  const named = (value: string): Usage | undefined => table.value.find(({ name }) => name?.value === value)
  const wanted =
    market === 'spot'
      ? [named('lowPriorityCores')]
      : [size && familyAmong(table.value, size.families), named('cores')]
  const draws = wanted.flatMap((usage) => (usage ? [{ ...taken, ...told(usage, region) }] : []))
  return draws.length === wanted.length
    ? draws
    : [...draws, unread('no quota has a name like that of the size')]
}

function told({ name, limit = 0, currentValue = 0 }: Usage, region: string): Pick<Draw, 'what' | 'known'> {
  const raise =
    'ask for more: https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade/~/myQuotas'
  return {
    what: `quota ${name?.localizedValue ?? name?.value} in ${region}`,
    known: { limit, used: currentValue, raise },
  }
}

/** Series, vCPUs, those left of them, features, GPU, version. */
const pattern = /^(?:Standard|Basic)_([A-Z]+)(\d+)(-\d+)?([a-z]*)(?:_([A-Z]+\d+[A-Z]*))?(?:_(v\d+))?$/

/** Undefined vCPUs: the name has two numbers, of which only one counts. `families`: how quotas may write it, without what separates its parts. */
function sizeOf(
  type: string,
): { readonly vcpus: number | undefined; readonly families: readonly string[] } | undefined {
  const match = pattern.exec(type)
  if (!match) return undefined
  const [, series = '', vcpus = '', constrained, features = '', gpu = '', version = ''] = match
  // Isolated, RDMA and less memory are no family of their own, and of B nor is more.
  const plain = features.replace(series === 'B' ? /[irlm]/g : /[ir]/g, '')
  const families = [features, plain].flatMap((marks) => [
    `${series}${marks}${version}${gpu}`.toLowerCase(),
    `${series}${marks}${gpu}${version}`.toLowerCase(),
  ])
  return { vcpus: constrained ? undefined : Number(vcpus), families }
}

/** `standardDSv5Family`, `Standard NCASv3_T4 Family`, `StandardNCADSA100v4Family`; of ND the GPU stands in the quota alone: `standardNDASv4_A100Family`. */
function familyAmong(usages: readonly Usage[], families: readonly string[]): Usage | undefined {
  const bare = usages.map(
    (usage) =>
      [(usage.name?.value ?? '').toLowerCase().replace(/standard|family|[\s_]/g, ''), usage] as const,
  )
  const same = bare.find(([name]) => families.includes(name))
  const longer = (): (typeof bare)[number] | undefined =>
    bare.find(([name]) => families.some((family) => family.startsWith('nd') && name.startsWith(family)))
  return (same ?? longer())?.[1]
}
