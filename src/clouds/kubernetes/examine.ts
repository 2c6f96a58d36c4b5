import { checkOf, outcomeOf, type Check } from '../../model/check.ts'
import { checkComplaints, examineCandidates } from '../../model/checks-of-machines.ts'
import type { Candidate } from '../../model/instance.ts'
import type { Cloud, Intent } from '../cloud.ts'
import { asKubernetes } from './candidate.ts'
import type { Cluster } from './cluster.ts'
import { drawsOf } from './quotas.ts'
import { rightsFor, type NeededRight } from './permissions.ts'
import { fileAt } from '../../model/pages.ts'

/** What is asked is asked by what a launch itself uses. */
export interface Examined {
  readonly cloud: Cloud
  readonly cluster: Cluster
}

/** What a launch would meet at the cluster: rights by SelfSubjectAccessReview, all else by the creation of a Job that is not made. */
export async function* examineKubernetes(
  { cloud, cluster }: Examined,
  { request }: Intent,
  signal?: AbortSignal,
): AsyncIterable<Check> {
  signal?.throwIfAborted()
  const complaints = cloud.complaints(request)
  yield* checkComplaints(complaints)
  const [namespace = cluster.namespace] = cloud.regionsOf(request.regions).regions
  const rights = rightsFor()
  const first = await answerOf(cluster, namespace, rights[0]!, signal)
  const refusal = first.failure
  signal?.throwIfAborted()
  if (refusal) {
    yield checkOf('credentials', refusal)
    if (refusal.kind !== 'unauthenticated') yield checkOf('API server', refusal)
    return
  }
  yield { what: 'credentials', verdict: 'good', said: `${cluster.server ?? 'the cluster'} takes them` }
  const draws = (candidates: readonly Candidate[]) => drawsOf(cluster, candidates.map(asKubernetes), signal)
  if (complaints.length === 0)
    yield* examineCandidates(cloud.resolve(request, signal), { ...telling, draws }, signal)
  for (const right of rights) {
    const answer = right === rights[0] ? first : await answerOf(cluster, namespace, right, signal)
    signal?.throwIfAborted()
    yield checkRight(right, namespace, answer)
  }
}

const unpriced: Check = {
  what: 'price',
  verdict: 'unknown',
  said: 'what the nodes of a cluster cost it cannot tell',
}

const telling = {
  unseen: 'a node fetches it when the pod is there',
  priced: () => Promise.resolve(unpriced),
}

type Answer = Awaited<ReturnType<typeof outcomeOf<boolean>>>

function answerOf(
  cluster: Cluster,
  namespace: string,
  { right, text }: NeededRight,
  signal?: AbortSignal,
): Promise<Answer> {
  return outcomeOf(
    cluster.may(namespace, right, { tried: `ask for the right to ${text}`, signal, attempts: 2 }),
  )
}

function checkRight({ text, without }: NeededRight, namespace: string, { value, failure }: Answer): Check {
  const what = without === undefined ? text : `${text} (optional)`
  if (failure) return { what, verdict: 'unknown', said: failure.explanation.said ?? failure.kind }
  if (value) return { what, verdict: 'good' }
  if (without !== undefined)
    return { what, verdict: 'unknown', said: `these credentials lack it in ${namespace}; ${without}` }
  return {
    what,
    verdict: 'bad',
    said: `these credentials lack it in ${namespace}`,
    fix: `kubectl apply --namespace ${namespace} -f ${fileAt('docs/kubernetes-role.yaml')}`,
  }
}
