import Ajv from 'ajv'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Judge = (body: object) => readonly string[]

let judge: Judge | undefined | null = null

/**
 * Microsoft's own description of a machine, where CML_MODELS names the folder of those who have it. It tells wrong values and types; what it does not know of it lets pass,
 * and of what must be there it knows little.
 */
export function vendorSchema(): Judge | undefined {
  if (judge === null) judge = load(process.env.CML_MODELS)
  return judge
}

function load(folder: string | undefined): Judge | undefined {
  const paths = ['azure-Microsoft.Compute.json', 'azure-definitions.json'].map((name) =>
    join(folder ?? '', name),
  )
  if (!folder || !paths.every((path) => existsSync(path))) return undefined
  const [compute, definitions] = paths.map((path) => readSchema(path))
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, validateFormats: false })
  ajv.addSchema(definitions!, 'https://schema.management.azure.com/schemas/common/definitions.json')
  ajv.addSchema(compute!, 'compute')
  const validate = ajv.compile({ $ref: 'compute#/resourceDefinitions/virtualMachines' })
  return (body) => {
    if (validate(withKnownSize(body))) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
}

/** Its list of sizes ends years ago, and says so itself. */
function withKnownSize(body: object): object {
  const { properties } = body as { readonly properties?: { readonly hardwareProfile?: object } }
  const known = {
    ...properties,
    hardwareProfile: { ...properties?.hardwareProfile, vmSize: 'Standard_D2_v3' },
  }
  return { ...body, properties: known }
}

/** Draft 4, of which nothing here differs from later ones but its name. What is described elsewhere again (extensions) no machine here has. */
function readSchema(path: string): object {
  const elsewhere = /"\$ref":\s*"https:\/\/schema\.management\.azure\.com\/schemas\/\d{4}-[^"]*"/g
  const text = readFileSync(path, 'utf8').replace(elsewhere, '"description": ""')
  const { $schema: _, id: __, ...schema } = JSON.parse(text) as Record<string, unknown>
  return schema
}
