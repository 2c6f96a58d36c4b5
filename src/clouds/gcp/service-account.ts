import { quote } from '../../options/problem.ts'
import { scopeNames } from './catalogue.ts'

/** Whose rights the machine has, and which of them it may use. */
export interface ServiceAccount {
  readonly email: string
  /** Addresses: `https://www.googleapis.com/auth/compute`. */
  readonly scopes: readonly string[]
}

const prefix = 'https://www.googleapis.com/auth/'
const emailPattern = /^(default|[a-z0-9-]+@[a-z0-9.:-]+\.[a-z]+)$/

const valid =
  'valid: the address of a service account, and after it, if it is not to use all of its rights, access scopes: name@project.iam.gserviceaccount.com,scopes=storage-rw,datastore.'

/**
 * `cloud-permission-set` in CML's syntax: `email,scopes=a,b`, scopes by gcloud's short names or as addresses. Without scopes the account's roles alone decide
 * (`cloud-platform`), as Google recommends. Undefined, with problems, when it is none.
 */
export function parseServiceAccount(
  text: string | undefined,
  problems: Set<string>,
): ServiceAccount | undefined {
  if (text === undefined) return undefined
  const [email = '', ...others] = text.split(',').map((part) => part.trim())
  const [first, ...rest] = others
  if (!emailPattern.test(email) || (first !== undefined && !first.startsWith('scopes='))) {
    problems.add(
      `cloud-permission-set: ${quote(text, 120)} is not a service account of Google Cloud; ${valid}`,
    )
    return undefined
  }
  const words = first === undefined ? ['cloud-platform'] : [first.slice('scopes='.length), ...rest]
  const unknown = words.filter((word) => addressOf(word) === undefined)
  if (unknown.length > 0) {
    const names = Object.keys(scopeNames).join(', ')
    problems.add(
      `cloud-permission-set: ${unknown.map((word) => quote(word)).join(', ')} ${unknown.length > 1 ? 'are not scopes' : 'is not a scope'}; valid: ${names}, and addresses that begin with ${prefix}.`,
    )
    return undefined
  }
  return { email, scopes: words.map((word) => addressOf(word)!) }
}

function addressOf(word: string): string | undefined {
  if (Object.hasOwn(scopeNames, word)) return prefix + scopeNames[word]
  return word.startsWith(prefix) && /^[a-z0-9._/-]+$/.test(word.slice(prefix.length)) ? word : undefined
}
