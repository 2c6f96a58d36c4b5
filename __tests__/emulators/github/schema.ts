import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: { readonly type?: string }
}

interface Content {
  readonly content?: { readonly 'application/json'?: { readonly schema: object } }
  readonly $ref?: string
}

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: Content & { readonly required?: boolean }
  readonly responses: Readonly<Record<string, Content>>
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Statuses that GitHub gives to any operation, whether its description lists them or not. */
const common = new Set([304, 401, 403, 404, 422, 429, 500, 502, 503])

interface Sent {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Checks requests and answers against the excerpt of GitHub's own description, so that neither side of a test can make up a shape. */
export class Schema {
  readonly #description: Description
  readonly #ajv = new Ajv({ strict: false, validateFormats: false, coerceTypes: false, allErrors: true })
  readonly #compiled = new Map<string, ValidateFunction>()

  constructor(file: string) {
    this.#description = JSON.parse(readFileSync(file, 'utf8')) as Description
    this.#ajv.addSchema({ $id: 'github', components: this.#description.components })
  }

  /** Path templates with their methods, as `get /repos/{owner}/…`. */
  get operations(): readonly string[] {
    return Object.entries(this.#description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
  }

  /** What is wrong with a request, in words; empty = nothing. */
  checkRequest(method: string, template: string, { path, query, body }: Sent): readonly string[] {
    const operation = this.#operation(method, template)
    const parameters = (operation.parameters ?? []).map((parameter) =>
      '$ref' in parameter ? this.#resolve<Parameter>(parameter.$ref) : parameter,
    )
    const problems: string[] = []
    for (const [place, given] of [
      ['path', path],
      ['query', query],
    ] as const) {
      const known = parameters.filter((parameter) => parameter.in === place)
      for (const name of Object.keys(given))
        if (!known.some((parameter) => parameter.name === name))
          problems.push(`${place} parameter ${name} is not in the description`)
      for (const { name, required, schema } of known) {
        const value = given[name]
        if (value === undefined) {
          if (required) problems.push(`${place} parameter ${name} is missing`)
        } else
          problems.push(
            ...this.#check(
              `${operation.operationId} ${place} ${name}`,
              schema,
              schema.type === 'integer' ? Number(value) : value,
            ),
          )
      }
    }
    const schema = operation.requestBody?.content?.['application/json']?.schema
    if (schema && (body !== undefined || operation.requestBody?.required))
      problems.push(...this.#check(`${operation.operationId} body`, schema, body))
    if (!schema && body !== undefined) problems.push('a body where the description has none')
    return problems
  }

  checkAnswer(method: string, template: string, status: number, body: unknown): readonly string[] {
    const operation = this.#operation(method, template)
    const listed = operation.responses[String(status)]
    if (!listed)
      return common.has(status)
        ? this.#check('basic error', { $ref: '#/components/schemas/basic-error' }, body ?? {})
        : [`status ${status} is not in the description`]
    const response = listed.$ref ? this.#resolve<Content>(listed.$ref) : listed
    const schema = response.content?.['application/json']?.schema
    if (!schema) return body === undefined ? [] : ['a body where the description has none']
    return this.#check(`${operation.operationId} ${status}`, schema, body)
  }

  #operation(method: string, template: string): Operation {
    const operation = this.#description.paths[template]?.[method]
    if (!operation) throw new Error(`${method} ${template} is not in the excerpt`)
    return operation
  }

  #resolve<T>(reference: string): T {
    const [, , kind = '', name = ''] = reference.split('/')
    return this.#description.components[kind]?.[name] as T
  }

  #check(name: string, schema: object, value: unknown): readonly string[] {
    let validate = this.#compiled.get(name)
    if (!validate) {
      validate = this.#ajv.compile(
        JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"github#/components')) as object,
      )
      this.#compiled.set(name, validate)
    }
    return validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`)
  }
}
