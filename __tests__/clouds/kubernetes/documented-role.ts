import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** What no launch asks for. */
export const forDoctor = 'list resourcequotas'

export const manifest = parseAllDocuments(
  readFileSync(join(import.meta.dirname, '../../../docs/kubernetes-role.yaml'), 'utf8'),
).map((document) => document.toJS() as { readonly kind: string; readonly rules?: readonly Rule[] })

/** `create jobs`, as the Role has it. */
export const given: readonly string[] = manifest
  .flatMap(({ rules = [] }) => rules)
  .flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  )
  .sort()
