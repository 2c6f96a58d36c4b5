import { type Check, checkOf, checkOfReads, outcomeOf } from '../../model/check.ts'
import { checkCandidates, checkComplaints } from '../../model/checks-of-machines.ts'
import type { Failure } from '../../model/failure.ts'
import type { Cloud, CloudContext, Intent, MachineRequest } from '../cloud.ts'
import type { AwsCandidate } from './candidate.ts'
import type { Caller } from './caller.ts'
import { Probes, type Probing } from './probes.ts'
import { examineMachines } from './prospects.ts'
import type { Permission } from './permissions.ts'

/** What is asked is asked by what a launch itself uses. All of it comes from `index.ts`, so that a launch does not load it twice. */
export interface Examined extends Pick<Probing, 'ec2' | 'rehearse'> {
  readonly cloud: Cloud
  readonly context: CloudContext
  permissionsOf(request: MachineRequest): readonly Permission[]
  caller(signal?: AbortSignal): Promise<Caller | undefined>
}

/** What a launch would meet at EC2. */
export async function* examineAws(
  { cloud, ec2, context, caller, rehearse, permissionsOf }: Examined,
  intent: Intent,
  signal?: AbortSignal,
): AsyncIterable<Check> {
  const { request, lease } = intent
  const complaints = cloud.complaints(request)
  yield* checkComplaints(complaints)
  const [region = ''] = [...cloud.regionsOf(request.regions).regions, ...cloud.regionsOf([]).regions]
  // The read that tells the most: machines of this scope.
  const [who, { machines, unreadable }] = await Promise.all([
    caller(signal),
    cloud.list({ scope: lease.scope }, [region], signal),
  ])
  signal?.throwIfAborted()
  const refusal = unreadable[0]?.failure
  yield checkCredentials(who, refusal)
  if (refusal && refusal.kind !== 'permission-denied') {
    if (who || refusal.kind !== 'unauthenticated') yield checkOf(`EC2 in ${region}`, refusal)
    return
  }
  const { value, failure } = complaints.length > 0 ? {} : await outcomeOf(cloud.resolve(request, signal))
  signal?.throwIfAborted()
  if (value) yield checkCandidates(value)
  else if (failure) yield checkOfReads(`a machine to try in ${region}`, failure)
  const candidates = (value?.candidates ?? []) as readonly AwsCandidate[]
  const machine = machines.find(({ state }) => state === 'running')
  yield* new Probes({ ec2, rehearse, region, intent, candidates, machine, signal }).check(
    permissionsOf(request),
  )
  yield* examineMachines({ cloud, ec2, context, request }, candidates, signal)
}

/** STS tells who they are, EC2 whether it takes them; each may be known without the other. */
function checkCredentials(who: Caller | undefined, refusal: Failure | undefined): Check {
  const what = 'credentials'
  if (who)
    return { what, verdict: 'good', said: [who.arn, `account ${who.account}`].filter(Boolean).join(', ') }
  if (refusal && refusal.kind !== 'permission-denied') return checkOf(what, refusal)
  return { what, verdict: 'good', said: 'EC2 knows them; whose they are, STS could not be asked' }
}
