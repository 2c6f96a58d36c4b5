import { checkOf, outcomeOf, type Check } from '../../model/check.ts'
import { checkComplaints, checkListedPrice, examineCandidates } from '../../model/checks-of-machines.ts'
import type { Failure } from '../../model/failure.ts'
import type { Candidate } from '../../model/instance.ts'
import type { Cloud, Intent, MachineRequest } from '../cloud.ts'
import { asGcp } from './candidate.ts'
import type { Compute } from './compute.ts'
import type { Permission } from './permissions.ts'
import { drawsOf } from './quotas.ts'

/** What is asked is asked by what a launch itself uses. */
export interface Examined {
  readonly cloud: Cloud
  readonly compute: Compute
  permissionsOf(request: MachineRequest): readonly Permission[]
}

/** What a launch would meet at Compute Engine. */
export async function* examineGcp(
  { cloud, compute, permissionsOf }: Examined,
  { request, lease }: Intent,
  signal?: AbortSignal,
): AsyncIterable<Check> {
  signal?.throwIfAborted()
  const complaints = cloud.complaints(request)
  yield* checkComplaints(complaints)
  const [region = ''] = [...cloud.regionsOf(request.regions).regions, ...cloud.regionsOf([]).regions]
  const { unreadable } = await cloud.list({ scope: lease.scope }, [region], signal)
  const refusal = unreadable[0]?.failure
  signal?.throwIfAborted()
  yield await checkCredentials(compute, refusal)
  if (refusal && refusal.kind !== 'permission-denied') {
    if (refusal.kind !== 'unauthenticated') yield checkOf('Compute Engine', refusal)
    return
  }
  const priced = (first: Candidate | undefined): Promise<Check> =>
    checkListedPrice(first, (candidate) => cloud.price(candidate, signal), request.lifetime)
  const draws = (candidates: readonly Candidate[]) =>
    drawsOf(compute, candidates.map(asGcp), request.lifetime, signal)
  if (complaints.length === 0)
    yield* examineCandidates(cloud.resolve(request, signal), { priced, draws }, signal)
  yield* examinePermissions(compute, permissionsOf(request), signal)
}

async function checkCredentials(compute: Compute, refusal: Failure | undefined): Promise<Check> {
  const what = 'credentials'
  if (refusal && refusal.kind !== 'permission-denied') return checkOf(what, refusal)
  return { what, verdict: 'good', said: `Compute Engine takes them for project ${await compute.project()}` }
}

/** The project tells which permissions the caller holds on it, where its Resource Manager API is enabled; what is held elsewhere, and else all, nobody knows. */
async function* examinePermissions(
  compute: Compute,
  permissions: readonly Permission[],
  signal: AbortSignal | undefined,
): AsyncIterable<Check> {
  const asked = permissions.filter((permission) => !permission.elsewhere).map(({ name }) => name)
  const { value: held, failure } = await outcomeOf(
    compute.held(asked, { tried: 'ask which permissions these credentials have', signal, attempts: 2 }),
  )
  signal?.throwIfAborted()
  for (const { name, text, optional, elsewhere } of permissions) {
    if (elsewhere) yield { what: text, verdict: 'unknown', said: 'it is held elsewhere than on the project' }
    else if (failure) yield { what: text, verdict: 'unknown', said: failure.explanation.said ?? failure.kind }
    else if (held.includes(name)) yield { what: text, verdict: 'good' }
    else if (optional)
      yield { what: text, verdict: 'unknown', said: 'these credentials lack it; a launch does without' }
    else yield await lacking(text, name, compute)
  }
}

async function lacking(what: string, name: string, compute: Compute): Promise<Check> {
  const fix = `gcloud iam roles update ROLE --project=${await compute.project()} --add-permissions=${name}`
  return { what, verdict: 'bad', said: 'these credentials lack it', fix }
}
