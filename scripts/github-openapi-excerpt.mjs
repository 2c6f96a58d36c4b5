// Makes __tests__/fixtures/github-openapi.json: the part of GitHub's OpenAPI description that the emulator and its tests check against.
//
//   npm pack @octokit/openapi        (the package is 385 MB unpacked, so it is not a dependency)
//   node scripts/github-openapi-excerpt.mjs path/to/generated/api.github.com.json
//
// What is kept: the operations below, and every schema they reach. What is dropped: prose, examples, links, servers. `nullable` becomes
// a JSON Schema `null` type, so that an ordinary JSON Schema validator can be used on the result.
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'

const scopes = ['/repos/{owner}/{repo}', '/orgs/{org}']
const operations = [
  ...scopes.flatMap((scope) => [
    `get ${scope}/actions/runners`,
    `get ${scope}/actions/runners/downloads`,
    `post ${scope}/actions/runners/generate-jitconfig`,
    `post ${scope}/actions/runners/registration-token`,
    `post ${scope}/actions/runners/remove-token`,
    `get ${scope}/actions/runners/{runner_id}`,
    `delete ${scope}/actions/runners/{runner_id}`,
    `get ${scope}/actions/runners/{runner_id}/labels`,
    `put ${scope}/actions/runners/{runner_id}/labels`,
  ]),
  'get /orgs/{org}/actions/runner-groups',
  'get /repos/{owner}/{repo}',
  'get /repos/{owner}/{repo}/actions/permissions',
  'get /repos/{owner}/{repo}/actions/permissions/fork-pr-contributor-approval',
  'get /orgs/{org}/actions/permissions',
  'get /orgs/{org}/actions/permissions/self-hosted-runners',
  'get /users/{username}',
  'get /repos/{owner}/{repo}/actions/runs',
  'get /repos/{owner}/{repo}/actions/runs/{run_id}',
  'get /repos/{owner}/{repo}/actions/runs/{run_id}/jobs',
  'get /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs',
  'get /repos/{owner}/{repo}/actions/jobs/{job_id}',
  'post /repos/{owner}/{repo}/actions/runs/{run_id}/rerun',
  'post /repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs',
  'post /repos/{owner}/{repo}/actions/runs/{run_id}/cancel',
  'post /repos/{owner}/{repo}/actions/runs/{run_id}/force-cancel',
  'post /repos/{owner}/{repo}/actions/jobs/{job_id}/rerun',
  'get /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations',
]

const prose = new Set([
  'description',
  'summary',
  'example',
  'examples',
  'externalDocs',
  'title',
  'tags',
  'deprecated',
  'headers',
  'links',
])
const kinds = ['schemas', 'parameters', 'responses', 'headers']

/** `inMap` is true where the keys are names that somebody chose (a property may well be called `title`). */
function trim(value, inMap = false) {
  if (Array.isArray(value)) return value.map((item) => trim(item))
  if (typeof value !== 'object' || value === null) return value
  const kept = {}
  for (const [key, member] of Object.entries(value)) {
    if (!inMap && (prose.has(key) || key.startsWith('x-') || key === 'nullable')) continue
    kept[key] = trim(member, !inMap && (key === 'properties' || kinds.includes(key)))
  }
  return !inMap && value.nullable === true ? nullable(kept) : kept
}

function nullable(schema) {
  if (schema.enum && !schema.enum.includes(null)) schema.enum.push(null)
  if (typeof schema.type === 'string') return { ...schema, type: [schema.type, 'null'] }
  return { anyOf: [schema, { type: 'null' }] }
}

function references(value, found = new Set()) {
  if (typeof value === 'object' && value !== null) {
    if (typeof value.$ref === 'string') found.add(value.$ref)
    for (const member of Object.values(value)) references(member, found)
  }
  return found
}

function excerpt(source) {
  const paths = {}
  for (const operation of operations) {
    const [method, path] = operation.split(' ')
    const found = source.paths[path]?.[method]
    if (!found) throw new Error(`${operation} is not in the description`)
    const { operationId, parameters, requestBody, responses } = found
    paths[path] = { ...paths[path], [method]: trim({ operationId, parameters, requestBody, responses }) }
  }
  const components = {}
  const waiting = [...references(paths)]
  for (let reference; (reference = waiting.pop());) {
    const [, , kind, name] = reference.split('/')
    if (components[kind]?.[name]) continue
    const component = trim(source.components[kind][name])
    components[kind] = { ...components[kind], [name]: component }
    waiting.push(...references(component))
  }
  for (const kind of Object.keys(components))
    components[kind] = Object.fromEntries(
      Object.entries(components[kind]).sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  return {
    openapi: source.openapi,
    info: { title: source.info.title, version: source.info.version, license: source.info.license },
    paths,
    components,
  }
}

const [input] = process.argv.slice(2)
if (!input) throw new Error('usage: node scripts/github-openapi-excerpt.mjs path/to/api.github.com.json')
const target = new URL('../__tests__/fixtures/github-openapi.json', import.meta.url).pathname
const text = JSON.stringify(excerpt(JSON.parse(readFileSync(input, 'utf8'))))
writeFileSync(
  target,
  await format(text, { ...(await resolveConfig(target)), parser: 'json', printWidth: 200 }),
)
