import { checkOf, outcomeOf, type Check } from '../../model/check.ts'
import { checkComplaints, checkListedPrice, examineCandidates } from '../../model/checks-of-machines.ts'
import type { Failure } from '../../model/failure.ts'
import type { Candidate } from '../../model/instance.ts'
import type { Cloud, Intent, MachineRequest } from '../cloud.ts'
import { groupPath, type Arm } from './arm.ts'
import type { Permission } from './permissions.ts'
import { drawsOf } from './quotas.ts'
import { allows, rolesAt, type Role } from './rights.ts'

/** What is asked is asked by what a launch itself uses. */
export interface Examined {
  readonly cloud: Cloud
  readonly arm: Arm
  /** Where machines are made, if there is a group for them. */
  readonly group: string | undefined
  permissionsOf(request: MachineRequest): readonly Permission[]
}

/** What a launch would meet at Azure. */
export async function* examineAzure(
  { cloud, arm, group, permissionsOf }: Examined,
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
  yield await checkCredentials(arm, refusal)
  if (refusal && refusal.kind !== 'permission-denied') {
    if (refusal.kind !== 'unauthenticated') yield checkOf('Azure', refusal)
    return
  }
  const priced = (first: Candidate | undefined): Promise<Check> =>
    checkListedPrice(
      first,
      (candidate) => cloud.price(candidate, signal),
      first?.lifetime ?? request.lifetime,
    )
  const draws = (candidates: readonly Candidate[]) => drawsOf(arm, candidates, signal)
  if (complaints.length === 0)
    yield* examineCandidates(cloud.resolve(request, signal), { priced, draws }, signal)
  yield* examinePermissions(arm, group, permissionsOf(request), signal)
}

async function checkCredentials(arm: Arm, refusal: Failure | undefined): Promise<Check> {
  const what = 'credentials'
  if (refusal && refusal.kind !== 'permission-denied') return checkOf(what, refusal)
  return { what, verdict: 'good', said: `Azure takes them for subscription ${await arm.subscription()}` }
}

/** The roles of the caller say what he may where machines are made, and on the whole subscription; what is held on single things nobody knows. */
async function* examinePermissions(
  arm: Arm,
  group: string | undefined,
  permissions: readonly Permission[],
  signal: AbortSignal | undefined,
): AsyncIterable<Check> {
  const subscription = await arm.subscription()
  const whole = `/subscriptions/${subscription}`
  const scope = group === undefined ? whole : groupPath(subscription, group)
  const rolesOf = (place: string): Promise<Asked> =>
    outcomeOf(
      rolesAt(arm, place, { tried: 'ask which permissions these credentials have', signal, attempts: 2 }),
    )
  // Rights on the whole subscription are rights on all that is in it.
  const here = await rolesOf(scope)
  const there = scope === whole ? here : await rolesOf(whole)
  signal?.throwIfAborted()
  for (const permission of permissions) {
    const { action, text: what, elsewhere } = permission
    const { value, failure } = elsewhere === 'subscription' ? there : here
    if (value && allows(value, action)) yield { what, verdict: 'good' }
    else if (failure) yield { what, verdict: 'unknown', said: failure.explanation.said ?? failure.kind }
    else yield lacking(permission, elsewhere === 'subscription' ? whole : scope)
  }
}

type Asked = Awaited<ReturnType<typeof outcomeOf<readonly Role[]>>>

function lacking({ action, text: what, optional, elsewhere }: Permission, scope: string): Check {
  if (optional) return { what, verdict: 'unknown', said: 'these credentials lack it; a launch does without' }
  if (elsewhere === 'its own')
    return { what, verdict: 'unknown', said: 'it may be held elsewhere than where machines are made' }
  return {
    ...{ what, verdict: 'bad', said: 'these credentials lack it' },
    fix: `add ${action} to the role, on ${scope}.`,
  }
}
