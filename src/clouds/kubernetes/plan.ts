import { quote } from '../../options/problem.ts'
import type { Complaint, MachineRequest } from '../cloud.ts'
import { complain, complaintsIn, throwProblems, type Findings } from '../findings.ts'
import { checkMetadata } from './labels.ts'
import { checkSelector, tolerationsOf, type Toleration } from './placement.ts'
import { explainRegion, isRegion, namespaceOf } from './regions.ts'
import { sizesOf, type SizeChoice } from './sizes.ts'
import { pageAt } from '../../model/pages.ts'

/** The options of this cloud alone. */
export interface Settings {
  readonly selector: Readonly<Record<string, string>> | undefined
  readonly tolerations: readonly string[]
  /** Seconds. */
  readonly pending: number
}

/** The request with every word understood; nothing is read yet. */
export interface Plan {
  readonly choices: readonly SizeChoice[]
  readonly namespaces: readonly string[]
  readonly image?: string
  readonly serviceAccount?: string
  readonly selector: Settings['selector']
  readonly tolerations: readonly Toleration[]
  readonly diskGb: number
}

/** Everything that can be said without asking anybody. Throws `invalid-input` naming every problem. */
export function planOf(request: MachineRequest, settings: Settings, usual: string, findings: Findings): Plan {
  const { problems } = findings
  const choices = sizesOf(request.types, request.gpu, findings)
  const words = request.regions.length > 0 ? request.regions : [usual]
  const namespaces = words.flatMap((word) => locate(word, usual, findings))
  const tolerations = tolerationsOf(settings.tolerations, problems)
  const { image, permissionSet } = request
  if (image !== undefined && !isImage(image))
    complain(
      findings,
      'cloud-image',
      image,
      `${quote(image)} is not a container image such as registry/name:tag.`,
    )
  if (permissionSet !== undefined && !isAccount(permissionSet))
    complain(
      findings,
      'cloud-permission-set',
      permissionSet,
      `${quote(permissionSet)} is not the name of a service account; valid: small letters, digits, - and dots.`,
    )
  for (const problem of [...checkSelector(settings.selector), ...checkMetadata(request.metadata)])
    problems.add(problem)
  warn(request, findings)
  throwProblems(findings)
  return {
    choices,
    namespaces: [...new Set(namespaces)],
    selector: settings.selector,
    tolerations,
    diskGb: request.diskGb,
    ...(image === undefined ? {} : { image }),
    ...(permissionSet === undefined ? {} : { serviceAccount: permissionSet }),
  }
}

/** The problems of a request; none is an empty list. */
export function complaintsOf(
  request: MachineRequest,
  settings: Settings,
  usual: string,
): readonly Complaint[] {
  return complaintsIn((findings) => planOf(request, settings, usual, findings))
}

function locate(word: string, usual: string, findings: Findings): readonly string[] {
  const namespace = namespaceOf(word, usual)
  if (namespace !== undefined) return [namespace]
  complain(findings, 'cloud-region', word, explainRegion(word))
  return []
}

/** https://github.com/distribution/reference, with room for whatever a registry's host may be. */
function isImage(word: string): boolean {
  const name =
    /^([a-zA-Z0-9][a-zA-Z0-9.-]*(:\d{1,5})?\/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/
  return word.length <= 512 && name.test(word)
}

/** RFC 1123 subdomain. */
function isAccount(word: string): boolean {
  return word.length <= 253 && word.split('.').every(isRegion)
}

/** What nodes decide, and no pod. */
function warn({ spot, spotPrice, disk = {}, publicAddress, ssh }: MachineRequest, findings: Findings): void {
  const { warnings, problems } = findings
  if (spotPrice !== -1)
    problems.add('cloud-spot-price: nodes have no price here, so none can be kept; leave it out.')
  else if (spot)
    warnings.add(
      'cloud-spot: which nodes are spot machines only their labels tell; name them in cloud-kubernetes-node-selector. The pod may be on any other.',
    )
  for (const [name, value] of Object.entries(disk))
    if (value !== undefined)
      warnings.add(`cloud-hdd-${name}: the disk of a pod is that of its node, so this is ignored.`)
  if (publicAddress === 'always')
    problems.add('cloud-public-address: a pod has none; leave it out, or give `auto`.')
  if (ssh)
    warnings.add(
      `cloud-ssh-private: nobody logs in to a pod; use \`kubectl exec\` (${pageAt('docs/logging-in.md')}). The option is ignored.`,
    )
}
