import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const script = readFileSync(join(import.meta.dirname, '../../../docs/gcp-roles.sh'), 'utf8')

/** What the script gives an account on the project. */
export function given(role: 'launcher' | 'machine' | 'sweeper'): readonly string[] {
  const [, list = ''] = new RegExp(`^${role}=\\(([^)]*)\\)`, 'm').exec(script) ?? []
  return list.split(/\s+/).filter(Boolean).sort()
}

/** What everybody may with images that are public, and what the script's line for the machine's account lets the launcher do on that alone. */
export const besideTheProject = [
  'iam.serviceAccounts.actAs',
  'compute.images.useReadOnly',
  'compute.images.get',
  'compute.images.getFromFamily',
]
