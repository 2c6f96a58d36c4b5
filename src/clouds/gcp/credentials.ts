import { readFileSync } from 'node:fs'
import { Failure } from '../../model/failure.ts'
import type { CloudContext } from '../cloud.ts'
import { credentialsAdvice } from './advice.ts'

type Variables = CloudContext['variables']

/** Where CML looked for a project, in its order. https://github.com/google-github-actions/auth sets most of them. */
export const projectVariables = [
  'CLOUDSDK_CORE_PROJECT',
  'CLOUDSDK_PROJECT',
  'GCLOUD_PROJECT',
  'GCP_PROJECT',
  'GOOGLE_CLOUD_PROJECT',
  'GOOGLE_PROJECT',
] as const

/** A file of credentials, parsed: of a service account, of a federation, of a person. */
export type KeyFile = Readonly<Record<string, unknown>>

/** The variable that holds credentials themselves, and the one that names their file. */
const [dataVariable, fileVariable] = ['GOOGLE_APPLICATION_CREDENTIALS_DATA', 'GOOGLE_APPLICATION_CREDENTIALS']

/** What GOOGLE_APPLICATION_CREDENTIALS_DATA holds; undefined where it is not set. Throws `unauthenticated` for what is no JSON. */
export function keyFromData(variables: Variables): KeyFile | undefined {
  const text = variables[dataVariable]
  return text ? parseKey(text, dataVariable, variables) : undefined
}

/** The project of the machines, where the environment or the credentials tell. */
export function projectOf(variables: Variables): string | undefined {
  const named = projectVariables.map((name) => variables[name]).find(Boolean)
  if (named) return named
  const key = keyFromData(variables) ?? keyFromFile(variables)
  return typeof key?.project_id === 'string' ? key.project_id : undefined
}

/** The library itself reads the file and says what is wrong with it. */
function keyFromFile(variables: Variables): KeyFile | undefined {
  const path = variables[fileVariable]
  if (!path) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KeyFile
  } catch {
    return undefined
  }
}

/** The text is a secret: no part of it goes into the message. */
function parseKey(text: string, name: string, variables: Variables): KeyFile {
  try {
    const key: unknown = JSON.parse(text)
    if (typeof key === 'object' && key !== null && !Array.isArray(key)) return key as KeyFile
  } catch {
    // Told below.
  }
  throw new Failure('unauthenticated', {
    tried: `use the credentials in ${name}`,
    said: 'they are not a JSON object',
    why: 'The variable holds the contents of a credentials file, not its path.',
    fix: credentialsAdvice(variables),
  })
}

export function noProject(variables: Variables): Failure {
  return new Failure('unauthenticated', {
    tried: 'find the project of Google Cloud to launch in',
    said: 'neither the environment nor the credentials name one',
    why: 'Credentials by federation and of a person belong to no project.',
    fix: `set GOOGLE_CLOUD_PROJECT to its id. ${credentialsAdvice(variables)}`,
  })
}
