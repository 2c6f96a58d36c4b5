import type { FailureKind } from '../../model/failure.ts'
import { fileAt } from '../../model/pages.ts'

/** What an answer of the API server means here. */
export interface CodeRow {
  readonly kind: FailureKind
  readonly why?: string
  readonly fix?: string
}

interface TextRow {
  readonly status?: readonly number[]
  readonly says?: RegExp
  readonly row: CodeRow
}

const quota: CodeRow = {
  kind: 'quota-exceeded',
  why: 'A ResourceQuota of the namespace is used up.',
  fix: 'name another namespace in `cloud-region` or a smaller `cloud-type`, or have the quota raised: `kubectl describe resourcequota`.',
}

const admission: CodeRow = {
  kind: 'failed-precondition',
  why: 'A rule of the cluster for new objects (admission) does not take it as it stands.',
  fix: 'ask whoever runs the cluster what the rule wants, or name another namespace in `cloud-region`.',
}

const noRight: CodeRow = {
  kind: 'permission-denied',
  why: 'The Role of whoever launches lacks what the message names.',
  fix: `give them the Role of the documentation: kubectl apply --namespace NAMESPACE -f ${fileAt('docs/kubernetes-role.yaml')}`,
}

/** The first row that fits counts. Words: k8s.io/apiserver and k8s.io/kubernetes 1.36, as its own server says them. */
const rows: readonly TextRow[] = [
  {
    status: [401],
    row: { kind: 'unauthenticated', why: 'The cluster does not know these credentials, or they have ended.' },
  },
  {
    status: [403],
    says: /User "system:anonymous"/,
    row: { kind: 'unauthenticated', why: 'The configuration holds no credentials that the cluster takes.' },
  },
  { says: /exceeded quota/, row: quota },
  {
    says: /violates PodSecurity/,
    row: {
      ...admission,
      why: 'The namespace enforces a Pod Security level that a runner’s pod does not meet.',
      fix: 'name a namespace of level `baseline` or `privileged` in `cloud-region`.',
    },
  },
  {
    says: /is being terminated|admission webhook|denied (the )?request|is forbidden: (error looking up service account|maximum|minimum|failed quota|no providers available)/i,
    row: admission,
  },
  { status: [403], row: noRight },
  {
    status: [404],
    says: /namespaces? ".*" not found/,
    row: {
      kind: 'not-found',
      why: 'There is no such namespace.',
      fix: 'name one that is there in `cloud-region`, or in the context of the kubeconfig.',
    },
  },
  { status: [404], row: { kind: 'not-found' } },
  {
    status: [409],
    says: /already exists/,
    row: { kind: 'already-exists' },
  },
  { status: [409], row: { kind: 'conflict' } },
  {
    status: [400, 422],
    row: {
      kind: 'invalid-input',
      why: 'The API server checks every word, and names what it does not take.',
      fix: 'correct the option that the word comes from.',
    },
  },
  {
    status: [413],
    row: { kind: 'invalid-input', fix: 'shorten `cloud-startup-script`: let it fetch what is large.' },
  },
  {
    status: [429],
    row: {
      kind: 'rate-limited',
      why: 'The API server is asked more than it takes; repeating the request did not help.',
      fix: 'try again in a minute.',
    },
  },
  {
    status: [500, 502, 503, 504],
    row: {
      kind: 'unavailable',
      why: 'The API server, or what stands before it, failed; repeating the request did not help.',
      fix: 'try again later.',
    },
  },
]

export function rowOf(status: number, message: string): CodeRow | undefined {
  return rows.find(
    (row) => (row.status?.includes(status) ?? true) && (row.says === undefined || row.says.test(message)),
  )?.row
}
