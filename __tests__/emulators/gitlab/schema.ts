import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Params } from './wire.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required?: boolean
  readonly schema: object
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, object>>
  readonly required?: readonly string[]
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>
}

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: ObjectSchema }>>
  }
  readonly responses: Readonly<Record<string, Content>>
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

export interface Checked {
  /** As their types say: a query's numbers are numbers. */
  readonly params: Params
  /** What is wrong, in words; empty = nothing. */
  readonly problems: readonly string[]
}

/** Statuses that GitLab gives to any operation. */
const common = new Set(['400', '401', '403', '404', '422', '429', '500', '502', '503'])

/** Checks requests and answers against a written description, so that neither side of a test can make up a shape. */
export class Schema {
  readonly #description: Description
  readonly #ajv = new Ajv({ strict: false, validateFormats: false, coerceTypes: true, allErrors: true })
  /** What leaves is checked as it is. */
  readonly #exact = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor(file = join(import.meta.dirname, '../../fixtures/gitlab-openapi.json')) {
    this.#description = JSON.parse(readFileSync(file, 'utf8')) as Description
    const { components } = this.#description
    for (const ajv of [this.#ajv, this.#exact]) ajv.addSchema({ $id: 'gitlab', components })
  }

  /** Methods with path templates, as `get /runners/{id}`. */
  get operations(): readonly string[] {
    return Object.entries(this.#description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
  }

  /** The one content type that the operation's body must have, when it is not JSON or a form. */
  mediaOf(operation: string): string | undefined {
    const [media] = Object.keys(this.#operation(operation).requestBody?.content ?? {})
    return media === 'application/json' ? undefined : media
  }

  /** Path, query and body are one to GitLab. */
  checkRequest(operation: string, given: Params): Checked {
    const { parameters = [], requestBody } = this.#operation(operation)
    const [body] = Object.values(requestBody?.content ?? {})
    const schema = {
      type: 'object',
      additionalProperties: false,
      properties: {
        ...Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema])),
        ...body?.schema.properties,
      },
      required: [
        ...parameters.filter(({ required }) => required).map(({ name }) => name),
        ...(body?.schema.required ?? []),
      ],
    }
    const params = structuredClone(given)
    const validate = this.#compile(this.#ajv, `${operation} request`, schema)
    return { params, problems: validate(params) ? [] : (validate.errors ?? []).map(inWords) }
  }

  checkAnswer(operation: string, status: number, body: unknown): readonly string[] {
    const listed = this.#operation(operation).responses[String(status)]
    if (!listed && !common.has(String(status))) return [`status ${status} is not in the description`]
    const refusal = { $ref: '#/components/schemas/refusal' }
    const schema = listed ? listed.content?.['application/json']?.schema : refusal
    if (!schema) {
      const plain = listed?.content?.['text/plain'] !== undefined
      return body === undefined || plain ? [] : ['a body where the description has none']
    }
    const validate = this.#compile(this.#exact, `${operation} ${status}`, schema)
    return validate(body) ? [] : (validate.errors ?? []).map(inWords)
  }

  #operation(operation: string): Operation {
    const [method = '', path = ''] = operation.split(' ')
    const found = this.#description.paths[path]?.[method]
    if (!found) throw new Error(`${operation} is not in the description`)
    return found
  }

  #compile(ajv: Ajv, name: string, schema: object): ValidateFunction {
    const known = this.#compiled.get(name)
    if (known) return known
    const text = JSON.stringify(schema).replaceAll('"#/components', '"gitlab#/components')
    const validate = ajv.compile(JSON.parse(text) as object)
    this.#compiled.set(name, validate)
    return validate
  }
}

/** As Grape words it where it would complain too: `token is missing`. */
function inWords({ keyword, params, instancePath, message }: ErrorObject): string {
  const given = params as Readonly<Record<string, string>>
  const name = instancePath.slice(1).replace('/', '.')
  if (keyword === 'required')
    return `${[name, given['missingProperty']].filter(Boolean).join('.')} is missing`
  if (keyword === 'additionalProperties')
    return `${[name, given['additionalProperty']].filter(Boolean).join('.')} is no parameter of this operation`
  if (keyword === 'enum') return `${name} does not have a valid value`
  return keyword === 'type' ? `${name} is invalid` : `${name} ${message}`
}
