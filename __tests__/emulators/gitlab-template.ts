import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

const templates = join(import.meta.dirname, '../../gitlab-component/templates')

/** The job that a template of our component makes, as far as it is run here. */
export interface TemplateJob {
  readonly variables: Readonly<Record<string, string>>
  readonly script: readonly string[]
  readonly after_script?: readonly string[]
  readonly artifacts?: { readonly reports: { readonly dotenv: string } }
}

interface Spec {
  readonly spec: { readonly inputs: Readonly<Record<string, { readonly default?: unknown }>> }
}

/** GitLab puts inputs into the template's text before it reads that as YAML (lib/gitlab/ci/config/interpolation in its source). */
export function jobOf(template: string, inputs: Readonly<Record<string, unknown>>): TemplateJob {
  const text = readFileSync(join(templates, `${template}.yml`), 'utf8')
  const [head] = parseAllDocuments(text)
  const declared = (head?.toJS() as Spec).spec.inputs
  const unknown = Object.keys(inputs).filter((name) => !(name in declared))
  if (unknown.length > 0) throw new Error(`unknown input(s) of ${template}: ${unknown.join(', ')}`)
  const filled = text.replace(/\$\[\[\s*inputs\.([\w-]+)\s*\]\]/g, (_, name: string) => {
    const value = inputs[name] ?? declared[name]?.default
    if (value === undefined) throw new Error(`${template} needs the input ${name}`)
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
  const [, body] = parseAllDocuments(filled)
  const [job] = Object.values(body?.toJS() as Record<string, TemplateJob>)
  if (!job) throw new Error(`${template} has no job`)
  return job
}

/** Variables may name others; those that are not there are empty. */
export function expanded(
  variables: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  const expand = (text: string): string =>
    text.replace(/\$(\w+)|\$\{(\w+)\}/g, (_, one?: string, other?: string) => known[one ?? other ?? ''] ?? '')
  return Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, expand(text)]))
}
