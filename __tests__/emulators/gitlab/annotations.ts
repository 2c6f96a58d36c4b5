import { Ajv } from 'ajv'

interface Annotation {
  readonly external_link?: { readonly label?: string; readonly url?: string }
}

/** `ci_job_annotation_data.json` and `ci_job_external_link_data.json`, in words of its own. */
const isList = new Ajv().compile({
  type: 'array',
  maxItems: 1000,
  items: {
    type: 'object',
    additionalProperties: false,
    properties: {
      external_link: {
        type: 'object',
        additionalProperties: false,
        properties: { label: { type: 'string' }, url: { type: 'string' } },
      },
    },
  },
})

const most = { bytes: 80 * 1024, lists: 20, name: 255 }

/**
 * The links that GitLab shows beside a job, by its report of annotations; throws in the words in which it refuses one
 * (`app/services/ci/parse_annotations_artifact_service.rb`, `app/models/ci/job_annotation.rb`, limits of self-managed servers).
 */
export function linksIn(report: string): Readonly<Record<string, string>> {
  if (Buffer.byteLength(report) > most.bytes)
    throw new Error(`Annotations Artifact Too Big. Maximum Allowable Size: ${most.bytes}`)
  const data = JSON.parse(report) as unknown
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw new Error('Annotations files must be a JSON object')
  const lists = Object.entries(data as Readonly<Record<string, unknown>>)
  if (lists.length > most.lists)
    throw new Error(`Annotations files cannot have more than ${most.lists} annotation lists`)
  if (lists.some(([name]) => name === '' || name.length > most.name))
    throw new Error('Validation failed: Name is missing or too long')
  if (!lists.every(([, list]) => isList(list)))
    throw new Error('Validation failed: Data must be a valid json schema')
  const links = lists.flatMap(([, list]) => list as readonly Annotation[])
  return Object.fromEntries(links.map(({ external_link: { label = '', url = '' } = {} }) => [label, url]))
}
