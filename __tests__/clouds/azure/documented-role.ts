import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const script = readFileSync(join(import.meta.dirname, '../../../docs/azure-role.sh'), 'utf8')

/** What the script gives, in order of its letters. */
export function given(...lists: readonly ('launcher' | 'everywhere' | 'machine')[]): readonly string[] {
  const found = lists.flatMap((list) => {
    const [, text = ''] = new RegExp(`^${list}=\\(([^)]*)\\)`, 'm').exec(script) ?? []
    return text.split(/\s+/).filter(Boolean)
  })
  return [...new Set(found)].sort()
}
