import { quote } from '../../options/problem.ts'
import { complain, type Findings } from '../findings.ts'

/** An image as the user names it. */
export type ImageWord =
  | { readonly kind: 'default' }
  | {
      readonly kind: 'named'
      readonly word: string
      /** Undefined = the project that machines are made in. */
      readonly project?: string
      readonly name: string
      /** What the name is of; undefined = a family, else an image. */
      readonly what?: 'family' | 'image'
    }

const name = '[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?'
/** Ids of projects; old ones have a domain: `example.com:project`. */
const project = '(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]'
const fullPattern = new RegExp(
  `^(?:https://[a-z.]+/compute/v1/)?projects/(${project})/global/images/(family/)?(${name})$`,
)
const shortPattern = new RegExp(`^(?:(${project})/)?(${name})$`)

const valid =
  'valid: PROJECT/FAMILY (ubuntu-os-cloud/ubuntu-2404-lts-amd64), PROJECT/IMAGE, or a family or image of your own project.'

/** Undefined, with a complaint, for what no image can be called. */
export function parseImage(word: string | undefined, findings: Findings): ImageWord | undefined {
  if (word === undefined) return { kind: 'default' }
  const full = fullPattern.exec(word)
  if (full) {
    const [, project = '', family, name = ''] = full
    return { kind: 'named', word, project, name, what: family ? 'family' : 'image' }
  }
  const [, project, name] = shortPattern.exec(word) ?? []
  if (name) return { kind: 'named', word, name, ...(project ? { project } : {}) }
  complain(findings, 'cloud-image', word, `${quote(word)} is not an image of Compute Engine; ${valid}`)
  return undefined
}
