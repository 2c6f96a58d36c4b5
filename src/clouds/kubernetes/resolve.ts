import { Failure, orFailure } from '../../model/failure.ts'
import { sampleLease } from './sample.ts'
import type { CloudContext, MachineRequest, Resolution } from '../cloud.ts'
import { newFindings, type Findings } from '../findings.ts'
import type { KubernetesCandidate } from './candidate.ts'
import type { Cluster } from './cluster.ts'
import { jobOf } from './job-request.ts'
import { placementOf } from './placement.ts'
import { planOf, type Plan, type Settings } from './plan.ts'
import type { SizeChoice } from './sizes.ts'
import { rightsFor } from './permissions.ts'
import { findRunnerImage } from './runner-image.ts'
import { ending, ground } from './endings.ts'

export interface Resolving {
  readonly cluster: Cluster
  readonly settings: Settings
  readonly context: CloudContext
  readonly signal?: AbortSignal | undefined
}

/** Friendly words into ordered candidates. The cluster is asked whether it would take such Jobs at all. */
export async function resolve(request: MachineRequest, resolving: Resolving): Promise<Resolution> {
  const { cluster, context, settings, signal } = resolving
  const findings = newFindings()
  const plan = planOf(request, settings, cluster.namespace, findings)
  signal?.throwIfAborted()
  const { platform } = placementOf(plan.choices[0]!.size, plan.selector, plan.tolerations)
  const [runnerImage] = await Promise.all([
    findRunnerImage(platform, context, signal),
    ...plan.namespaces.map((namespace) => noteLacking(cluster, namespace, findings, signal)),
  ])
  const known = { account: cluster.server, runnerImage }
  const open = await openNamespaces({ plan, known, request }, resolving, findings)
  const candidates = plan.choices.flatMap((choice) =>
    open.map((namespace) => candidateOf(choice, namespace, plan, known)),
  )
  for (const text of findings.leftOut.keys()) findings.warnings.add(`${text} Not tried.`)
  return { candidates: eachOnce(candidates), warnings: [...findings.warnings] }
}

interface Wanted {
  readonly plan: Plan
  readonly known: Known
  readonly request: MachineRequest
}

/**
 * Each is asked side by side, with the very images of the launch, which many rules for new objects are about. One that does not take the Job is left out
 * where another does.
 */
async function openNamespaces(
  { plan, known, request }: Wanted,
  { cluster, context, signal }: Resolving,
  findings: Findings,
): Promise<readonly string[]> {
  const [choice] = plan.choices
  const tries = plan.namespaces.map(async (namespace) => {
    const candidate = candidateOf(choice!, namespace, plan, known)
    const order = { lease: sampleLease, request }
    const job = jobOf(candidate, order, {
      name: 'cml-dry-run',
      image: known.runnerImage ?? plan.image ?? 'runner',
      files: [],
      now: context.clock.now(),
    })
    const tried = `ask whether namespace ${namespace} takes a pod of ${choice!.size.name}`
    const taken = await orFailure(cluster.tryJob(namespace, job, { tried, signal }), signal)
    return { namespace, failure: taken instanceof Failure ? taken : undefined }
  })
  const answers = await Promise.all(tries)
  const refused = answers.flatMap(({ failure }) => failure ?? [])
  const open = answers.flatMap(({ namespace, failure }) => (failure ? [] : [namespace]))
  const [first] = refused
  if (first && (open.length === 0 || !refused.every(isAboutNamespace)))
    throw refused.find((failure) => !isAboutNamespace(failure)) ?? first
  for (const { kind, explanation } of refused)
    findings.leftOut.set(`cloud-region: ${explanation.said ?? kind}.`, kind)
  return open
}

function isAboutNamespace({ kind }: Failure): boolean {
  return /^(not-found|failed-precondition|quota-exceeded|permission-denied)$/.test(kind)
}

/** What a launch does without, and a person should know. */
async function noteLacking(
  cluster: Cluster,
  namespace: string,
  { warnings }: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const optional = rightsFor().filter((right) => right.without !== undefined)
  await Promise.all(
    optional.map(async ({ right, text, without }) => {
      const call = { tried: `ask for the right to ${text}`, signal, attempts: 2 }
      const allowed = await orFailure(cluster.may(namespace, right, call), signal)
      if (allowed === false) warnings.add(`These credentials may not ${text} in ${namespace}: ${without}`)
    }),
  )
}

/** What was asked of others, as far as they have said it. */
interface Known {
  readonly account: string | undefined
  readonly runnerImage?: string | undefined
}

function candidateOf(
  { word, size }: SizeChoice,
  namespace: string,
  plan: Plan,
  { account, runnerImage }: Known,
): KubernetesCandidate {
  const { nodeSelector, tolerations, platform } = placementOf(size, plan.selector, plan.tolerations)
  const image = plan.image ?? runnerImage
  return {
    cloud: 'kubernetes',
    region: namespace,
    ...(account === undefined ? {} : { account }),
    type: size.name,
    typeWord: word,
    market: 'on-demand',
    platform,
    docker: false,
    image:
      image === undefined ? { id: 'runner', name: 'the image of the runner' } : { id: image, name: image },
    diskGb: plan.diskGb,
    ground,
    wayOut:
      'A NetworkPolicy of the namespace may keep the pod from GitHub or GitLab; behind a proxy, give it in `machine-proxy`.',
    ending,
    size,
    nodeSelector,
    tolerations,
    ...(plan.image === undefined ? {} : { ownImage: plan.image }),
    ...(runnerImage === undefined ? {} : { runnerImage }),
    ...(plan.serviceAccount === undefined ? {} : { serviceAccount: plan.serviceAccount }),
  }
}

/** What two words stand for answers the first of them. */
function eachOnce(candidates: readonly KubernetesCandidate[]): readonly KubernetesCandidate[] {
  const keyOf = ({ region, type }: KubernetesCandidate): string => `${region} ${type}`
  return [...new Map(candidates.toReversed().map((one) => [keyOf(one), one])).values()].toReversed()
}
