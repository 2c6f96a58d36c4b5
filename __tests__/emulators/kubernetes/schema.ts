import { validate as validateReview } from 'kubernetes-models/_schemas/IoK8sApiAuthorizationV1SelfSubjectAccessReview'
import { validate as validateJob } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job'
import { validate as validateSecret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret'
import type { Json } from './wire.ts'

interface Problem {
  readonly instancePath: string
  readonly message?: string
  readonly keyword?: string
}
type Validate = ((data: unknown) => boolean) & { errors?: readonly Problem[] | null }

/** Kubernetes' own OpenAPI document, compiled. */
const validators: Readonly<Record<string, Validate>> = {
  jobs: validateJob,
  secrets: validateSecret,
  selfsubjectaccessreviews: validateReview,
}

/** What the emulator understands: `true` for anything, a list for a list of such, `*` for any name. */
type Shape = true | readonly [Shape] | { readonly [name: string]: Shape }

const metadata: Shape = { name: true, namespace: true, labels: { '*': true }, annotations: { '*': true } }
const resources: Shape = { requests: { '*': true }, limits: { '*': true } }
const container: Shape = {
  name: true,
  image: true,
  command: [true],
  env: [{ name: true, value: true }],
  resources,
  volumeMounts: [{ name: true, mountPath: true, readOnly: true }],
}
const podSpec: Shape = {
  restartPolicy: true,
  terminationGracePeriodSeconds: true,
  enableServiceLinks: true,
  shareProcessNamespace: true,
  automountServiceAccountToken: true,
  serviceAccountName: true,
  nodeSelector: { '*': true },
  tolerations: [{ key: true, operator: true, value: true, effect: true }],
  volumes: [
    {
      name: true,
      secret: { secretName: true, items: [{ key: true, path: true }], defaultMode: true },
      emptyDir: { medium: true, sizeLimit: true },
    },
  ],
  initContainers: [container],
  containers: [container],
}
const shapes: Readonly<Record<string, Shape>> = {
  jobs: {
    apiVersion: true,
    kind: true,
    metadata,
    spec: {
      backoffLimit: true,
      completions: true,
      parallelism: true,
      activeDeadlineSeconds: true,
      ttlSecondsAfterFinished: true,
      template: { metadata, spec: podSpec },
    },
  },
  secrets: {
    apiVersion: true,
    kind: true,
    metadata: { ...metadata, ownerReferences: [{ apiVersion: true, kind: true, name: true, uid: true }] },
    type: true,
    immutable: true,
    data: { '*': true },
  },
  selfsubjectaccessreviews: {
    apiVersion: true,
    kind: true,
    spec: {
      resourceAttributes: { namespace: true, verb: true, group: true, resource: true, subresource: true },
    },
  },
}

const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const labelPattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

/** What is wrong with a body: fields nobody knows first. */
export function problemsOf(resource: string, body: Json): readonly string[] {
  const validate = validators[resource]!
  const shape = shapes[resource]!
  const strange = unknownIn(body, shape, '')
  const wrong = validate(body)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? ''}`)
  return [...strange, ...wrong, ...wrongNames(body)]
}

function unknownIn(value: unknown, shape: Shape, path: string): readonly string[] {
  if (shape === true) return []
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${path}: must be a list`]
    return value.flatMap((item, index) =>
      unknownIn(item, (shape as readonly [Shape])[0], `${path}[${index}]`),
    )
  }
  const known = shape as Readonly<Record<string, Shape>>
  return Object.entries((value ?? {}) as Json).flatMap(([name, item]) => {
    const inner = known[name] ?? known['*']
    return inner === undefined
      ? [`unknown field "${path}.${name}"`]
      : unknownIn(item, inner, path === '' ? name : `${path}.${name}`)
  })
}

function wrongNames({ metadata = {} }: Json): readonly string[] {
  const { name, labels = {} } = metadata as { name?: string; labels?: Readonly<Record<string, string>> }
  const long = (text: string) => text.length > 63
  return [
    ...(name !== undefined && (!namePattern.test(name) || long(name))
      ? [`metadata.name: Invalid value: "${name}"`]
      : []),
    ...Object.entries(labels).flatMap(([key, value]) =>
      labelPattern.test(value) && !long(value) ? [] : [`metadata.labels: Invalid value: "${key}=${value}"`],
    ),
  ]
}
