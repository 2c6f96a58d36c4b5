import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

const templates = join(import.meta.dirname, '../../gitlab-component/templates')

/** The job that a template of our component makes, as far as it is run here. */
export interface TemplateJob {
  readonly variables: Readonly<Record<string, string>>
  readonly script: readonly string[]
  readonly after_script?: readonly string[]
  readonly artifacts?: { readonly reports: { readonly dotenv: string; readonly annotations: string } }
}

interface Input {
  readonly default?: unknown
  readonly type?: 'array'
  readonly options?: readonly string[]
  readonly regex?: string
}

interface Spec {
  readonly spec: { readonly inputs: Readonly<Record<string, Input>> }
}

/** What GitLab says of a value that does not fit, before any job is made (lib/gitlab/ci/config/interpolation/inputs). */
function problemOf(value: unknown, { type, options, regex }: Input): string | undefined {
  if (type === 'array') return Array.isArray(value) ? undefined : 'provided value is not an array'
  if (typeof value !== 'string') return 'provided value is not a string'
  if (options && !options.includes(value))
    return `\`${value}\` cannot be used because it is not in the list of allowed options`
  return regex === undefined || new RegExp(regex).test(value)
    ? undefined
    : 'provided value does not match required RegEx pattern'
}

/** GitLab puts inputs into the template's text before it reads that as YAML (lib/gitlab/ci/config/interpolation in its source). */
export function jobOf(template: string, inputs: Readonly<Record<string, unknown>>): TemplateJob {
  const text = readFileSync(join(templates, `${template}.yml`), 'utf8')
  const [head] = parseAllDocuments(text)
  const declared = (head?.toJS() as Spec).spec.inputs
  const unknown = Object.keys(inputs).filter((name) => !(name in declared))
  if (unknown.length > 0) throw new Error(`unknown input(s) of ${template}: ${unknown.join(', ')}`)
  for (const [name, value] of Object.entries(inputs)) {
    const problem = problemOf(value, declared[name] ?? {})
    if (problem) throw new Error(`\`${name}\` input: ${problem}`)
  }
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
